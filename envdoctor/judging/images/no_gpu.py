"""Public images without CUDA in them: services and tools that stand beside a GPU workload in compose files and scripts,
and bases of conda. Without these names a stack with a redis in it could never be judged as a whole."""

from __future__ import annotations

from envdoctor.matrix import Matrix


def holds_no_gpu_software(repository: str, tag: str, matrix: Matrix) -> bool:
    """Some have tags with CUDA, micromamba and vector databases among them; their other tags have none."""
    if "cuda" in tag or "gpu" in tag:
        return False
    return matrix.service_image(repository) is not None


def is_official(repository: str, matrix: Matrix) -> bool:
    """One of Docker's own images, whose names have no owner: "redis" names what Docker Hub serves, whatever its tag."""
    row = matrix.service_image(repository)
    return row is not None and row.official
