#!/bin/bash
docker run --rm --runtime=nvidia chain_app:latest
