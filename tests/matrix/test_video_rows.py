"""GPUs without engines for video, drivers of the Video Codec SDK, packages for video, and what apt's packages bring."""

from __future__ import annotations

import itertools

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import parse

MATRIX = Matrix.load()
ENGINES: tuple[rows.VideoEngineRow, ...] = MATRIX.tables["video_engines"].rows()  # type: ignore[assignment]
BROUGHT: tuple[rows.SystemBringsRow, ...] = MATRIX.tables["system_brings"].rows()  # type: ignore[assignment]


@pytest.mark.parametrize("name", ["", "no such gpu", "T4", "GeForce RTX 4090", "L4", "Tesla V100-SXM2-16GB"])
def test_a_gpu_without_a_row_lacks_nothing_known(name: str) -> None:
    assert MATRIX.video_engines(name) is None


def test_every_row_is_a_gpu_that_lacks_something() -> None:
    for row in ENGINES:
        assert MATRIX.gpus_named(row.key), row
        assert not (row.nvenc and row.nvdec), row
        assert not row.nvenc, "no GPU encodes that cannot decode"


def test_a_gpu_is_found_by_its_full_name() -> None:
    row = MATRIX.video_engines("NVIDIA A100-SXM4-80GB")
    assert row is not None
    assert (row.nvenc, row.nvdec) == (False, True)


def test_a_newer_sdk_never_needs_an_older_driver() -> None:
    for earlier, later in itertools.pairwise(MATRIX.video_sdks()):
        assert parse(earlier.driver_linux) < parse(later.driver_linux)
        assert parse(earlier.driver_windows) < parse(later.driver_windows)


def test_a_package_whose_wheel_has_no_cuda_uses_no_engine() -> None:
    for name in ("decord", "PyNvVideoCodec"):
        row = MATRIX.video_package(name)
        assert row is not None
        assert row.cuda or not (row.nvdec or row.nvenc)
    assert MATRIX.video_package("numpy") is None


def test_what_brings_libgl_is_not_what_merely_draws() -> None:
    brings = {row.package: row.libraries for row in BROUGHT}
    assert "libGL.so.1" in brings["ffmpeg"]
    assert "libglib-2.0.so.0" in brings["ffmpeg"]
    for name in ("git", "libsm6", "libxext6", "libglib2.0-0", "libglu1-mesa", "python3-tk", "imagemagick"):
        assert "libGL.so.1" not in brings[name], name
    assert MATRIX.system_brings("no-such-package") is None


def test_a_package_that_holds_a_library_brings_it() -> None:
    for soname in ("libGL.so.1", "libSM.so.6", "libXext.so.6", "libxcb.so.1"):
        for row in MATRIX.system_packages(soname, "debian", "12"):
            found = MATRIX.system_brings(row.package)
            assert found is not None
            assert soname in found.libraries
    assert len(MATRIX.system_packages("libGL.so.1")) > len(MATRIX.system_packages("libGL.so.1", "debian", "12"))
