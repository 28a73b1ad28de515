#!/bin/bash
start() {
    podman run --rm "$@" localhost/old:1 torchrun --nproc_per_node=4 train.py
}
podman build -t localhost/old:1 .
start --shm-size 8g -v data:/data
