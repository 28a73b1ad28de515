"""Code for the GPU in PyTorch: wheels, variants, NGC images, nightlies, what was observed."""

from __future__ import annotations

import pytest

from envdoctor.facts import Package
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    MATRIX,
    PYTHON,
    PYTORCH,
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

RULE = "gpu-not-in-torch"
NGC = "nvcr.io/nvidia/pytorch"
R580 = "580.95.05"


def every_wheel_with(target: str) -> list[Package]:
    """Every Linux x86_64 build of the matrix that holds code for it."""
    rows = [row for row in MATRIX.torch() if row.cuda and row.sm and target in row.sm]
    return [package(f"torch=={row.version}", index=f"{PYTORCH}cu{(row.cuda or '').replace('.', '')}") for row in rows]


def test_an_rtx_4090_runs_every_wheel_with_sm_86() -> None:
    """No wheel holds sm_89, and none needs to."""
    wheels = every_wheel_with("86")
    assert len(wheels) > 80
    for wheel in wheels:
        silent(RULE, workload(None, pip=[wheel], host=on(R580, ["RTX 4090"])))


@pytest.mark.parametrize(
    ("gpu", "torch"),
    [
        ("RTX 5090", "torch==2.8.0"),  # default: CUDA 12.8, sm_120
        ("RTX 5090", "torch==2.7.0+cu128"),
        ("V100", "torch==2.10.0"),
        ("V100", "torch==2.14.1+cu126"),
        ("H100", "torch==2.1.0"),
        ("B300", "torch==2.9.0"),  # 10.3 runs sm_100
        ("A100", "torch==1.12.1+cu116"),
        ("T4", "torch==2.15.0"),
        ("GTX 1080 Ti", "torch==2.7.1"),  # sm_60 runs on 6.1
    ],
)
def test_listed_gpus_are_silent(gpu: str, torch: str) -> None:
    silent(RULE, workload(None, pip=[torch], host=on(R580, [gpu])))


@pytest.mark.parametrize(
    ("gpu", "torch", "capability", "held"),
    [
        ("RTX 5090", "torch==2.7.1", "12.0", "sm_90"),  # the default build of 2.7 is CUDA 12.6
        ("RTX 5090", "torch==2.4.0", "12.0", "sm_90"),
        ("V100", "torch==2.11.0", "7.0", "sm_75"),
        ("V100", "torch==2.7.0+cu128", "7.0", "sm_75"),
        ("GTX 1080 Ti", "torch==2.8.0", "6.1", "sm_70"),
        ("A100", "torch==1.12.1", "8.0", "sm_70"),  # the default build of 1.12 is CUDA 10.2
        ("Tesla K80", "torch==2.1.0", "3.7", "sm_50"),
    ],
)
def test_a_gpu_outside_the_list(gpu: str, torch: str, capability: str, held: str) -> None:
    finding = fires(RULE, workload(None, pip=[torch], host=on("470.57.02" if gpu == "Tesla K80" else R580, [gpu])))
    assert finding.severity is Severity.ERROR
    assert f"{gpu} (compute capability {capability})" in finding.message
    assert held in finding.message
    assert finding.remedy[0].startswith("pip install")
    assert finding.remedy[0].endswith(f"has code for {capability}")


@pytest.mark.parametrize(
    ("gpu", "driver", "torch", "image", "remedy"),
    [
        (
            "RTX 5090",
            "570.86.10",
            "torch==2.4.0",
            PYTHON,
            '"torch==2.11.0" --index-url https://download.pytorch.org/whl/cu128',
        ),  # CUDA 13 is too new for R570
        ("RTX 5090", R580, "torch==2.4.0", PYTHON, '"torch==2.15.0"  # CUDA 13.2'),
        (
            "RTX 5090",
            R580,
            "torch==2.7.1",
            PYTHON,
            '"torch==2.7.1" --index-url https://download.pytorch.org/whl/cu128',
        ),  # the same release
        (
            "A100",
            "470.57.02",
            "torch==1.12.1",
            "python:3.9",
            '"torch==1.12.1" --index-url https://download.pytorch.org/whl/cu116',
        ),
        ("V100", R580, "torch==2.11.0", PYTHON, '"torch==2.11.0" --index-url https://download.pytorch.org/whl/cu126'),
    ],
)
def test_the_remedy_typed_as_printed_runs_there(gpu: str, driver: str, torch: str, image: str, remedy: str) -> None:
    finding = fires(RULE, workload(image, pip=[torch], host=on(driver, [gpu])))
    assert remedy in finding.remedy[0]
    name, _, rest = finding.remedy[0].removeprefix('pip install "').partition('"')
    index = rest.partition("--index-url ")[2].split(" ")[0] or None
    mended = workload(image, pip=[package(name, index=index)], host=on(driver, [gpu]))
    for rule in (RULE, "driver-too-old", "no-wheel-for-python"):
        assert not asked(rule, mended).findings


