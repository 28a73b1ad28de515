"""Scripts that a RUN runs: those of the build context are read in turn; what is fetched during the build cannot be.

Some installers bring a tool and nothing that bears on the GPU stack; they leave nothing open. So does Miniconda (Python
and conda alone, https://docs.anaconda.com/miniconda/), where Anaconda brings several hundred packages.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from envdoctor.facts import Origin
from envdoctor.patterns import lazily
from envdoctor.readers.arguments import Grammar, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.indexes import redacted
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.wrappers import is_shell, program, script_file

MAX_DEPTH = 3
"""Scripts that run scripts are followed this deep."""

_CURL = Grammar(
    frozenset(
        "--output --header --user --data --retry --max-time --connect-timeout --proxy --user-agent --url".split()
    ),
    {
        "o": "--output",
        "H": "--header",
        "u": "--user",
        "d": "--data",
        "m": "--max-time",
        "x": "--proxy",
        "A": "--user-agent",
    },
)
_WGET = Grammar(
    frozenset(
        "--output-document --directory-prefix --tries --timeout --header --output-file --user --password".split()
    ),
    {"O": "--output-document", "P": "--directory-prefix", "t": "--tries", "T": "--timeout", "o": "--output-file"},
)
_FETCHERS = frozenset({"curl", "wget"})
_TOOLS_ONLY = lazily(
    r"mini(?:conda|forge)|mambaforge|micromamba|micro\.mamba\.pm|astral\.sh/|sh\.rustup\.rs|rustup-init"
    r"|install\.python-poetry\.org|get-poetry|install-poetry|bootstrap\.pypa\.io|get-pip\.py|nodesource\.com"
    r"|nodesource_setup|nvm-sh/nvm|get\.docker\.com|git-lfs/script\.(?:deb|rpm)\.sh|pyenv\.run|pyenv-installer|bun\.sh"
    r"|deno\.land|pixi\.sh|just\.systems|ohmyzsh|zsh-in-docker|starship\.rs|get\.sdkman\.io|dl\.cloudsmith\.io",
    re.IGNORECASE,
)

ReadScript = Callable[[str, Collected, Command], None]


def read_script(command: Command, into: Collected, run: ReadScript) -> None:
    """A shell, or a file that is run as a shell script. `run` reads the text of one."""
    name = script_file(command.words)
    first = program(command.words[0])
    if name == "":
        read_fetched(command, into)
    elif name is None:
        if is_shell(first) and len(command.words) > 1 and None in command.words:
            into.unread(command.lines[0], " ".join(command.texts))
    else:
        place = into.place(command, name)
        text = into.read_file(place) if place is not None and into.depth < MAX_DEPTH else None
        if place is not None and text is not None:
            _followed(text, name, place, command, into, run)
        elif first not in (".", "source") and not _brings_tools_only(name, place, into):
            source = into.downloads.get(place or name)
            into.unread(command.lines[0], " ".join(command.texts) + (f" from {source}" if source else ""))


def note_download(command: Command, into: Collected) -> None:
    """Remembers where a file comes from that curl or wget writes."""
    is_curl = program(command.words[0]) == "curl"
    arguments = parse(command, 1, _CURL if is_curl else _WGET)
    address = next((word.value for word in arguments.words if word.value and "://" in word.value), None)
    if address is None or len(into.downloads) > 100:
        return
    outputs = arguments.values("--output" if is_curl else "--output-document")
    if not outputs and is_curl and not arguments.has("-O", "--remote-name"):
        return
    name = outputs[-1].value if outputs else posixpath.basename(address.partition("?")[0])
    place = into.place(command, name) if name else None
    if place is not None:
        into.downloads[place] = redacted(address)


def brings_tools_only(text: str) -> bool:
    return _TOOLS_ONLY.search(text) is not None


def read_fetched(command: Command, into: Collected) -> None:
    """`curl … | bash`, `curl … | python3 -`. What reads from anything else is started without a script."""
    if command.piped and program(command.piped[0]) in _FETCHERS:
        fetched = " ".join(word or "…" for word in command.piped)
        if not brings_tools_only(fetched):
            into.unread(command.lines[0], f"{fetched} | {' '.join(command.texts)}")


def _brings_tools_only(name: str, place: str | None, into: Collected) -> bool:
    return brings_tools_only(f"{name} {into.downloads.get(place or name, '')}")


def _followed(text: str, name: str, place: str, command: Command, into: Collected, run: ReadScript) -> None:
    inside = Collected(lambda line: Origin(f"{name}:{line + 1}", place, line + 1), into.read_file, into.folder(command))
    inside.depth = into.depth + 1
    run(text, inside, command)
    into.add_from(inside, command)
