#!/bin/bash
docker build -t hidden:1 .
docker run --rm --runtime=nvidia hidden:1 python train.py
