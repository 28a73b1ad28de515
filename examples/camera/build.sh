#!/bin/bash
docker build -t camera-base base
docker build -t camera-service app
