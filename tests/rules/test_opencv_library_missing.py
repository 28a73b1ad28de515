"""libGL.so.1 and its kin."""

from __future__ import annotations

import pytest

from envdoctor.facts import Host
from envdoctor.findings import Severity
from envdoctor.readers.stages import read_dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import (
    CUDNN_12_4,
    CUDNN_12_8,
    MATRIX,
    PYTHON,
    asked,
    dockerfile,
    document,
    does_not_apply,
    fires,
    installed,
    silent,
    undecided,
    workload,
)

RULE = "opencv-library-missing"
TORCH = "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime"
LIBRARIES = ["libgl1", "libglib2.0-0"]
OLDER = "opencv-python==4.10.0.84"  # needs no libxcb of the system


# --- fine ---


@pytest.mark.parametrize(
    "line", ["opencv-python-headless", "opencv-contrib-python-headless", "albumentations", "easyocr"]
)
@pytest.mark.parametrize("image", [PYTHON, TORCH, CUDNN_12_4])
def test_headless_needs_nothing(line: str, image: str) -> None:
    facts = workload(image, pip=[line])
    assert asked(RULE, facts).findings == ()


@pytest.mark.parametrize("image", [PYTHON, TORCH, CUDNN_12_4, "python:3.11-slim-bookworm", "ubuntu:22.04"])
@pytest.mark.parametrize(
    "apt",
    [
        LIBRARIES,
        ["libgl1-mesa-dev", "libglib2.0-dev"],
        ["ffmpeg"],
        ["python3-opencv"],
        ["libopencv-dev", "git"],
        ["libgtk-3-dev"],
        ["xvfb", "libglib2.0-0"],
    ],
)
def test_what_apt_brings(image: str, apt: list[str]) -> None:
    silent(RULE, workload(image, apt=apt, pip=[OLDER]))


def test_the_classic_line_on_the_releases_that_know_it() -> None:
    classic = ["libgl1-mesa-glx", "libglib2.0-0", "libsm6", "libxext6", "libxrender-dev"]
    for image in (CUDNN_12_4, "python:3.10-slim-bookworm", "debian:12"):
        silent(RULE, workload(image, apt=classic, pip=[OLDER]))


def test_other_libraries_of_the_kind() -> None:
    silent(RULE, workload(PYTHON, apt=["libgl1", "libglib2.0-0t64", "libxcb1"], pip=["opencv-python"]))
    silent(RULE, workload("python:3.11", apt=["libgl1"], pip=["opencv-python"]))


# --- does not apply ---


@pytest.mark.parametrize(
    "image",
    [
        None,
        "nvcr.io/nvidia/pytorch:24.05-py3",
        "python:3.11-alpine",
        "rockylinux:9",
        "nvidia/cuda:12.4.1-runtime-rockylinux9",
        "nvcr.io/nvidia/tensorrt:24.05-py3",
    ],
)
def test_images_of_which_nothing_is_known(image: str | None) -> None:
    does_not_apply(RULE, workload(image, pip=["opencv-python"]))


def test_no_wheel() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["numpy"]))
    does_not_apply(RULE, workload(CUDNN_12_4, apt=["python3-opencv"]))
    does_not_apply(RULE, document(image={"flavor": "slim"}, packages=[installed("opencv", manager="source")]))


# --- fires ---


@pytest.mark.parametrize("image", [PYTHON, TORCH, CUDNN_12_4, "ubuntu:22.04", "debian:bookworm-slim", "python:3.11"])
@pytest.mark.parametrize("line", ["opencv-python", "opencv-contrib-python==4.8.0.74", "ultralytics==8.3.0"])
def test_windows_without_their_libraries(image: str, line: str) -> None:
    finding = fires(RULE, workload(image, apt=["git", "python3-pip"], pip=[line]))
    assert finding.severity is Severity.ERROR
    assert "ImportError: libGL.so.1: cannot open shared object file" in finding.message


def test_half_of_it_is_not_enough() -> None:
    assert "libglib-2.0.so.0" in fires(RULE, workload(PYTHON, apt=["libgl1"], pip=[OLDER])).message
    assert "libGL.so.1" in fires(RULE, workload(PYTHON, apt=["libglib2.0-0", "libsm6"], pip=[OLDER])).message
    assert "libGL.so.1" in fires(RULE, workload(PYTHON, apt=["libglu1-mesa", "libglib2.0-0"], pip=[OLDER])).message


def test_the_remedy_names_the_releases_packages() -> None:
    assert "headless in place of" in fires(RULE, workload(CUDNN_12_8, pip=[OLDER])).remedy[0]
    assert fires(RULE, workload(CUDNN_12_8, pip=[OLDER])).remedy[1].endswith("libgl1 libglib2.0-0t64")
    brought = fires(RULE, workload(TORCH, pip=["ultralytics==8.3.0"]))
    assert "which ultralytics 8.3.0 requires" in brought.message
    assert brought.remedy[0].startswith("apt-get update")


