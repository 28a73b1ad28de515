#!/bin/bash
set -e
if [ -n "$USER_ID" ] && [ -n "$GROUP_ID" ]; then
    groupadd -g "$GROUP_ID" -o trainer
    useradd -u "$USER_ID" -g "$GROUP_ID" -o -m trainer
    export HOME=/home/trainer
    exec gosu "$USER_ID:$GROUP_ID" "$@"
fi
exec "$@"
