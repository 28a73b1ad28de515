"""Small questions about the commands of a build that several rules ask."""

from __future__ import annotations

from envdoctor.facts import Statement
from envdoctor.findings import Evidence

_LONGEST = 80


def program(statement: Statement) -> str:
    """The name of the program without its folder; "" where it is known only at run time."""
    return (statement.words[0] or "").rpartition("/")[2] if statement.words else ""


def shown(words: tuple[str | None, ...]) -> str:
    """The command, shortened; "…" stands for what is known only at run time."""
    text = " ".join(word if word is not None else "…" for word in words)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def of_statement(statement: Statement) -> Evidence:
    return Evidence("build.statements", shown(statement.words), str(statement.origin))
