"""How an image is built: what the rules may read of its Dockerfile and of the command that builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts.fact import NOWHERE, Fact, Origin, unknown


class Address(NamedTuple):
    """A web address in a command: `option` is what it is given to ("--index-url"), `host` with its port, "" where that
    is a variable's. `password` is "***" if it is written out, the name of the variable it comes from, or "": there is
    none, or a command computes it. Nothing of it is kept."""

    option: str
    scheme: str  # http or https
    host: str
    password: str = ""


SCRIPT_FOLDER = "$SCRIPT_DIR"
"""In a BuildCommand's `file` and `context`: the folder that the script itself lies in, however it finds it out."""


class Statement(NamedTuple):
    """A shell command of a RUN, split into words: `words[0]` is the program. None in `words` is a word whose
    text depends on run time. `conditional`: whether it runs is decided during the build. Passwords are redacted.
    `settings` are the variables in its environment that change what pip does (PIP_CONSTRAINT, PIP_BREAK_SYSTEM_PACKAGES,
    UV_BREAK_SYSTEM_PACKAGES), None where the value is known only at run time; PATH is among them where the script sets it. `addresses` are the web addresses in it."""

    words: tuple[str | None, ...]
    origin: Origin
    conditional: bool = False
    settings: Mapping[str, str | None] = {}
    addresses: tuple[Address, ...] = ()


class Variable(NamedTuple):
    """One ARG or ENV of any stage. `value` as written, before expansion, without the quotes around it; None for an ARG without a
    default. A password that is written out is "***", also in an address; one that comes from a variable is not.
    `final`: it belongs to the stage that is built or to one that this rests on, so it stays in the image's history."""

    keyword: str  # ARG or ENV
    name: str
    value: str | None
    origin: Origin
    final: bool = True


class Script(NamedTuple):
    """A shell script that the image holds: written by RUN (`printf … > FILE`, a here-document), or copied in.
    `origin` is the line that writes it, `lines` the lines of that file on which those of `text` stand, if they are known."""

    path: str
    text: str
    origin: Origin
    lines: tuple[int, ...] = ()

    def origin_at(self, number: int) -> Origin:
        """Of line `number` (0-based) of the text."""
        if not 0 <= number < len(self.lines):
            return self.origin
        line, path = self.lines[number], self.origin.path
        start = self.origin.label
        if self.origin.line is not None:
            start = start.removesuffix(f":{self.origin.line}")
        return Origin(f"{start}:{line}", path, line)


class BuildCommand(NamedTuple):
    """A `docker build` of a script, or `build:` of a compose service. `arguments` are --build-arg: None is a value known
    only at run time (or taken from the environment); one that is called a password or a token is None, its name is in
    `secrets` if a value was written or computed for it. `file` and `context` are as written."""

    origin: Origin
    arguments: Mapping[str, str | None] = {}
    secrets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    file: str | None = None
    context: str | None = None
    target: str | None = None
    platform: str | None = None
    slips: tuple[Slip, ...] = ()
    places: Mapping[str, Origin] = {}  # of the arguments


class Slip(NamedTuple):
    """A fault of a script that changes a command without an error. `kind` is one of

    `cut-short`: a line that should go on ends without a backslash; `shown` is the line that stands alone then.
    `blank-after-backslash`: a backslash with blanks or a comment behind it continues nothing; `shown` is the next line.
    `flag-after-image`: an option of `docker run` behind the image is an argument of the program; `shown` is the option.
    `redirection`: `pip install torch>=2.0` writes a file called "=2.0" and installs any torch; `shown` is the word.
    `no-effect`: a RUN of which nothing is left; `shown` is its text, `command` is activate, export, cd or shell.
    """

    kind: str
    shown: str
    origin: Origin
    command: str = ""  # "docker run", "pip install"


class Build(NamedTuple):
    """A Dockerfile's final stage, with those it rests on, in this file and in those of local base images.

    `statements` are their commands, `other_statements` those of the build's other stages. `chain` names the Dockerfiles of local bases, the nearest first.
    `copied`: the files and folders that COPY and ADD write, as far as their names are known, without those of `COPY . DIR`.
    `entrypoint` and `cmd` are words; the shell form is ("/bin/sh", "-c", TEXT). Absent: none is declared here."""

    path: str | None = None
    syntax: str | None = None  # of `# syntax=`
    syntax_origin: Origin = NOWHERE
    statements: tuple[Statement, ...] = ()
    other_statements: tuple[Statement, ...] = ()
    variables: tuple[Variable, ...] = ()
    env_origins: Mapping[str, Origin] = {}
    entrypoint: Fact[tuple[str, ...]] = unknown("the image's entrypoint is not known")
    cmd: Fact[tuple[str, ...]] = unknown("the image's command is not known")
    entrypoint_script: Fact[Script] = unknown("what the image's entrypoint does is not known")
    scripts: tuple[Script, ...] = ()
    workdir: Fact[str] = unknown("the image's working directory is not known")
    commands: tuple[BuildCommand, ...] = ()
    chain: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
