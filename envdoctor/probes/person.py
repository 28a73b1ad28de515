"""The user that the container's program runs as: is there an entry in /etc/passwd, and may it write where programs do?

Sources: /proc/1/status, /etc/passwd, HOME; owner and mode of the folders, and whether they lie on a mount that is
read-only. Nothing is written to find out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes import device_nodes, mounts
from envdoctor.probes.device_nodes import Person
from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE, at

# What packages write at run time, by the package that does: the variable that moves it, and where it is without.
CACHES = (
    ("torch", "TORCH_HOME", "~/.cache/torch"),
    ("triton", "TRITON_CACHE_DIR", "~/.triton"),
    ("transformers", "HF_HOME", "~/.cache/huggingface"),
    ("huggingface-hub", "HF_HOME", "~/.cache/huggingface"),
    ("diffusers", "HF_HOME", "~/.cache/huggingface"),
    ("sentence-transformers", "HF_HOME", "~/.cache/huggingface"),
    ("ultralytics", "YOLO_CONFIG_DIR", "~/.config/Ultralytics"),
    ("easyocr", "EASYOCR_MODULE_PATH", "~/.EasyOCR"),
    ("insightface", "", "~/.insightface"),
    ("openai-whisper", "XDG_CACHE_HOME", "~/.cache"),
    ("matplotlib", "MPLCONFIGDIR", "~/.config/matplotlib"),
    ("numba", "NUMBA_CACHE_DIR", ""),
    ("keras", "KERAS_HOME", "~/.keras"),
)
_COMPILED = ("CUDA", "CUDA_CACHE_PATH", "~/.nv/ComputeCache")
_MOST_LEVELS = 64


class PersonFacts(NamedTuple):
    """`name`: absent if /etc/passwd has no entry. `writable`: folders with whether the user may write there."""

    person: Fact[Person]
    name: Fact[str]
    home: Fact[str]
    writable: Mapping[str, Fact[bool]]


def probe(root: str, environment: Mapping[str, str], packages: frozenset[str], sites: tuple[str, ...]) -> PersonFacts:
    """`sites` are folders of Python packages; `packages` those that are installed."""
    person = device_nodes.first_process(root)
    entry = _entry(root, person)
    home = _home(environment, entry)
    folders = dict.fromkeys((*sites, *_caches(environment, home.get() or "", packages)))
    return PersonFacts(person, _field(entry, 0), home, {path: writable(root, path, person) for path in folders})


def _entry(root: str, person: Fact[Person]) -> Fact[tuple[str, ...]]:
    text = read_text(root, "/etc/passwd")
    if not person.is_known:
        return unknown(person.reason, person.origin)
    if not text.is_known:
        return absent(text.reason, text.origin) if text.is_absent else unknown(text.reason, text.origin)
    return parse_passwd(text.need(), person.need().uid, text.origin)


# user:x:1000:1000:A Name:/home/user:/bin/bash
def parse_passwd(text: str, uid: int, origin: Origin) -> Fact[tuple[str, ...]]:
    """passwd(5)"""
    for line in text.splitlines()[:20_000]:
        fields = tuple(line.split(":"))
        if len(fields) >= 7 and fields[2] == str(uid):
            return known(fields, origin)
    return absent(f"{origin} has no entry for user {uid}: getpwuid() fails", origin)


def _field(entry: Fact[tuple[str, ...]], number: int) -> Fact[str]:
    if entry.is_known:
        return known(entry.need()[number][:200], entry.origin)
    return absent(entry.reason, entry.origin) if entry.is_absent else unknown(entry.reason, entry.origin)


def _home(environment: Mapping[str, str], entry: Fact[tuple[str, ...]]) -> Fact[str]:
    """HOME wins over the entry, for Python's expanduser() and for shells."""
    if environment.get("HOME"):
        return known(environment["HOME"][:4000], Origin("the variable HOME"))
    return _field(entry, 5)


def _caches(environment: Mapping[str, str], home: str, packages: frozenset[str]) -> list[str]:
    wanted = [item for item in CACHES if item[0] in packages]
    if any(name in packages for name in ("torch", "onnxruntime-gpu", "cupy-cuda12x", "tensorflow")):
        wanted.append(_COMPILED)
    paths = [environment.get(variable, "") or usual for _, variable, usual in wanted]
    return [path.replace("~", home, 1) if path.startswith("~") else path for path in paths if path and home]


def writable(root: str, path: str, person: Fact[Person]) -> Fact[bool]:
    """Of the nearest folder above that is there: programs make what is missing below."""
    if not path.startswith("/"):
        return unknown(f"{path[:100]} is no absolute path")
    if not person.is_known:
        return unknown(person.reason, person.origin)
    found = mounts.over(mounts.mounts(root).get() or (), path)
    if found and "ro" in found.options:
        return known(False, Origin(f"{found.point} is mounted read-only"))
    return _by_mode(root, path, person.need())


def _by_mode(root: str, path: str, person: Person) -> Fact[bool]:
    folder = path.rstrip("/") or "/"
    for _ in range(_MOST_LEVELS):
        try:
            state = os.stat(at(root, folder))
        except (FileNotFoundError, NotADirectoryError):
            folder = os.path.dirname(folder)
            continue
        except (OSError, ValueError) as error:
            return unknown(f"{folder} cannot be looked at: {getattr(error, 'strerror', None) or error}", Origin(folder))
        if not stat.S_ISDIR(state.st_mode):
            return known(False, Origin(f"{folder} is no folder"))
        return known(
            _may(state, person, 0o3), Origin(f"{folder}: {stat.filemode(state.st_mode)}, owner {state.st_uid}")
        )
    return unknown(f"{path} lies too deep")


def _may(state: os.stat_result, person: Person, bits: int) -> bool:
    """Write and search, as the kernel asks: one class decides."""
    if person.overrides:
        return True
    shift = 6 if state.st_uid == person.uid else 3 if state.st_gid in person.groups else 0
    return (state.st_mode >> shift) & bits == bits


def disk(root: str, paths: tuple[str, ...]) -> dict[str, Fact[dict[str, int]]]:
    """Bytes in all and free, of the file systems that the paths lie on; a recording has none."""
    return {path: _disk(root, path) for path in paths}


def _disk(root: str, path: str) -> Fact[dict[str, int]]:
    if root != LIVE:
        return unknown("a recording tells no sizes of disks")
    try:
        state = os.statvfs(path)
    except (OSError, ValueError, AttributeError) as error:
        return unknown(f"{path} cannot be looked at: {getattr(error, 'strerror', None) or error}", Origin(path))
    sizes = {"bytes": state.f_blocks * state.f_frsize, "free_bytes": state.f_bavail * state.f_frsize}
    return known(sizes, Origin(f"statvfs of {path}"))
