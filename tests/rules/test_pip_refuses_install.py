"""pip in Ubuntu's and Debian's own Pythons."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Host
from envdoctor.findings import Severity
from envdoctor.readers.stages import read_dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import (
    CUDNN_12_4,
    CUDNN_12_8,
    MATRIX,
    dockerfile,
    document,
    does_not_apply,
    fires,
    silent,
    workload,
)

RULE = "pip-refuses-install"
APT = "apt-get update && apt-get install -y python3-pip"


@pytest.mark.parametrize(
    "command",
    [
        "pip install --break-system-packages torch",
        "PIP_BREAK_SYSTEM_PACKAGES=1 pip install torch",
        "export PIP_BREAK_SYSTEM_PACKAGES=1 && pip3 install torch",
        "pip install --target /opt/lib torch",
        "pip install torch || pip install --break-system-packages torch",
        "pip install torch || true",
        "if [ -f r.txt ]; then pip install -r r.txt; fi",
        "pip download torch",
        "python3 -m pip list",
        "uv pip install --system --break-system-packages torch",
        "uv pip install torch",  # needs a virtual environment, which it says itself
        "apt-get install -y ffmpeg",
        "/opt/venv/bin/pip install torch",  # copied in from another stage
    ],
)
def test_what_ubuntu_24_04_allows_is_silent(command: str) -> None:
    silent(RULE, dockerfile(APT, command, image=CUDNN_12_8))


@pytest.mark.parametrize(
    "before",
    [
        "python3 -m venv /opt/venv && . /opt/venv/bin/activate",
        "rm /usr/lib/python3.12/EXTERNALLY-MANAGED",
        "rm -rf /usr/lib/python3*/EXTERNALLY-MANAGED",
        "pip config set global.break-system-packages true",
        "apt-get install -y python3.11 python3.11-venv",
        "curl -sSL https://bootstrap.pypa.io/get-pip.py -o get-pip.py && python3 get-pip.py --break-system-packages",
        "wget https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh && bash Miniconda3-latest-Linux-x86_64.sh -b -p /opt/conda",
        "conda install -y python=3.11",
        "uv venv /opt/venv",
        "mkdir -p /root/.config/pip && printf '[global]\\nbreak-system-packages = true' > /root/.config/pip/pip.conf",
        "cd Python-3.12.4 && ./configure && make && make install",
        "./setup.sh",
    ],
)
def test_another_python_may_be_meant(before: str) -> None:
    does_not_apply(RULE, dockerfile(APT, before, "pip install torch", image=CUDNN_12_8))


@pytest.mark.parametrize(
    "image",
    [
        "python:3.12-slim",
        "python:3.12-slim-bookworm",
        "nvcr.io/nvidia/pytorch:25.03-py3",
        "pytorch/pytorch:2.7.0-cuda12.8-cudnn9-runtime",
        "our_base:1",
    ],
)
def test_images_with_a_python_of_their_own(image: str) -> None:
    does_not_apply(RULE, dockerfile("pip install tqdm", image=image))


@pytest.mark.parametrize(
    ("image", "command"),
    [
        (CUDNN_12_8, "pip install torch"),
        (CUDNN_12_8, "pip3 install --no-cache-dir --upgrade pip"),
        (CUDNN_12_8, "python3 -m pip install --user torch"),
        (CUDNN_12_8, "apt-get install -y python3.12-dev && pip3 install torch"),
        (CUDNN_12_8, "pip --no-cache-dir install torch"),
        (CUDNN_12_8, "uv pip install --system torch"),
        ("ubuntu:24.04", "pip install torch"),
        ("debian:12", "pip3 install torch"),
        ("debian:bookworm-slim", "pip3 install torch"),
    ],
)
def test_it_is_externally_managed(image: str, command: str) -> None:
    finding = fires(RULE, dockerfile(APT, command, image=image))
    assert finding.severity is Severity.ERROR
    assert "externally-managed-environment" in finding.message
    assert finding.at is not None
    assert finding.at.line == 3


def test_the_build_stops_at_the_first() -> None:
    finding = fires(RULE, dockerfile(APT, "pip install a", "pip install b", image=CUDNN_12_8))
    assert "2 commands; the build stops at the first" in finding.message


@pytest.mark.parametrize("image", [CUDNN_12_4, "nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04", "debian:11"])
def test_an_older_pip_does_not_know_the_option(image: str) -> None:
    silent(RULE, dockerfile(APT, "pip install torch", image=image))
    silent(RULE, dockerfile(APT, "PIP_BREAK_SYSTEM_PACKAGES=1 pip install torch", image=image))
    silent(RULE, dockerfile(APT, "pip install -U pip && pip install --break-system-packages torch", image=image))
    finding = fires(RULE, dockerfile(APT, "pip install --break-system-packages torch", image=image))
    assert finding.severity is Severity.ERROR
    assert 'stops with "no such option: --break-system-packages"' in finding.message


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("python:3.9-slim", "curl -sS https://bootstrap.pypa.io/get-pip.py | python3"),
        (
            "nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04",
            "curl -O https://bootstrap.pypa.io/get-pip.py && python3 get-pip.py",
        ),
        (CUDNN_12_4, "wget https://bootstrap.pypa.io/get-pip.py && python3.8 get-pip.py"),
    ],
)
def test_get_pip_on_an_old_python(image: str, command: str) -> None:
    finding = fires(RULE, dockerfile(command, image=image))
    assert "get-pip.py does not run on Python 3." in finding.message
    assert finding.remedy[0].startswith("fetch https://bootstrap.pypa.io/pip/3.")


@pytest.mark.parametrize(
    "command",
    [
        "curl -sS https://bootstrap.pypa.io/get-pip.py | python3.11",
        "curl -sS https://bootstrap.pypa.io/pip/3.8/get-pip.py | python3.8",
        "curl -O https://bootstrap.pypa.io/get-pip.py",
        "curl -sS https://bootstrap.pypa.io/get-pip.py | python3",  # Ubuntu 22.04: 3.10
    ],
)
def test_get_pip_where_it_runs(command: str) -> None:
    does_not_apply(RULE, dockerfile(command, image=CUDNN_12_4))


def test_without_a_build() -> None:
    does_not_apply(RULE, workload(CUDNN_12_8, pip=["torch"]))
    does_not_apply(RULE, document(image={"reference": CUDNN_12_8}))


COPIES = "FROM nvidia/cuda:12.8.1-devel-ubuntu24.04\n{line}\nRUN pip install torch\n"


@pytest.mark.parametrize(
    "line",
    [
        "COPY pip.conf /etc/pip.conf",
        "COPY pip.conf /etc/",
        "COPY docker/rootfs/ /",
        "COPY <<EOF /root/.config/pip/pip.conf\n[global]\nbreak-system-packages = true\nEOF",
        "COPY --from=python:3.11-slim /usr/local /usr/local",
        "COPY --from=python:3.11-slim /usr/local/lib/python3.11 /usr/local/lib/python3.11",
        "ENV PIP_CONFIG_FILE=/opt/pip.conf",
        "ENV PIP_PREFIX=/opt/packages",
        "ENV PIP_TARGET=/opt/packages",
        "RUN rm -rf /usr/lib/python3.12/EXT*",
    ],
)
def test_copied_files_and_variables_may_send_pip_elsewhere(line: str) -> None:
    does_not_apply(RULE, _written(COPIES.format(line=line)))


@pytest.mark.parametrize(
    "line",
    [
        "COPY entrypoint.sh /",
        "COPY . .",
        "COPY . /app",
        "COPY requirements.txt /tmp/",
        "COPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /usr/local/bin/",
        "COPY nginx.conf /etc/nginx/",
    ],
)
def test_other_copies_change_nothing(line: str) -> None:
    assert "externally-managed-environment" in fires(RULE, _written(COPIES.format(line=line))).message


def _written(text: str) -> Facts:
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=lambda path: None)
    return assemble(declared, Host(), MATRIX, Stated())
