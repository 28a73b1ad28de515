#!/bin/sh
docker run --rm --gpus all \
    -v models:/models:ro
    -p 8080:8080 \
    service:2
