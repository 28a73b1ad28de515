#!/bin/sh
set -e
version=$(git describe --tags)
docker buildx build --platform linux/amd64 --load --tag acme/voxel-ops:"$version" .
docker run --detach --name voxel-ops --gpus 1 --shm-size 2g --publish 9000:9000 acme/voxel-ops:"$version"
