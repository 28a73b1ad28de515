"""Where a program lies, and what it answers: on this machine by starting it, of a recording from `commands.json`. For a
child (`child.ask`).

`commands.json` of a recording is a list of what was asked and printed, standard output and error together; nothing of a
recording is started:

    [{"argv": ["/usr/bin/nvidia-ctk", "--version"], "output": "NVIDIA Container Toolkit CLI version 1.17.4\n"}]
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping

from envdoctor.probes.command import output
from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE, exists

_RECORDED = "/commands.json"
_SECONDS = 5.0
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/"}

_FOLDERS = ("/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/snap/bin", "/usr/local/nvidia/toolkit", "/opt/bin")


def where(root: str, name: str, folders: Iterable[str] = _FOLDERS) -> str:
    """The program's path, "" if it lies in none of the usual folders."""
    return next((f"{folder}/{name}" for folder in folders if exists(root, f"{folder}/{name}")), "")


def answer(
    root: str, command: list[str], environment: Mapping[str, str] = _ENVIRONMENT, seconds: float = _SECONDS
) -> str:
    """What the command prints. Raises OSError (TimeoutError is one) if it gives none, or if none was recorded."""
    if root == LIVE:
        return output(command, environment, time.monotonic() + seconds)
    text = read_text(root, _RECORDED)
    try:
        entries = json.loads(text.get() or "[]")
    except (ValueError, RecursionError):
        entries = None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("argv") == command and isinstance(entry.get("output"), str):
            return str(entry["output"])
    raise OSError(0, "the recording holds no answer of it")


def version(path: str, root: str = LIVE) -> str:
    """What `PATH --version` says, "" if nothing can be read."""
    try:
        return parse_version(answer(root, [path, "--version"]))
    except OSError:
        return ""


# Docker version 28.2.2, build e6534b4
# podman version 4.9.3
# NVIDIA Container Toolkit CLI version 1.17.4
# cli-version: 1.17.4
_VERSION = re.compile(r"\bversion:? v?([0-9]{1,4}(?:\.[0-9]{1,6}){1,3})", re.IGNORECASE)


def parse_version(text: str) -> str:
    match = _VERSION.search(text[:4000])
    return match.group(1) if match else ""
