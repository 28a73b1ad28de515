"""Programs that run another program: `sudo -E`, `env A=1`, `timeout 60`, `conda run -n x`, and shells with a payload.

What counts is the command inside. Options that take a value are listed, so that the value is not taken for the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Words = Sequence[str | None]


class _Wrapper(NamedTuple):
    """`valued`: options followed by a value. `operands`: words before the command. `subcommand`: must come first."""

    valued: frozenset[str] = frozenset()
    operands: int = 0
    subcommand: str | None = None


_CONDA_RUN = _Wrapper(frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}), subcommand="run")
_WRAPPERS = {
    "sudo": _Wrapper(frozenset({"-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D", "-R", "-T", "-r", "-t"})),
    "doas": _Wrapper(frozenset({"-u", "-C"})),
    "env": _Wrapper(frozenset({"-u", "--unset", "-C", "--chdir"})),
    "exec": _Wrapper(frozenset({"-a"})),
    "command": _Wrapper(),
    "builtin": _Wrapper(),
    "time": _Wrapper(frozenset({"-f", "-o"})),
    "nice": _Wrapper(frozenset({"-n", "--adjustment"})),
    "ionice": _Wrapper(frozenset({"-c", "-n", "--class", "--classdata"})),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper(frozenset({"-i", "-o", "-e"})),
    "timeout": _Wrapper(frozenset({"-k", "--kill-after", "-s", "--signal"}), operands=1),
    "gosu": _Wrapper(operands=1),
    "chroot": _Wrapper(operands=1),
    "xvfb-run": _Wrapper(frozenset({"-e", "-f", "-n", "-p", "-s", "-w", "--server-args"})),
    "eatmydata": _Wrapper(),
    "tini": _Wrapper(),
    "catchsegv": _Wrapper(),
    "conda": _CONDA_RUN,
    "mamba": _CONDA_RUN,
    "micromamba": _CONDA_RUN,
    "poetry": _Wrapper(subcommand="run"),
    "pipenv": _Wrapper(subcommand="run"),
    "uv": _Wrapper(frozenset({"--with", "-p", "--python", "--extra", "--group", "--project"}), subcommand="run"),
}
_XARGS_VALUED = frozenset({"-a", "-I", "-n", "-L", "-P", "-d", "-s", "-E"})
_SHELLS = frozenset({"bash", "sh", "dash", "ash", "zsh", "ksh"})
_SHELL_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_ONLY_ASKS = frozenset({"-v", "-V"})
MAX_WRAPPERS = 8


class Unwrapped(NamedTuple):
    """`start`: where the command begins; `assignments`: those of `env` (A=1); `from_input`: xargs adds words to it."""

    start: int
    assignments: tuple[str | None, ...] = ()
    from_input: bool = False


def program(word: str | None) -> str:
    """The program's own name: "/opt/conda/bin/conda" -> "conda"."""
    return (word or "").rpartition("/")[2]


def is_shell(name: str) -> bool:
    return name in _SHELLS


def unwrapped(words: Words) -> Unwrapped:
    """Where the real command begins. At the end of `words` if there is none."""
    start, assignments, from_input = 0, [], False
    for _ in range(MAX_WRAPPERS):
        name = program(words[start]) if start < len(words) else ""
        if name == "xargs":
            start, from_input = _after_options(words, start + 1, _XARGS_VALUED), True
            continue
        wrapper = _WRAPPERS.get(name)
        after = _inside(words, start, wrapper) if wrapper is not None else None
        if after is None:
            break
        while name in ("env", "sudo") and after < len(words) and "=" in (words[after] or ""):
            assignments.append(words[after])
            after += 1
        if after >= len(words):
            break
        start = after
    return Unwrapped(start, tuple(assignments), from_input)


def payload(words: Words) -> tuple[str | None, int] | None:
    """The script that a shell is given as a word (`bash -lc "…"`, `eval …`, `su -c "…"`) and which word it is; None
    for any other command. The script itself is None where it is not known."""
    name = program(words[0]) if words else ""
    if name == "eval" and len(words) > 1:
        known = [word for word in words[1:] if word is not None]
        return (" ".join(known) if len(known) == len(words) - 1 else None), 1
    if name in _SHELLS:
        index = _command_option(words)
        return (words[index], index) if index is not None else None
    if name in ("su", "runuser", "sg"):
        index = next((i for i, word in enumerate(words) if word in ("-c", "--command")), len(words)) + 1
        return (words[index], index) if index < len(words) else None
    return None


def script_file(words: Words) -> str | None:
    """The file that is run as a shell script: `bash install.sh`, `./install.sh`, `. install.sh`; "" for a shell that
    reads its standard input; None for any other command, and where the file's name is not known."""
    name = program(words[0]) if words else ""
    if name in _SHELLS:
        index = _after_options(words, 1, _SHELL_VALUED)
        if index >= len(words) or words[index] == "-" or "-s" in words[1:index]:
            return ""
        return words[index]
    if name in (".", "source"):
        return words[1] if len(words) > 1 else None
    return words[0] if words and name.endswith((".sh", ".bash", ".run")) else None


def _inside(words: Words, start: int, wrapper: _Wrapper) -> int | None:
    """Where the wrapped command begins, None if this is not a wrapping call (`conda install`, `command -v pip`)."""
    first = start + 1
    if wrapper.subcommand is not None:
        if first >= len(words) or words[first] != wrapper.subcommand:
            return None
        first += 1
    if program(words[start]) == "command" and first < len(words) and words[first] in _ONLY_ASKS:
        return None
    return _after_options(words, first, wrapper.valued) + wrapper.operands


def _after_options(words: Words, index: int, valued: frozenset[str]) -> int:
    while index < len(words):
        word = words[index]
        if word == "--":
            return index + 1
        if word is None or len(word) < 2 or word[0] not in "-+":
            return index
        index += 2 if word in valued else 1
    return index


def _command_option(words: Words) -> int | None:
    """The index of the script after -c, which may stand in a cluster (-lc, -euxc)."""
    index = 1
    while index < len(words):
        word = words[index]
        if word is None or len(word) < 2 or word[0] not in "-+":
            return None
        if word[0] == "-" and word[1] != "-" and "c" in word:
            following = index + 1
            while following < len(words) and words[following] in ("-o", "-e", "-x", "-u", "--"):
                following += 2 if words[following] == "-o" else 1
            return following if following < len(words) else None
        index += 2 if word in _SHELL_VALUED or (word[1] != "-" and word.endswith("o")) else 1
    return None
