"""Which build an install line means, as pip and uv resolve it."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, FactUnknown, Package
from envdoctor.judging import builds
from tests.rules.vocabulary import (
    CUDA_11_FEED,
    CUDA_12_FEED,
    MATRIX,
    PYTHON,
    PYTORCH,
    document,
    installed,
    on,
    package,
    workload,
)


def torch(line: Package, image: str | None = PYTHON) -> list[tuple[str, str | None]]:
    facts = workload(image)
    return [(row.version, row.cuda) for row in builds.torch_builds(line, facts, MATRIX)]


def ort(line: Package, image: str | None = PYTHON) -> list[tuple[str, str, int]]:
    facts = workload(image)
    return [(row.version, row.cuda, row.cudnn) for row in builds.onnxruntime_builds(line, facts, MATRIX)]


@pytest.mark.parametrize(
    ("line", "build"),
    [
        (package("torch==2.4.0"), ("2.4.0", "12.1")),  # PyPI's default, although 12.4 is newer
        (package("torch==2.4"), ("2.4.0", "12.1")),
        (package("torch==2.4.0+cu118"), ("2.4.0", "11.8")),
        (package("torch==2.4.0", index=f"{PYTORCH}cu124"), ("2.4.0", "12.4")),
        (package("torch==2.4.0", index=f"{PYTORCH}cu124/"), ("2.4.0", "12.4")),
        (package("torch==2.4.0", extra=[f"{PYTORCH}cu118"]), ("2.4.0", "11.8")),  # a local version beats none
        (
            package("torch==2.4.0", extra=[f"{PYTORCH}cu118", f"{PYTORCH}cu124"]),
            ("2.4.0", "12.4"),
        ),
        (
            package("torch==2.4.0", extra=[f"{PYTORCH}cu124", f"{PYTORCH}cu118"]),
            ("2.4.0", "12.4"),
        ),  # +cu124 is above +cu118, wherever it is
        (package("torch==2.4.0", "uv", extra=[f"{PYTORCH}cu118", f"{PYTORCH}cu124"]), ("2.4.0", "11.8")),
        (package("torch>=2.4", "uv", extra=[f"{PYTORCH}cu121", f"{PYTORCH}cu126"]), ("2.5.1", "12.1")),
        (package("torch==2.4.0", "uv", extra=["https://packages.example.org/simple"]), ("2.4.0", "12.1")),
        (package("torch", extra=[f"{PYTORCH}cu118"]), ("2.15.0", "13.2")),  # the highest version wins
        (package("torch", "uv", extra=[f"{PYTORCH}cu118"]), ("2.7.1", "11.8")),  # uv: the first index that has it
        (package("torch", index=f"{PYTORCH}cu118"), ("2.7.1", "11.8")),
        (package("torch>=2.4,<2.6"), ("2.5.1", "12.4")),
        (package("torch==2.5.*"), ("2.5.1", "12.4")),
    ],
)
def test_torch(line: Package, build: tuple[str, str]) -> None:
    assert torch(line) == [build]


@pytest.mark.parametrize(
    ("page", "cuda"),
    [("cu111/torch_stable.html", "11.1"), ("torch_stable.html", "11.3"), ("cpu/torch_stable.html", None)],
)
def test_a_page_of_find_links_of_one_variant_or_of_all(page: str, cuda: str | None) -> None:
    line = package("torch==1.10.0", extra=[f"{PYTORCH}{page}"])
    assert torch(line, "python:3.9-slim") == ([("1.10.0", cuda)] if cuda else [])
    assert builds.is_meant_for_cpu(line) is (cuda is None)
    assert builds.is_cpu_build(line, workload("python:3.9-slim"), MATRIX) is (cuda is None)


def test_uv_asks_no_index_behind_the_first_that_has_the_package() -> None:
    """2.15.0 is on PyPI; …/whl/cu118, which ends with 2.7.1, hides it from uv and not from pip."""
    assert torch(package("torch==2.15.0", "uv", extra=[f"{PYTORCH}cu118"])) == []
    assert torch(package("torch==2.15.0", "pip", extra=[f"{PYTORCH}cu118"])) == [("2.15.0", "13.2")]
    assert ort(package("onnxruntime-gpu", "uv", extra=[CUDA_12_FEED])) != ort(package("onnxruntime-gpu"))
    assert ort(package("onnxruntime-gpu==1.23.2", "uv", extra=[CUDA_11_FEED])) == []
    assert ort(package("onnxruntime-gpu==1.18.0", "uv", extra=[CUDA_12_FEED])) == [("1.18.0", "12.2", 8)]


@pytest.mark.parametrize(
    ("line", "cudas"),
    [
        (Package("torch", "2.4.0", manager="conda"), {"11.8", "12.1", "12.4"}),
        (Package("torch", "2.4.0", cuda="12.1", manager="conda"), {"12.1"}),
        (Package("torch", "2.4", "==2.4.*", cuda="11.8", manager="conda"), {"11.8"}),
    ],
)
def test_conda_takes_any_build_of_a_version_but_for_one_that_is_named(line: Package, cudas: set[str]) -> None:
    assert {cuda for _, cuda in torch(line)} == cudas


def test_a_nightly_index_has_no_releases() -> None:
    nightly = f"{PYTORCH}nightly/cu128"
    assert torch(package("torch", extra=[nightly.replace("nightly/", "")])) == [("2.15.0", "13.2")]
    assert torch(package("torch==2.7.0", extra=[nightly])) == [("2.7.0", "12.6")]  # PyPI's
    for line in (
        package("torch", index=nightly),
        package("torch", extra=[nightly]),
        package("torch", index=nightly + "/"),
    ):
        assert torch(line) == []
    assert builds.variant(package("torch", index=nightly)) == "12.8"


def test_nvidias_own_build_is_none_of_pypis() -> None:
    """NGC 23.05 calls its torch 2.0.0, as PyPI calls another."""
    facts = workload("nvcr.io/nvidia/pytorch:23.05-py3")
    own = facts.packages.need().named("torch")[0]
    assert own.version == "2.0.0"
    assert builds.torch_builds(own, facts, MATRIX) == ()
    assert not builds.is_cpu_build(own, facts, MATRIX)


def test_torch_of_no_table() -> None:
    for line in ("torch==2.8.0.dev20250401", "torch==99.0.0", "torch==2.4.0a0+07cecf4168"):
        assert torch(package(line)) == []
    assert torch(package("torch==2.15.0"), "python:3.8") == []


@pytest.mark.parametrize(
    ("line", "image", "build"),
    [
        (package("onnxruntime-gpu==1.18.1"), PYTHON, ("1.18.1", "11.8", 8)),
        (package("onnxruntime-gpu==1.18.1", extra=[CUDA_12_FEED]), PYTHON, ("1.18.1", "12.2", 9)),
        (package("onnxruntime-gpu==1.18.0", index=CUDA_12_FEED), PYTHON, ("1.18.0", "12.2", 8)),
        (package("onnxruntime-gpu==1.20.0", extra=[CUDA_11_FEED]), PYTHON, ("1.20.0", "11.8", 8)),
        (package("onnxruntime-gpu"), "python:3.8", ("1.19.2", "12.2", 9)),
        (package("onnxruntime-gpu"), "python:3.10", ("1.23.2", "12.2", 9)),
        (package("onnxruntime-gpu"), "python:3.12", ("1.31.1", "13.0", 9)),
        (package("onnxruntime-gpu", extra=[CUDA_12_FEED]), "python:3.10", ("1.23.2", "12.2", 9)),
        (package("onnxruntime-gpu<1.19"), "python:3.10", ("1.18.1", "11.8", 8)),
    ],
)
def test_onnxruntime(line: Package, image: str, build: tuple[str, str, int]) -> None:
    assert ort(line, image) == [build]


def test_what_pypi_deleted_is_not_resolved() -> None:
    assert ort(package("onnxruntime-gpu==1.20.1")) == []
    assert ort(package("onnxruntime-gpu==1.10.0")) == []


def test_an_installed_package_is_every_build_it_can_be() -> None:
    def of(**more: object) -> tuple[Package, Facts]:
        facts = document(packages=[installed("torch", **more)])  # type: ignore[arg-type]
        return facts.packages.need().items[0], facts

    def cudas(**more: object) -> set[str | None]:
        found, facts = of(**more)
        return {row.cuda for row in builds.torch_builds(found, facts, MATRIX)}

    assert cudas(version="2.4.0") == {"12.1"}  # pip lists the others with their local version
    assert cudas(version="2.4.0+cu124") == {"12.4"}
    assert cudas(version="2.4.0", cuda="cu118") == {"11.8"}
    assert cudas(version="2.4.0", manager="conda") == {"11.8", "12.1", "12.4"}
    assert cudas(version="2.4") == {"12.1"}
    assert len(cudas()) > 5


def test_where_pypi_serves_a_cpu_build_an_installed_number_is_none_of_the_cuda_builds() -> None:
    def of(version: str, **host: object) -> tuple[Package, Facts]:
        facts = document(host=host, packages=[installed("torch", version)])
        return facts.packages.need().items[0], facts

    windows, facts = of("2.4.1", os={"id": "windows"})
    assert builds.is_cpu_build(windows, facts, MATRIX)
    assert builds.torch_builds(windows, facts, MATRIX) == ()
    with_cuda, facts = of("2.4.1+cu124", os={"id": "windows"})
    assert [row.cuda for row in builds.torch_builds(with_cuda, facts, MATRIX)] == ["12.4"]
    assert not builds.is_cpu_build(with_cuda, facts, MATRIX)
    arm, facts = of("2.7.1", arch="aarch64")  # PyPI's, or one that was made for a Jetson
    assert not builds.is_cpu_build(arm, facts, MATRIX)
    assert builds.torch_builds(arm, facts, MATRIX) == ()
    arm, facts = of("2.11.0", arch="aarch64")
    assert [row.cuda for row in builds.torch_builds(arm, facts, MATRIX)] == ["13.0"]


def test_cuda_builds_for_arm_are_on_the_indexes_of_pytorch() -> None:
    arm = workload(PYTHON, platform="linux/arm64")
    [build] = builds.torch_builds(package("torch==2.7.0", index=f"{PYTORCH}cu128"), arm, MATRIX)
    assert build.sm == ("90", "100", "120")
    assert builds.torch_builds(package("torch==2.8.0", index=f"{PYTORCH}cu128"), arm, MATRIX) == ()  # there is none


def test_the_cpu_build() -> None:
    facts = workload(PYTHON)
    for line in (package("torch==2.4.0+cpu"), package("torch", index=f"{PYTORCH}cpu")):
        assert builds.is_cpu_build(line, facts, MATRIX)
        assert not builds.torch_builds(line, facts, MATRIX)
    assert not builds.is_cpu_build(package("torch==2.4.0"), facts, MATRIX)
    arm = workload(PYTHON, platform="linux/arm64")
    assert builds.is_cpu_build(package("torch==2.4.0"), arm, MATRIX)
    assert not builds.is_cpu_build(package("torch==2.11.0"), arm, MATRIX)
    assert not builds.is_cpu_build(package("torch==2.8.0.dev1"), arm, MATRIX)  # unknown is not CPU


def test_platforms() -> None:
    assert builds.platform_of(workload(PYTHON)) == "linux_x86_64"
    assert builds.platform_of(workload(PYTHON, platform="linux/arm64")) == "linux_aarch64"
    assert builds.platform_of(workload(PYTHON, host=on("580.65.06", arch="aarch64"))) == "linux_aarch64"
    both = "nvcr.io/nvidia/pytorch:25.12-py3"  # of an image for both the host takes its own
    assert builds.platform_of(workload(both, host=on(None, ["Jetson AGX Thor"], l4t="38.4"))) == "linux_aarch64"
    assert builds.platform_of(workload(both, host=on("580.65.06", ["H100"]))) == "linux_x86_64"
    assert (
        builds.platform_of(workload(both, host=on("580.65.06", arch="aarch64"), platform="linux/amd64"))
        == "linux_x86_64"
    )
    assert builds.platform_of(workload(None, host=on("580.65.06", os="windows"))) == "win_amd64"
    assert builds.platform_of(workload(PYTHON, host=on("580.65.06", wsl="2"))) == "linux_x86_64"


def test_a_specifier_that_cannot_be_read_is_unknown() -> None:
    with pytest.raises(FactUnknown, match="specifier"):
        torch(package("torch")._replace(specifier="~=banana"))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("torch==2.4.0", "torch 2.4.0"),
        ("torch", "torch (not pinned; today 2.15.0)"),
        ("torch<2.6", "torch <2.6 (today 2.5.1)"),
        ("torch>=99", "torch >=99"),
    ],
)
def test_labels(line: str, label: str) -> None:
    wanted = package(line)
    assert builds.label(wanted, builds.torch_builds(wanted, workload(PYTHON), MATRIX)) == label
