#!/bin/sh
docker build -t service:2 .
docker run --rm -p 8080:8080 -v models:/models service:2
