#!/bin/bash
docker build -t ngc .
docker run --rm --gpus all -v data:/data ngc torchrun --nproc_per_node=8 train.py --num-workers 4
