"""How a report is told. One file per format with `render(report, *, verbose, color, width) -> str`, listed here.

To add a format: one file in this package, one line in FORMATS, one golden file in tests/formatters/golden/.
A formatter is a pure function of the report: no I/O, and nothing of the report is left out without a word.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than this module
if TYPE_CHECKING:
    from typing import Protocol

    from envdoctor.findings import Report

    class Formatter(Protocol):
        """`verbose` 1 tells every rule asked; `color` allows ANSI; `width` is in columns, for formats that wrap."""

        def __call__(self, report: Report, *, verbose: int, color: bool, width: int) -> str: ...


FORMATS = {
    "terminal": "envdoctor.formatters.terminal",
    "json": "envdoctor.formatters.json_report",
    "github": "envdoctor.formatters.github",
}


def formatter(name: str) -> Formatter:
    """The formatter of that name, imported only now: rich is not loaded to write JSON. Raises KeyError."""
    from importlib import import_module

    found: Formatter = import_module(FORMATS[name]).render
    return found
