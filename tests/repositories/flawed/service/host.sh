#!/bin/sh
docker run --rm --gpus all --net=host -p 8080:8080 service:2
