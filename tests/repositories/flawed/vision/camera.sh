#!/bin/bash
docker run --rm --gpus all \
    -v /dev/video0:/dev/video0 \
    vision:1 python3 capture.py
