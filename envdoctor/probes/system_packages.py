"""The system's own package list: dpkg's, else rpm's."""

from __future__ import annotations

from envdoctor.facts import Fact
from envdoctor.probes import dpkg, rpm


def installed(root: str) -> Fact[dict[str, str]]:
    """Names and versions. Absent on a system with neither."""
    return of_manager(root)[1]


def of_manager(root: str) -> tuple[str, Fact[dict[str, str]]]:
    """And the manager's name as Dockerfiles are read ("yum" for all that uses rpm)."""
    debian = dpkg.installed(root)
    return ("apt", debian) if not debian.is_absent else ("yum", rpm.installed(root))
