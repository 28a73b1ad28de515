#!/usr/bin/env bash
set -e
docker build -f docker/Dockerfile -t heron_train .
