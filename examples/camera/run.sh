#!/bin/bash
docker run --rm --gpus all --shm-size=8g --ipc=host \
    -v /dev/video0:/dev/video0 \
    camera-service \
    ffmpeg -c:v h264_cuvid -i rtsp://camera/stream -f null -
