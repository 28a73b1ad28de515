#!/bin/bash
docker build -t identity .
docker run --rm --gpus all \
    -e USER_ID=$(id -u) -e GROUP_ID=$(id -g) \
    -v $PWD/out:/out \
    identity
