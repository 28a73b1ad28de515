"""What is known of PyTorch's wheels beyond their builds: the indexes that hold them, what they require, their C++ ABI."""

from __future__ import annotations

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import numbers

MATRIX = Matrix.load()
REQUIRES: tuple[rows.TorchRequiresRow, ...] = MATRIX.tables["torch_requires"].rows()  # type: ignore[assignment]


def test_the_name_of_an_index_is_its_cuda_without_the_dot() -> None:
    assert [row.index for row in MATRIX.torch_indexes() if row.index != f"cu{row.cuda.replace('.', '')}"] == []


def test_every_index_that_a_build_is_on_is_known() -> None:
    known = {row.index for row in MATRIX.torch_indexes()}
    used = {index for row in MATRIX.torch() for index in row.indexes or () if index.startswith("cu")}
    assert used <= known
    assert not {"cu122", "cu125", "cu131", "cu134"} & known


@pytest.mark.parametrize(
    ("version", "cuda", "requirement"),
    [
        ("2.13.0", "13.0", "nvidia-nccl-cu13==2.29.7"),
        ("2.13.0+cu130", "13.0", "nvidia-cudnn-cu13==9.20.0.48"),
        ("2.4.0", "12.1", "nvidia-cudnn-cu12==9.1.0.70"),
        ("2.4.0", "12.1", "triton==3.0.0"),
        ("2.0.0", "11.7", "nvidia-cudnn-cu11==8.5.0.96"),
    ],
)
def test_what_a_wheel_requires(version: str, cuda: str, requirement: str) -> None:
    row = MATRIX.torch_requires(version, cuda)
    assert row is not None
    assert requirement in row.requires


def test_of_other_builds_nothing_is_said() -> None:
    assert MATRIX.torch_requires("2.4.0", "11.8") is None
    assert MATRIX.torch_requires("9.9.9", "13.0") is None


@pytest.mark.parametrize("row", REQUIRES, ids=lambda row: row.version)
def test_the_requirements_agree_with_the_build(row: rows.TorchRequiresRow) -> None:
    """The row is of the build that PyPI serves, and its cuDNN is the one of that build."""
    build = next(each for each in MATRIX.torch(row.platform) if each.version == row.version and each.default)
    assert build.cuda == row.cuda
    cudnn = [text.partition("==")[2] for text in row.requires if text.startswith("nvidia-cudnn-cu")]
    assert cudnn == [build.cudnn]


@pytest.mark.parametrize(
    ("version", "cuda", "abi"),
    [
        ("1.13.1", "11.7", False),
        ("2.5.1", "12.4", False),
        ("2.6.0", "12.4", False),
        ("2.6.0", "12.6", True),
        ("2.7.0+cu128", "12.8", True),
        ("2.15.0", "13.2", True),
        ("2.6.0", None, None),  # both
        ("", "12.4", None),
    ],
)
def test_the_abi(version: str, cuda: str | None, abi: bool | None) -> None:
    assert MATRIX.torch_cxx11_abi(version, cuda, "linux_x86_64") is abi
    assert MATRIX.torch_cxx11_abi(version, cuda, "linux_aarch64") is None


def test_every_release_and_build_has_one_abi() -> None:
    builds = [row for row in MATRIX.torch() if row.cuda and numbers(row.version) >= (1, 0)]
    assert [row for row in builds if MATRIX.torch_cxx11_abi(row.version, row.cuda, row.platform) is None] == []


def test_the_pips_of_the_distributions() -> None:
    managed = {row.name for row in MATRIX.tables["distributions"].rows() if row.externally_managed}  # type: ignore[attr-defined]
    assert managed == {"debian12", "debian13", "ubuntu24.04"}
    jammy = MATRIX.distribution("ubuntu", "22.04")
    assert jammy is not None
    assert (jammy.pip, jammy.externally_managed) == ("22.0.2", False)


def test_xformers_and_the_torch_it_pins() -> None:
    pins = {row.version: row.torch for row in MATRIX.companions("xformers")}
    assert (pins["0.0.27"], pins["0.0.27.post2"], pins["0.0.33"]) == ("==2.3.1", "==2.4.0", "==2.9.0")
    assert MATRIX.companion_for("xformers", "2.6.0") == "0.0.29.post3"
