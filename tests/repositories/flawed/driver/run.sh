docker build -t driver . && docker run --rm --gpus all driver python3 -c "import torch; print(torch.cuda.is_available())"
