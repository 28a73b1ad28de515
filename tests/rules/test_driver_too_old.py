"""The floor of each CUDA major, and who is judged by it."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN_12_4,
    PYTHON,
    PYTORCH,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "driver-too-old"


@pytest.mark.parametrize(
    ("driver", "image"),
    [
        ("525.60.13", "nvidia/cuda:12.8.1-base-ubuntu22.04"),  # the toolkit's own driver is 570.124.06
        ("550.54.14", CUDNN_12_4),  # its own is 550.54.15
        ("450.80.02", "nvidia/cuda:11.8.0-base-ubuntu22.04"),
        ("580.65.06", "nvidia/cuda:13.0.1-base-ubuntu22.04"),
        ("440.33.01", "nvidia/cuda:10.2-base-ubuntu18.04"),
        ("615.65.02", "nvidia/cuda:11.8.0-base-ubuntu22.04"),  # an old CUDA on a new driver
        ("535", CUDNN_12_4),  # any 535
        ("580", "nvidia/cuda:13.0.1-base-ubuntu22.04"),  # the branch's first release is the floor
    ],
)
def test_from_the_floor_of_the_major_on_it_is_silent(driver: str, image: str) -> None:
    silent(RULE, workload(image, host=on(driver, ["GTX 1080 Ti"])))


def test_a_cu128_wheel_on_525_60_13_is_not_too_old() -> None:
    silent(RULE, workload("python:3.12", pip=["torch==2.9.1"], host=on("525.60.13", ["RTX 3090"])))


def test_a_cu118_wheel_does_not_inherit_the_floor_of_a_12_4_base() -> None:
    silent(RULE, workload(CUDNN_12_4, pip=["torch==2.4.0+cu118"], host=on("470.57.02", ["RTX 3090"])))


def test_what_runs_by_forward_compatibility_is_told_by_the_other_rule() -> None:
    silent(RULE, workload(CUDNN_12_4, host=on("470.57.02", ["T4"])))
    silent(RULE, workload("nvidia/cuda:13.0.1-base-ubuntu22.04", host=on("535.54.03", ["A100-SXM4-80GB"])))


def test_a_cpu_wheel_needs_no_driver_at_all() -> None:
    silent(RULE, workload(PYTHON, pip=["torch==2.11.0+cpu"], host=on("470.57.02", ["RTX 3090"])))


@pytest.mark.parametrize(
    ("driver", "image", "floor"),
    [
        ("525.60.11", CUDNN_12_4, "525.60.13"),
        ("470.57.02", CUDNN_12_4, "525.60.13"),
        ("450.80.01", "nvidia/cuda:11.8.0-base-ubuntu22.04", "450.80.02"),
        ("580.65.05", "nvidia/cuda:13.0.1-base-ubuntu22.04", "580.65.06"),
        ("418.39", "nvidia/cuda:10.2-base-ubuntu18.04", "440.33"),  # no minor-version compatibility before 11
    ],
)
def test_below_the_floor_on_geforce_it_is_an_error(driver: str, image: str, floor: str) -> None:
    finding = fires(RULE, workload(image, host=on(driver, ["RTX 3090"])))
    assert finding.severity is Severity.ERROR
    assert driver in finding.message
    assert floor in finding.message
    assert finding.remedy[0] == f"upgrade the host's driver to {floor} or newer"
    assert finding.at is not None
    assert (finding.at.path, finding.at.line) == ("Dockerfile", 1)


def test_a_cu130_wheel_on_a_12_4_base_needs_r580() -> None:
    torch = package("torch==2.11.0", index=f"{PYTORCH}cu130")
    finding = fires(RULE, workload(CUDNN_12_4, pip=[torch], host=on("550.54.14", ["RTX 4090"])))
    assert finding.message.startswith("torch 2.11.0 cannot run on driver 550.54.14: CUDA 13.x")
    assert "580.65.06" in finding.remedy[0]
    assert "CUDA 12.x" in finding.remedy[1]
    assert finding.at is not None
    assert finding.at.line == 3
    silent(RULE, workload(CUDNN_12_4, pip=[torch], host=on("580.65.06", ["RTX 4090"])))


def test_a_cu130_wheel_on_plain_python_has_no_compat_to_lean_on() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["torch==2.11.0"], host=on("535.54.03", ["A100-SXM4-80GB"])))
    assert finding.severity is Severity.ERROR
    assert "python images hold no CUDA" in finding.message


def test_an_unpinned_torch_is_what_pip_takes_today() -> None:
    unpinned = package("torch", extra=[f"{PYTORCH}cu118"])  # the highest version wins, which the default index has
    finding = fires(RULE, workload(PYTHON, pip=[unpinned], host=on("550.54.14", ["RTX 4090"])))
    assert "today 2.15.0" in finding.message
    by_uv = package("torch", "uv", extra=[f"{PYTORCH}cu118"])  # uv takes the first index that has it
    silent(RULE, workload(PYTHON, pip=[by_uv], host=on("470.57.02", ["RTX 3090"])))
    replaced = package("torch", index=f"{PYTORCH}cu118")
    silent(RULE, workload(PYTHON, pip=[replaced], host=on("470.57.02", ["RTX 3090"])))


def test_a_torch_that_the_image_satisfies_is_not_replaced() -> None:
    ngc = "nvcr.io/nvidia/pytorch:24.05-py3"
    silent(RULE, workload(ngc, pip=["torch", "torch>=2.0"], host=on("535.104.05", ["A100"])))
    assert "CUDA 13.x" in fires(RULE, workload(ngc, pip=["torch==2.11.0"], host=on("535.104.05", ["A100"]))).message


def test_an_ngc_image_is_one_finding_not_two() -> None:
    finding = fires(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3", host=on("470.57.02", ["RTX 3090"])))
    assert "12.4.1" in finding.message


@pytest.mark.parametrize("driver", ["527.41", "528.24", "551.61"])
def test_windows_numbers_have_their_own_floor(driver: str) -> None:
    silent(RULE, workload(CUDNN_12_4, host=on(driver, ["RTX 3090"], wsl="2")))


def test_below_it_the_windows_floor_is_named() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("527.37", ["RTX 3090"], wsl="2")))
    assert "Windows driver 527.41" in finding.message
    assert "527.41" in finding.remedy[0]


def test_the_worst_gpu_of_a_host_decides() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("470.57.02", ["T4", "RTX 3090"])))
    assert "forward compatibility does not exist on RTX 3090" in finding.message


def test_without_the_gpu_it_is_a_note_and_open() -> None:
    finding, reason = fires_and_stays_open(RULE, workload(BASE_12_4, host=on("470.57.02")))
    assert finding.severity is Severity.NOTE
    assert "depends on the GPU" in reason


def test_what_is_not_known_stays_open() -> None:
    assert "driver version is not stated" in undecided(RULE, workload(CUDNN_12_4))
    partial = undecided(RULE, workload("nvidia/cuda:11.8.0-base-ubuntu22.04", host=on("450", ["T4"])))
    assert "450.80.02" in partial
    assert "--image-alias" in undecided(RULE, workload("our_base:latest", host=on("535.104.05", ["T4"])))
    ngc = undecided(RULE, workload("nvcr.io/nvidia/pytorch:25.07-py3", host=on("580.65.06", ["T4"])))
    assert "nearest known: 25.06" in ngc
    removed = workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.1"], host=on("470.57.02", ["T4"]))
    assert "onnxruntime-gpu 1.20.1" in undecided(RULE, removed)


def test_a_gap_leaves_open_what_may_still_be_installed() -> None:
    gap = "Dockerfile:7: pip install . may install more"
    assert gap in undecided(RULE, workload(CUDNN_12_4, gaps=[gap], host=on("550.54.14", ["T4"])))


def test_no_driver_numbers_on_a_jetson() -> None:
    orin = on(None, ["Jetson AGX Orin"], l4t="36.4.3")
    assert "L4T" in does_not_apply(RULE, workload("nvidia/cuda:12.2.2-base-ubuntu22.04", host=orin))
    unstated = on(None, ["Jetson AGX Orin"])
    assert "L4T" in does_not_apply(RULE, workload("nvidia/cuda:12.2.2-base-ubuntu22.04", host=unstated))


def test_a_host_without_a_driver_is_another_rules() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("none", ["RTX 3090"])))


def test_kepler_is_not_told_to_take_a_driver_that_dropped_it() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("470.57.02", ["Tesla K80"])))
    assert "R470 was the last for Kepler" in finding.message  # cuda-compat 12.4 does not drive it either
    assert finding.remedy[0].startswith("use an image and wheels built for CUDA 11.x")
    assert not any("upgrade" in remedy for remedy in finding.remedy)
