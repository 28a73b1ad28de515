"""Faults of a command in a RUN that change what it installs without an error: `pip install torch>=2.0`, unquoted."""

from __future__ import annotations

from envdoctor.facts import Origin, Slip
from envdoctor.patterns import lazily
from envdoctor.readers.shell import Command

_NAME = lazily(r"[A-Za-z][A-Za-z0-9._-]*(?:\[[A-Za-z0-9_,.-]*\])?[~!=]?")
_VERSION = lazily(r"={0,2}[0-9][A-Za-z0-9.,*+!-]*")
_INSTALLERS = lazily(r"pip[0-9.]*|pip[0-9]?-[0-9.]+|uv|conda|mamba|micromamba|poetry|pdm|pipenv|python[0-9.]*")
_ACTIONS = frozenset({"install", "add"})


def redirections(command: Command, origin: Origin) -> list[Slip]:
    """A version bound that the shell takes for a redirection: of `torch>=2.0` pip is given torch alone."""
    name = (command.words[0] or "").rpartition("/")[2]
    if not command.redirects or _INSTALLERS.fullmatch(name) is None:
        return []
    action = next((number for number, word in enumerate(command.words[:6]) if word in _ACTIONS), None)
    if action is None:
        return []
    shown = " ".join(word or "…" for word in command.words[: action + 1])
    return [
        Slip("redirection", f"{each.attached_to}{each.operator}{each.target}", origin, shown)
        for each in command.redirects
        if each.operator in (">", "<")
        and each.target
        and _NAME.fullmatch(each.attached_to)
        and _VERSION.fullmatch(each.target)
    ]
