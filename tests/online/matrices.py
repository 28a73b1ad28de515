"""Small matrices: a few rows of the real tables' form, each in a folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from envdoctor.matrix import Matrix
from tests.places import DATA

SOURCE = {"source": ["https://example.org/"], "checked": "2026-01-01"}


def matrix(folder: Path, **tables: list[dict[str, Any]]) -> Matrix:
    """The tables named hold these rows in this order, the others those that ship."""
    data = folder / "data"
    shutil.copytree(DATA, data)
    for name, rows in tables.items():
        lines = ",\n".join(json.dumps({**row, **SOURCE}, separators=(",", ":")) for row in rows)
        (data / f"{name}.json").write_text(f'{{"table":"{name}","sources":{{}},"rows":[\n{lines}\n]}}\n', "utf-8")
    return Matrix(data)


def cuda_tag(tag: str, **columns: Any) -> dict[str, Any]:
    """A published row for a tag such as 12.4.1-cudnn-runtime-ubuntu22.04."""
    cuda, *parts, system = tag.split("-")
    cudnn = {"cudnn": "9.1.0.70"} if "cudnn" in parts else {}
    os, version = system[:6], system[6:]
    row = {
        "tag": tag,
        "cuda": cuda,
        "flavor": parts[-1],
        **cudnn,
        "os": os,
        "os_version": version,
        "arch": ["amd64", "arm64"],
    }
    return {**row, "status": "published", **columns}
