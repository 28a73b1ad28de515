docker build -t vision:1 .
