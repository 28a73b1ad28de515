"""Where the commands of a script run, as `cd` leaves it, and the folder that the script itself lies in."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from envdoctor.facts import SCRIPT_FOLDER
from envdoctor.patterns import lazily
from envdoctor.readers.docker_words import Word
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.words import readable

UNKNOWN_FOLDER = "$UNKNOWN_DIR"
"""Stands for a folder that is known only at run time."""

_VARIABLE = lazily(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_OWN = lazily(r"\$\{?0\b|BASH_SOURCE|\$\{\(%\)")
_OWN_SHORT = lazily(r"\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}")
_UPWARDS = lazily(r"(?:\$\{?0\}?|BASH_SOURCE(?:\[0\])?\}?)\"?\)*\"?((?:/[\w.-]+)*)")
_MAX = 2_000


class Folders:
    """`cd` inside a subshell does not last; behind a conditional one nobody knows."""

    def __init__(self) -> None:
        self._folders: dict[tuple[int, ...], str] = {(): "."}

    def of(self, command: Command) -> str:
        scope = command.scope
        while scope not in self._folders:
            scope = scope[:-1]
        return self._folders[scope]

    def follow(self, command: Command) -> None:
        if command.words[0] == "popd":
            self._folders[command.scope] = UNKNOWN_FOLDER
        if command.words[0] not in ("cd", "pushd"):
            return
        given = [
            Word(word, text, 0)
            for word, text in zip(command.words[1:], command.texts[1:], strict=True)
            if word not in ("-P", "-L", "--", "-e")
        ]
        target = written_path(given[0], command.variables) if given else "~"
        if command.conditional or target == "-":
            self._folders[command.scope] = UNKNOWN_FOLDER
        else:
            self._folders[command.scope] = inside(self.of(command), target)


def inside(folder: str, path: str) -> str:
    """`path` as seen from where the script is started, if it counts from `folder`."""
    if path == "-" or folder == "." or path.startswith(("/", "$", "`", "~")) or "://" in path:
        return path
    if len(folder) + len(path) > _MAX:
        return UNKNOWN_FOLDER
    return _tidy(posixpath.join(folder, path))


def _tidy(path: str) -> str:
    """Without "./" and the like. "$SCRIPT_DIR/.." stays: nobody knows here what it is."""
    if not path.startswith(("$", "`", "~")):
        return posixpath.normpath(path)
    head, _, tail = path.partition("/")
    if "(" in head or "`" in head:
        return path
    parts = [part for part in tail.split("/") if part not in ("", ".")]
    return "/".join([head, *parts])


def written_path(word: Word, variables: Mapping[str, str | None]) -> str:
    """A path as it is written; the folder of the script, which scripts find out in many ways, as SCRIPT_FOLDER."""
    if word.value is not None:
        return word.value
    text = word.shown
    whole = _VARIABLE.fullmatch(text)
    if whole is not None:
        kept = variables.get(whole.group(1))
        text = readable(kept) if kept is not None else text
    text = _OWN_SHORT.sub("$(dirname $0)", text[:_MAX])
    if not text.startswith("$(") or _OWN.search(text) is None:
        return text
    end = _closing(text)
    if end is None or "dirname" not in text[:end]:
        return text
    upwards = _UPWARDS.search(text[:end])
    return _tidy(SCRIPT_FOLDER + (upwards.group(1) if upwards else "") + text[end + 1 :])


def _closing(text: str) -> int | None:
    """The parenthesis that closes the `$(` at the beginning."""
    depth = 0
    for number, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == ")" and depth == 0:
            return number
    return None
