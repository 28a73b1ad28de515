"""The root file system of an image with a Python, made from the Python that runs the tests: no network, no distribution.

It holds what `python3` and `/usr/bin/env` need and nothing else: no shell, no pip, no packages.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "site-packages", "dist-packages"}
_UNUSED = re.compile(r"_tkinter|_test|_ctypes_test|.*\.opt-[12]\.pyc")
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")  # a line of ldd(1)


def write(target: Path, modules_to_come: Iterable[Path] = ()) -> None:
    """An archive that `docker import` and `podman import` take. It also holds the system's libraries that the compiled
    modules need which are mounted later."""
    program = Path(os.path.realpath(sys._base_executable))  # type: ignore[attr-defined]  # not a virtual environment's
    env = Path("/usr/bin/env")
    modules = [*_modules()]
    binaries = [program, env, *(path for path in modules if path.suffix == ".so")]
    with tarfile.open(target, "w") as archive:
        for path in sorted({program, env, *modules, *_libraries([*binaries, *modules_to_come])}):
            archive.add(os.path.realpath(path), arcname=str(path), filter=_readable)
        _link(archive, "/usr/bin/python3", str(program))
        _text(archive, "/etc/passwd", "root:x:0:0::/root:/bin/none\nworker:x:1000:1000::/tmp:/bin/none\n")
        for folder, mode in (("/tmp", 0o1777), ("/dev", 0o755), ("/proc", 0o755), ("/run", 0o755)):
            _folder(archive, folder, mode)


def _modules() -> Iterator[Path]:
    """The standard library, compiled modules included."""
    for name in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        for folder, inside, files in os.walk(_base(name)):
            inside[:] = [one for one in inside if one not in _LEFT_OUT and not one.startswith("config-")]
            kept = (file for file in files if file.endswith((".py", ".pyc", ".so")) and not _UNUSED.match(file))
            yield from (Path(folder, file) for file in kept)


def _base(path: str) -> str:
    """The standard library's own place, also seen from a virtual environment."""
    return path.replace(sys.prefix, sys.base_prefix, 1) if path.startswith(sys.prefix) else path


def _libraries(binaries: list[Path]) -> Iterator[Path]:
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    found = (Path(match.group(1)) for match in _LIBRARY.finditer(done.stdout))
    return (path for path in found if "site-packages" not in path.parts)


def _readable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """By every user of the image."""
    entry.mode |= 0o555 if entry.mode & 0o100 or entry.isdir() else 0o444
    entry.uid = entry.gid = 0
    return entry


def _link(archive: tarfile.TarFile, name: str, to: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    archive.addfile(entry)


def _text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text)
    archive.addfile(entry, io.BytesIO(text.encode()))


def _folder(archive: tarfile.TarFile, name: str, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)
