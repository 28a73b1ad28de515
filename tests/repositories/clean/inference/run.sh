#!/bin/sh
exec docker run --detach --restart unless-stopped --gpus '"device=0"' \
    --publish 8080:8080 \
    --volume "$PWD/models:/models:ro" \
    --env MODEL=/models/classifier.onnx \
    registry.example.com/vision/classifier:1.4.0
