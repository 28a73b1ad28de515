"""What the commands of one RUN have installed so far, while they are read one after the other."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from envdoctor.facts import Origin, Package, Slip
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Statement
from envdoctor.readers.entrypoint_files import Write
from envdoctor.readers.secret_values import without_values
from envdoctor.readers.shell import Command

ReadFile = Callable[[str], "str | None"]

_MAX_TEXTS = 500
# System packages that bear on a GPU workload: others that may or may not be installed leave nothing open.
_SYSTEM_MATTERS = lazily(r"cuda|cudnn|nccl|nvinfer|nvonnx|tensorrt|nvidia|cublas|cufft|opencv|libgl|ffmpeg|python3\.")


class Collected:
    """`removed` are names that are gone. `possible` are packages that a condition decides about during the build."""

    def __init__(self, origin_at: Callable[[int], Origin], read_file: ReadFile, workdir: str | None) -> None:
        self.origin_at = origin_at
        self.read_file = read_file
        self.packages: list[Package] = []
        self.possible: list[Package] = []
        self.gaps: dict[str, None] = {}
        self.problems: dict[str, None] = {}
        self.removed: list[str] = []
        self.statements: list[Statement] = []
        self.writes: list[Write] = []
        self.slips: list[Slip] = []
        self.downloads: dict[str, str] = {}  # the file -> the address it came from
        self.depth = 0
        self._folders: dict[tuple[int, ...], str | None] = {(): workdir}

    def gap(self, line: int, what: str) -> None:
        """More may be installed here: `what` follows "RUN at Dockerfile:3"."""
        if len(self.gaps) < _MAX_TEXTS:
            self.gaps[f"RUN at {self.origin_at(line)} {what}"] = None

    def unread(self, line: int, command: str) -> None:
        shown = " ".join(without_values(command).split())
        self.gap(line, f"installs what cannot be read here ({shown[:77] + '…' if len(shown) > 78 else shown})")

    def problem(self, line: int, text: str) -> None:
        if len(self.problems) < _MAX_TEXTS:
            self.problems[f"{self.origin_at(line)}: {text}"] = None

    def add(self, packages: Iterable[Package], command: Command) -> None:
        if not command.conditional:
            self.packages.extend(packages)
            return
        certain = {(item.name, item.version, item.specifier) for item in self.packages}
        open_ = [item for item in packages if (item.name, item.version, item.specifier) not in certain]
        self.possible.extend(open_)
        names = [item.name for item in open_ if item.manager not in ("apt", "yum") or _SYSTEM_MATTERS.search(item.name)]
        if names:
            shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
            self.gap(command.lines[0], f"installs {shown} only if a condition holds that is decided during the build")

    def add_from(self, other: Collected, command: Command) -> None:
        """What a script installs that `command` runs."""
        self.remove(other.removed, command)
        self.add(other.packages, command)
        self.possible.extend(other.possible)
        self.gaps.update(other.gaps)
        self.problems.update(other.problems)
        self.statements.extend(
            each._replace(conditional=True) if command.conditional else each for each in other.statements
        )
        self.write([each._replace(text=None, source=None) if command.conditional else each for each in other.writes])
        self.slips.extend(other.slips)

    def write(self, writes: list[Write]) -> None:
        self.writes.extend(writes)
        if len(self.writes) > _MAX_TEXTS:  # of a script that writes without end nothing is known
            last = {each.path: each for each in self.writes}
            self.writes = [each._replace(text=None, source=None) for each in last.values()][:_MAX_TEXTS]

    def remove(self, names: Iterable[str], command: Command) -> None:
        if command.conditional:
            return
        gone = set(names)
        self.packages = [item for item in self.packages if item.name not in gone]
        self.removed.extend(name for name in gone if name not in self.removed)

    def folder(self, command: Command) -> str | None:
        """The working directory of the command; None after a `cd` to where only the build knows."""
        scope = command.scope
        while scope not in self._folders:
            scope = scope[:-1]
        return self._folders[scope]

    def change_folder(self, command: Command) -> None:
        target = command.words[1] if len(command.words) > 1 else "/root"
        here = self.folder(command)
        if target is None or target == "-" or command.conditional or (here is None and not target.startswith("/")):
            self._folders[command.scope] = None
        else:
            self._folders[command.scope] = posixpath.normpath(posixpath.join(here or "/", _home(target)))

    def place(self, command: Command, name: str) -> str | None:
        """The absolute path of a file that the command names; None if its folder is not known."""
        name = _home(name)
        here = self.folder(command)
        if here is None and not name.startswith("/"):
            return None
        return posixpath.normpath(posixpath.join(here or "/", name))


def _home(path: str) -> str:
    return "/root" + path[1:] if path == "~" or path.startswith("~/") else path
