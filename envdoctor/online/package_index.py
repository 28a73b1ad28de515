"""What a package index holds of a project: files, versions, Python tags, what was yanked, and wheels' metadata where it
is offered.

The simple API as JSON (PEP 691, sizes PEP 700) or HTML (PEP 503, yanked PEP 592), metadata apart from the wheel
(PEP 658, its name in PEP 714). The index is https, http where the user configured it so, or a directory (file://).
Sources: https://packaging.python.org/en/latest/specifications/simple-repository-api/ ,
https://packaging.python.org/en/latest/specifications/binary-distribution-format/ (file names)
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from envdoctor.online import index_page, wheel_tail
from envdoctor.online.index_page import Link
from envdoctor.online.transport import AskError, Transport, origin
from envdoctor.readers.indexes import redacted

MOST_PAGE = 24 * 1024 * 1024  # bytes; the largest project of PyPI has 8 MB
MOST_METADATA = 2 * 1024 * 1024
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_PLATFORM = re.compile(r"(?:manylinux\w*|linux)_(x86_64|aarch64)|(win_amd64)")


class Wheel(NamedTuple):
    """One wheel file. `python` are the interpreters of its tag ("3.11"), with `abi3` the oldest it takes; empty for
    py3. `platforms` as the matrix names them; a wheel for something else has none."""

    filename: str
    url: str
    version: str  # as PEP 440 spells it, without the local part
    local: str | None  # "cu124"
    python: tuple[str, ...]
    abi3: bool
    free_threaded: bool
    platforms: tuple[str, ...]
    requires_python: str | None
    yanked: bool
    size: int | None  # bytes
    metadata: str | None  # sha256 of its metadata, "" if offered without one, None if not offered


class Project(NamedTuple):
    """What one index says of one project. `address` is the index's without logins; `unread` are files whose name
    says nothing."""

    name: str
    address: str
    wheels: tuple[Wheel, ...]
    source_versions: tuple[str, ...]  # that have an sdist
    unread: int

    def versions(self) -> tuple[str, ...]:
        """Every version with a file that is not yanked, oldest first."""
        from packaging.version import Version

        found = {wheel.version for wheel in self.wheels if not wheel.yanked} | set(self.source_versions)
        return tuple(sorted(found, key=Version))


class Metadata(NamedTuple):
    requires: tuple[str, ...]  # Requires-Dist
    requires_python: str | None
    extras: tuple[str, ...] = ()  # Provides-Extra


class PackageIndex:
    """One index. Logins in its address are sent to its own host only."""

    def __init__(self, transport: Transport, url: str) -> None:
        self._transport = transport
        self._url, self._authorization = _without_login(url)
        self.shown = redacted(self._url)

    async def project(self, name: str) -> Project:
        """Raises AskError, "not-found" where the index does not have it."""
        normalised = re.sub(r"[-_.]+", "-", name).lower()
        url = f"{self._url}/{normalised}/"
        if url.startswith("file:"):
            links = index_page.of_html(_file(url + "index.html"), url)
        else:
            answer = await self._transport.get(url, most=MOST_PAGE, accept=_ACCEPT, authorization=self._authorization)
            _must_be_there(answer.status, self.shown, normalised)
            links = index_page.read(answer)
        return _project(normalised, self.shown, links)

    async def metadata(self, wheel: Wheel) -> Metadata:
        """What the wheel says of itself: where the index offers that apart from the wheel, else by ranges of the wheel.
        Raises AskError, "unsupported" where neither can be had."""
        if wheel.metadata is None:
            return parse_metadata(await self._inside(wheel.url.partition("#")[0]), wheel.filename)
        url = wheel.url.partition("#")[0] + ".metadata"
        if self._url.startswith("file:") and url.startswith("file:"):
            body = _file(url)
        else:
            answer = await self._transport.get(url, most=MOST_METADATA, authorization=self._login_for(url))
            _must_be_there(answer.status, self.shown, f"{wheel.filename}.metadata")
            body = answer.body
        if wheel.metadata and hashlib.sha256(body).hexdigest() != wheel.metadata:
            raise AskError(
                "invalid", f"the metadata of {wheel.filename} does not have the hash that {self.shown} states"
            )
        return parse_metadata(body, wheel.filename)

    async def _inside(self, url: str) -> bytes:
        if self._url.startswith("file:"):
            raise AskError("unsupported", f"{self.shown} offers no metadata apart from its wheels")
        return await wheel_tail.read(self._transport, url, self._login_for(url))

    def _login_for(self, url: str) -> str | None:
        """The index's own login, for its own host only."""
        return self._authorization if origin(url) == origin(self._url) else None


