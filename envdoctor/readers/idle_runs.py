"""A RUN whose whole effect ends with it: an activated environment, an exported variable, a changed folder, a bare shell.

Each RUN is a shell of its own: https://docs.docker.com/reference/dockerfile/#run. What is told apart here is only what is
sure to leave nothing behind.
"""

from __future__ import annotations

import re

from envdoctor.facts import Origin, Slip
from envdoctor.patterns import lazily
from envdoctor.readers.secret_values import without_values
from envdoctor.readers.shell import Command, read_shell
from envdoctor.readers.shell.wrappers import is_shell

_START = lazily(
    r"(?:(?:/usr)?/bin/)?(?:source|cd|pushd|export|bash|sh|zsh|conda|mamba|micromamba|\.|[A-Za-z_]\w{0,60}=)(?:\s|$|=)|[A-Za-z_]\w{0,60}="
)
_EXPORTS = lazily(r"(?:export\s+)?[A-Za-z_]\w{0,60}=")
_EXPORT = lazily(r"export\s|[A-Za-z_]\w{0,60}=")
_QUIET = frozenset({"set", "shopt", "true", ":", "unset", "alias", "umask", "ulimit", "popd", "export"})
_ENVIRONMENT = lazily(
    r"(?:.*/)?(?:activate|conda\.sh|setup\.(?:bash|sh|zsh)|\.bashrc|\.profile|\.bash_profile|profile)"
)
_LONGEST = 2000
_ORDER = ("activate", "export", "cd", "shell")


def idle(text: str, origin: Origin) -> list[Slip]:
    """At most one slip of the kind "no-effect": `command` is activate, export, cd or shell."""
    bare = text.strip()
    if len(bare) > _LONGEST or _START.match(bare) is None or ">" in bare or "$(" in bare or "`" in bare:
        return []
    shell = read_shell(bare, {})
    if shell.problems:
        return []
    kinds = [_kind(command) for command in shell.commands]
    if None in kinds or (not kinds and _EXPORTS.match(bare) is None):
        return []
    if any(_EXPORT.match(part.strip()) for part in re.split(r"&&|;|\n", bare)):
        kinds.append("export")
    kind = next((each for each in _ORDER if each in kinds), None)
    return [Slip("no-effect", without_values(" ".join(bare.split()))[:120], origin, kind)] if kind else []


def _kind(command: Command) -> str | None:
    """None: it may leave something behind."""
    words = command.words
    name = (words[0] or "").rpartition("/")[2]
    if None in words[:1] or command.redirects or command.piped or command.stdin is not None or command.conditional:
        return None
    if name in ("cd", "pushd"):
        return "cd"
    if name in ("source", "."):
        return "activate" if len(words) > 1 and _ENVIRONMENT.fullmatch(words[1] or "") else None
    if name in ("conda", "mamba", "micromamba"):
        return "activate" if words[1:2] in (("activate",), ("deactivate",)) else None
    if is_shell(name):
        return "shell" if all(word in ("-l", "-i", "--login") for word in words[1:]) else None
    return "quiet" if name in _QUIET else None
