#!/bin/bash
docker build \
    --build-arg INDEX_USER=builder \
    --build-arg INDEX_PASSWORD="$(cat ~/.index_password)" \
    -t acme/internal:9 .