def test_a_headless_release_that_needs_libxcb_by_mistake() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["opencv-python-headless==4.13.0.90"]))
    assert "libxcb.so.1" in finding.message
    assert "4.13.0.92" in finding.remedy[1]


def test_a_document_that_says_slim() -> None:
    facts = document(image={"os": {"id": "debian"}, "flavor": "slim"}, packages=[installed("opencv-python")])
    assert fires(RULE, facts).severity is Severity.ERROR


def test_a_package_that_may_bring_it_makes_it_a_remark() -> None:
    finding = fires(RULE, workload(PYTHON, apt=["our-graphics-stack"], pip=["opencv-python"]))
    assert finding.severity is Severity.NOTE
    assert "our-graphics-stack" in finding.message
    assert fires(RULE, workload(PYTHON, pip=[OLDER], gaps=["Dockerfile:4: -r missing.txt"])).severity is Severity.NOTE
    assert fires(RULE, workload(PYTHON, apt=["libcudnn8", "libnccl2"], pip=[OLDER])).severity is Severity.ERROR


def test_beside_a_headless_one_either_may_be_left() -> None:
    finding = fires(RULE, workload(TORCH, pip=["ultralytics", "albumentations"]))
    assert finding.severity is Severity.WARNING
    assert "written last" in finding.message


@pytest.mark.parametrize("image", ["ubuntu:24.04", CUDNN_12_8, "debian:13", "python:3.12-slim-trixie"])
def test_a_name_that_apt_no_longer_knows(image: str) -> None:
    finding = fires(RULE, workload(image, apt=["libgl1-mesa-glx", "libglib2.0-0"], pip=[OLDER]))
    assert finding.severity is Severity.ERROR
    assert "has no package libgl1-mesa-glx" in finding.message


def test_a_tag_that_moved_to_a_debian_without_it() -> None:
    apt = ["libgl1-mesa-glx", "libglib2.0-0"]
    assert fires(RULE, workload("python:3.11-slim", apt=apt, pip=[OLDER])).severity is Severity.WARNING
    silent(RULE, workload("python:3.8-slim", apt=apt, pip=[OLDER]))
    silent(RULE, workload("python:3.11-slim-bullseye", apt=apt, pip=[OLDER]))


# --- cannot tell ---


def test_a_strange_image() -> None:
    assert "our_base:1" in undecided(RULE, workload("our_base:1", pip=["opencv-python"]))
    does_not_apply(RULE, workload("our_base:1", pip=["opencv-python-headless"]))


def test_a_list_that_is_made_at_run_time() -> None:
    facts = dockerfile("apt-get update && apt-get install -y $(cat packages.txt)", f"pip install {OLDER}")
    assert all(finding.severity is Severity.NOTE for finding in asked(RULE, facts).findings)


def test_what_apt_only_recommends_comes_too_unless_it_is_left_out() -> None:
    """libc-devtools, which gcc recommends, brings an X library. libgl1 has it itself; a copied libGL has not."""
    line = "pip install opencv-python"
    bare = "apt-get update && apt-get install -y --no-install-recommends \\\n    git \\\n    python3-pip"
    assert "libxcb.so.1" in fires(RULE, dockerfile(bare, line, image=CUDNN_12_4)).message
    short = bare.replace("--no-install-recommends ", "-o APT::Install-Recommends=false ")
    assert "libxcb.so.1" in fires(RULE, dockerfile(short, line, image=CUDNN_12_4)).message
    whole = bare.replace("--no-install-recommends ", "")
    message = fires(RULE, dockerfile(whole, line, image=CUDNN_12_4)).message
    assert "libGL.so.1" in message
    assert "libxcb.so.1" not in message


@pytest.mark.parametrize(
    "command", ["playwright install-deps", "playwright install --with-deps chromium", "rosdep install -y"]
)
def test_tools_that_ask_apt_for_what_they_know_of(command: str) -> None:
    line = "pip install opencv-python"
    assert fires(RULE, dockerfile(command, line, image=CUDNN_12_4)).severity is Severity.NOTE
    glib = "apt-get update && apt-get install -y libglib2.0-0 python3-pip"
    assert fires(RULE, dockerfile(glib, line, image="ubuntu:22.04")).severity is Severity.ERROR


def test_a_library_that_is_copied_in() -> None:
    copy = "COPY --from=build /usr/lib/x86_64-linux-gnu/libGL.so.1 /usr/lib/x86_64-linux-gnu/"
    text = f"FROM {CUDNN_12_4}\n{copy}\nRUN apt-get install -y libglib2.0-0 python3-pip && pip install opencv-python\n"
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=lambda path: None)
    finding = fires(RULE, assemble(declared, Host(), MATRIX, Stated()))
    assert finding.severity is Severity.NOTE
    assert "unless it comes from the copy to" in finding.message
