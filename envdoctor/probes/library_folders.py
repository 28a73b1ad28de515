"""Which shared libraries the dynamic loader would find by name, and in which order it looks.

Sources: LD_LIBRARY_PATH; /etc/ld.so.cache, which is all that the loader knows of /etc/ld.so.conf; its built-in folders.
A folder that is configured and not in the cache (ldconfig was not run) is not searched. ld.so(8)
"""

from __future__ import annotations

import os
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.probes.files import listed
from envdoctor.probes.presence import at

_CACHE = "/etc/ld.so.cache"
_MOST_BYTES = 32 * 1024 * 1024
_MOST_ENTRIES = 200_000
_BUILT_IN = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
             "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")  # fmt: skip
SYSTEM, BY_VARIABLE = "system", "LD_LIBRARY_PATH"
# What GPU workloads load by name, and what they most often miss.
_WANTED = re.compile(
    r"lib(?:cudart|cublas|cublasLt|cudnn\w*|cufft|curand|cusolver|cusparse|cusparseLt|nvrtc|nvJitLink|nccl|nvjpeg|npp\w+|cupti"
    r"|nvinfer\w*|nvonnxparser|nvparsers|cuda|nvidia-ml|nvcuvid|nvidia-encode|nvidia-ptxjitcompiler|nvidia-opticalflow"
    r"|cufile|cutensor|nvToolsExt|avcodec|GL|EGL|glib-2\.0|gomp|stdc\+\+)\.so\.[0-9]{1,4}(?:\.[0-9]{1,3})?"
)
_VERSION = re.compile(r"\.so\.([0-9]{1,9}(?:\.[0-9]{1,9}){1,4})$")


class Found(NamedTuple):
    """`version` is that of the file's real name: libcudnn.so.9 -> libcudnn.so.9.1.0."""

    soname: str
    path: str
    origin: str
    version: str | None


def system(root: str, environment: Mapping[str, str]) -> tuple[Found, ...]:
    """In the order of the search; a name that is found twice is listed twice, and the first one is loaded."""
    folders = [folder for folder in environment.get("LD_LIBRARY_PATH", "").split(":")[:200] if folder.startswith("/")]
    found = [item for folder in folders for item in in_folder(root, folder.rstrip("/") or "/", BY_VARIABLE)]
    cached = cache(root)
    if cached:
        found += [
            _found(root, path, SYSTEM) for name, path in cached if _WANTED.fullmatch(name) and _is_there(root, path)
        ]
    found += [item for folder in _BUILT_IN for item in in_folder(root, folder, SYSTEM)]
    return _unique(root, found)


def in_folder(root: str, folder: str, origin: str) -> Iterator[Found]:
    for name in listed(root, folder):
        if _WANTED.fullmatch(name) and _is_there(root, f"{folder}/{name}"):
            yield _found(root, f"{folder}/{name}", origin)


def _is_there(root: str, path: str) -> bool:
    """A link into nothing is no library."""
    try:
        return stat.S_ISREG(os.stat(at(root, path)).st_mode)
    except (OSError, ValueError):
        return False


def _found(root: str, path: str, origin: str) -> Found:
    match = _VERSION.search(os.path.realpath(at(root, path)))
    return Found(path.rpartition("/")[2], path, origin, match.group(1) if match else None)


def _unique(root: str, found: list[Found]) -> tuple[Found, ...]:
    """One file is listed once, though /lib be /usr/lib."""
    unique: dict[tuple[str, str], Found] = {}
    for item in found:
        folder, _, name = item.path.rpartition("/")
        unique.setdefault((os.path.realpath(at(root, folder)), name), item)
    return tuple(unique.values())[:1000]


def cache(root: str) -> list[tuple[str, str]]:
    """Names and paths of /etc/ld.so.cache; none where there is no such file or it is of another kind."""
    try:
        if not stat.S_ISREG(os.stat(at(root, _CACHE)).st_mode):
            return []
        with open(at(root, _CACHE), "rb") as file:
            return parse_cache(file.read(_MOST_BYTES))
    except OSError:
        return []


_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = struct.Struct("=20sIIB3xI12x")  # magic, number of libraries, length of the texts, flags, extensions
_ENTRY = struct.Struct("=iIIIQ")  # flags, where the name is, where the path is, kernel, hardware


# glibc-ld.so.cache1.1, 48 bytes; then 24 bytes for each library; then the texts, each ending with a zero byte
def parse_cache(content: bytes) -> list[tuple[str, str]]:
    """struct cache_file_new of https://sourceware.org/git/?p=glibc.git;a=blob;f=sysdeps/generic/dl-cache.h ; old systems
    write an older table in front of it."""
    start = content.find(_MAGIC)
    if start < 0 or len(content) < start + _HEADER.size:
        return []
    count = _HEADER.unpack_from(content, start)[1]
    if count > _MOST_ENTRIES or start + _HEADER.size + count * _ENTRY.size > len(content):
        return []
    pairs = [_ENTRY.unpack_from(content, start + _HEADER.size + number * _ENTRY.size)[1:3] for number in range(count)]
    return [(_text(content, start + name), _text(content, start + path)) for name, path in pairs]


def _text(content: bytes, start: int) -> str:
    end = content.find(b"\0", start, start + 4096)
    return content[start:end].decode("utf-8", "replace") if end >= 0 else ""
