#!/bin/sh
docker run --rm -v "$PWD:/mnt:ro" koalaman/shellcheck:v0.10.0 postgres/run.sh backup.sh
docker build -t tools:1 tools
