#!/bin/bash
docker run -d --gpus '"device=0"' -p 8080:8080 registry.example.com/heron/service:1.2
