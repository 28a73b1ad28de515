#!/usr/bin/env bash
set -euo pipefail
IMAGE=embed:${TAG:-dev}
docker build -t "${IMAGE}" "$(dirname "$0")"
if [[ "${1:-}" == "--cpu" ]]; then
    GPU_ARGS=()
    shift
else
    GPU_ARGS=(--gpus "${GPU:-all}")
fi
exec docker run --rm "${GPU_ARGS[@]}" --shm-size=2g -v embeddings:/out "${IMAGE}" "$@"
