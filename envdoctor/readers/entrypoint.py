"""What a container runs when it starts: ENTRYPOINT and CMD as a stage leaves them, and the script that they name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from envdoctor.facts import Fact, Origin, Script, absent, known, unknown
from envdoctor.readers.shell.wrappers import is_shell, payload, program, script_file, unwrapped

MAX_SCRIPT = 256 * 1024
"""Characters; a longer file is no entrypoint script that anybody wrote."""

_DEFAULT_SHELL = ("/bin/sh", "-c")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit", "docker-init"})
_MAX_COMMANDS = 20  # of a shell form, looked through for a script

Words = tuple[str, ...]


class Start:
    """ENTRYPOINT, CMD and SHELL of a stage so far."""

    def __init__(self, on_scratch: bool) -> None:
        base = "FROM scratch brings none" if on_scratch else "only its base image may have one"
        self.shell: Words = _DEFAULT_SHELL
        self.entrypoint: Fact[Words] = absent(f"the Dockerfile declares no ENTRYPOINT; {base}")
        self.cmd: Fact[Words] = absent(f"the Dockerfile declares no CMD; {base}")
        self.declared = on_scratch  # whether what the entrypoint is can be told from the files
        self._cmd_is_own = False

    def child(self) -> Start:
        other = Start(False)
        other.shell, other.entrypoint, other.cmd, other.declared = self.shell, self.entrypoint, self.cmd, self.declared
        return other

    def set_shell(self, array: Words | None) -> None:
        self.shell = array or _DEFAULT_SHELL

    def set_entrypoint(self, array: Words | None, text: str, origin: Origin) -> None:
        """It resets a CMD that comes from the base image, not one of this stage
        (https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact)."""
        self.entrypoint, self.declared = self._words(array, text, "ENTRYPOINT", origin), True
        if not self._cmd_is_own:
            self.cmd = absent(f"the ENTRYPOINT at {origin} takes away the base image's CMD", origin)

    def set_cmd(self, array: Words | None, text: str, origin: Origin) -> None:
        self.cmd, self._cmd_is_own = self._words(array, text, "CMD", origin), True

    def _words(self, array: Words | None, text: str, keyword: str, origin: Origin) -> Fact[Words]:
        if array is None and text:
            return known((*self.shell, text), origin)
        return known(array, origin) if array else absent(f"{keyword} at {origin} is empty", origin)


def entrypoint_script(
    start: Start, scripts: Mapping[str, Script], read: Callable[[str], str | None], workdir: str, path: str | None
) -> Fact[Script]:
    """The shell script that ENTRYPOINT runs. `scripts` are those that RUN wrote, `read` gives a file that was copied in,
    `path` is the image's PATH."""
    words = start.entrypoint.get()
    if words is None:
        reason = start.entrypoint.reason
        return absent(reason) if start.declared else unknown(f"{reason}; what that does is not known")
    origin, shown = start.entrypoint.origin, " ".join(words)[:60]
    for place in script_places(words, workdir, path):
        found = scripts.get(place) or copied_script(place, read(place), origin)
        if found is None:
            continue
        if is_shell_script(found.text):
            return known(found, origin)
        return absent(f"the ENTRYPOINT at {origin} runs {shown}, which is no shell script", origin)
    if any(_may_be_script(name) for name in named_scripts(words)):
        return unknown(f"ENTRYPOINT at {origin} runs {shown}, whose text is not in the build's files", origin)
    return absent(f"the ENTRYPOINT at {origin} runs {shown}, no script", origin)


def script_places(words: Sequence[str], workdir: str, path: str | None = None) -> list[str]:
    """Where in the image the scripts may be that the words name."""
    return [place for name in named_scripts(words) for place in _places(name, workdir, path)]


def named_scripts(words: Sequence[str]) -> list[str]:
    """The files that an entrypoint or command may run as a script, in the order they are named."""
    words = _without_init(words)
    start = unwrapped(words).start
    words = words[start:]
    if not words:
        return []
    inner = payload(words)
    if inner is not None and inner[0] is not None:
        return _of_shell_form(inner[0])
    script = script_file(words)
    if script:
        return [script]
    return [] if is_shell(program(words[0])) else [words[0]]


def _of_shell_form(text: str) -> list[str]:
    from envdoctor.readers.shell import read_shell

    found: list[str] = []
    for command in read_shell(text[:10_000], {}).commands[:_MAX_COMMANDS]:
        name = script_file(command.words) or command.words[0]
        if name and name not in found and (name.endswith((".sh", ".bash")) or "/" in name):
            found.append(name)
    return found


def _without_init(words: Sequence[str]) -> Sequence[str]:
    if not words or program(words[0]) not in _INITS:
        return words
    index = 1
    while index < len(words) and words[index].startswith("-"):
        if words[index] == "--":
            return words[index + 1 :]
        index += 2 if words[index] in ("-p", "-e", "-r", "--rewrite") else 1
    return words[index:]


def _places(name: str, workdir: str, path: str | None) -> list[str]:
    if "/" in name:
        return [posixpath.normpath(posixpath.join(workdir, name))]
    folders = [folder for folder in (path or _PATH).split(":") if folder.startswith("/")]
    places = [posixpath.join(folder, name) for folder in dict.fromkeys([*folders[:20], *_PATH.split(":")])]
    return [posixpath.normpath(posixpath.join(workdir, name)), *places] if name.endswith((".sh", ".bash")) else places


def copied_script(place: str, text: str | None, origin: Origin) -> Script | None:
    """A script of the build context; one whose own path is not known stands for the line that names it."""
    if text is None or len(text) > MAX_SCRIPT or "\0" in text:
        return None
    path = getattr(text, "path", None)
    whole = str(text).replace("\r\n", "\n")
    if path is None:
        return Script(place, whole, origin)
    return Script(place, whole, Origin(path, path), tuple(range(1, whole.count("\n") + 2)))


def _may_be_script(name: str) -> bool:
    folder, _, last = name.rpartition("/")
    in_bin = folder.endswith(("/bin", "/sbin"))
    return last.endswith((".sh", ".bash")) or "entry" in last or "start" in last or (bool(folder) and not in_bin)


def is_shell_script(text: str) -> bool:
    """Without a first line that names another interpreter (#!/usr/bin/env python3) a shell runs it."""
    first = text.split("\n", 1)[0]
    return not first.startswith("#!") or any(is_shell(program(word)) for word in first[2:].split())
