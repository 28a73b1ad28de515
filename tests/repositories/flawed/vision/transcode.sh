#!/bin/bash
docker run --rm --gpus all -v recordings:/rec vision:1 ffmpeg -c:v hevc_cuvid -i /rec/in.mkv -c:v h264_nvenc /rec/out.mp4
