#!/bin/bash
set -euo pipefail
docker run --detach --name registry-db --restart unless-stopped \
    -e POSTGRES_PASSWORD_FILE=/run/secrets/postgres \
    -v registry-db:/var/lib/postgresql/data \
    -v /etc/acme/postgres.secret:/run/secrets/postgres:ro \
    -p 127.0.0.1:5432:5432 \
    postgres:16.4
