"""The line grammar of a requirements file: continuations, comments, options and what follows a requirement.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.patterns import lazily

MAX_LINES = 20_000

_COMMENT = lazily(r"(?:^|\s)#.*$")
_VARIABLE = lazily(r"\$\{([A-Z0-9_]+)\}")
_OPTION_BEHIND = lazily(r"\s--?[A-Za-z]")
_SHORT = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-i": "--index-url", "-f": "--find-links"}
_LONG = {"--pypi-url": "--index-url"}
_VALUED = frozenset(
    "--requirement --constraint --editable --index-url --extra-index-url --find-links --trusted-host --no-binary"
    " --only-binary --use-feature --use-deprecated --global-option --config-settings --hash".split()
)


class Line(NamedTuple):
    """One logical line: its options as (long name, value), or the requirement it states. `number` is 1-based."""

    number: int
    requirement: str
    options: tuple[tuple[str, str], ...]


def logical_lines(text: str, variables: Mapping[str, str | None]) -> Iterator[Line]:
    """The lines that say something, at most MAX_LINES. `${NAME}` is replaced where `variables` knows it, as pip does
    from its environment."""
    for number, joined in _joined(text):
        line = _COMMENT.sub("", joined).strip()
        if "${" in line:
            line = _VARIABLE.sub(lambda match: variables.get(match.group(1)) or match.group(), line)
        if line.startswith("-"):
            yield Line(number, "", tuple(_options(line)))
        elif line:
            behind = _OPTION_BEHIND.search(line)
            yield Line(number, line[: behind.start()].rstrip() if behind else line, ())


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that a backslash continues put together; a comment ends a continuation."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines()[:MAX_LINES], 1):
        start = start if parts else number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        parts.append(" " + line if is_comment and parts else line)
        yield start, "".join(parts)
        parts = []
    if parts:
        yield start, "".join(parts)


def _options(line: str) -> Iterator[tuple[str, str]]:
    words = iter(_words(line))
    for word in words:
        if word.startswith("--"):
            name, equals, given = word.partition("=")
            name = _LONG.get(name, name)
            yield name, (given if equals else next(words, "") if name in _VALUED else "")
        elif word[:2] in _SHORT:
            yield _SHORT[word[:2]], word[2:].removeprefix("=") or next(words, "")


def _words(line: str) -> list[str]:
    """Blank-separated words; quotes around a word or around the value of an option are taken off."""
    if '"' not in line and "'" not in line:
        return line.split()
    return [found.replace('"', "").replace("'", "") for found in _QUOTED.findall(line)]


_QUOTED = lazily(r"""(?:[^\s"']|"[^"]*"|'[^']*'|["'])+""")
