#!/bin/bash
set -euo pipefail
cd "$(dirname "$0")/.."
docker build -f docker/Dockerfile -t acme/detector-train:2025.1 .
