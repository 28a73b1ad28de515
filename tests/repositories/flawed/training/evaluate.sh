#!/bin/bash
docker run --rm --gpus all --shm-size=16g --ipc=host --cpuset-cpus=0-63 \
    -v "$PWD":/work \
    lab/train:3 python evaluate.py --num-workers 4
