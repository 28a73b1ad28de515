"""NVIDIA_REQUIRE_CUDA before the container starts: by mode, by brand, by what switches it off."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN_12_4,
    PYTHON,
    does_not_apply,
    fires,
    fires_and_stays_open,
    on,
    silent,
    undecided,
    workload,
)

RULE = "start-gate-refuses"
BASE_12_8 = "nvidia/cuda:12.8.1-base-ubuntu22.04"
NGC = "nvcr.io/nvidia/pytorch:24.05-py3"


@pytest.mark.parametrize(
    ("driver", "gpu"),
    [
        ("550.54.14", "RTX 4090"),  # reports 12.4
        ("535.104.05", "RTX 4090"),  # by the clause brand=geforce,driver>=535,driver<536
        ("535", "RTX 4090"),  # any 535
        ("470.57.02", "T4"),
        ("535.54.03", "A100"),  # its brand is unknown to the gate, and brand=unknown is listed
        ("580.65.06", "H100"),
    ],
)
def test_admitted_by_cuda_version_or_by_a_clause(driver: str, gpu: str) -> None:
    silent(RULE, workload(CUDNN_12_4, host=on(driver, [gpu], mode="legacy")))


@pytest.mark.parametrize("driver", ["470.57.02", "525.60.13", "615.65.02"])
def test_the_gate_of_ngc_images_never_refuses(driver: str) -> None:
    silent(RULE, workload(NGC, host=on(driver, ["RTX 3090"], mode="legacy")))


def test_a_cu118_wheel_on_a_12_4_base_meets_the_gate_of_the_base_all_the_same() -> None:
    torch = ["torch==2.4.0+cu118"]
    fires(RULE, workload(CUDNN_12_4, pip=torch, host=on("510.47.03", ["RTX 3090"], mode="legacy")))
    silent(RULE, workload(CUDNN_12_4, pip=torch, host=on("470.57.02", ["RTX 3090"], mode="legacy")))  # by its clause


def test_refused_with_the_mode_stated_is_an_error() -> None:
    finding = fires(RULE, workload(BASE_12_8, host=on("550.54.14", ["RTX 4090"], mode="legacy")))
    assert finding.severity is Severity.ERROR
    for part in ("550.54.14", "CUDA 12.4", "RTX 4090", "requirement error: unsatisfied condition: cuda>=12.8"):
        assert part in finding.message
    assert "CDI" not in finding.message
    assert "CUDA 12.8 or newer" in finding.remedy[0]
    assert "NVIDIA_DISABLE_REQUIRE=1" in finding.remedy[1]


@pytest.mark.parametrize("words", [{}, {"mode": "auto"}])
def test_refused_with_the_mode_unknown_is_a_warning_that_tells_both(words: dict[str, str]) -> None:
    finding = fires(RULE, workload(BASE_12_8, host=on("550.54.14", ["RTX 4090"], **words)))
    assert finding.severity is Severity.WARNING
    assert "legacy runtime mode enforces" in finding.message
    assert "in CDI mode" in finding.message


def test_csv_mode_enforces_it_too() -> None:
    fires(RULE, workload(BASE_12_8, host=on("550.54.14", ["RTX 4090"], mode="csv")))


@pytest.mark.parametrize("mode", ["cdi", "jit-cdi"])
def test_cdi_modes_do_not_enforce_it(mode: str) -> None:
    assert mode in does_not_apply(RULE, workload(BASE_12_8, host=on("550.54.14", ["RTX 4090"], mode=mode)))


def test_545_falls_between_the_clauses() -> None:
    fires(RULE, workload(CUDNN_12_4, host=on("545.23.08", ["RTX 4090"], mode="legacy")))


def test_wsl_is_judged_by_the_cuda_its_driver_reports() -> None:
    fires(RULE, workload(CUDNN_12_4, host=on("528.24", ["RTX 3090"], wsl="2")))
    silent(RULE, workload(CUDNN_12_4, host=on("551.61", ["RTX 3090"], wsl="2")))


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "t", "T", "True"])
def test_what_switches_it_off(value: str) -> None:
    host = on("550.54.14", ["RTX 4090"])
    switch = {"NVIDIA_DISABLE_REQUIRE": value}
    assert "NVIDIA_DISABLE_REQUIRE" in does_not_apply(RULE, workload(BASE_12_8, env=switch, host=host))
    assert "NVIDIA_DISABLE_REQUIRE" in does_not_apply(RULE, workload(BASE_12_8, launch_env=switch, host=host))


@pytest.mark.parametrize(
    "env",
    [{"NVIDIA_DISABLE_REQUIRE": value} for value in ("yes", "on", "0", "false", "")]
    + [{"NVIDIA_DISABLE_REQUIRES": "1"}],
)
def test_what_does_not(env: dict[str, str]) -> None:
    fires(RULE, workload(BASE_12_8, env=env, host=on("550.54.14", ["RTX 4090"])))


def test_the_launch_wins_over_the_image() -> None:
    off, kept = {"NVIDIA_DISABLE_REQUIRE": "1"}, {"NVIDIA_DISABLE_REQUIRE": "0"}
    fires(RULE, workload(BASE_12_8, env=off, launch_env=kept, host=on("550.54.14", ["RTX 4090"])))


def test_an_own_expression_replaces_the_images() -> None:
    env = {"NVIDIA_REQUIRE_CUDA": "cuda>=12.0"}
    silent(RULE, workload(BASE_12_8, env=env, host=on("550.54.14", ["RTX 4090"])))


def test_another_require_must_hold_besides_and_is_the_one_quoted() -> None:
    host = on("550.54.14", ["RTX 4090"], mode="legacy")
    finding = fires(RULE, workload(BASE_12_4, env={"NVIDIA_REQUIRE_DRIVER": "driver>=560"}, host=host))
    assert "unsatisfied condition: driver>=560" in finding.message
    assert finding.remedy[0] == "upgrade the host's driver to 560 or newer"
    fires(RULE, workload(PYTHON, env={"NVIDIA_REQUIRE_DRIVER": "driver>=560"}, host=host))


def test_what_is_no_expression_stops_the_container_and_says_so() -> None:
    finding = fires(RULE, workload(PYTHON, env={"NVIDIA_REQUIRE_CUDA": "banana"}, host=on("550.54.14", ["RTX 4090"])))
    assert "invalid expression" in finding.message
    assert "'banana'" in finding.remedy[0]


def test_a_condition_on_the_gpu_has_no_driver_for_a_remedy() -> None:
    env = {"NVIDIA_REQUIRE_ARCH": "arch>=9.0"}
    finding = fires(RULE, workload(PYTHON, env=env, host=on("550.54.14", ["RTX 4090"])))
    assert finding.remedy[0] == "run it on a host that satisfies arch>=9.0"


def test_a_long_expression_is_cut_in_the_message() -> None:
    env = {"NVIDIA_REQUIRE_CUDA": "brand=" + "x" * 30_000}
    assert len(fires(RULE, workload(PYTHON, env=env, host=on("550.54.14", ["RTX 4090"]))).message) < 600


def test_without_the_gpu_the_brand_is_open() -> None:
    finding, reason = fires_and_stays_open(RULE, workload(BASE_12_4, host=on("535.104.05")))
    assert finding.severity is Severity.NOTE
    assert "state the GPU" in reason
    assert (
        fires(RULE, workload(BASE_12_8, host=on("530.30.02"))).severity is Severity.WARNING
    )  # no brand is let through


def test_what_is_not_known_stays_open() -> None:
    assert "driver version" in undecided(RULE, workload(BASE_12_8))
    assert "not known of its driver" in undecided(RULE, workload(BASE_12_8, host=on("700.12", ["RTX 3090"])))
    assert "--image-alias" in undecided(RULE, workload("our_base:1", host=on("550.54.14", ["RTX 3090"])))
    assert "L4T release" in undecided(RULE, workload(BASE_12_4, host=on(None, ["Jetson AGX Orin"])))


def test_a_jetson_reports_the_cuda_of_its_release() -> None:
    image = "nvidia/cuda:12.2.2-base-ubuntu22.04"
    silent(RULE, workload(image, host=on(None, ["Jetson AGX Orin"], l4t="36.4.3")))


@pytest.mark.parametrize(("words", "severity"), [({}, Severity.WARNING), ({"mode": "csv"}, Severity.ERROR)])
def test_the_csv_mode_of_a_jetson_sees_no_driver_and_no_brand(words: dict[str, str], severity: Severity) -> None:
    orin = on(None, ["Jetson AGX Orin"], l4t="36.4.3", **words)
    finding = fires(RULE, workload(BASE_12_8, host=orin))
    assert finding.severity is severity
    assert "unsatisfied condition: cuda>=12.8" in finding.message
    assert ("The csv runtime mode enforces the gate" in finding.message) is (not words)
    assert "flash a JetPack" in finding.remedy[0]
    assert any("nvidia-container-toolkit" in source and "constraints" in source for source in finding.sources)
    silent(RULE, workload(BASE_12_4, host=orin))


def test_in_csv_mode_a_gate_of_driver_numbers_alone_stays_open() -> None:
    host = on(None, ["Jetson AGX Orin"], l4t="36.4.3")
    asks = workload(NGC, env={"NVIDIA_REQUIRE_CUDA": "driver>=535,brand=tesla"}, host=host)
    assert "not the number of its driver" in undecided(RULE, asks)
    silent(RULE, workload(NGC, env={"NVIDIA_REQUIRE_CUDA": "cuda>=12.2,driver>=535 brand=tesla"}, host=host))


def test_with_jetpack_7_the_driver_numbers_count_and_are_not_known() -> None:
    thor = on(None, ["Jetson AGX Thor"], l4t="38.2")
    silent(RULE, workload("nvidia/cuda:13.0.1-base-ubuntu24.04", host=thor))
    reason = undecided(RULE, workload("nvidia/cuda:13.1.0-base-ubuntu24.04", host=thor))
    assert "cuda>=13.1" in reason
    assert "of L4T 38.2 CUDA 13.0 is known" in reason


def test_no_gate_no_question() -> None:
    assert "hold no CUDA" in does_not_apply(RULE, workload(PYTHON, host=on("550.54.14", ["RTX 4090"])))
    assert "cuda>=9.0" in does_not_apply(RULE, workload(NGC))
    assert "driver" in does_not_apply(RULE, workload(BASE_12_4, host=on("none", ["RTX 4090"])))
