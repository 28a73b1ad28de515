"""The metadata inside a wheel on a server, read by ranges: the end of the archive, its directory, and that one file.

For indexes that offer no metadata apart from the wheels. A wheel of 800 MB costs some hundred kilobytes; the server
has to answer ranges (RFC 9110, 14). Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.7,
4.3.12, 4.3.16).
"""

from __future__ import annotations

import re
import struct
import zlib

from envdoctor.online.transport import AskError, Transport, host_of

_TAIL = 64 * 1024  # bytes: the directory's end and, of most wheels, the directory
_MOST_DIRECTORY = 8 * 1024 * 1024
_MOST_METADATA = 2 * 1024 * 1024
_MOST_ENTRIES = 65_535  # more need another format (zip64)
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_NAME = re.compile(rb"[^/]{1,200}\.dist-info/METADATA")
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")


async def read(transport: Transport, url: str, authorization: str | None) -> bytes:
    """The METADATA file of the wheel at that address. Raises AskError."""
    start, tail = await _range(transport, url, authorization, f"-{_TAIL}", _TAIL)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        raise _damaged(url)
    entries, size, offset = _END.unpack_from(tail, at)[4:7]
    if entries >= _MOST_ENTRIES or size > _MOST_DIRECTORY or offset + size > start + at:
        raise _damaged(url)
    if offset >= start:
        directory = tail[offset - start : offset - start + size]
    else:
        _, directory = await _range(transport, url, authorization, f"{offset}-{offset + size - 1}", size)
    method, crc, packed, unpacked, place = _find(directory, entries, url)
    span = _LOCAL.size + 2 * 1024 + packed  # its name and extra field are short
    end = min(place + span, start + len(tail)) - 1
    _, local = await _range(transport, url, authorization, f"{place}-{end}", span)
    return _unpacked(local, method, crc, packed, unpacked, url)


def _find(directory: bytes, entries: int, url: str) -> tuple[int, int, int, int, int]:
    """(method, CRC, packed size, size, offset) of METADATA."""
    at = 0
    for _ in range(entries):
        if at + _ENTRY.size > len(directory):
            break
        found = _ENTRY.unpack_from(directory, at)
        if found[0] != b"PK\1\2":
            break
        name = directory[at + _ENTRY.size : at + _ENTRY.size + found[10]]
        if _NAME.fullmatch(name) and found[8] <= _MOST_METADATA and found[9] <= _MOST_METADATA:
            return found[4], found[7], found[8], found[9], found[16]
        at += _ENTRY.size + found[10] + found[11] + found[12]
    raise _damaged(url)


def _unpacked(local: bytes, method: int, crc: int, packed: int, size: int, url: str) -> bytes:
    if len(local) < _LOCAL.size or local[:4] != b"PK\3\4" or method not in (0, 8):
        raise _damaged(url)
    header = _LOCAL.unpack_from(local)
    begin = _LOCAL.size + header[9] + header[10]
    content = local[begin : begin + packed]
    try:
        found = zlib.decompressobj(-15).decompress(content, size + 1) if method == 8 else content
    except zlib.error:
        raise _damaged(url) from None
    if len(found) != size or zlib.crc32(found) != crc:
        raise _damaged(url)
    return found


async def _range(
    transport: Transport, url: str, authorization: str | None, wanted: str, most: int
) -> tuple[int, bytes]:
    """(where it starts, the bytes)."""
    answer = await transport.get(url, most=most, authorization=authorization, byte_range=wanted)
    if answer.status in (401, 403):
        raise AskError("unauthorized", f"{host_of(url)} wants a login for its wheels ({answer.status})")
    if answer.status in (404, 410):
        raise AskError("not-found", f"{host_of(url)} does not have a wheel that its index lists ({answer.status})")
    match = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if answer.status != 206 or not match or int(match.group(2)) - int(match.group(1)) + 1 != len(answer.body):
        raise AskError("unsupported", f"{host_of(url)} does not answer ranges: what wheels ask for was not compared")
    return int(match.group(1)), answer.body


def _damaged(url: str) -> AskError:
    return AskError("invalid", f"a wheel on {host_of(url)} is no archive with metadata that is read")
