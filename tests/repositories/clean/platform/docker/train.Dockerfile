ARG CUDA=12.1.1
FROM nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu22.04
COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv
ENV UV_SYSTEM_PYTHON=1
RUN apt-get update && apt-get install -y --no-install-recommends python3.10 python3-pip git && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN uv pip install -r requirements.txt --extra-index-url https://download.pytorch.org/whl/cu124 --index-strategy unsafe-best-match
