"""A shared library that the loader misses, and the package of this image's distribution that holds it."""

from __future__ import annotations

import re

from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE

# ImportError: libGL.so.1: cannot open shared object file: No such file or directory
_MISSING = re.compile(r"\b(lib[A-Za-z0-9_+.-]{1,80}\.so(?:\.[0-9.]{1,20})?)\b")


def missing(error: str) -> str:
    """The soname that the loader's error names, "" if it names none."""
    match = _MISSING.search(error)
    return match.group(1) if match and "cannot open shared object file" in error else ""


def package(soname: str) -> str:
    """libgl1; "" where the distribution or the library is not known."""
    from envdoctor.probes.machine import parse_os_release

    fields = parse_os_release(read_text(LIVE, "/etc/os-release").get() or "")
    try:
        from envdoctor.matrix import Matrix, MatrixError
    except ImportError:  # the single file leaves out what only other commands need
        return ""
    try:
        row = Matrix.load().system_package(soname, fields.get("ID", ""), fields.get("VERSION_ID", ""))
    except (MatrixError, OSError):
        return ""
    return row.package if row else ""


def remedy(error: str, otherwise: str) -> str:
    """The line to type for a library that is missing, before `otherwise`."""
    name = missing(error)
    held = package(name) if name else ""
    if not held:
        return otherwise
    return f"apt-get install -y --no-install-recommends {held} in the image (it holds {name}), or {otherwise}"
