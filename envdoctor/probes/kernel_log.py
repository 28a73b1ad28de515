"""Xid errors: what NVIDIA's kernel module wrote to the kernel log. NVML tells a Xid only to who waited for it when it came
(nvmlEventSetWait), so afterwards the log alone has them.

Source: /dev/kmsg, of which each read gives one record; of a recording the same records, line by line. For a child
(`child.ask`). Containers have no /dev/kmsg unless they are privileged, and where kernel.dmesg_restrict is set it takes
CAP_SYSLOG. https://docs.nvidia.com/deploy/xid-errors/ , https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE

_LOG = "/dev/kmsg"
_ORIGIN = Origin(_LOG)
_RECORD = 8192  # bytes; a shorter read of a longer record is an error
_MOST_RECORDS = 100_000
_MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 1.0
_MOST_XIDS = 100


class Xid(NamedTuple):
    """One number on one GPU: how often, and when last, in seconds since the boot. `pci` as "0000:65:00"."""

    xid: int
    pci: str
    count: int  # type: ignore[assignment]  # tuple.count is not used
    seconds: int


def probe(root: str = LIVE) -> Fact[tuple[Xid, ...]]:
    """Known and empty only where the log reaches back to the boot."""
    try:
        if root != LIVE or not _is_log():
            text = read_text(root, _LOG, _MOST_BYTES)
            return parse(text.need().splitlines()) if text.is_known else unknown(text.reason, _ORIGIN)
        return parse(_records(time.monotonic() + _SECONDS))
    except OSError as error:
        hint = " (a container has it only if it is privileged)" if isinstance(error, FileNotFoundError) else ""
        return unknown(f"{_LOG} cannot be read: {error.strerror}{hint}", _ORIGIN)


def _is_log() -> bool:
    """Some containers have a link to their terminal there, which must not be read."""
    state = os.stat(_LOG)
    return stat.S_ISCHR(state.st_mode) and state.st_rdev == os.makedev(1, 11)


def _records(until: float) -> Iterator[str]:
    log = os.open(_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for _ in range(_MOST_RECORDS):
            if time.monotonic() > until:
                return
            try:
                record = os.read(log, _RECORD)
            except BlockingIOError:  # that was the last one
                return
            except BrokenPipeError:  # overwritten before it was read: the next read gives the oldest that is there
                continue
            if not record:
                return
            yield record.decode("utf-8", "replace").partition("\n")[0]
    finally:
        os.close(log)


# 3,1201,88123456789,-;NVRM: Xid (PCI:0000:65:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
# 3,1202,88123456790,-;NVRM: Xid (PCI:0000:3b:00 GPU-I:05): 43, pid=1234, name=python3, Ch 00000008
# 3,1203,88123456791,-;NVRM: Xid (0000:01:00): 31, Ch 0000000b, engmask 00000120, intr 10000000
_XID = re.compile(
    r"(\d{1,4}),(\d{1,20}),(\d{1,20}),[^;]{0,200};"
    r"NVRM: Xid \((?:PCI:)?([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2})[^)\n]{0,60}\): ([0-9]{1,5})\b"
)
_FIRST = re.compile(r"\d{1,4},(\d{1,20}),")
_KERNEL = 8  # below it lies the facility "kernel", which no program can write


def parse(records: Iterable[str]) -> Fact[tuple[Xid, ...]]:
    found: dict[tuple[int, str], Xid] = {}
    reaches_back = None
    for record in records:
        if reaches_back is None and (first := _FIRST.match(record)):
            reaches_back = int(first.group(1)) == 0
        match = _XID.match(record)
        if match and int(match.group(1)) < _KERNEL:
            number, pci = int(match.group(5)), address(match.group(4))
            before = found.pop((number, pci), Xid(number, pci, 0, 0))
            found[number, pci] = before._replace(count=before.count + 1, seconds=int(match.group(3)) // 1_000_000)
    if not found and reaches_back is False:
        return unknown("the kernel log names no Xid, and no longer reaches back to the boot", _ORIGIN)
    return known(tuple(found.values())[-_MOST_XIDS:], _ORIGIN)


def address(pci: str) -> str:
    """NVML writes 00000000:65:00.0, the kernel log 0000:65:00."""
    domain, _, rest = pci.strip().lower().partition(":")
    return f"{domain[-4:].rjust(4, '0')}:{rest.partition('.')[0]}"


def here(root: str) -> tuple[str, ...]:
    """The addresses of the GPUs that the driver shows here: of a container only those that it was given. In recordings
    `_` stands for `:`."""
    names = listed(root, "/proc/driver/nvidia/gpus")[:1024]
    return tuple(address(name.replace("_", ":")) for name in names)
