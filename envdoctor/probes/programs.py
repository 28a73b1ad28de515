"""Where a program lies, and which version it says it is. For a child (`child.ask`): there is no deadline here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envdoctor.probes.command import output
from envdoctor.probes.presence import exists

_FOLDERS = ("/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/snap/bin", "/usr/local/nvidia/toolkit", "/opt/bin")


def where(root: str, name: str, folders: Iterable[str] = _FOLDERS) -> str:
    """The program's path, "" if it lies in none of the usual folders."""
    return next((f"{folder}/{name}" for folder in folders if exists(root, f"{folder}/{name}")), "")


def version(path: str) -> str:
    """What `PATH --version` says, "" if nothing can be read. For this machine only."""
    try:
        return parse_version(output([path, "--version"], {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/"}))
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
