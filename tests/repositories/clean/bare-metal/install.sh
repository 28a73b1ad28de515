#!/bin/bash
# Sets up a machine, and then starts the monitoring
set -e
sudo apt-get update && sudo apt-get install -y docker.io
curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | sudo gpg --dearmor -o /usr/share/keyrings/nvidia-container-toolkit-keyring.gpg
sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker
docker network create mon || true
docker run -d --name proxy -p 80:80 nginx:1.27
docker run -d --net host --pid host -v /:/host:ro,rslave quay.io/prometheus/node-exporter:latest --path.rootfs=/host
docker run --rm --gpus all nvidia/cuda:12.4.1-base-ubuntu22.04 nvidia-smi
usage() {
cat <<EOF
usage: docker run --rm image
   docker run --gpus all image --opt \\
EOF
}
echo "now: docker run --rm hello"
for t in 1 2 3; do docker pull repo/app:$t & done; wait
