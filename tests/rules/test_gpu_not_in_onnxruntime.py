"""Code for the GPU in onnxruntime-gpu."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDA_12_FEED,
    CUDNN_12_4,
    CUDNN_12_8,
    CUDNN_13_0,
    PYTHON,
    asked,
    does_not_apply,
    fires,
    on,
    package,
    silent,
    undecided,
    workload,
)

RULE = "gpu-not-in-onnxruntime"
R580 = "580.95.05"


@pytest.mark.parametrize(
    ("gpu", "version"),
    [
        ("RTX 4090", "1.18.1"),  # sm_80 runs on 8.9
        ("RTX 4090", "1.31.1"),
        ("T4", "1.20.0"),
        ("V100", "1.26.0"),
        ("H100", "1.31.1"),  # sm_90a is exactly 9.0
        ("RTX 5090", "1.31.1"),  # sm_120a is exactly 12.0
        ("B200", "1.28.0"),
    ],
)
def test_listed_gpus_are_silent(gpu: str, version: str) -> None:
    silent(RULE, workload(None, pip=[f"onnxruntime-gpu=={version}"], host=on(R580, [gpu])))


@pytest.mark.parametrize(
    ("gpu", "version", "capability"),
    [
        ("RTX 5090", "1.23.0", "12.0"),  # its PTX is compute_90a
        ("B200", "1.31.1", "10.0"),  # 1.29 and later have neither sm_100 nor PTX
        ("V100", "1.27.0", "7.0"),
        ("B300", "1.28.0", "10.3"),  # sm_100a is not for 10.3
    ],
)
def test_a_gpu_without_code(gpu: str, version: str, capability: str) -> None:
    finding = fires(RULE, workload(CUDNN_12_8, pip=[f"onnxruntime-gpu=={version}"], host=on(R580, [gpu])))
    assert finding.severity is Severity.ERROR
    assert f"onnxruntime-gpu {version} has no code for {gpu} (compute capability {capability})" in finding.message


def test_beside_torch_it_is_a_warning() -> None:
    facts = workload(CUDNN_12_8, pip=["onnxruntime-gpu==1.23.0", "torch==2.8.0"], host=on(R580, ["RTX 5090"]))
    assert fires(RULE, facts).severity is Severity.WARNING


def test_ptx_alone_is_a_warning() -> None:
    finding = fires(RULE, workload(CUDNN_12_8, pip=["onnxruntime-gpu==1.22.0"], host=on(R580, ["RTX 5090"])))
    assert finding.severity is Severity.WARNING
    assert "only PTX" in finding.message
    assert "CUDA 13.0" in finding.remedy[0]  # machine code for it came with the CUDA 13 builds
    assert "nvidia/cuda:13." in finding.remedy[0]


@pytest.mark.parametrize(
    ("image", "driver", "gpu", "version", "pin"),
    [
        (CUDNN_12_8, "570.211.01", "RTX 5090", "1.23.0", "1.26.0"),  # stays with the image's CUDA 12
        (CUDNN_13_0, R580, "B200", "1.31.1", "1.28.0"),
        (CUDNN_12_8, "570.211.01", "V100", "1.27.0", "1.26.0"),
    ],
)
def test_the_remedy_typed_as_printed_runs_in_that_image(
    image: str, driver: str, gpu: str, version: str, pin: str
) -> None:
    host = on(driver, [gpu])
    finding = fires(RULE, workload(image, pip=[f"onnxruntime-gpu=={version}"], host=host))
    assert finding.remedy[0].startswith(f'pip install "onnxruntime-gpu=={pin}"')
    mended = workload(image, pip=[f"onnxruntime-gpu=={pin}"], host=host)
    for rule in ("onnxruntime-cuda-mismatch", "onnxruntime-cudnn-mismatch", "driver-too-old", "no-wheel-for-python"):
        assert not asked(rule, mended).findings
    assert not [found for found in asked(RULE, mended).findings if found.severity is Severity.ERROR]


def test_a_driver_too_old_for_the_builds_with_machine_code() -> None:
    """They are all of CUDA 13, which R570 does not run on a GeForce."""
    facts = workload(CUDNN_12_8, pip=["onnxruntime-gpu==1.22.0"], host=on("570.211.01", ["RTX 5090"]))
    remedy = fires(RULE, facts).remedy
    assert not remedy[0].startswith("use an image")
    assert "upgrade the host's driver to 580.65.06 or newer; then use an image with CUDA 13.0" in remedy[1]


def test_arm64_has_wheels_of_its_own() -> None:
    silent(RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.31.1"], host=on(R580, ["GH200"], arch="aarch64")))
    assert "not known" in undecided(
        RULE, workload(PYTHON, pip=["onnxruntime-gpu==1.20.0"], host=on(R580, ["GH200"], arch="aarch64"))
    )


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    from_feed = package("onnxruntime-gpu==1.29.0", index=CUDA_12_FEED)
    assert "not known" in undecided(RULE, workload(CUDNN_12_4, pip=[from_feed], host=on(R580, ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4, host=on(R580, ["T4"])))
    does_not_apply(
        RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.23.0"], uses=["torch"], host=on(R580, ["RTX 5090"]))
    )
    does_not_apply(
        RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.23.0"], uses=["onnxruntime-cuda"], host=on(R580, ["RTX 5090"]))
    )
