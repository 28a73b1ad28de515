#!/bin/bash
docker build --build-arg CUDA=12.4.1 -t heron_infer_base:latest base
docker build -t registry.example.com/heron/service:1.2 service
