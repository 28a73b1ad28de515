"""The shipped matrix is found in a checkout, in a wheel's layout and inside a zip file; elsewhere the error says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.places import ABOVE, DATA, PACKAGE

ASK = "from envdoctor.matrix import Matrix; print(Matrix.load().major_floor(12).driver_linux)"
MODULES = [
    "envdoctor/__init__.py",
    "envdoctor/patterns.py",
    "envdoctor/versions.py",
    *(path.relative_to(ABOVE).as_posix() for path in (PACKAGE / "matrix").rglob("*.py")),
]


def ask(place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(place)!r}); {ASK}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=place.parent,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for module in MODULES:
        (tmp_path / "site" / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ABOVE / module, tmp_path / "site" / module)
    return tmp_path / "site"


def test_in_a_checkout_beside_the_package(package: Path) -> None:
    shutil.copytree(DATA, package / "data")
    assert ask(package).stdout == "525.60.13\n"


def test_in_a_wheel_inside_the_package(package: Path) -> None:
    shutil.copytree(DATA, package / "envdoctor/data")
    assert ask(package).stdout == "525.60.13\n"


def test_in_a_zip_file(package: Path, tmp_path: Path) -> None:
    shutil.copytree(DATA, package / "envdoctor/data")
    archive = tmp_path / "envdoctor.pyz"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(package.rglob("*")):
            file.write(path, path.relative_to(package))
    assert ask(archive).stdout == "525.60.13\n"


def test_without_data_the_error_says_what_to_do(package: Path) -> None:
    answer = ask(package)
    assert "the matrix was not shipped with this envdoctor: install it again" in answer.stderr
    assert "MatrixError" in answer.stderr
