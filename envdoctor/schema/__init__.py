"""The JSON Schemas of the documents that are promises: what other programs read and write."""

from __future__ import annotations

import os

SCHEMAS = ("environment", "report", "suggestions", "diff")


def schema_text(name: str) -> str:
    """The schema as text. Read through the package's loader where the package lies in an archive."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.schema.json")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        loader = getattr(__spec__, "loader", None)
        content: bytes = loader.get_data(path)  # type: ignore[union-attr]
        return content.decode()
