"""Every path that CONTRIBUTING.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_paths_in_contributing_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`([\w./-]+)`", text) if "/" in path]
    assert len(paths) >= 15
    inside = ("envdoctor/", "data/")  # not in the tree beside an installed wheel
    missing = [
        path
        for path in paths
        if not (ROOT / path).exists() and not (path.startswith(inside) and not (ROOT / "envdoctor").exists())
    ]
    assert [path for path in missing if path != ".ci/run" or (ROOT / "envdoctor").exists()] == []
