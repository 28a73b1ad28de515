docker build -t infer-base:1 base
