"""Whole Dockerfiles with everything real: stages, shell and package managers together, each package on its own line."""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.readers.declared import Declared
from envdoctor.readers.stages import read_dockerfile


def read(text: str, files: Mapping[str, str] | None = None, build_args: Mapping[str, str] | None = None) -> Declared:
    return read_dockerfile(text, "Dockerfile", build_args=build_args or {}, target=None, read_file=(files or {}).get)


def found(declared: Declared) -> list[tuple[str, str | None, str | None, str]]:
    """Name, version, CUDA of the wheel and where it stands."""
    return [(item.name, item.version, item.cuda, str(item.origin)) for item in declared.packages.items]


def test_a_training_image_on_an_ngc_base() -> None:
    declared = read(
        """\
FROM nvcr.io/nvidia/pytorch:24.05-py3
ENV DEBIAN_FRONTEND=noninteractive \\
    TZ=Etc/UTC
RUN apt-get update -y && apt-get install -y --no-install-recommends \\
    tzdata ffmpeg \\
    # fonts
    gosu && \\
    ln -sf /usr/share/zoneinfo/$TZ /etc/localtime && apt-get clean
RUN python -m pip install -U pip && python -m pip install \\
    albumentations "Pillow>=10.0.0" \\
    onnx==1.16.1
RUN printf '#!/bin/bash\\n\\
if [ -n "$USER_ID" ]; then\\n\\
  pip install never\\n\\
fi' > /entrypoint.sh
ENTRYPOINT ["/bin/bash", "/entrypoint.sh"]
"""
    )
    assert declared.image.need() == "nvcr.io/nvidia/pytorch:24.05-py3"
    assert found(declared) == [
        ("tzdata", None, None, "Dockerfile:5"),
        ("ffmpeg", None, None, "Dockerfile:5"),
        ("gosu", None, None, "Dockerfile:7"),
        ("pip", None, None, "Dockerfile:9"),
        ("albumentations", None, None, "Dockerfile:10"),
        ("pillow", None, None, "Dockerfile:10"),
        ("onnx", "1.16.1", None, "Dockerfile:11"),
    ]
    assert declared.packages.complete
    assert declared.problems == ()


def test_a_service_built_in_two_stages() -> None:
    declared = read(
        """\
# syntax=docker/dockerfile:1
ARG CUDA=12.4.1
FROM nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu22.04 AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]

FROM base AS build
ARG TORCH=2.4.0 WHEELS=cu121
WORKDIR /src
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \\
    python3 -m venv /opt/venv && \\
    /opt/venv/bin/pip install "torch==${TORCH}" --index-url https://download.pytorch.org/whl/${WHEELS} && \\
    /opt/venv/bin/pip install -r requirements.txt

FROM base
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
USER 1000:1000
CMD ["python", "-m", "service"]
""",
        {"requirements.txt": "onnxruntime-gpu==1.19.0\ntorch>=2.0  # whichever\n"},
    )
    assert declared.image.need() == "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
    assert found(declared) == [
        ("torch", "2.4.0", "12.1", "Dockerfile:12"),
        ("onnxruntime-gpu", "1.19.0", None, "requirements.txt:1"),
    ]
    assert declared.packages.complete
    assert declared.user.need() == "1000:1000"


def test_build_arguments_reach_the_shell() -> None:
    text = "FROM python:3.11\nARG CU=118\nRUN pip install torch==2.1.0 --index-url https://download.pytorch.org/whl/cu${CU}\n"
    assert found(read(text)) == [("torch", "2.1.0", "11.8", "Dockerfile:3")]
    assert found(read(text, build_args={"CU": "121"})) == [("torch", "2.1.0", "12.1", "Dockerfile:3")]


def test_heredocs_and_the_exec_form() -> None:
    declared = read(
        """\
FROM python:3.11
RUN <<EOF
set -e
pip install torch==2.4.0
EOF
RUN ["pip", "install", "numpy<2"]
RUN python3 <<EOF
print("pip is not run here")
EOF
COPY <<EOF /tmp/r.txt
pillow==10.4.0
EOF
RUN pip install -r /tmp/r.txt
"""
    )
    assert [(name, version) for name, version, _, _ in found(declared)] == [
        ("torch", "2.4.0"),
        ("numpy", None),
        ("pillow", "10.4.0"),
    ]
    assert found(declared)[0][3] == "Dockerfile:4"


def test_what_is_replaced_and_taken_away() -> None:
    declared = read(
        """\
FROM python:3.11
RUN pip install opencv-python onnxruntime
RUN pip uninstall -y onnxruntime && pip install onnxruntime-gpu==1.18.0
RUN pip install onnxruntime-gpu && pip install -U opencv-python
"""
    )
    assert found(declared) == [
        ("onnxruntime-gpu", "1.18.0", None, "Dockerfile:3"),
        ("opencv-python", None, None, "Dockerfile:4"),
    ]


def test_an_unquoted_comparison_is_told() -> None:
    declared = read("FROM python:3.11\nRUN pip install \\\n    torch>=2.0\n")
    assert found(declared)[0][:2] == ("torch", None)
    (slip,) = declared.slips
    assert (slip.kind, slip.shown, slip.origin.line) == ("redirection", "torch>=2.0", 3)


def test_a_continuation_that_swallows_an_instruction_installs_nothing_of_it() -> None:
    declared = read("FROM python:3.11\nRUN apt-get install -y git \\\n\nRUN pip install torch\n")
    assert "torch" not in [name for name, version, _, where in found(declared) if version]
    assert declared.packages.items[0].name == "git"


def test_credentials_of_an_index_are_not_kept() -> None:
    declared = read(
        "FROM python:3.11\nARG USER=u\nARG TOKEN=hunter2\n"
        "RUN pip install internal==1.0 --index-url https://${USER}:${TOKEN}@example.org/simple\n"
    )
    assert found(declared)[0][:2] == ("internal", "1.0")
    assert "hunter2" not in repr(declared)