def test_an_old_python_has_no_such_wheel_and_the_remedy_says_so() -> None:
    finding = fires(RULE, workload("python:3.8", pip=["torch==2.4.0"], host=on(R580, ["RTX 5090"])))
    assert finding.remedy[0].startswith("use an image with a newer Python")
    assert "TORCH_CUDA_ARCH_LIST=12.0" in finding.remedy[1]


def test_ptx_alone_is_a_warning() -> None:
    """NGC's 24.05 is compiled for Blackwell from its compute_90."""
    finding = fires(RULE, workload(f"{NGC}:24.05-py3", host=on("570.86.10", ["RTX 5090"])))
    assert finding.severity is Severity.WARNING
    assert "only PTX" in finding.message


@pytest.mark.parametrize("version", ["2.10.0+cu130", "2.10.0+cu128"])  # with PTX for 12.0 and without
def test_a_gpu_newer_than_the_matrix_is_not_judged(version: str) -> None:
    facts = document(
        host={"driver": {"version": "615.65.02"}, "gpus": [{"name": "of tomorrow", "compute_capability": "13.0"}]},
        packages=[installed("torch", version)],
    )
    assert "compute capability 13.0 (nearest known: 12.1)" in undecided(RULE, facts)


def test_one_gpu_of_several_is_enough_to_fail() -> None:
    assert "V100" in fires(RULE, workload(None, pip=["torch==2.11.0"], host=on(R580, ["RTX 4090", "V100"]))).message


def test_the_torch_of_an_ngc_image() -> None:
    silent(RULE, workload(f"{NGC}:24.12-py3", host=on("570.211.01", ["V100"])))
    finding = fires(RULE, workload(f"{NGC}:25.03-py3", host=on("570.211.01", ["V100"])))
    assert "V100" in finding.message
    assert finding.remedy == (f"use {NGC}:24.12-py3, whose PyTorch has code for 7.0",)
    older = fires(RULE, workload(f"{NGC}:24.05-py3", host=on("570.86.10", ["RTX 5090"])))
    assert "25.06-py3" in older.remedy[0]  # the newest that R570 runs


ORIN = on(None, ["Jetson AGX Orin"], l4t="36.4")


def test_an_igpu_image_runs_on_the_boards_of_its_jetpack() -> None:
    silent(RULE, workload(f"{NGC}:24.12-py3-igpu", host=ORIN))
    silent(RULE, workload(f"{NGC}:25.11-py3-igpu", host=on(None, ["Jetson AGX Thor"], l4t="38.2")))


def test_for_which_other_gpus_an_igpu_image_holds_code_has_no_source() -> None:
    for host in (on(None, ["Jetson AGX Xavier"], l4t="35.4.1"), on("570.211.01", ["V100"])):
        reason = undecided(RULE, workload(f"{NGC}:24.12-py3-igpu", host=host))
        assert "-igpu" in reason
        assert "JetPack 6.1" in reason
    assert "names no JetPack" in undecided(RULE, workload(f"{NGC}:24.01-py3-igpu", host=ORIN))


def test_a_servers_build_whose_arm_list_was_not_printed_says_nothing_of_a_jetson() -> None:
    assert "names no JetPack" in undecided(RULE, workload(f"{NGC}:26.08-py3", host=ORIN))
    thor = on(None, ["Jetson AGX Thor"], l4t="38.2")
    silent(RULE, workload(f"{NGC}:25.08-py3", host=thor))  # NVIDIA names JetPack 7.0 for it
    silent(RULE, workload(f"{NGC}:26.04-py3", host=thor))  # its list was printed on arm64


def test_an_l4t_image_holds_code_for_the_boards_of_its_line() -> None:
    image = "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"
    for board in ("Jetson AGX Orin", "Jetson AGX Xavier"):
        silent(RULE, workload(image, host=on(None, [board], l4t="35.4.1")))
    silent(RULE, workload("dustynv/l4t-pytorch:r35.1.0-pth1.13-py3", host=on(None, ["Jetson Orin NX"], l4t="35.4.1")))
    nano = "nvcr.io/nvidia/l4t-pytorch:r32.7.1-pth1.10-py3"
    silent(RULE, workload(nano, host=on(None, ["Jetson Nano"], l4t="32.7.1")))
    finding = fires(RULE, workload(nano, host=ORIN))
    assert "sm_53 sm_62 sm_72" in finding.message
    assert finding.remedy[0].startswith("use nvcr.io/nvidia/pytorch:25.01-py3-igpu")
    old = fires(RULE, workload(nano, host=on(None, ["Jetson AGX Orin"], l4t="35.4.1")))
    assert "made for this board's JetPack" in old.remedy[0]


