"""A host out of an environment document's file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envdoctor.facts import Host
from envdoctor.hosts.errors import HostError, HostUnreadable
from envdoctor.hosts.identify import complete_host
from envdoctor.readers.environment import EnvironmentDocumentError, read_environment
from envdoctor.readers.json_document import MOST_CHARACTERS, shown

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

_EXPECTED = "expected an environment document (`envdoctor probe > host.json` on the host writes one)"


def is_file(path: str) -> bool:
    return bool(path) and "\0" not in path and os.path.isfile(path)


def host_of_file(path: str, names: tuple[str, ...], matrix: Matrix, notices: list[str] | None) -> Host:
    """Raises HostError for a text that is neither a file nor a name, HostUnreadable for a file that cannot be read."""
    try:
        read = read_environment(_text(path, names), path)
    except EnvironmentDocumentError as error:
        raise HostUnreadable(f"--host {error}") from error
    if not read.facts.host.stated:
        raise HostUnreadable(f'--host {_named(path)}: the document has no "host" part that says anything; {_EXPECTED}')
    if notices is not None:
        notices.extend(read.notices)
    return complete_host(read.facts.host, matrix)


def _text(path: str, names: tuple[str, ...]) -> str:
    if not path or "\0" in path or not os.path.lexists(path):
        raise _no_such(path, names)
    if not os.path.isfile(path):
        raise HostUnreadable(f"--host {_named(path)} is not a file; {_EXPECTED}")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_CHARACTERS + 1)
    except OSError as error:
        raise HostUnreadable(f"--host {_named(path)} cannot be read: {error.strerror}; {_EXPECTED}") from error
    if len(content) > MOST_CHARACTERS:
        raise HostUnreadable(f"--host {_named(path)} is larger than {MOST_CHARACTERS // 1024 // 1024} MiB; {_EXPECTED}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HostUnreadable(f"--host {_named(path)} is not UTF-8 text (byte {error.start}); {_EXPECTED}") from error


def _no_such(path: str, names: tuple[str, ...]) -> HostError:
    """A path that is missing could not be read; a single word is a name that nobody gave."""
    from envdoctor.nearest import did_you_mean

    if os.sep in path or path.endswith(".json"):
        return HostUnreadable(f"--host {_named(path)}: there is no such file; {_EXPECTED}")
    guess = did_you_mean(path, ("local", *names)) or ";"
    known = f"the hosts named in the settings are {', '.join(names)}" if names else "the settings name no host"
    return HostError(
        f"--host {_named(path)} is not understood{guess} expected local, a name of the settings ({known}), the path of"
        " an environment document, or words such as name=edge,driver=470.57.02,gpu=T4"
    )


def _named(path: str) -> str:
    return path if path and path.isprintable() else shown(path)
