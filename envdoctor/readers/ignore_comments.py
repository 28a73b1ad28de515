"""`# envdoctor: ignore=RULE reason` comments, in files whose comments begin with #."""

from __future__ import annotations

import re

from envdoctor.patterns import lazily
from envdoctor.readers.declared import Ignore

_MARK = "envdoctor:"
_COMMENT = lazily(r"[\s]*#[\s]*envdoctor:[\s]*(.*)", re.DOTALL)
_IGNORE = lazily(r"ignore[ \t]*=[ \t]*([a-z0-9-]+(?:,[a-z0-9-]+)*)(?:[ \t]+(.*))?", re.DOTALL)
_MAX_IGNORES = 1_000


def ignore_comments(text: str, label: str) -> tuple[tuple[Ignore, ...], tuple[str, ...]]:
    """The comments, each with the line it speaks for: the next one that is neither blank nor a comment.

    Also a problem ("Dockerfile:3: …") for each that begins like one and is none: a typo must not pass as silence.
    """
    if _MARK not in text:
        return (), ()
    ignores: list[Ignore] = []
    problems: list[str] = []
    waiting: list[tuple[str, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            ignores += [Ignore(rule, reason, number) for rule, reason in waiting]
            waiting.clear()
        elif _MARK in bare and (comment := _COMMENT.fullmatch(line)):
            match = _IGNORE.fullmatch(comment[1].strip())
            if match is None:
                problems.append(f"{label}:{number}: {bare[:60]!r} was read, expected `# envdoctor: ignore=RULE reason`")
            else:
                waiting += [(rule, (match[2] or "").strip()) for rule in match[1].split(",")]
    return tuple(ignores[:_MAX_IGNORES]), tuple(problems[:_MAX_IGNORES])
