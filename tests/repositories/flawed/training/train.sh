#!/bin/bash
# 学習
docker run --rm -it --gpus all \
    --shm-size=16g \
    --ipc=host \
    --cpuset-cpus=0-63 \
    -e USER_ID="$(id -u)" \
    # the data is on the file server
    -v /mnt/datasets:/datasets:ro \
    -v "$PWD":/work \
    lab/train:3 torchrun --nproc_per_node=4 train.py --num-workers 8
