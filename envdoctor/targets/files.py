"""Reading a file under check: bounded, as UTF-8 text, with one clear sentence when that fails.

Also the build context of a Dockerfile: the files beside it that it installs from (`pip install -r requirements.txt`).
"""

from __future__ import annotations

import os
import stat
import sys

from envdoctor.readers.declared import SourceText

MAX_BYTES = 5 * 1024 * 1024  # a hundred times the largest Dockerfile in public collections
_EXPECTED = "expected a Dockerfile, a launch script, a compose file, requirements or an environment document"
PIPE_SECONDS = (
    60  # `check <(envdoctor probe)`: a driver takes seconds to start every GPU, and may hang before it is given up
)
MAX_CONTEXT_FILES = 500  # read for one Dockerfile


class Unreadable(ValueError):
    """What was read, what was expected, what to do. Without the file's name, which the caller puts in front."""


def read_text(path: str, *, strict: bool = True) -> str:
    """The whole file as text. Raises Unreadable."""
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):
            content = _from_pipe(path)
        else:
            with open(path, "rb") as file:
                content = file.read(MAX_BYTES + 1)
    except PermissionError as error:
        raise Unreadable("may not be read (permission denied); make it readable for this user") from error
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    return decoded(content, strict=strict)


def _from_pipe(path: str) -> bytes:
    """What is written to a pipe, `<(generate)` for one. A pipe that nobody writes to is empty, and one whose writer says
    nothing for PIPE_SECONDS is given up: opening it as a file would wait for ever."""
    import select

    content = b""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while len(content) <= MAX_BYTES:
            if not select.select([descriptor], [], [], PIPE_SECONDS)[0]:
                raise Unreadable(f"is a pipe that said nothing for {PIPE_SECONDS} s; expected a file")
            piece = os.read(descriptor, 65_536)
            if not piece:
                break
            content += piece
    finally:
        os.close(descriptor)
    return content


def read_stdin() -> str:
    """A Dockerfile on standard input. Raises Unreadable."""
    if sys.stdin is None:
        raise Unreadable("standard input is closed; pipe a Dockerfile into it")
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    return decoded(content)


def decoded(content: bytes, *, strict: bool = True) -> str:
    """UTF-8, with or without a byte order mark. `strict`: whatever else is refused; a shell takes comments in any encoding.
    Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable(f"is larger than {MAX_BYTES // 1024 // 1024} MiB; {_EXPECTED}")
    if not content.strip():
        raise Unreadable(f"is empty; {_EXPECTED}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("is UTF-16 text; expected UTF-8; save it as UTF-8 (container tools cannot read it either)")
    if b"\0" in content:
        raise Unreadable("is a binary file; expected text")
    try:
        return content.decode("utf-8-sig", "strict" if strict else "replace")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"is not UTF-8 text (byte 0x{content[error.start]:02x} in line {line}); save it as UTF-8"
        ) from error


class BuildContext:
    """What a Dockerfile may install from. Relative paths are looked for beside the Dockerfile, then in the directories
    above it up to `boundary` (the repository's root): `docker build -f docker/Dockerfile .` builds from there. `first` is
    the directory that a build command names, if one is known.

    Nothing outside `boundary` is read, neither by `..` nor through a symbolic link, so that a Dockerfile under check
    cannot make a report quote another file. `read` are the real paths of the files that were read.
    """

    def __init__(self, directory: str, boundary: str, first: str | None = None, *, upwards: bool = True) -> None:
        self.boundary = os.path.realpath(boundary)
        self.read: set[str] = set()
        own = os.path.realpath(directory)
        self._directories = _upwards(own, self.boundary) if upwards else [own]
        if first is not None and (other := real(first)) is not None:
            self._directories.insert(0, other)

    def read_file(self, relative: str) -> str | None:
        """The file's text, or None if there is none that may and can be read."""
        if not relative or "\0" in relative or len(self.read) >= MAX_CONTEXT_FILES:
            return None
        for directory in self._directories:
            path = real(os.path.join(directory, relative.lstrip("/")))
            if path is not None and is_within(path, self.boundary) and os.path.isfile(path):
                return self._text(path)
        return None

    def _text(self, path: str) -> str | None:
        try:
            text = read_text(path)
        except Unreadable:
            return None
        self.read.add(path)
        return SourceText(text, self._shown(path))

    def _shown(self, path: str) -> str:
        """As the user would type it: relative to where they stand, if it lies below."""
        here = os.path.realpath(".")
        return os.path.relpath(path, here) if is_within(path, here) else path


def real(path: str) -> str | None:
    """The real path; None for a text that can be no path (YAML may hold NUL and half characters)."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return None


def is_within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def _upwards(directory: str, boundary: str) -> list[str]:
    found = [directory]
    while found[-1] != boundary and is_within(found[-1], boundary):
        found.append(os.path.dirname(found[-1]))
    return found


def repository_root(directory: str) -> str | None:
    """The nearest directory upwards that holds .git."""
    current = os.path.realpath(directory)
    while not os.path.lexists(os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent
    return current
