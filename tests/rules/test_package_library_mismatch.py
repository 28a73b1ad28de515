"""CTranslate2 and what rests on it."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN8_12_2,
    CUDNN_12_4,
    CUDNN_13_0,
    PYTHON,
    asked,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    installed,
    silent,
    undecided,
    workload,
)

RULE = "package-library-mismatch"


@pytest.mark.parametrize(
    ("image", "packages"),
    [
        (CUDNN_12_4, ["ctranslate2==4.5.0"]),
        (CUDNN8_12_2, ["ctranslate2==4.4.0"]),
        ("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04", ["ctranslate2==3.24.0"]),
        (CUDNN_12_4, ["ctranslate2==4.5.0", "faster-whisper==1.1.0"]),
    ],
)
def test_the_majors_it_needs_are_there(image: str, packages: list[str]) -> None:
    silent(RULE, workload(image, pip=packages))


def test_4_4_on_cudnn_9() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["ctranslate2==4.4.0"]))
    assert finding.severity is Severity.ERROR
    assert "ctranslate2 4.4.0 needs cuDNN 8 (libcudnn.so.8), and the image holds cuDNN 9.1.0.70" in finding.message
    assert "cudnn8-runtime" in finding.remedy[0]


def test_4_5_on_cudnn_8() -> None:
    assert "libcudnn.so.9" in fires(RULE, workload(CUDNN8_12_2, pip=["ctranslate2==4.5.0"])).message


def test_each_missing_library_is_told() -> None:
    result = asked(RULE, workload(BASE_12_4, pip=["ctranslate2==4.5.0"]))
    assert ["libcublas.so.12" in finding.message for finding in result.findings] == [True, False]
    assert "without cuBLAS" in result.findings[0].message
    assert "there is no cuDNN" in result.findings[1].message


def test_what_only_a_wheel_brings_is_a_note_beside_an_error() -> None:
    result = asked(RULE, workload(PYTHON, pip=["ctranslate2==4.4.0", "torch==2.4.0"]))  # CUDA 12, cuDNN 9
    severities = {finding.message.split("(")[1][:10]: finding.severity for finding in result.findings}
    assert severities == {"libcublas.": Severity.NOTE, "libcudnn.s": Severity.ERROR}


def test_wheels_have_to_be_found() -> None:
    facts = workload(
        "nvidia/cuda:12.4.1-runtime-ubuntu22.04", pip=["ctranslate2==4.6.0", "nvidia-cudnn-cu12==9.1.0.70"]
    )
    finding, reason = fires_and_stays_open(RULE, facts)
    assert finding.severity is Severity.NOTE
    assert "LD_LIBRARY_PATH" in finding.message
    assert "nvidia-cudnn-cu12" in reason


def test_tensorflow_goes_on_with_the_cpu() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["tensorflow==2.16.1"]))  # CUDA 12, cuDNN 8
    assert finding.severity is Severity.WARNING
    assert "goes on with the CPU" in finding.message
    silent(RULE, workload(CUDNN8_12_2, pip=["tensorflow==2.16.1"]))
    assert "and-cuda" in does_not_apply(RULE, workload(PYTHON, pip=["tensorflow[and-cuda]==2.16.1"]))
    assert "without CUDA" in does_not_apply(RULE, workload(PYTHON, pip=["tensorflow==2.16.1"]))


def test_cupy_says_its_cuda_in_its_name() -> None:
    silent(RULE, workload(CUDNN_12_4, pip=["cupy-cuda12x"]))
    assert "CUDA 11" in fires(RULE, workload(CUDNN_12_4, pip=["cupy-cuda11x==13.3.0"])).message


@pytest.mark.parametrize(
    ("line", "certain"),
    [
        ("ctranslate2>=4.5,<4.7", True),
        ("ctranslate2>4.4.5,<4.6", True),
        ("ctranslate2<4.5", True),
    ],
)
def test_a_range_is_every_release_it_can_mean(line: str, certain: bool) -> None:
    """From 4.5 to 4.6 cuDNN 9, before 4.0 CUDA 11."""
    result = asked(RULE, workload("nvidia/cuda:12.4.1-runtime-ubuntu22.04", pip=[line]))
    assert [finding.severity is Severity.ERROR for finding in result.findings][:1] == [certain]
    assert bool(result.reason) is not certain


def test_the_pin_that_fits_what_is_there() -> None:
    finding = fires(RULE, workload(CUDNN8_12_2, pip=["ctranslate2==4.5.0"]))
    pin = next(remedy for remedy in finding.remedy if "pip install" in remedy).split('"')[1]
    silent(RULE, workload(CUDNN8_12_2, pip=[pin]))


RUNTIME_12_4 = "nvidia/cuda:12.4.1-runtime-ubuntu22.04"  # no cuDNN


@pytest.mark.parametrize("line", ["ctranslate2", "ctranslate2>=4.0", "faster-whisper", "faster-whisper==1.1.0"])
def test_a_declaration_takes_the_newest_which_needs_no_cudnn(line: str) -> None:
    silent(RULE, workload(RUNTIME_12_4, pip=[line]))
    assert "CUDA 12" in fires(RULE, workload(CUDNN_13_0, pip=[line])).message


def test_an_unpinned_whisperx_takes_the_newest_and_a_pinned_one_what_it_asks_for() -> None:
    silent(RULE, workload(RUNTIME_12_4, pip=["whisperx"]))
    assert asked(RULE, workload(RUNTIME_12_4, pip=["whisperx==3.1.1"])).reason


def test_what_stands_in_the_way_of_the_newest() -> None:
    ubuntu20 = "nvidia/cuda:12.4.1-runtime-ubuntu20.04"  # Python 3.8, for which 4.6 and later have no wheel
    old = workload(ubuntu20, pip=["faster-whisper"], apt=["python3"])
    assert asked(RULE, old).reason
    installed_now = document(
        image={"cuda": "12.4.1", "flavor": "runtime", "reference": RUNTIME_12_4},
        packages=[installed("faster-whisper", "1.1.0")],
    )
    assert asked(RULE, installed_now).reason


def test_faster_whisper_before_1_0_asks_for_ctranslate2_3() -> None:
    silent(RULE, workload("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04", pip=["faster-whisper==0.10.1"]))
    result = asked(RULE, workload(CUDNN8_12_2, pip=["faster-whisper==0.10.1"]))
    assert ["CUDA 11" in finding.message for finding in result.findings] == [True]


def test_the_image_it_names_holds_all_it_needs() -> None:
    result = asked(RULE, workload(BASE_12_4, pip=["ctranslate2==4.4.0"]))
    tag = "nvidia/cuda:12.2.2-cudnn8-runtime-ubuntu22.04"
    assert {finding.remedy[0] for finding in result.findings} == {
        f"use a base image with CUDA 12 and cuDNN 8, such as {tag}"
    }
    silent(RULE, workload(tag, pip=["ctranslate2==4.4.0"]))


def test_the_remedy_does_not_take_away_what_onnxruntime_needs() -> None:
    beside = "onnxruntime-gpu==1.20.0"  # CUDA 12, cuDNN 9
    remedies = fires(RULE, workload(CUDNN_12_4, pip=["ctranslate2==4.4.0", beside])).remedy
    assert not any("cuDNN 8" in remedy for remedy in remedies)
    assert remedies[0] == 'pip install "ctranslate2>=4.7"'
    silent(RULE, workload(CUDNN_12_4, pip=["ctranslate2>=4.7", beside]))


def test_open_and_not_applicable() -> None:
    assert "--image-alias" in asked(RULE, workload("our_base:1", pip=["ctranslate2==4.5.0"])).reason  # type: ignore[operator]
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0", "torch==2.4.0"]))
