#!/usr/bin/env bash
docker build -t acme/transcoder:3 . && \
docker run --rm --gpus all \
    -v recordings:/recordings \
    acme/transcoder:3 \
    ffmpeg -hwaccel cuda -c:v h264_cuvid -i /recordings/in.mp4 -c:v h264_nvenc /recordings/out.mp4
