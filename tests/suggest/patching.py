"""The words of the tests of --patch: files on disk, what is asked, and the files after the diff was applied."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envdoctor.readers.stages import read_dockerfile
from envdoctor.suggest.answer import solve
from envdoctor.suggest.patch import PatchError, family_of, kept, patch
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import problem

L4 = "driver=580.82.07,gpu=L4"
FEED = "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-{}/pypi/simple/"


def asked_for(folder: Path, parts: frozenset[str], host: str = L4, **more: object) -> tuple[str, list[str]]:
    """The diff and the notices for Dockerfile, as `suggest --patch Dockerfile` asks for them. The files are in `folder`,
    where the command runs."""
    name = str(more.pop("path", "Dockerfile"))
    held = kept(name, MATRIX)
    asked = problem(parts, host, **{"families": (family_of(name, MATRIX),), **held._asdict(), **more})
    found = solve(asked, MATRIX, 1).suggestions
    assert found, f"nothing fits in {folder}"
    return patch(name, found[0], asked, MATRIX)


class Patched:
    """The files after the diff, which git and patch both have to take; `notices` is what was said."""

    def __init__(self, folder: Path, diff: str, notices: list[str]) -> None:
        self.folder = folder
        self.diff = diff
        self.notices = notices
        if diff:
            told = diff.encode()
            subprocess.run(["patch", "-p1", "--dry-run", "-s"], input=told, check=True, cwd=folder)
            subprocess.run(["git", "apply", "-"], input=told, check=True, cwd=folder)

    def text(self, name: str = "Dockerfile") -> str:
        return (self.folder / name).read_bytes().decode()

    @property
    def changed(self) -> list[str]:
        """The lines that are new, in order."""
        return [line[1:] for line in self.diff.splitlines() if line.startswith("+") and not line.startswith("+++")]

    def installs(self, name: str) -> str | None:
        """The version in the end, as the reader reads it."""
        read = read_dockerfile(
            self.text(), "Dockerfile", build_args={}, target=None, read_file=lambda path: self._context(path)
        )
        return next((package.version for package in read.packages.named(name)), None)

    def _context(self, path: str) -> str | None:
        file = self.folder / path.lstrip("/")
        return file.read_text() if file.is_file() else None


def patched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str] | str, parts: frozenset[str], **more: object
) -> Patched:
    write(folder, monkeypatch, files)
    diff, notices = asked_for(folder, parts, **more)  # type: ignore[arg-type]
    return Patched(folder, diff, notices)


def refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str] | str, parts: frozenset[str], **more: object
) -> str:
    """Why there is no diff."""
    write(folder, monkeypatch, files)
    with pytest.raises(PatchError) as error:
        asked_for(folder, parts, **more)  # type: ignore[arg-type]
    return str(error.value)


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str] | str) -> None:
    monkeypatch.chdir(folder)
    for name, text in ({"Dockerfile": files} if isinstance(files, str) else files).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(text.encode())
