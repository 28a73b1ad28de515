"""Which CUDA major an onnxruntime-gpu needs, by version and by index, and who has it."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDA_11_FEED,
    CUDA_12_FEED,
    CUDNN8_12_2,
    CUDNN_12_4,
    CUDNN_12_8,
    CUDNN_13_0,
    PYTHON,
    asked,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    installed,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "onnxruntime-cuda-mismatch"
CUDNN8_11_8 = "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        (CUDNN8_11_8, "1.18.1"),
        (CUDNN8_11_8, "1.11.1"),  # no wheel for this Python: another rule's
        (CUDNN_12_4, "1.19.0"),
        (CUDNN_12_4, "1.20.0"),
        (CUDNN_12_4, "1.20.2"),
        (CUDNN_12_4, "1.23.2"),  # built with 12.2
        (CUDNN_12_8, "1.26.0"),
        (CUDNN_13_0, "1.27.0"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "1.20.0"),  # CUDA is there; cuDNN is another rule's
    ],
)
def test_the_major_it_needs_is_in_the_image(image: str, version: str) -> None:
    facts = workload(image, pip=[f"onnxruntime-gpu=={version}"])
    if version == "1.11.1":
        assert "not known" in undecided(RULE, facts)
    else:
        silent(RULE, facts)


def test_1_18_1_on_12_4_1() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.18.1"]))
    assert finding.severity is Severity.ERROR  # a deployment image: nothing fails, and nobody notices
    for part in ("onnxruntime-gpu 1.18.1", "libcublasLt.so.11", "12.4.1", "runs on the CPU without failing"):
        assert part in finding.message
    assert (
        finding.remedy[0] == 'pip install "onnxruntime-gpu==1.23.2"  # CUDA 12.2, cuDNN 9'
    )  # the newest for Python 3.10
    assert "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04" in finding.remedy[1]


@pytest.mark.parametrize("number", [0, 1])
def test_either_remedy_typed_as_printed_mends_it(number: int) -> None:
    host = on("550.54.14", ["RTX 4090"])
    remedy = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.18.1"], host=host)).remedy[number]
    if number == 0:
        mended = workload(CUDNN_12_4, pip=[remedy.split('"')[1]], host=host)
    else:
        mended = workload(remedy.rpartition(" ")[2], pip=["onnxruntime-gpu==1.18.1"], host=host)
    for rule in (RULE, "onnxruntime-cudnn-mismatch", "driver-too-old", "start-gate-refuses", "image-tag-removed"):
        assert not asked(rule, mended).findings, rule


def test_1_27_on_a_cuda_12_image_is_offered_the_last_cuda_12_release() -> None:
    finding = fires(RULE, workload(CUDNN_12_8, pip=["onnxruntime-gpu==1.27.0"], host=on("570.211.01", ["T4"])))
    assert "libcublasLt.so.13" in finding.message
    assert "1.26.0" in finding.remedy[0]
    assert "nvidia/cuda:13." in finding.remedy[1]


def test_unpinned_is_what_the_images_python_gets() -> None:
    silent(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu"]))  # Python 3.10: 1.23.2, CUDA 12
    finding = fires(RULE, workload(CUDNN_12_8, pip=["onnxruntime-gpu"]))  # Python 3.12: 1.31.1, CUDA 13
    assert "onnxruntime-gpu (not pinned; today 1.31.1)" in finding.message
    silent(RULE, workload(CUDNN_12_8, pip=["onnxruntime-gpu<1.27"]))


def test_base_has_no_cublas() -> None:
    finding = fires(RULE, workload(BASE_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    assert "flavor is base: CUDA 12.4.1 without cuBLAS" in finding.message
    assert finding.remedy[-1].endswith("nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04")
    silent(RULE, workload(BASE_12_4, pip=["onnxruntime-gpu==1.20.0"], apt=["libcublas-12-4"]))


def test_plain_python_has_nothing() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0"], host=on("550.54.14", ["T4"])))
    assert "there is no CUDA: python images hold no CUDA" in finding.message
    assert (
        "nvidia/cuda:12.4.1-cudnn-runtime" in finding.remedy[0]
    )  # the newest that this driver's gate is sure to admit


def test_beside_torch_a_lost_provider_is_a_warning() -> None:
    facts = workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.18.1", "torch==2.4.0"])
    assert fires(RULE, facts).severity is Severity.WARNING
    stated = workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.18.1", "torch==2.4.0"], uses=["torch", "onnxruntime-cuda"])
    assert fires(RULE, stated).severity is Severity.ERROR


def test_the_feeds_hold_other_builds() -> None:
    pinned = package("onnxruntime-gpu==1.18.1", extra=[CUDA_12_FEED])
    silent(RULE, workload(CUDNN_12_4, pip=[pinned]))
    silent(RULE, workload(CUDNN_12_4, pip=[package("onnxruntime-gpu==1.18.1", index=CUDA_12_FEED)]))
    silent(RULE, workload(CUDNN_12_4, pip=[package("onnxruntime-gpu==1.18.1", "uv", extra=[CUDA_12_FEED])]))
    on_cuda_11 = package("onnxruntime-gpu==1.20.0", extra=[CUDA_11_FEED])
    silent(RULE, workload(CUDNN8_11_8, pip=[on_cuda_11]))
    fires(RULE, workload(CUDNN_12_4, pip=[on_cuda_11]))


def test_a_private_index_is_taken_for_a_mirror_of_pypi() -> None:
    private = package("onnxruntime-gpu==1.18.1", index="https://pypi.example.com/simple")
    fires(RULE, workload(CUDNN_12_4, pip=[private]))
    silent(RULE, workload(CUDNN8_11_8, pip=[private]))


def test_the_extras_are_wheels_that_have_to_be_loaded() -> None:
    finding, reason = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu[cuda,cudnn]==1.22.0"]))
    assert finding.severity is Severity.NOTE
    assert "preload_dlls()" in finding.message
    assert finding.remedy[0] == "call onnxruntime.preload_dlls() right after import onnxruntime"
    assert "CUDA 12" in reason


def test_before_1_21_there_are_no_such_extras() -> None:
    assert "there is no CUDA" in fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu[cuda,cudnn]==1.20.0"])).message


def test_1_27_0_preloads_from_the_wrong_folders() -> None:
    finding, _ = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu[cuda,cudnn]==1.27.0"]))
    assert "onnxruntime-gpu==1.31.1" in finding.remedy[0]
    assert "preload_dlls()" in finding.remedy[0]


def test_an_image_that_the_driver_does_not_run_is_not_named() -> None:
    facts = workload(CUDNN_12_8, pip=["onnxruntime-gpu==1.31.1"], host=on("550.54.14", ["RTX 4090"]))
    finding = fires(RULE, facts)
    assert "onnxruntime-gpu==1.26.0" in finding.remedy[0]
    assert finding.remedy[1] == "or use a base image with CUDA 13, which needs driver 580.65.06 or newer on the host"


def test_a_newer_version_is_offered_only_if_torchs_wheels_serve_it_too() -> None:
    """torch 2.0.1 brings CUDA 11.7 and cuDNN 8.5, which no version with preload_dlls() takes; 2.4.0 brings CUDA 12 and cuDNN 9."""
    finding, _ = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.18.1", "torch==2.0.1"]))
    assert finding.remedy == ("import torch before the first session", "or use a cudnn-runtime base image")
    finding, _ = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.4.0"]))
    assert "onnxruntime-gpu==1.26.0" in finding.remedy[1]


def test_torchs_own_wheels_count_once_torch_is_imported() -> None:
    finding, _ = fires_and_stays_open(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.4.0"]))
    assert finding.severity is Severity.NOTE
    assert finding.remedy[0] == "import torch before the first session"
    fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.4.0+cpu"]))
    fires(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0", "torch==2.11.0"]))  # CUDA 13


def test_an_installed_release_of_which_pypis_build_is_not_listed_is_open() -> None:
    """1.20.1 was deleted from PyPI; the CUDA 11 feed still has that number, which says nothing of what is installed."""
    facts = document(
        image={"cuda": "12.4.1", "cudnn": "9.1.0", "flavor": "runtime"},
        packages=[installed("onnxruntime-gpu", "1.20.1")],
    )
    assert "onnxruntime-gpu 1.20.1" in undecided(RULE, facts)
    assert "onnxruntime-gpu 1.20.1" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.1"]))


def test_stated_libraries_count() -> None:
    facts = document(
        image={"reference": "our/base:1", "cuda": "12.4.1", "flavor": "base"},
        packages=[installed("onnxruntime-gpu", "1.22.0")],
        libraries=[{"soname": "libcublasLt.so.12", "path": "/opt/cuda/lib/libcublasLt.so.12"}],
    )
    silent(RULE, facts)


def test_open_and_not_applicable() -> None:
    ort = ["onnxruntime-gpu==1.18.1"]
    assert "--image-alias" in undecided(RULE, workload("our_base:1", pip=ort))
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, pip=ort, gaps=["Dockerfile:4: -r missing.txt"]))
    assert "names no image" in undecided(RULE, workload(None, pip=ort))
    does_not_apply(RULE, workload(CUDNN_12_4))
    assert "CPU package" in does_not_apply(
        RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.18.1"], uses=["onnxruntime-cuda"])
    )
    does_not_apply(RULE, workload(CUDNN_12_4, pip=ort, uses=["onnxruntime"]))


def test_an_alias_stands_for_the_base_that_nobody_publishes() -> None:
    alias = {"our_base": CUDNN_12_4}
    silent(RULE, workload("our_base:latest", pip=["onnxruntime-gpu==1.20.0"], aliases=alias))
    assert "12.4.1" in fires(RULE, workload("our_base:latest", pip=["onnxruntime-gpu==1.18.1"], aliases=alias)).message


def test_cudnn8_images_of_cuda_12_still_have_its_cuda() -> None:
    silent(RULE, workload(CUDNN8_12_2, pip=["onnxruntime-gpu==1.19.0"]))
