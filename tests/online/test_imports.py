"""What asks the network is imported only by who asks it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ABOVE

HEAVY = ("httpx", "asyncio", "ssl", "http.client", "envdoctor.online")


def imported(code: str, tmp_path: Path) -> set[str]:
    """Of HEAVY, what a Python has loaded after that code."""
    script = f"import sys\n{code}\nprint('loaded:', *(name for name in {HEAVY!r} if name in sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ABOVE)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "Dockerfile", "--driver", "535.104.05", "--gpu", "Tesla T4"],
        ["matrix", "show", "RTX 4090"],
        ["--version"],
    ],
)
def test_commands_that_ask_nobody_load_no_http_client(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN pip install torch==2.4.0\n")
    code = f"from envdoctor.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit:\n    pass"
    assert imported(code, tmp_path) == set()


def test_the_engine_itself_loads_httpx_when_it_asks(tmp_path: Path) -> None:
    assert "httpx" not in imported("import envdoctor.online.drift, envdoctor.online.registry", tmp_path)
