"""cuda-compat libraries newer than the driver on a GeForce (804), older than the driver on LD_LIBRARY_PATH (803)."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import BASE_12_4, CUDNN_12_4, PYTHON, does_not_apply, fires, on, silent, undecided, workload

RULE = "forward-compat-mismatch"
COMPAT_FIRST = {"LD_LIBRARY_PATH": "/usr/local/cuda/compat:/usr/local/cuda/lib64"}


@pytest.mark.parametrize(
    ("driver", "gpu"),
    [
        ("550.54.14", "RTX 4090"),
        ("580.65.06", "RTX 4090"),
        ("535.104.05", "T4"),
        ("535.104.05", "A100"),
        ("550", "RTX 3090"),
    ],
)
def test_silent_on_a_driver_as_new_or_an_eligible_gpu(driver: str, gpu: str) -> None:
    silent(RULE, workload(CUDNN_12_4, host=on(driver, [gpu])))


def test_geforce_on_an_older_driver_is_804_where_it_is_activated() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("535.104.05", ["RTX 4090"])))
    assert finding.severity is Severity.WARNING
    for part in ("cuda-compat 12.4", "12.2", "RTX 4090", "804", "minor-version compatibility runs"):
        assert part in finding.message
    assert "CUDA 12.4 or newer" in finding.remedy[0]
    assert any("cuda-compat-mode=disabled" in remedy for remedy in finding.remedy)


def test_across_majors_nothing_is_promised_without_it() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, host=on("470.57.02", ["RTX 3090"])))
    assert "minor-version" not in finding.message


def test_the_one_toolkit_that_activates_nothing() -> None:
    silent(RULE, workload(CUDNN_12_4, host=on("535.104.05", ["RTX 4090"], toolkit="1.17.4")))
    fires(RULE, workload(CUDNN_12_4, host=on("535.104.05", ["RTX 4090"], toolkit="1.17.8")))


def test_on_the_library_path_it_is_an_error() -> None:
    finding = fires(RULE, workload(BASE_12_4, env=COMPAT_FIRST, host=on("535.104.05", ["RTX 4090"], toolkit="1.17.4")))
    assert finding.severity is Severity.ERROR
    assert "LD_LIBRARY_PATH puts it in front" in finding.message
    assert "LD_LIBRARY_PATH" in finding.remedy[0]


def test_on_the_library_path_and_older_than_the_driver_it_is_803() -> None:
    silent(RULE, workload(BASE_12_4, env=COMPAT_FIRST, host=on("550.54.14", ["T4"])))
    finding = fires(RULE, workload(BASE_12_4, env=COMPAT_FIRST, host=on("580.95.05", ["T4"])))
    assert finding.severity is Severity.ERROR
    assert "803" in finding.message
    assert "13.0" in finding.message


def test_the_gpu_decides() -> None:
    assert "state the GPU" in undecided(RULE, workload(CUDNN_12_4, host=on("535.104.05")))
    assert "not stated" in undecided(RULE, workload(CUDNN_12_4))
    assert "matrix does not have its branch" in undecided(RULE, workload(CUDNN_12_4, host=on("700.12", ["RTX 3090"])))


def test_not_where_there_is_no_such_package() -> None:
    assert "hold no CUDA" in does_not_apply(RULE, workload(PYTHON, host=on("535.104.05", ["RTX 4090"])))
    assert "Windows" in does_not_apply(RULE, workload(CUDNN_12_4, host=on("528.24", ["RTX 3090"], wsl="2")))
    assert "L4T" in does_not_apply(RULE, workload(BASE_12_4, host=on(None, ["Jetson AGX Orin"], l4t="36.4")))
    does_not_apply(RULE, workload(BASE_12_4, host=on("none", ["RTX 4090"])))
    assert "entrypoint" in does_not_apply(
        RULE, workload("nvcr.io/nvidia/pytorch:24.12-py3", host=on("535.104.05", ["RTX 4090"]))
    )
