#!/bin/sh
docker build -t registry.example.com/vision/classifier:1.4.0 "$(dirname "$0")"
