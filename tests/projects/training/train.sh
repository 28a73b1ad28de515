#!/usr/bin/env bash
# 学習を始める
docker run --rm --gpus all --ipc=host \
    -v "$PWD/src:/workspace/src" \
    heron_train src/train.py