def test_a_newer_wheel_over_the_images_torch_is_what_counts() -> None:
    base = "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime"
    fires(RULE, workload(base, host=on("570.211.01", ["RTX 5090"])))
    silent(RULE, workload(base, pip=["torch==2.8.0"], host=on("570.211.01", ["RTX 5090"])))
    fires(RULE, workload(base, pip=["torch>=2.0"], host=on("570.211.01", ["RTX 5090"])))  # already satisfied


def test_a_nightly_can_be_refused_and_not_confirmed() -> None:
    nightly = "torch==2.8.0.dev20250401+cu126"
    fires(RULE, workload(None, pip=[nightly], host=on(R580, ["RTX 5090"])))  # CUDA 12.6 cannot target it
    assert "is in no table" in undecided(
        RULE, workload(None, pip=["torch==2.8.0.dev20250401+cu128"], host=on(R580, ["RTX 5090"]))
    )


def test_what_was_observed_wins() -> None:
    host = {"driver": {"version": R580}, "gpus": [{"name": "NVIDIA GeForce RTX 5090"}]}
    seen = {"torch": {"arch_list": ["sm_80", "sm_90", "sm_120", "compute_120"]}}
    silent(RULE, document(host=host, packages=[installed("torch", "2.4.0")], observed=seen))
    strange = {"torch": {"arch_list": ["sm_", "sm_5", "gfx90a", "sm_" + "9" * 5000, "sm_90"]}}
    fires(RULE, document(host=host, packages=[installed("torch", "2.4.0")], observed=strange))


def test_an_installed_partial_version_is_every_release_it_can_mean() -> None:
    host = {"driver": {"version": R580}, "gpus": [{"name": "NVIDIA GeForce RTX 5090"}]}
    fires(RULE, document(host=host, packages=[installed("torch", "2.5")]))
    assert asked(RULE, document(host=host, packages=[installed("torch", "2")])).reason


def test_desktop_code_on_a_jetson_is_not_promised() -> None:
    facts = workload("python:3.10", pip=["torch==2.11.0"], host=on(None, ["Jetson AGX Orin"], l4t="36.4.3"))
    assert "Tegra" in undecided(RULE, facts)


def test_builds_without_a_source_keep_it_open() -> None:
    host = on("535.54.03", ["A100"])
    assert "not known" in undecided(RULE, workload("python:3.8", pip=["torch==1.7.1+cu110"], host=host))


def test_a_half_known_list_notes_what_it_knows() -> None:
    host = {"driver": {"version": "535.54.03"}, "gpus": [{"name": "NVIDIA A100-PCIE-40GB"}]}
    finding, reason = fires_and_stays_open(
        RULE, document(host=host, packages=[installed("torch", "1.7.1", manager="conda")])
    )
    assert finding.severity is Severity.NOTE
    assert "has no source" in reason


def test_open_and_not_applicable() -> None:
    assert "GPUs are not stated" in undecided(RULE, workload(PYTHON, pip=["torch==2.4.0"]))
    assert "GT 1030" in undecided(RULE, workload(PYTHON, pip=["torch==2.4.0"], host=on(R580, ["GT 1030"])))
    gap = workload(PYTHON, gaps=["Dockerfile:4: -r missing.txt"], host=on(R580, ["T4"]))
    assert "missing.txt" in undecided(RULE, gap)
    assert "no torch" in does_not_apply(RULE, workload(PYTHON, host=on(R580, ["T4"])))
    assert "CPU build" in does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0+cpu"], host=on(R580, ["T4"])))
    assert "does not use" in does_not_apply(
        RULE, workload(PYTHON, pip=["torch==2.4.0"], uses=["onnxruntime"], host=on(R580, ["RTX 5090"]))
    )


def test_what_pypi_serves_for_arm64_is_the_cpu_build() -> None:
    grace = on(R580, ["GH200"], arch="aarch64")
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0"], host=grace))
    silent(RULE, workload(PYTHON, pip=["torch==2.11.0"], host=grace))
