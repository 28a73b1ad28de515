"""A project of files in memory, read as its first one."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from envdoctor.facts import Launch
from envdoctor.readers.compose import Compose, Service, read_compose


def read(text: str, files: Mapping[str, str] | None = None, path: str = "compose.yaml", **more: object) -> Compose:
    held = {name: textwrap.dedent(content) for name, content in (files or {}).items()}
    return read_compose(textwrap.dedent(text), path, read_file=held.get, **more)  # type: ignore[arg-type]


def service(text: str, files: Mapping[str, str] | None = None, **more: object) -> Service:
    """The only service of a file that has no problems."""
    found = read(text, files, **more)
    assert found.problems == ()
    assert found.notes == ()
    (only,) = found.services
    return only


def launch(keys: str, files: Mapping[str, str] | None = None, **more: object) -> Launch:
    """Of a service with these keys beside its image."""
    return service(of(keys), files, **more).launch


def of(keys: str) -> str:
    return "services:\n  app:\n    image: app:1\n" + textwrap.indent(textwrap.dedent(keys).strip("\n"), "    ") + "\n"
