docker build -t nobody:1 .
docker run --rm --gpus all nobody:1
