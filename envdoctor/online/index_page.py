"""The files on one page of a package index, from its JSON (PEP 691) or its HTML (PEP 503)."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from envdoctor.online.transport import Answer, AskError, host_of
from envdoctor.readers import json_document

_MOST_FILES = 100_000
_MOST_CHARACTERS = 24 * 1024 * 1024
_PIECE = 16 * 1024  # characters given to the HTML parser at once
_MOST_UNREAD = 256 * 1024  # of a tag that does not end: the parser looks at it again with each piece
_JSON = ("application/vnd.pypi.simple.v1+json", "application/json")


class Link(NamedTuple):
    filename: str
    url: str
    requires_python: str | None
    yanked: bool
    size: int | None
    metadata: str | None  # sha256, "" offered without a hash, None not offered


def read(answer: Answer) -> tuple[Link, ...]:
    """Raises AskError for what is neither form."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _JSON:
        return of_json(answer)
    if kind in ("text/html", "application/vnd.pypi.simple.v1+html"):
        return of_html(answer.body, answer.url)
    raise AskError(
        "invalid", f"{host_of(answer.url)} answers with {kind[:60] or 'no content type'}, expected a simple index"
    )


def of_json(answer: Answer) -> tuple[Link, ...]:
    host = host_of(answer.url)
    try:
        page = json_document.load(answer.body.decode("utf-8"), _MOST_CHARACTERS)
    except UnicodeDecodeError:
        raise AskError("invalid", f"the answer of {host} is not UTF-8") from None
    except json_document.JsonError as error:
        raise AskError("invalid", f"the answer of {host} is no JSON that is read: {error}") from None
    files = page.get("files") if isinstance(page, dict) else None
    meta = page.get("meta") if isinstance(page, dict) else None
    version = str(meta.get("api-version", "1")) if isinstance(meta, dict) else "1"
    if not isinstance(files, list) or version.partition(".")[0] != "1" or len(files) > _MOST_FILES:
        raise AskError("invalid", f"{host} answers with JSON that is no simple index of version 1")
    found = (_of_entry(each, answer.url) for each in files if isinstance(each, dict))
    return tuple(link for link in found if link)


def _of_entry(entry: dict[str, Any], base: str) -> Link | None:
    name, url, size = entry.get("filename"), entry.get("url"), entry.get("size")
    if not isinstance(name, str) or not isinstance(url, str):
        return None
    offered = entry.get("core-metadata", entry.get("dist-info-metadata", False))
    yanked, python = entry.get("yanked", False), entry.get("requires-python")
    return Link(
        name[:512],
        _joined(base, url),
        python if isinstance(python, str) else None,
        yanked is True or isinstance(yanked, str),
        size if type(size) is int and size >= 0 else None,
        _hash(offered.get("sha256")) if isinstance(offered, dict) else ("" if offered is True else None),
    )


def of_html(body: bytes, base: str) -> tuple[Link, ...]:
    """Raises AskError for a page that is too large or never ends a tag."""
    page = _Page(base)
    text = body.decode("utf-8", "replace")
    for start in range(0, len(text), _PIECE):
        page.feed(text[start : start + _PIECE])
        if len(page.rawdata) > _MOST_UNREAD or len(page.links) > _MOST_FILES:
            raise AskError("invalid", f"the index page {urlsplit(base).path[-80:]} is no list of files that is read")
    page.close()
    return tuple(page.links)


class _Page(HTMLParser):
    """Collects the anchors."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=False)
        self._base = base
        self.links: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        href = found.get("href")
        if tag == "base" and href:
            self._base = _joined(self._base, href)
        if tag != "a" or not href:
            return
        url = _joined(self._base, href)
        offered = found.get("data-core-metadata", found.get("data-dist-info-metadata"))
        self.links.append(
            Link(
                unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])[:512],
                url,
                found.get("data-requires-python"),
                "data-yanked" in found,
                None,
                None if offered is None or offered == "false" else _hash(offered.removeprefix("sha256=")),
            )
        )


def _hash(text: object) -> str:
    return text.lower() if isinstance(text, str) and len(text) == 64 and text.isalnum() else ""


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""
