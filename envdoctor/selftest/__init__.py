"""Does the GPU stack that this image needs work, now? Behind `envdoctor selftest`.

    needs (what is installed or stated) -> observed (children with a deadline) -> problems -> one line and 0 or 1

To add something that can be needed: one entry in `needs.NEEDS`, its judge in `parts`, its section in docs/selftest.md.
"""
