"""The same lines with colour. Only whole lines are styled and nothing is parsed as markup, so text from outside stays text."""

from __future__ import annotations

from envdoctor.formatters.layout import Line, plain

_STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "incompatible": "bold red",
    "degraded": "bold yellow",
    "unknown": "bold magenta",
    "compatible": "bold green",
    "heading": "bold",
    "quiet": "dim",
}


def colored(told: list[Line]) -> str:
    """ANSI by rich."""
    import io

    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        highlight=False,
        legacy_windows=False,
        width=10_000,
    )
    for line, text in zip(told, plain(told).split("\n"), strict=False):
        console.print(Text(text, style=_STYLES.get(line.style, "")), soft_wrap=True)
    return out.getvalue()
