"""Which folders of another stage hold packages."""

from __future__ import annotations

import pytest

from envdoctor.facts import Origin
from envdoctor.readers.copied_packages import (
    folders_of_commands,
    folders_of_variables,
    holds_cuda,
    holds_python_packages,
    may_hold_others,
)
from envdoctor.readers.declared import Statement


@pytest.mark.parametrize(
    "path", ["/app", "/usr/local/bin", "/usr/local/bin/python3", "/etc", "/opt/models", "/app/lib", "/usr/share"]
)
def test_folders_without_packages(path: str) -> None:
    assert not holds_python_packages(path, {"/opt/venv"})


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/usr",
            "/usr/local",
            "/usr/local/lib/python3.10",
            "/usr/lib/python3/dist-packages",
            "/opt/conda",
            "/x/.venv",
        ),
        *(
            "/x/venv/lib/python3.11/site-packages/torch",
            "/root/.local",
            "/root/miniconda3/envs/x",
            "/srv",
            "/srv/env",
            "/srv/env/lib",
        ),
    ],
)
def test_folders_with_packages(path: str) -> None:
    assert holds_python_packages(path, {"/srv/env"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("python3", "-m", "venv", "/opt/x"), {"/opt/x"}),
        (("python3", "-m", "venv", "venv"), {"/app/venv"}),
        (("/usr/bin/python3.11", "-m", "venv", "--copies", "/opt/x"), {"/opt/x"}),
        (("pip", "install", "--prefix=/install", "torch"), {"/install"}),
        (("pip", "install", "-t", "/deps", "-r", "/tmp/r.txt", "torch==2.1", "./pkg[gpu]"), {"/deps"}),
        (("uv", "sync", "--frozen"), {"/app/.venv"}),
        (("uv", "venv", "/opt/uv"), {"/app/.venv", "/opt/uv"}),
        (("poetry", "install"), {"/app/.venv"}),
        (("conda", "create", "-p", "/opt/env"), {"/opt/env"}),
        (("pip", "install", "--index-url", "https://download.pytorch.org/whl/cu124", "torch"), set()),
        (("pip", "install", None, "torch"), set()),
        (("mkdir", "/opt/x"), set()),
        ((None, "/opt/x"), set()),
        ((), set()),
    ],
)
def test_folders_that_commands_install_into(words: tuple[str | None, ...], expected: set[str]) -> None:
    assert folders_of_commands([Statement(words, Origin(""))], "/app") == expected


def test_folders_that_variables_name() -> None:
    variables = {"VIRTUAL_ENV": "/opt/v/", "UV_PROJECT_ENVIRONMENT": "relative", "CONDA_DIR": None, "HOME": "/root"}
    assert folders_of_variables(variables) == {"/opt/v"}


@pytest.mark.parametrize(
    "path",
    [
        "/usr/local/cuda",
        "/usr/local/cuda-12.4/lib64",
        "/usr/lib/x86_64-linux-gnu/libcudnn.so.9",
        "/opt/TensorRT-10.0",
        "/x/libnvinfer.so",
        "/x/libcublas.so.12",
    ],
)
def test_cuda(path: str) -> None:
    assert holds_cuda(path)


@pytest.mark.parametrize("path", ["/usr/local", "/app/cuda_kernels", "/srv/barracuda", "/x/libcurl.so", "/app/cuda.py"])
def test_no_cuda(path: str) -> None:
    assert not holds_cuda(path)


@pytest.mark.parametrize(
    ("path", "image", "expected"),
    [
        ("/usr/local", "python:3.11", False),
        ("/usr/local", "nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04", False),
        ("/opt/conda", "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", True),
        ("/opt/conda", "host:5000/pytorch@sha256:0", True),
        ("/usr/local", None, True),
        ("/opt/venv", None, False),
        ("/install", None, False),
    ],
)
def test_packages_of_the_base_image(path: str, image: str | None, expected: bool) -> None:
    assert may_hold_others(path, image, {"/install"}) is expected
