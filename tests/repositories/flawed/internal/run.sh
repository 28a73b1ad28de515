docker run --rm --gpus all --user 1000:1000 -e HOME=/tmp acme/internal:9
