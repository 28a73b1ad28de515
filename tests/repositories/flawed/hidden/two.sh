#!/bin/bash
docker run --rm --gpus '"device=0"' \
    -e CUDA_VISIBLE_DEVICES=2 \
    hidden:1 python train.py
