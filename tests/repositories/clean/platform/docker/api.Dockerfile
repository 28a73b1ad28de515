FROM nvcr.io/nvidia/tensorrt:24.10-py3
RUN pip install fastapi uvicorn
COPY . /app
CMD ["uvicorn", "app:app"]
