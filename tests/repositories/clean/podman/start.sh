#!/bin/bash
# Rootless, through CDI: nvidia-ctk cdi generate has written /etc/cdi/nvidia.yaml on this host.
set -euo pipefail

podman build --tag localhost/finetune:7 .
podman run --rm \
    --device nvidia.com/gpu=all \
    --security-opt label=disable \
    --shm-size 8g \
    --volume "$HOME/runs:/runs:Z" \
    localhost/finetune:7 \
    python finetune.py --out /runs --num-workers 4
