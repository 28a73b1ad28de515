"""The documentation shows what the commands print today."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("name", ["suggest.md", "repositories.md"])
def test_the_outputs_in_the_documentation_are_real(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    rendered = runpy.run_path(str(DOCS / "worked_examples.py"))["rendered"]
    assert "<!-- run: envdoctor " in text
    assert rendered(text) == text, f"run: python docs/worked_examples.py docs/{name}"
