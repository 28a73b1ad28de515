#!/bin/bash
# Nightly. Nothing in here starts a container that needs a GPU.
set -o pipefail
for name in $(docker ps --format '{{.Names}}'); do
    docker inspect "$name" > "/var/backups/$name.json"
done
docker exec registry-db pg_dumpall -U postgres | gzip > "/var/backups/$(date +%F).sql.gz"
docker run --rm -v registry-db:/data:ro -v /var/backups:/backup alpine:3.20 tar czf /backup/registry-db.tar.gz /data
docker image prune --force