def parse_metadata(body: bytes, what: str) -> Metadata:
    """The part of a METADATA file that is compared. Raises AskError."""
    from packaging.metadata import parse_email

    try:
        raw, _ = parse_email(body)
    except (ValueError, RecursionError, LookupError) as error:
        raise AskError("invalid", f"the metadata of {what} cannot be read ({type(error).__name__})") from None
    if not raw.get("name"):
        raise AskError("invalid", f"the metadata of {what} names no project")
    requires, extras = raw.get("requires_dist") or (), raw.get("provides_extra") or ()
    return Metadata(tuple(requires), raw.get("requires_python"), tuple(extras))


def parse_wheel(link: Link) -> Wheel | None:
    """None for a file name that is no wheel's (NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl)."""
    from packaging.version import InvalidVersion, Version

    parts = link.filename.removesuffix(".whl").split("-")
    if not link.filename.endswith(".whl") or len(parts) not in (5, 6):
        return None
    try:
        version = Version(unquote(parts[1]))
    except InvalidVersion:
        return None
    interpreters, abi, platform = parts[-3:]
    return Wheel(
        link.filename,
        link.url,
        version.public,
        version.local,
        _pythons(interpreters.split(".")),
        "abi3" in abi.split("."),
        bool(re.fullmatch(r"cp3\d{1,3}t", abi)),
        tuple(dict.fromkeys(_platforms(platform.split(".")))),
        link.requires_python,
        link.yanked,
        link.size,
        link.metadata,
    )


def _pythons(tags: Iterable[str]) -> tuple[str, ...]:
    """Python 2 is in no table."""
    found = (re.fullmatch(r"cp(3)(\d{1,3})", tag) for tag in tags)
    return tuple(f"{match.group(1)}.{match.group(2)}" for match in found if match)


def _platforms(tags: Iterable[str]) -> Iterable[str]:
    for tag in tags:
        match = _PLATFORM.fullmatch(tag)
        if match:
            yield match.group(2) or f"linux_{match.group(1)}"


def _project(name: str, index: str, links: tuple[Link, ...]) -> Project:
    wheels: list[Wheel] = []
    sources: dict[str, None] = {}
    unread = 0
    for link in links:
        wheel = parse_wheel(link)
        source = None if wheel else _source_version(link.filename, name)
        if wheel is not None:
            wheels.append(wheel)
        elif source is not None:
            if not link.yanked:
                sources[source] = None
        else:
            unread += 1
    return Project(name, index, tuple(wheels), tuple(sources), unread)


def _source_version(filename: str, name: str) -> str | None:
    from packaging.version import InvalidVersion, Version

    for suffix in (".tar.gz", ".zip"):
        stem = filename.removesuffix(suffix)
        if stem != filename and len(stem) > len(name) + 1:
            try:
                return Version(stem[len(name) + 1 :]).public
            except InvalidVersion:
                return None
    return None


def _must_be_there(status: int, index: str, what: str) -> None:
    if status == 200:
        return
    if status in (401, 403):
        raise AskError("unauthorized", f"{index} wants a login for {what} ({status})")
    if status in (404, 410):
        raise AskError("not-found", f"{index} has no {what} ({status})")
    raise AskError("invalid", f"{index} answered {status} for {what}")


def _without_login(url: str) -> tuple[str, str | None]:
    """(address, Authorization of the login in it). Raises AskError."""
    from envdoctor.online.credentials import Login

    if url.startswith("file://"):
        return url.rstrip("/"), None
    origin(url)
    parts = urlsplit(url)
    user_info, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    user, _, password = user_info.partition(":")
    return bare, Login(unquote(user), unquote(password)).basic() if at else None


def _file(url: str) -> bytes:
    """A page of an index that is a directory. Raises AskError."""
    from urllib.request import url2pathname

    path = url2pathname(urlsplit(url).path)
    try:
        if not os.path.isfile(path):
            raise AskError("not-found", f"{path[-200:]} does not exist")
        with open(path, "rb") as file:
            content = file.read(MOST_PAGE + 1)
    except (OSError, ValueError) as error:
        raise AskError("unreachable", f"{path[-200:]} cannot be read ({error})") from None
    if len(content) > MOST_PAGE:
        raise AskError("invalid", f"{path[-200:]} is larger than {MOST_PAGE:,} bytes, the most that is read")
    return content
