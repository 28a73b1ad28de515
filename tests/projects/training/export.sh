#!/usr/bin/env bash
docker run --rm --gpus all --shm-size=8g -v "$PWD/src:/workspace/src" heron_train:latest src/export.py
