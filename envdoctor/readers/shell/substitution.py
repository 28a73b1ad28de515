"""`$(echo $CUDA_VERSION | cut -d. -f1,2 | tr -d .)`: the one kind of command substitution that only rearranges text.

Dockerfiles make index addresses and package names with it. echo, printf '%s', cut, tr -d and sed s/…/…/ with a literal
pattern are worked out; any other program makes the value unknown. Nothing is run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.readers.shell import words
from envdoctor.readers.shell.words import Variables

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_STAGES = 8
_FIELDS = r"[0-9]{1,3}(?:-[0-9]{0,3})?(?:,[0-9]{1,3}(?:-[0-9]{0,3})?)*"
_SED = r"s([/|,#])((?:\\\.|[A-Za-z0-9_-])+)\1([A-Za-z0-9_.-]*)\1(g?)"


def substituted(node: Node, variables: Variables, depth: int) -> str | None:
    """The text that a `command_substitution` node stands for, None if it is not known."""
    statements = [child for child in node.children if child.is_named and child.type != "comment"]
    if len(statements) != 1 or depth > words.MAX_DEPTH:
        return None
    stages = [statements[0]]
    if statements[0].type == "pipeline":
        stages = [child for child in statements[0].children if child.is_named]
    if len(stages) > _MAX_STAGES:
        return None
    text: str | None = ""
    for number, stage in enumerate(stages):
        given = _words(stage, variables, depth)
        if given is None or text is None:
            return None
        text = _printed(given) if number == 0 else _filtered(given, text)
    return text.strip("\n") if text is not None else None


def _words(stage: Node, variables: Variables, depth: int) -> list[str] | None:
    """The words of a plain command; None for anything else and where a word is not known."""
    if stage.type != "command":
        return None
    found: list[str] = []
    depth = depth if words.AS_WRITTEN in variables else 0  # for a build, endless nesting is refused as a whole
    for child in stage.children:
        if not child.is_named or child.type in ("file_redirect", "variable_assignment", "herestring_redirect"):
            return None
        inner = child.children[0] if child.type == "command_name" and child.children else child
        for word in words.words(inner, variables, depth):
            if word is None:
                return None
            found.append(word)
    return found


def _printed(given: list[str]) -> str | None:
    if given[:1] == ["echo"]:
        rest = given[2:] if given[1:2] == ["-n"] else given[1:]
        return None if rest[:1] and rest[0].startswith("-") else " ".join(rest)
    if given[:1] == ["printf"] and given[1:2] in (["%s"], ["%s\\n"]) and len(given) == 3:
        return given[2]
    return None


def _filtered(given: list[str], text: str) -> str | None:
    name, rest = given[0] if given else "", given[1:]
    if name == "tr" and len(rest) == 2 and rest[0] == "-d" and not re.search(r"[\[\\-]", rest[1]):
        return "".join(character for character in text if character not in rest[1])
    if name == "cut":
        return _cut(rest, text)
    if name == "sed" and [word for word in rest if word in ("-e", "-E", "-r")] == rest[:-1]:
        match = re.fullmatch(_SED, rest[-1]) if rest else None
        if match is not None:
            pattern, count = match.group(2).replace("\\.", "."), -1 if match.group(4) else 1
            return text.replace(pattern, match.group(3), count)
    return None


def _cut(rest: list[str], text: str) -> str | None:
    """`-d. -f1,2`, `-d '.' -f 1-2`, `--delimiter=. --fields=1`."""
    joined = "\0".join(rest).replace("--delimiter=", "-d").replace("--fields=", "-f")
    match = re.fullmatch(rf"-d\0?([^\0])\0-f\0?({_FIELDS})|-f\0?({_FIELDS})\0-d\0?([^\0])", joined)
    if match is None or "\n" in text:
        return None
    delimiter = match.group(1) or match.group(4)
    if delimiter not in text:
        return text
    parts = text.split(delimiter)
    kept: set[int] = set()
    for item in (match.group(2) or match.group(3)).split(","):
        first, dash, last = item.partition("-")
        end = int(last) if last else (len(parts) if dash else int(first))
        kept.update(range(int(first), min(end, len(parts)) + 1))
    return delimiter.join(part for number, part in enumerate(parts, 1) if number in kept)
