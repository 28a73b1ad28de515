"""Which release of NVIDIA's kernel module is loaded: a module of its own, since a health check reads it every 30 seconds.

Sources: /proc/driver/nvidia/version, else /sys/module/nvidia/version.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes.files import read_text

_VERSION_FILE = "/proc/driver/nvidia/version"
_MODULE_FILE = "/sys/module/nvidia/version"


class KernelModule(NamedTuple):
    """The loaded kernel module; `is_open` None where only its version is told."""

    version: str
    is_open: bool | None


def kernel_module(root: str) -> Fact[KernelModule]:
    text = read_text(root, _VERSION_FILE)
    if text.is_known:
        return parse_version(text.need(), text.origin)
    short = read_text(root, _MODULE_FILE)
    if not short.is_known:
        return unknown(text.reason, text.origin) if text.is_unknown else _missing(short)
    return parse_module(short.need(), short.origin)


def _missing(text: Fact[str]) -> Fact[KernelModule]:
    if text.is_absent:
        return absent(text.reason, text.origin)
    return unknown(text.reason, text.origin)


# NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023
# NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U22-I3-B17-02-5)
# NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  35.3.1  Release Build  (buildbrain@mobile-u64-6289-d7000)
_NVRM = re.compile(
    r"NVRM version:[^\n]{0,80}?(Open )?Kernel Module(?: for \S{1,20})?\s{1,8}([0-9]{1,4}(?:\.[0-9]{1,6}){1,3})\s"
)


def parse_version(text: str, origin: Origin) -> Fact[KernelModule]:
    match = _NVRM.search(text + "\n")
    if match is None:
        return unknown(f"{origin} holds no version that can be read: {text[:60]!r}", origin)
    return known(KernelModule(match.group(2), match.group(1) is not None), origin)


# 535.104.05
def parse_module(text: str, origin: Origin) -> Fact[KernelModule]:
    version = text.strip()
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,6}){1,3}", version):
        return unknown(f"{origin} holds no version that can be read: {text[:60]!r}", origin)
    return known(KernelModule(version, None), origin)
