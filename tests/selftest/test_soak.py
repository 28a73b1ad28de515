"""A short run of benchmarks/selftest.py --soak: many self-tests in a row leave nothing behind and answer right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.selftest.conftest import COMPILER

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "selftest.py"


@pytest.mark.slow  # and of a checkout: the benchmark times the package that lies beside it
@pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler on Linux: not on this system"
)
def test_a_short_soak(environment: dict[str, str]) -> None:
    command = [sys.executable, str(BENCHMARK), "--soak", "18"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  0 wrong answers, 0 processes left, 0 files left open\n  2 files left in the record folders" in done.stdout
    assert "1 in one process:\n  0 wrong answers, 0 processes left, 0 files left open, 0 threads left" in done.stdout
