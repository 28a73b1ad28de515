FROM pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime

# Healthy only while the GPU stack that this image needs works.
RUN pip install --no-cache-dir envdoctor-gpu
HEALTHCHECK --interval=30s --timeout=65s --start-period=120s --retries=3 \
    CMD ["envdoctor", "selftest", "--deep-first"]
