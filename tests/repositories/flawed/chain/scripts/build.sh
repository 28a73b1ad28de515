#!/bin/bash
cd "$(dirname "$0")/.."
docker build -t chain_base base
docker build -t chain_app app
