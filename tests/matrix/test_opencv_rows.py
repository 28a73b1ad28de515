"""OpenCV's packages, the libraries that they need, and the packages of a distribution that hold those."""

from __future__ import annotations

import itertools

import pytest
from packaging.specifiers import SpecifierSet

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import parse

MATRIX = Matrix.load()
ROWS: tuple[rows.OpenCvRow, ...] = MATRIX.tables["opencv"].rows()  # type: ignore[assignment]
LIBRARIES: tuple[rows.SystemLibraryRow, ...] = MATRIX.tables["system_libraries"].rows()  # type: ignore[assignment]
WHEELS = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless")


# --- what is not known ---


@pytest.mark.parametrize("name", ["", "cv2", "opencv-fixer", "numpy", "torch", "opencv-python-inference-engine"])
def test_a_package_without_a_row_is_not_said_to_provide_cv2(name: str) -> None:
    assert MATRIX.opencv(name) == ()


@pytest.mark.parametrize("version", ["", "banana", "3.4.18.65", "4.0.0.21", "5.0.0.94", "5.1", "99.1"])
def test_a_version_beyond_the_rows_has_no_answer(version: str) -> None:
    assert MATRIX.opencv("opencv-python", version) == ()


@pytest.mark.parametrize(
    ("soname", "os", "version"), [("libGL.so.1", "ubuntu", "23.10"), ("libGL.so.1", "alpine", "3.20"), ("", "", "")]
)
def test_a_system_without_a_row_has_no_package(soname: str, os: str, version: str) -> None:
    assert MATRIX.system_package(soname, os, version) is None


# --- rows against each other ---


def test_the_releases_of_a_package_follow_each_other_without_overlap() -> None:
    for name in WHEELS:
        listed = MATRIX.opencv(name)
        ends = [parse(end or "") for row in listed for end in (row.first, row.last)]
        assert ends == sorted(ends), name
        for earlier, later in itertools.pairwise(listed):
            assert parse(earlier.last or "") < parse(later.first or ""), later


def test_the_two_packages_with_and_the_two_without_windows_are_alike() -> None:
    for one, other in ((WHEELS[0], WHEELS[1]), (WHEELS[2], WHEELS[3])):
        assert [row[1:] for row in MATRIX.opencv(one)] == [row[1:] for row in MATRIX.opencv(other)]


def test_a_headless_package_has_no_windows_and_no_use_for_libgl() -> None:
    for row in ROWS:
        if row.name in WHEELS:
            headless = row.name.endswith("-headless")
            assert (row.gui == "none") == headless, row
            assert not headless or "libGL.so.1" not in (row.libraries or ()), row


def test_none_on_pypi_holds_cuda_and_every_one_reads_video() -> None:
    assert {(row.cuda, row.ffmpeg) for row in ROWS if row.manager == "pip"} == {(False, True)}
    assert not any(row.cuda for row in ROWS)


def test_numpy_2_never_falls_and_is_never_asked_of_a_binary_that_cannot_use_it() -> None:
    for name in WHEELS:
        listed = MATRIX.opencv(name)
        assert [row.numpy2 for row in listed] == sorted(row.numpy2 for row in listed if row.numpy2 is not None)
        for row in listed:
            needs_2 = not SpecifierSet(row.numpy or "").contains("1.26.4")
            assert not needs_2 or row.numpy2, row


def test_a_wheel_for_every_later_python_names_no_newest_and_the_others_do() -> None:
    for row in ROWS:
        if row.abi3 is not None:
            assert row.abi3 == (row.python_newest is None), row


def test_every_library_has_a_package_in_every_release_of_debian_and_ubuntu_that_has_rows() -> None:
    needed = {library for row in ROWS for library in row.libraries or ()}
    systems = {(row.os, version) for row in LIBRARIES for version in row.os_versions}
    assert len(systems) == 8
    for library, (os, version) in itertools.product(needed, systems):
        assert MATRIX.system_package(library, os, version) is not None, (library, os, version)


def test_a_library_has_one_package_per_release() -> None:
    places = [(row.soname, row.os, version) for row in LIBRARIES for version in row.os_versions]
    assert len(places) == len(set(places))
    assert all(row.package not in row.also for row in LIBRARIES)


# --- named cases ---


@pytest.mark.parametrize(
    ("name", "version", "library", "needed"),
    [
        ("opencv-python", "4.2.0.34", "libGL.so.1", False),
        ("opencv-python", "4.3.0.38", "libGL.so.1", True),
        ("opencv-python", "4.12.0.88", "libxcb.so.1", False),
        ("opencv-python", "4.13.0.92", "libxcb.so.1", True),
        ("opencv-python-headless", "4.12.0.88", "libxcb.so.1", False),
        ("opencv-python-headless", "4.13.0.90", "libxcb.so.1", True),  # "ImportError: libxcb.so.1", a mistake
        ("opencv-python-headless", "4.13.0.92", "libxcb.so.1", False),
        ("opencv-contrib-python-headless", "4.10.0.84", "libGL.so.1", False),
        ("Opencv_Python", "5.0.0.93", "libgthread-2.0.so.0", True),
    ],
)
def test_a_library_that_the_import_needs(name: str, version: str, library: str, needed: bool) -> None:
    (row,) = MATRIX.opencv(name, version)
    assert row.libraries is not None
    assert (library in row.libraries) == needed


@pytest.mark.parametrize(("version", "numpy2"), [("4.10.0.82", False), ("4.10.0.84", True), ("4.8.1.78", False)])
def test_the_step_to_numpy_2(version: str, numpy2: bool) -> None:
    (row,) = MATRIX.opencv("opencv-python", version)
    assert row.numpy2 is numpy2


def test_a_partial_version_is_every_release_that_it_can_mean() -> None:
    assert [row.first for row in MATRIX.opencv("opencv-python", "4.13")] == ["4.13.0.90", "4.13.0.92"]
    assert [row.first for row in MATRIX.opencv("opencv-python", "4.9")] == ["4.9.0.80"]
    assert len(MATRIX.opencv("opencv-python", "4")) == len(MATRIX.opencv("opencv-python"))


def test_a_distributions_own_package_brings_what_it_needs() -> None:
    listed = MATRIX.opencv("python3-opencv")
    assert {(row.manager, row.libraries) for row in listed} == {("apt", ())}
    assert {row.os: (row.gui, row.numpy2) for row in listed}["ubuntu22.04"] == ("gtk", False)
    assert {row.os: (row.gui, row.numpy2) for row in listed}["debian13"] == ("qt", True)


@pytest.mark.parametrize(
    ("soname", "os", "version", "package", "also"),
    [
        ("libGL.so.1", "ubuntu", "22.04", "libgl1", ("libgl1-mesa-glx",)),
        ("libGL.so.1", "ubuntu", "24.04", "libgl1", ()),
        ("libGL.so.1", "debian", "12", "libgl1", ("libgl1-mesa-glx",)),
        ("libGL.so.1", "debian", "13", "libgl1", ()),
        ("libglib-2.0.so.0", "ubuntu", "22.04", "libglib2.0-0", ()),
        ("libgthread-2.0.so.0", "ubuntu", "24.04", "libglib2.0-0t64", ("libglib2.0-0",)),
        ("libxcb.so.1", "debian", "13", "libxcb1", ()),
    ],
)
def test_the_package_to_install(soname: str, os: str, version: str, package: str, also: tuple[str, ...]) -> None:
    row = MATRIX.system_package(soname, os, version)
    assert row is not None
    assert (row.package, row.also) == (package, also)
