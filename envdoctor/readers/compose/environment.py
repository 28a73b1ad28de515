"""The variables that a compose service gives its container: `environment` over `env_file`.

Sources: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#environment , #env_file
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.readers.compose.fields import Fields, text_of, truth
from envdoctor.readers.compose.project import Project, under
from envdoctor.readers.compose.tree import Node
from envdoctor.readers.docker_options import ANY_NAME
from envdoctor.readers.indexes import redacted
from envdoctor.readers.secret_values import is_secret


class Variables(NamedTuple):
    env: Fact[Mapping[str, str]]
    passed: frozenset[str]


class _Collected:
    """`values` are known, `passed` are names with a value of run time; a password counts as such: it is kept nowhere."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.passed: set[str] = set()
        self.origin: Origin | None = None

    def set(self, name: str, value: str | None) -> None:
        if value is None or is_secret(name):
            self.passed.add(name)
            self.values.pop(name, None)
        else:
            self.passed.discard(name)
            self.values[name] = redacted(value)


def service_variables(fields: Fields, project: Project) -> Variables:
    found = _Collected()
    files, own = fields.get("env_file"), fields.get("environment")
    if files is not None:
        found.origin = files.origin
        for entry in files.items if files.kind == "list" else (files,):
            _read_file(entry, fields, project, found)
    if own is not None:
        found.origin = own.origin
        _read_own(own, fields, project, found)
    if found.origin is None:
        return Variables(fields.missing("environment"), frozenset())
    passed = frozenset(found.passed)
    if not found.values and ANY_NAME in passed:
        return Variables(unknown(f"the environment of service {fields.name} is not known", found.origin), passed)
    return Variables(known(found.values, found.origin), passed)


def _read_own(own: Node, fields: Fields, project: Project, found: _Collected) -> None:
    for name, value in pairs(own, fields, "environment"):
        if "$" in name:
            found.passed.add(ANY_NAME)
        elif value is None or value.is_null:
            found.set(name, project.variables.get(name))  # taken from the shell or from .env
        else:
            found.set(name, value.text if value.kind == "text" else None)


def pairs(node: Node, fields: Fields, key: str) -> Iterator[tuple[str, Node | None]]:
    """Names and values of a map, or of a list of NAME=VALUE; None where NAME stands alone."""
    if node.kind == "map":
        for name, value in node.fields.items():
            if value.is_scalar or value.is_null:
                yield name, value
            else:
                fields.wrong(value, f"a value of {key}", "a text or a number")
        return
    if node.kind != "list":
        fields.wrong(node, key, "a map or a list of NAME=VALUE")
        return
    for item in node.items:
        if not item.is_scalar:
            if not item.is_null:
                fields.wrong(item, f"an entry of {key}", "NAME=VALUE")
            continue
        name, equals, text = item.text.partition("=")
        open_ = item.kind == "open" and "$" in text
        yield name, item._replace(text=text, kind="open" if open_ else "text") if equals else None


def _read_file(entry: Node, fields: Fields, project: Project, found: _Collected) -> None:
    path = entry.text if entry.is_scalar else text_of(entry, "path")
    if path is None:
        fields.wrong(entry, "an entry of env_file", "the path of a file, or a map with its path")
        return
    held = entry.fields.get("path", entry)
    if held.kind == "open":
        found.passed.add(ANY_NAME)
        return
    raw = text_of(entry, "format") == "raw"
    needed = truth(text_of(entry, "required") or "true") is not False
    variables = project.env_file(under(held.folder, path), raw=raw)
    if variables is None:
        if needed:
            found.passed.add(ANY_NAME)
            fields.problems.add(
                entry.origin,
                f"env_file {redacted(path)[:200]} of service {fields.name} is not there or may not be read, expected a "
                "file of NAME=VALUE lines (or required: false); docker compose does not start without it",
            )
        return
    for name, value in variables.items():
        found.set(name, value)
