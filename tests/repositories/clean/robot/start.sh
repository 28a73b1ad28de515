#!/bin/bash
set -e
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
NAME="robot_dev-$(uname -m)"

docker build -t "$NAME" -f "$ROOT/docker/Dockerfile" "$ROOT"

# As many people write it: each element is an option with its value, and the array is split into words again.
DOCKER_ARGS+=("-v /tmp/.X11-unix:/tmp/.X11-unix")
DOCKER_ARGS+=("-e DISPLAY")
DOCKER_ARGS+=("-e ROS_DOMAIN_ID=7")
if [[ -e /dev/video0 ]]; then
    DOCKER_ARGS+=("--device /dev/video0")
fi
if [[ -f "$HOME/.robotrc" ]]; then
    source "$HOME/.robotrc"
fi

docker run -it --rm --gpus all --network host --ipc host \
    ${DOCKER_ARGS[@]} \
    -v "$ROOT/logs:/home/operator/logs" \
    --name "$NAME-container" \
    "$NAME" \
    python3 drive.py "$@"
