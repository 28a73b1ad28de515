docker build -t detector:1 .
docker run --rm --gpus all --shm-size 2g detector:1 python detect.py --device cuda
