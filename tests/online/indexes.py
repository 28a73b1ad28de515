"""A package index of a few projects: as JSON or HTML over HTTP, or as a directory."""

from __future__ import annotations

import hashlib
import html
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.online.servers import Reply, Request, Server, ranges, serving


class File(NamedTuple):
    name: str
    requires: tuple[str, ...] = ()  # Requires-Dist
    offered: bool = True  # the metadata apart from the wheel
    yanked: str | None = None
    requires_python: str | None = ">=3.8"
    damaged: bool = False  # the metadata does not have the hash that the page states
    inside: bool = False  # the wheel itself can be read, by ranges

    @property
    def metadata(self) -> bytes:
        name, version = self.name.split("-")[:2]
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            f"Version: {version}",
            *(f"Requires-Dist: {each}" for each in self.requires),
        ]
        return ("\n".join(lines) + "\n\nA long description\n").encode()

    @property
    def wheel(self) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("-".join(self.name.split("-")[:2]) + ".dist-info/METADATA", self.metadata)
        return made.getvalue()

    @property
    def hash(self) -> str:
        return hashlib.sha256(b"other" if self.damaged else self.metadata).hexdigest()


Projects = Mapping[str, tuple[File, ...]]


def as_html(files: tuple[File, ...]) -> bytes:
    """PEP 503 with the attributes of PEP 592 and PEP 714."""
    anchors = []
    for file in files:
        attributes = f'href="../../files/{file.name}#sha256={"0" * 64}"'
        if file.requires_python:
            attributes += f' data-requires-python="{html.escape(file.requires_python)}"'
        if file.yanked is not None:
            attributes += f' data-yanked="{html.escape(file.yanked)}"'
        if file.offered:
            attributes += f' data-dist-info-metadata="sha256={file.hash}" data-core-metadata="sha256={file.hash}"'
        anchors.append(f"<a {attributes}>{file.name}</a><br/>")
    return (
        "<!DOCTYPE html><html><head><title>Links</title></head><body>\n" + "\n".join(anchors) + "\n</body></html>"
    ).encode()


def as_json(files: tuple[File, ...]) -> bytes:
    """PEP 691."""
    entries = [
        {
            "filename": file.name,
            "url": f"../../files/{file.name}",
            "hashes": {},
            "requires-python": file.requires_python,
            "yanked": file.yanked if file.yanked is not None else False,
            "core-metadata": {"sha256": file.hash} if file.offered else False,
            "size": 1234,
        }
        for file in files
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "x", "files": entries}).encode()


@contextmanager
def index(projects: Projects, *, form: str = "json", login: str | None = None) -> Iterator[Server]:
    """The address of the index itself is its server's with /simple behind it. `login` is the Authorization that it
    wants."""

    def answer(request: Request) -> Reply:
        if login is not None and request.headers.get("authorization") != login:
            return Reply(401)
        _, kind, name, *_ = [*request.path.split("/"), "", ""]
        if kind == "files":
            every = [file for files in projects.values() for file in files]
            apart = next((file for file in every if f"{file.name}.metadata" == name), None)
            whole = next((file for file in every if file.name == name and file.inside), None)
            return Reply(200, {}, apart.metadata) if apart else ranges(whole.wheel)(request) if whole else Reply(404)
        if kind != "simple" or name not in projects:
            return Reply(404)
        if form == "json" and "application/vnd.pypi.simple.v1+json" in request.headers["accept"]:
            return Reply(200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, as_json(projects[name]))
        return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, as_html(projects[name]))

    with serving(answer) as server:
        yield server


def as_directory(folder: Path, projects: Projects) -> str:
    """Its address."""
    for name, files in projects.items():
        (folder / "simple" / name).mkdir(parents=True)
        (folder / "simple" / name / "index.html").write_bytes(as_html(files))
        (folder / "files").mkdir(exist_ok=True)
        for file in (each for each in files if each.offered):
            (folder / "files" / f"{file.name}.metadata").write_bytes(file.metadata)
    return (folder / "simple").as_uri()
