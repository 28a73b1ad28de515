#!/bin/sh
docker run --rm -p 8080:8080 service:2 --gpus all
