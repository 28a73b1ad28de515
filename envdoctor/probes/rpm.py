"""What rpm says is installed: Red Hat's systems, UBI, Rocky, Fedora, SUSE.

Source: rpm's SQLite database (RHEL 9, Fedora 33 and later), whose rows are package headers; of the older formats only rpm
itself tells. https://rpm-software-management.github.io/rpm/manual/format_header.html , https://fedoraproject.org/wiki/Changes/Sqlite_Rpmdb
"""

from __future__ import annotations

import os
import stat
import struct
import time
from collections.abc import Iterator
from functools import lru_cache

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes import programs
from envdoctor.probes.presence import at, exists

_FOLDERS = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
_SQLITE, _OTHERS = "rpmdb.sqlite", ("Packages", "Packages.db")  # Berkeley DB, rpm's own
_QUERY = ["-qa", "--queryformat", r"%{NAME} %{VERSION}-%{RELEASE}\n"]
_MOST_BYTES = 512 * 1024 * 1024  # of the file
_MOST_HEADER = 4 * 1024 * 1024
_MOST = 20_000
_SECONDS = 5.0
_NAME, _VERSION, _RELEASE, _STRING = 1000, 1001, 1002, 6  # tags, and a type


@lru_cache(maxsize=2)
def installed(root: str) -> Fact[dict[str, str]]:
    """Names, and versions with the release (8.9.7.29-1.cuda12.2). Absent on a system without rpm's database."""
    for folder in _FOLDERS:
        if exists(root, f"{folder}/{_SQLITE}"):
            return _of_sqlite(root, f"{folder}/{_SQLITE}")
        for name in _OTHERS:
            if exists(root, f"{folder}/{name}"):
                return _of_program(root, f"{folder}/{name}")
    return absent(f"there is no {_FOLDERS[0]}/{_SQLITE}", Origin(_FOLDERS[0]))


def _of_sqlite(root: str, path: str) -> Fact[dict[str, str]]:
    origin = Origin(path)
    try:
        import sqlite3
    except ImportError:  # a Python that was built without it
        return unknown(f"{path} cannot be read: this Python has no sqlite3", origin)
    try:
        state = os.stat(at(root, path))
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES or not os.access(at(root, path), os.R_OK):
            return unknown(f"{path} cannot be read: it is no file, too large, or not ours to read", origin)
        return known(dict(_rows(at(root, path))), origin)
    except (sqlite3.Error, OSError, ValueError, struct.error) as error:
        return unknown(f"{path} cannot be read: {error}"[:300], origin)


def _rows(file: str) -> Iterator[tuple[str, str]]:
    """`immutable`: no lock and no other file is made beside it."""
    import sqlite3
    from urllib.parse import quote

    until = time.monotonic() + _SECONDS
    database = sqlite3.connect(f"file:{quote(os.path.abspath(file))}?mode=ro&immutable=1", uri=True)
    try:
        database.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        database.execute("PRAGMA trusted_schema = OFF")
        query = "SELECT blob FROM Packages WHERE typeof(blob) = 'blob' AND length(blob) <= ? LIMIT ?"
        for (header,) in database.execute(query, (_MOST_HEADER, _MOST)):
            if time.monotonic() > until:
                raise ValueError(f"it takes longer than {_SECONDS:g} s")
            found = parse_header(header)
            if found:
                yield found
    finally:
        database.close()


def parse_header(header: bytes) -> tuple[str, str] | None:
    """Two numbers (of entries, of bytes of data), the entries (tag, type, offset, count), the data. Raises struct.error."""
    count, _ = struct.unpack_from(">II", header)
    data = 8 + 16 * count
    if data > len(header):
        return None
    texts: dict[int, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">IIII", header[8:data]):
        if tag in (_NAME, _VERSION, _RELEASE) and kind == _STRING:
            texts[tag] = header[data + offset : data + offset + 200].partition(b"\0")[0].decode("utf-8", "replace")
    if not all(texts.get(tag) for tag in (_NAME, _VERSION, _RELEASE)):
        return None
    return texts[_NAME], f"{texts[_VERSION]}-{texts[_RELEASE]}"


def _of_program(root: str, path: str) -> Fact[dict[str, str]]:
    program = programs.where(root, "rpm")
    if not program:
        return unknown(f"{path} is in a format that only rpm reads, and there is no rpm", Origin(path))
    try:
        return known(parse_query(programs.answer(root, [program, *_QUERY])), Origin("rpm -qa"))
    except OSError as error:
        return unknown(
            f"{path} is in a format that only rpm reads: {program} cannot be asked: {error.strerror}", Origin(path)
        )


# cuda-cudart-12-4 12.4.127-1
def parse_query(text: str) -> dict[str, str]:
    pairs = (line.split() for line in text.splitlines()[:_MOST])
    return {pair[0][:200]: pair[1][:200] for pair in pairs if len(pair) == 2}
