#!/bin/bash
docker run --rm --gpus all \
    -e DISPLAY=$DISPLAY \
    vision:1 python3 show.py
