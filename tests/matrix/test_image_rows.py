"""What must hold of the rows about base images and the Pythons in them, and what the questions about them answer."""

from __future__ import annotations

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import at_least, major, minor, parse

MATRIX = Matrix.load()
NGC_IMAGES: tuple[rows.NgcImageRow, ...] = MATRIX.tables["ngc_images"].rows()  # type: ignore[assignment]
L4T_IMAGES: tuple[rows.L4tImageRow, ...] = MATRIX.tables["l4t_images"].rows()  # type: ignore[assignment]
DISTRIBUTIONS: tuple[rows.DistributionRow, ...] = MATRIX.tables["distributions"].rows()  # type: ignore[assignment]


def test_an_ngc_images_key_says_what_its_columns_say() -> None:
    for row in NGC_IMAGES:
        assert row.image.startswith(f"{row.repository}:{row.release}"), row
        assert row.tags, row
        assert all(tag.startswith(f"{row.release}-") for tag in row.tags), row


def test_an_ngc_images_cuda_has_a_toolkit_and_its_python_is_its_ubuntus() -> None:
    for row in NGC_IMAGES:
        assert row.cuda is None or MATRIX.toolkits(minor(row.cuda) or row.cuda), row
        if row.ubuntu and row.python:
            assert MATRIX.system_python("ubuntu", row.ubuntu) == row.python, row


def test_an_ngc_images_driver_runs_its_cuda() -> None:
    """The release notes repeat older drivers for CUDA 13: such a statement stays out of the column."""
    for row in NGC_IMAGES:
        floor = MATRIX.major_floor(major(row.cuda)) if row.cuda and major(row.cuda) >= 11 else None
        if floor and row.driver_min_branch:
            assert row.driver_min_branch >= major(floor.driver_linux), row


def test_newer_ngc_images_have_no_older_cuda() -> None:
    for repository in ("tensorrt", "tritonserver"):
        found = (MATRIX.ngc_image(repository, release) for release in MATRIX.ngc_image_releases(repository))
        cudas = [parse(minor(row.cuda) or "") for row in found if row and row.cuda]
        assert cudas == sorted(cudas)
        assert len(cudas) > 60


def test_the_trtllm_and_vllm_variants_have_rows_of_their_own() -> None:
    own = MATRIX.ngc_image("tritonserver", "24.05", "trtllm")
    server = MATRIX.ngc_image("tritonserver", "24.05")
    assert own is not None
    assert server is not None
    assert (own.cuda, server.cuda) == ("12.3.2", "12.4.1")
    assert own.torch is not None
    assert server.torch is None
    assert MATRIX.ngc_image("tensorrt", "24.05", "trtllm") is None
    assert MATRIX.ngc_image("tritonserver", "24.05.1") is None
    assert MATRIX.ngc_image_releases("tritonserver")[-1] >= "26.10"
    assert MATRIX.ngc_image_releases("tensorflow") == ()


def test_an_l4t_image_is_of_a_line_that_runs_its_cuda() -> None:
    for row in L4T_IMAGES:
        line = MATRIX.l4t(row.l4t)
        assert line is not None, row
        assert row.cuda is None or at_least(line.cuda, minor(row.cuda) or row.cuda), row
        assert row.from_host == (row.l4t.startswith("32.") and "/l4t-cuda:" not in row.image), row
        if row.ubuntu and row.python:
            assert MATRIX.system_python("ubuntu", row.ubuntu) == row.python, row


def test_what_a_jetson_image_holds_code_for_are_the_boards_of_its_line() -> None:
    for row in L4T_IMAGES:
        line = MATRIX.l4t(row.l4t)
        assert line is not None, row
        assert (row.sm is None) == (row.torch is None), row
        assert row.sm is None or row.sm == tuple(each.replace(".", "") for each in line.capabilities or ()), row


def test_a_jetpack_that_an_ngc_release_names_is_one_of_the_table_and_never_goes_back() -> None:
    lines = {row.jetpack for row in MATRIX.l4t_lines()}
    stated = [row.jetpack for release in MATRIX.ngc_releases() if (row := MATRIX.ngc(release)) and row.jetpack]
    assert set(stated) <= lines
    assert stated == sorted(stated)
    newest = max(release for release in MATRIX.ngc_releases() if (row := MATRIX.ngc(release)) and row.jetpack)
    for release in MATRIX.ngc_releases():
        row = MATRIX.ngc(release)
        integrated = row is not None and any(tag.endswith("-igpu") for tag in row.tags)
        assert not integrated or release <= newest, release


def test_l4t_images_by_reference_and_by_repository() -> None:
    row = MATRIX.l4t_image("nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3")
    assert row is not None
    assert (row.l4t, row.torch, row.cuda) == ("35.2.1", "2.0.0", "11.4")
    assert row in MATRIX.l4t_images_of("nvcr.io/nvidia/l4t-pytorch")
    assert MATRIX.l4t_image("nvcr.io/nvidia/l4t-pytorch") is None


@pytest.mark.parametrize("row", MATRIX.torch_images(), ids=lambda row: row.torch)
def test_the_tags_of_pytorch_pytorch_are_of_cudas_that_the_version_has_wheels_for(row: rows.TorchImageRow) -> None:
    wheels = {wheel.cuda for wheel in MATRIX.torch() if wheel.version == row.torch}
    cudas = {variant.partition("-")[0].removeprefix("cuda") for variant in row.variants or ()}
    assert cudas <= wheels, row
    for wheel in MATRIX.torch():
        named = next((each for each in row.variants or () if each.startswith(f"cuda{wheel.cuda}-")), None)
        if named and wheel.cudnn and wheel.version == row.torch:
            assert named.endswith(f"-cudnn{major(wheel.cudnn)}"), (row, wheel)


def test_pythons_stand_in_the_order_of_their_releases_and_end_after_them() -> None:
    pythons = MATRIX.pythons()
    days = [row.released for row in pythons if row.released]
    assert days == sorted(days)
    assert all(row.end_of_life > row.released for row in pythons if row.end_of_life and row.released)
    assert {"3.8", "3.10", "3.12", "3.14"} <= {row.python for row in pythons}


def test_every_distributions_python_is_known_and_its_key_is_its_name() -> None:
    known = {row.python for row in MATRIX.pythons()}
    for row in DISTRIBUTIONS:
        assert row.name == row.os + row.version, row
        assert row.python in known, row


@pytest.mark.parametrize(
    ("os", "name", "python"),
    [
        ("ubuntu", "22.04", "3.10"),
        ("ubuntu", "jammy", "3.10"),
        ("Ubuntu", "24.04", "3.12"),
        ("debian", "12", "3.11"),
        ("debian", "trixie", "3.13"),
        ("ubuntu", "23.10", None),
        ("ubuntu", "", None),
        ("rockylinux", "9", None),
        ("debian", "22.04", None),
    ],
)
def test_the_python_of_a_distribution(os: str, name: str, python: str | None) -> None:
    assert MATRIX.system_python(os, name) == python
