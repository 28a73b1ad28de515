#!/bin/bash
# 学習を始める: ./train.sh configs/base.yaml
set -euo pipefail

IMAGE=acme/detector-train:2025.1
ARGS=(
    --rm
    --gpus all
    --ipc=host
    --ulimit memlock=-1
    --ulimit stack=67108864
    -e USER_ID="$(id -u)"
    -e GROUP_ID="$(id -g)"
    -v "$PWD:/workspace/project"
)

if [ -t 0 ]; then
    ARGS+=(-it)
fi

docker run "${ARGS[@]}" "$IMAGE" torchrun --nproc_per_node=8 train.py --config "$1" --num-workers 8
