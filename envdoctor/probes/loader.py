"""Which libraries the dynamic loader cannot find for a shared library, in the loader's own words.

What `ldd` does: the loader resolves as for dlopen (DT_NEEDED, RPATH, RUNPATH, LD_LIBRARY_PATH, its cache) and runs none
of the library's code: onnxruntime-gpu 1.22.0 crashes in its own start-up code where libcuda is missing. For a child.
"""

from __future__ import annotations

import os
import re

from envdoctor.probes.command import output

_LOADERS = {
    "x86_64": ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"),
    "aarch64": ("/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"),
}


def missing(path: str) -> tuple[str, ...] | None:
    """The sonames that are not found, and what else the loader refuses; None if there is no loader to ask."""
    loader = next((name for name in _LOADERS.get(os.uname().machine, ()) if os.access(name, os.X_OK)), None)
    if loader is None:
        return None
    traced = {
        **os.environ,
        "LD_TRACE_LOADED_OBJECTS": "1",
    }  # ld.so(8); with --list it ends at the first that is missing
    traced.pop("LD_WARN", None)
    command = [loader, "--list", path] if "musl" in loader else [loader, path]
    return parse_list(output(command, traced))


# 	libcublasLt.so.12 => not found
# 	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f0b8c1a3000)
# /app/x.so: /lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.38' not found (required by /app/x.so)
# /app/x.so: error while loading shared libraries: /app/x.so: invalid ELF header
# Error loading shared library libGL.so.1: No such file or directory (needed by /app/x.so)
_NOT_FOUND = re.compile(r"^\s{0,8}(\S{1,200}) => not found$|^Error loading shared library (\S{1,200}):", re.MULTILINE)
_REFUSED = re.compile(r"^.{0,1000}(?:error while loading shared libraries: |: version `).{1,400}$", re.MULTILINE)


def parse_list(text: str) -> tuple[str, ...]:
    """glibc's words, and musl's."""
    names = [match.group(1) or match.group(2) for match in _NOT_FOUND.finditer(text)]
    refused = [match.group().partition("shared libraries: ")[2] or match.group() for match in _REFUSED.finditer(text)]
    return tuple(dict.fromkeys([*names, *refused]))[:100]


def error(path: str) -> str:
    """What dlopen says, for a library of which something is missing: nothing of it is run then."""
    import ctypes

    try:
        ctypes.CDLL(path)
    except OSError as problem:
        return str(problem)[:500]
    return ""
