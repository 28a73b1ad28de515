"""Builds `envdoctor.pyz`: the command as one file that runs on any Python from 3.10 on, without pip and without a network.

    python scripts/build_pyz.py [envdoctor.pyz]

A zip file after a first line that starts Python (PEP 441): the package as it lies here or is installed, the matrix, and
the dependencies that are plain Python, from the environment that runs this script. The compiled tree-sitter and the
network's httpx are left out: a command that comes to need them says so and ends with exit code 2, `selftest` with 1.
The same sources, dependencies and zlib give the same bytes, wherever and whenever it is built.
"""

from __future__ import annotations

import argparse
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if (ROOT / "envdoctor").is_dir():
    sys.path.insert(0, str(ROOT))

import envdoctor  # noqa: E402  # of the checkout that this script lies in, else the installed one

PACKAGE = Path(envdoctor.__file__).resolve().parent
DATA = PACKAGE / "data" if (PACKAGE / "data").is_dir() else PACKAGE.parent / "data"
START = b"#!/usr/bin/env python3\n"
LICENSES = "LICENSES.txt"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time
_UNUSED = ("example.py", "ruamel/yaml/clibz/setup.py")  # the first lies beside pynvml in nvidia-ml-py

BUNDLED = {
    "fastjsonschema": "matrix verify",
    "nvidia-ml-py": "the driver and the GPUs of this machine",
    "packaging": "versions and specifiers",
    "rich": "colour and progress on a terminal",
    "ruamel.yaml": "compose files",
    "tomli": "settings, on Python 3.10",
}
LEFT_OUT = {
    "httpx": ("httpx", "asking the network"),
    "tree-sitter": ("tree_sitter", "reading the shell commands of Dockerfiles and scripts"),
    "tree-sitter-bash": ("tree_sitter_bash", "reading the shell commands of Dockerfiles and scripts"),
}

# Read by whatever Python is there, also one that is too old: so no annotations and no f-strings.
_MAIN = """\
import sys

if sys.version_info < (3, 10):
    sys.stderr.write(
        "envdoctor: error: this file needs Python 3.10 or newer; it was started with Python %d.%d (%s)\\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(1 if sys.argv[1:2] == ["selftest"] else 2)

import os
from importlib.util import find_spec

for part in ("zlib", "json", "_ctypes"):
    if find_spec(part) is None:
        sys.stderr.write(
            "envdoctor: error: %s lacks %s of Python's standard library; install the whole of it (on Debian and Ubuntu "
            "python3, not python3-minimal alone)\\n" % (sys.executable, part)
        )
        sys.exit(1 if sys.argv[1:2] == ["selftest"] else 2)

sys.path[0] = os.path.abspath(sys.path[0])
LEFT_OUT = {left_out!r}


class NotInThisFile:
    @staticmethod
    def find_spec(name, path=None, target=None):
        purpose = LEFT_OUT.get(name.partition(".")[0])
        if purpose:
            from envdoctor.commands import UsageError

            # Told to the user, or to another package that tries the import and can do without.
            raise type("NotHere", (UsageError, ImportError), {{}})(
                "%s needs %s, which the single file does not hold; install envdoctor with pip for it"
                % (purpose, name.partition(".")[0])
            )


sys.meta_path.insert(0, NotInThisFile)

from envdoctor.cli import run

run()
"""


class Missing(Exception):
    """A dependency that is not installed where this script runs."""


def contents() -> dict[str, bytes]:
    """Every file of the archive by its name."""
    found = dict(_package())
    for distribution in BUNDLED:
        found.update(_dependency(distribution))
    # A namespace package; Python finds one in a zip file from 3.13 on only.
    found.setdefault("ruamel/__init__.py", b"")
    found["__main__.py"] = _MAIN.format(left_out=dict(LEFT_OUT.values())).encode()
    found[LICENSES] = "\n".join(_licenses()).encode()
    return found


def write(target: Path, files: dict[str, bytes]) -> None:
    """An executable file, with nothing in it that depends on when, where and by whom it is built."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(partial, "wb") as file:
            file.write(START)
            with zipfile.ZipFile(file, "w") as archive:
                for name in sorted(files):
                    archive.writestr(_entry(name), files[name], compresslevel=9)
        partial.chmod(0o755)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    # The first is read by a Python without zlib too.
    entry.compress_type = zipfile.ZIP_STORED if name == "__main__.py" else zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, whatever this system is
    entry.external_attr = 0o644 << 16
    return entry


def _package() -> Iterator[tuple[str, bytes]]:
    for path in _files(PACKAGE, (".py", ".json")):
        yield f"envdoctor/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()
    for path in _files(DATA, (".json",)):
        yield f"envdoctor/data/{path.relative_to(DATA).as_posix()}", path.read_bytes()


def _files(folder: Path, endings: tuple[str, ...]) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.suffix in endings and path.is_file())


def _dependency(name: str) -> Iterator[tuple[str, bytes]]:
    """Its Python files. Where some are compiled too (tomli), the compiled ones stay out, and these do the work."""
    files = [file for file in _distribution(name).files or () if file.suffix == ".py" and ".." not in file.parts]
    if not files:
        raise Missing(f"{name} is installed here without a list of its files; install it with pip")
    for file in files:
        if str(file) not in _UNUSED:
            yield file.as_posix(), Path(str(file.locate())).read_bytes()


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise Missing(f"{name} is not installed here; python -m pip install {name}") from None


def _licenses() -> Iterator[str]:
    """What the licences ask of a copy: their text, and whose it is."""
    yield "envdoctor.pyz holds the packages below, each under its own licence.\n"
    for name in sorted(BUNDLED):
        found = _distribution(name)
        yield f"{'=' * 20} {name} {found.version}, {_told(found, 'Author', 'Author-email')}"
        texts = [file for file in found.files or () if "licen" in file.name.lower() and "dist-info" in file.parts[0]]
        yield from (Path(str(file.locate())).read_text("utf-8") for file in sorted(texts))
        if not texts:
            yield _told(found, "License-Expression", "License")


def _told(distribution: metadata.Distribution, *fields: str) -> str:
    return next((value for field in fields for value in distribution.metadata.get_all(field) or ()), "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path, default=Path("envdoctor.pyz"))
    target: Path = parser.parse_args().target
    try:
        files = contents()
        write(target, files)
    except (Missing, OSError) as error:
        sys.exit(f"build_pyz: {error}")
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB, {len(files)} files")


if __name__ == "__main__":
    main()
