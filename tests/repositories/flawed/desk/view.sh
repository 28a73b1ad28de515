#!/bin/bash
docker build -t desk .
docker run --rm --gpus all --shm-size 1g \
    --device /dev/video0 \
    --env DISPLAY --volume /tmp/.X11-unix:/tmp/.X11-unix \
    desk python view.py
