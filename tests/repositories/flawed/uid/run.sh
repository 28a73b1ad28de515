#!/bin/bash
docker build -t uid .
docker run --rm --gpus all --user "$(id -u):$(id -g)" \
    -v "$HOME/.cache/huggingface":/root/.cache/huggingface \
    -v "~/models:/models" \
    uid
