"""environment.yml, the part of YAML that these files are written in: channels, dependencies, and a nested pip list.

`conda env export` and every example of conda's documentation have one item a line. Anything beyond that (anchors, lists
in brackets over several lines) becomes a gap; a YAML parser for it would be the slowest import of the whole program.
Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_LINES = 20_000

_KEY = re.compile(r"([A-Za-z_-]+)\s*:\s*(.*)")
_ITEM = re.compile(r"-\s+(.*)|-$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


class Item(NamedTuple):
    line: int
    text: str


class CondaFile(NamedTuple):
    """`pip` is the pip list as a requirements file, its lines where they stand in the whole file."""

    specs: tuple[Item, ...]
    channels: tuple[str, ...]
    pip: str
    gaps: tuple[str, ...]


def read_conda_file(text: str, label: str) -> CondaFile:
    """Also reads a plain list of specs, one a line, as `conda install --file` takes it."""
    lines = text.removeprefix("\ufeff").splitlines()[:MAX_LINES]
    if not any(re.match(r"dependencies\s*:", line) for line in lines):
        return _plain(lines)
    specs: list[Item] = []
    channels: list[str] = []
    gaps: list[str] = []
    pip = [""] * len(lines)
    section, pip_indent = "", -1
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub("", raw).rstrip()
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare or bare in ("---", "..."):
            continue
        key = _KEY.fullmatch(bare)
        if indent == 0 and not bare.startswith("-"):
            section, pip_indent = (key.group(1) if key else ""), -1
            if section in ("dependencies", "channels") and key and key.group(2) not in ("", "[]"):
                gaps.append(f"{label}:{number} has {section} in a form that is not read here, expected one item a line")
            continue
        item = _ITEM.fullmatch(bare)
        if item is None:
            if section == "dependencies":
                gaps.append(f"{label}:{number}: {bare[:60]!r} cannot be read here, expected `- name=version`")
            continue
        value = _unquoted(item.group(1) or "")
        if pip_indent >= 0 and indent > pip_indent:
            pip[number - 1] = value
            continue
        pip_indent = -1
        if section == "channels":
            channels.append(value)
        elif section == "dependencies" and value.rstrip(": ") == "pip" and value.endswith(":"):
            pip_indent = indent
        elif section == "dependencies":
            specs.append(Item(number, value))
    return CondaFile(tuple(specs), tuple(channels), "\n".join(pip), tuple(gaps))


def _plain(lines: list[str]) -> CondaFile:
    specs = []
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub("", raw).strip()
        if line and not line.startswith(("@", "-")):
            specs.append(Item(number, line))
    return CondaFile(tuple(specs), (), "", ())


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
