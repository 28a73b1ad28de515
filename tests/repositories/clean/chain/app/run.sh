#!/bin/bash
docker build -t app:latest app
docker run --rm --gpus all app
