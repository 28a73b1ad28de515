#!/usr/bin/env bash
set -e
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tag=segmentation:$(git -C "$here" describe --always)

docker build --file "$here/docker/Dockerfile" --tag "$tag" "$here"
docker run --rm --gpus all --shm-size=16g \
    --user "$(id -u):$(id -g)" --env HOME=/work \
    --mount type=bind,source="$here",target=/work \
    "$tag" python train.py --num-workers 8 "$@"
