"""Which packages need CUDA's compiler or headers."""

from __future__ import annotations

import pytest

from envdoctor.matrix import Matrix

MATRIX = Matrix.load()


@pytest.mark.parametrize(
    ("name", "when"), [("flash_attn", "install"), ("torch-scatter", "install"), ("numba", "run"), ("DeepSpeed", "run")]
)
def test_packages_that_compile(name: str, when: str) -> None:
    row = MATRIX.toolkit_user(name)
    assert row is not None
    assert row.when == when


@pytest.mark.parametrize("name", ["torch", "onnxruntime-gpu", "triton", "xformers", "bitsandbytes", "numpy"])
def test_wheels_that_bring_what_they_need(name: str) -> None:
    assert MATRIX.toolkit_user(name) is None


def test_the_cuda_of_the_distributions() -> None:
    found = {name: MATRIX.distribution("ubuntu", name) for name in ("20.04", "22.04", "24.04")}
    assert {name: row.cuda for name, row in found.items() if row} == {"20.04": "10.1", "22.04": "11.5", "24.04": "12.0"}
