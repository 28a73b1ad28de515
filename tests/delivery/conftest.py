"""The single file, built once, and the pieces that images are made of."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.engines import NODES
from tests.selftest.conftest import compiled
from tests.selftest.conftest import libraries as libraries  # a fixture

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")


def shown(name: str) -> str:
    """The file that docs/delivery.md shows under that name."""
    match = re.search(rf"<!-- file: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert match, f"docs/delivery.md shows no {name}"
    return match.group(1)


@pytest.fixture(scope="session")
def single_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "envdoctor.pyz"
    command = [sys.executable, str(ROOT / "scripts" / "build_pyz.py"), str(target)]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def host_driver(tmp_path: Path) -> Path:
    """A host's folder `lib64` with stand-ins of the driver's libraries, and beside it its device nodes, with no driver
    behind them. Needs root."""
    libraries = tmp_path / "lib64"
    libraries.mkdir()
    try:
        compiled("cuda.c", libraries / "libcuda.so.1")
        compiled("nvml.c", libraries / "libnvidia-ml.so.1")
    except FileNotFoundError:
        pytest.skip("needs a C compiler to build the stand-ins")
    for name, (major, minor) in NODES.items():
        os.mknod(tmp_path / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        (tmp_path / name).chmod(0o666)
    return libraries
