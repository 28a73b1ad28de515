"""The builds of onnxruntime-gpu against each other: what a later release may not take back, and what a row says twice."""

from __future__ import annotations

import itertools
import re

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import below, major, parse

MATRIX = Matrix.load()
ROWS: tuple[rows.OrtRow, ...] = MATRIX.tables["onnxruntime"].rows()  # type: ignore[assignment]
PYPI = [row for row in ROWS if row.index == "pypi"]
FEEDS = [row for row in ROWS if row.index != "pypi"]


def of(version: str, platform: str = "linux_x86_64", index: str = "pypi") -> rows.OrtRow:
    (row,) = [row for row in ROWS if (row.version, row.platform, row.index) == (version, platform, index)]
    return row


def test_all_builds_of_a_release_support_the_same_onnx() -> None:
    for version in {row.version for row in ROWS}:
        assert len({(row.opset, row.ir_version, row.onnx) for row in ROWS if row.version == version}) == 1, version


@pytest.mark.parametrize("column", ["opset", "ir_version"])
def test_a_later_release_never_supports_less_onnx(column: str) -> None:
    found = [getattr(row, column) for row in ROWS]
    assert None not in found
    assert found == sorted(found)


def test_the_onnx_release_never_falls() -> None:
    found = [parse(row.onnx or "0") for row in ROWS]
    assert found == sorted(found)


# One case just below and one on each step, measured by loading models with the CPU package of the release.
@pytest.mark.parametrize(
    ("version", "opset", "ir_version"),
    [
        ("1.14.1", 18, 8),
        ("1.15.0", 19, 9),
        ("1.16.3", 19, 9),
        ("1.17.0", 20, 9),
        ("1.18.0", 21, 10),
        ("1.20.2", 21, 10),
        ("1.21.0", 22, 10),
        ("1.23.0", 23, 11),
        ("1.24.1", 25, 13),
        ("1.25.0", 26, 13),
        ("1.31.1", 26, 13),
    ],
)
def test_the_highest_opset_and_file_format(version: str, opset: int, ir_version: int) -> None:
    row = of(version)
    assert (row.opset, row.ir_version) == (opset, ir_version)


def test_where_the_documentation_states_an_older_file_format_the_row_says_so() -> None:
    assert "IR version 8" in (of("1.15.1").note or "")


@pytest.mark.parametrize("platform", ["linux_x86_64", "linux_aarch64", "win_amd64"])
def test_numpy_2_and_tensorrt_never_fall_on_one_index(platform: str) -> None:
    listed = [row for row in PYPI if row.platform == platform]
    for earlier, later in itertools.pairwise(listed):
        assert (earlier.numpy2 or False) <= (later.numpy2 or False), later
        assert (earlier.tensorrt or 0) <= (later.tensorrt or 0) or later.tensorrt is None, later
    assert listed


def test_extras_are_offered_from_1_21_on() -> None:
    for row in PYPI:
        if row.extras is None:
            assert not row.sm, row  # a wheel that was read has its metadata read
        elif below(row.version, "1.21"):
            assert row.extras == (), row
        else:
            assert {"cuda", "cudnn"} <= set(row.extras), row


def test_the_pythons_of_a_build_follow_each_other_and_its_wheels_were_read_or_built_by_one_script() -> None:
    for row in ROWS:
        minors = [int(python.split(".")[1]) for python in row.python]
        assert minors == list(range(minors[0], minors[0] + len(minors))) if minors else not row.sm, row


def test_the_sonames_are_those_of_the_rows_cuda_and_cudnn() -> None:
    for row in ROWS:
        for library in row.libraries:
            if found := re.match(r"(?:lib)?cublas(?:Lt)?(?:64_|\.so\.)(\d+)", library):
                assert int(found[1]) == major(row.cuda), row
            if found := re.match(r"(?:lib)?cudnn\w*?(?:64_|\.so\.)(\d+)", library):
                assert int(found[1]) == row.cudnn, row
        assert row.needs_libcuda is None or ("libcuda.so.1" in row.libraries) == row.needs_libcuda, row


def test_the_ptx_is_in_the_window_of_its_toolkit_and_holds_nothing_newer_than_the_machine_code() -> None:
    for row in ROWS:
        window = MATRIX.window(row.cuda)
        assert window is not None, row
        assert set(row.ptx or ()) <= set(window.sm), row
        assert (row.sm is None) == (row.ptx is None), row


def test_a_feed_holds_the_cuda_that_it_is_named_after_which_pypis_build_of_that_day_did_not() -> None:
    assert {row.index for row in FEEDS} == {"cuda-11", "cuda-12", "cuda-13"}
    for row in FEEDS:
        assert row.index == f"cuda-{major(row.cuda)}", row
        same = [pypi for pypi in PYPI if (pypi.version, pypi.platform) == (row.version, row.platform)]
        assert all(major(pypi.cuda) != major(row.cuda) for pypi in same), row


def test_what_the_feeds_hold() -> None:
    assert (of("1.18.1", index="cuda-12").cuda, of("1.18.1", index="cuda-12").cudnn) == ("12.2", 9)
    assert of("1.20.1", index="cuda-11").sm == of("1.20.0").sm == ("52", "60", "61", "70", "75", "80")
    assert of("1.29.0", index="cuda-12").sm is None  # the build script's list changed between releases
    assert of("1.26.0", index="cuda-13").python == of("1.26.0").python
