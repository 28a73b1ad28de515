#!/bin/bash
set -eu

build() {
    docker build --pull -t "$1" .
}

launch() {
    local image=$1
    shift
    docker run --rm -it --gpus all --user "$(id -u):$(id -g)" -e HOME=/tmp -v "$PWD/images:/images:ro" "$image" "$@"
}

build detector:4
launch detector:4 --source /images
