#!/bin/bash
set -e
useradd --non-unique --create-home --uid "$USER_ID" worker
export HOME=/home/worker
exec gosu worker "$@"
