"""The real dynamic loader on real libraries."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.probes import loader
from envdoctor.probes.loader import parse_list

SOURCE = Path(__file__).parents[1] / "stand_ins" / "empty.c"
COMPILER = shutil.which("cc") or shutil.which("gcc")
needs_compiler = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler on Linux to build a library"
)


def build(target: Path, *options: str) -> None:
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-o", str(target), str(SOURCE), *options], check=True)


@needs_compiler
def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "libneeded.so.7", "-Wl,-soname,libneeded.so.7")
    provider = tmp_path / "provider.so"
    build(provider, "-Wl,--no-as-needed", str(tmp_path / "libneeded.so.7"))
    assert loader.missing(str(provider)) == ("libneeded.so.7",)
    expected = "libneeded.so.7: cannot open shared object file: No such file or directory"
    assert loader.error(str(provider)) == expected
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert loader.missing(str(provider)) == ()


@needs_compiler
def test_a_search_path_in_the_library_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    build(tmp_path / "lib" / "libneeded.so.7", "-Wl,-soname,libneeded.so.7")
    provider = tmp_path / "provider.so"
    build(provider, "-Wl,--no-as-needed", str(tmp_path / "lib" / "libneeded.so.7"), "-Wl,-rpath,$ORIGIN/lib")
    assert loader.missing(str(provider)) == ()


@needs_compiler
def test_files_that_are_no_libraries(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("x" * 1000)
    (found,) = loader.missing(str(tmp_path / "text.so")) or ()
    assert "invalid ELF header" in found
    (found,) = loader.missing(str(tmp_path / "none.so")) or ()
    assert "No such file" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tlinux-vdso.so.1 (0x0)\n\tlibm.so.6 => /lib/libm.so.6 (0x7f)\n", ()),
        ("\tlibcublasLt.so.12 => not found\n\tlibcudnn.so.9 => not found\n\tlibcudnn.so.9 => not found\n",
         ("libcublasLt.so.12", "libcudnn.so.9")),
        ("/a.so: /lib/libm.so.6: version `GLIBC_2.38' not found (required by /a.so)\n",
         ("/a.so: /lib/libm.so.6: version `GLIBC_2.38' not found (required by /a.so)",)),
        ("Error loading shared library libGL.so.1: No such file or directory (needed by /a.so)\n", ("libGL.so.1",)),
        ("", ()),
    ],
)  # fmt: skip
def test_the_loaders_words(text: str, expected: tuple[str, ...]) -> None:
    assert parse_list(text) == expected
