"""uv.lock: the exact versions that `uv sync` installs, for the extras and groups that are chosen.

uv writes the file itself, one table or list item a line, so that it is read line by line: a TOML parser takes a second for
a long one. What does not look as uv writes it is not read, and the file then says nothing.
Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from envdoctor.facts import Origin, Package
from envdoctor.patterns import lazily
from envdoctor.readers.gpu_packages import bears_on_gpu
from envdoctor.readers.indexes import TORCH_FAMILY, is_pypi, redacted, variant_of_index, variant_of_local
from envdoctor.readers.markers import MarkerError, holds
from envdoctor.readers.requirement import normalized

MAX_LINES = 200_000
_MAX_VISITS = 20_000
_MAX_MARKER = 2_000

_PLAIN = lazily(r'(name|version) = "([^"\\]{1,200})"')
_SOURCE = lazily(r'source = \{ (\w+) = "([^"\\]{0,500})"')
_LIST = lazily(r"([\w.-]+|\"[^\"]+\") = \[(\]?)")
_ITEM_NAME = lazily(r'\s+\{ name = "([^"\\]{1,200})"')
_ITEM_VERSION = lazily(r', version = "([^"\\]{1,200})"')
_ITEM_SOURCE = lazily(r', source = \{ \w+ = "([^"\\]{0,500})"')
_ITEM_MARKER = lazily(r', marker = "([^"\\]{1,2000})"')
_ITEM_EXTRAS = lazily(r", extra = \[([^\]]{0,500})\]")
_CHOSEN = lazily(r"extra (==|!=) '((?:extra|group)-\d+-[\w.-]+)'")


class Need(NamedTuple):
    """One item of a list of dependencies."""

    name: str
    version: str | None
    url: str | None
    marker: str
    extras: tuple[str, ...]


class Locked(NamedTuple):
    """One [[package]]. `kind` is the word of its source: registry, git, url, path, editable, virtual, …
    `needs` are its dependencies: of the package itself under ("", ""), of an extra under ("extra", NAME), of a group."""

    name: str
    version: str | None
    kind: str
    url: str
    line: int
    needs: dict[tuple[str, str], list[Need]]


Lock = Mapping[str, Sequence[Locked]]
"""The packages of a uv.lock by their names, of which one may have several versions."""


class _OtherForm(Exception):
    """The file is not as uv writes it."""


def read_lock(text: str) -> Lock:
    """Empty for a file that uv did not write."""
    found: dict[str, list[Locked]] = {}
    try:
        for each in _tables(text):
            found.setdefault(each.name, []).append(each)
    except _OtherForm:
        return {}
    return found


def locked_packages(
    lock: Lock,
    path: str,
    project: str,
    chosen: tuple[Collection[str], Collection[str]],
    named: Mapping[str, Origin],
) -> list[Package] | None:
    """Everything that is installed for `project` with the `chosen` extras and groups; None where the file does not tell.
    `named` are the places where the project names a package itself: its origin then begins with that place. Of what is
    installed on some machines or Pythons alone, only what bears on a GPU is told, and what the project names."""
    roots = [each for each in lock.get(project, ()) if each.kind in ("editable", "virtual", "directory")]
    if len(roots) != 1:
        return None
    extras, groups = chosen
    marks = {f"extra-{len(project)}-{project}-{name}" for name in extras}
    marks |= {f"group-{len(project)}-{project}-{name}" for name in groups}
    parts = [("", ""), *(("extra", name) for name in extras), *(("group", name) for name in groups)]
    reached = _reached(roots[0], parts, lock, marks)
    if reached is None:
        return None
    return [
        _package(each, condition, path, named)
        for each, condition in reached
        if each is not roots[0] and (not condition or each.name in named or bears_on_gpu(each.name))
    ]


def _tables(text: str) -> Iterator[Locked]:
    here: Locked | None = None
    part: tuple[str, str] | None = None
    within: list[Need] | None = None
    for number, line in enumerate(text.splitlines()[:MAX_LINES], 1):
        if within is not None and line.startswith(" "):
            need = _need(line)
            if need is not None:
                within.append(need)
            continue
        within = None
        if line.startswith("["):
            if line == "[[package]]":
                if here is not None and here.name:
                    yield here
                here = Locked("", None, "", "", number, {})
            kinds = {
                "[[package]]": "",
                "[package.optional-dependencies]": "extra",
                "[package.dev-dependencies]": "group",
            }
            part = (kinds[line], "") if line in kinds else None
        elif here is not None and part is not None:
            here = _with_line(here, line) if not part[0] else here
            opened = _LIST.match(line)
            if opened is not None and (part[0] or opened.group(1) == "dependencies"):
                name = normalized(opened.group(1).strip('"')) if part[0] else ""
                within = None if opened.group(2) else here.needs.setdefault((part[0], name), [])
                if not line.endswith(("[", "[]")):
                    raise _OtherForm
    if here is not None and here.name:
        yield here


def _with_line(here: Locked, line: str) -> Locked:
    plain = _PLAIN.fullmatch(line)
    if plain is not None:
        value = plain.group(2)
        return here._replace(name=normalized(value)) if plain.group(1) == "name" else here._replace(version=value)
    source = _SOURCE.match(line)
    return here._replace(kind=source.group(1), url=source.group(2)) if source is not None else here


def _need(line: str) -> Need | None:
    name = _ITEM_NAME.match(line)
    if name is None:
        return None
    version, source = _ITEM_VERSION.search(line), _ITEM_SOURCE.search(line)
    marker, extras = _ITEM_MARKER.search(line), _ITEM_EXTRAS.search(line)
    return Need(
        normalized(name.group(1)),
        version.group(1) if version else None,
        source.group(1) if source else None,
        marker.group(1) if marker else "",
        tuple(normalized(each.strip(' "')) for each in extras.group(1).split(",")) if extras else (),
    )


def _reached(
    root: Locked, parts: list[tuple[str, str]], by_name: Lock, chosen: Collection[str]
) -> list[tuple[Locked, str]] | None:
    """The packages that the parts of `root` lead to, each with the condition under which it is installed; None for more
    than any project has."""
    conditions: dict[int, str] = {}
    listed: dict[int, Locked] = {}
    seen: set[tuple[int, tuple[str, str], str]] = set()
    decided: dict[str, str | None] = {}
    todo = deque((root, part, "") for part in parts)
    while todo and len(seen) < _MAX_VISITS:
        package, part, condition = todo.popleft()
        key = (id(package), part, condition)
        if key in seen:
            continue
        seen.add(key)
        listed[id(package)] = package
        conditions[id(package)] = condition if conditions.get(id(package), condition) == condition else ""
        for need in package.needs.get(part, ()):
            if need.marker not in decided:
                decided[need.marker] = _condition(need.marker, chosen)
            marker = decided[need.marker]
            target = _target(need, by_name)
            if marker is not None and target is not None:
                both = _both(condition, marker)
                todo.extend((target, next_part, both) for next_part in [("", ""), *(("extra", x) for x in need.extras)])
    return None if todo else [(listed[key], conditions[key]) for key in listed]


def _condition(marker: str, chosen: Collection[str]) -> str | None:
    """What is left to decide of a marker on Linux; None where it is false. `extra == 'extra-7-project-cuda'` asks whether
    that extra is chosen."""
    if not marker:
        return ""
    marker = _CHOSEN.sub(
        lambda match: "'a' == 'a'" if (match[2] in chosen) == (match[1] == "==") else "'a' == 'b'", marker
    )
    try:
        answer = holds(marker)
    except MarkerError:
        return marker
    return marker if answer is None else ("" if answer else None)


def _both(first: str, second: str) -> str:
    """Both conditions. One that grows too long is cut to the nearer part: the other belongs to what leads here."""
    if not first or not second or first == second:
        return first or second
    joined = f"({first}) and ({second})"
    return joined if len(joined) <= _MAX_MARKER else second


def _target(need: Need, by_name: Lock) -> Locked | None:
    found = [
        each
        for each in by_name.get(need.name, ())
        if need.version in (None, each.version) and (need.url is None or need.url == each.url)
    ]
    return found[0] if found else None


def _package(locked: Locked, condition: str, path: str, named: Mapping[str, Origin]) -> Package:
    place = Origin(f"{path}:{locked.line}", path, locked.line)
    origin = named.get(locked.name)
    origin = place if origin is None else origin._replace(label=f"{origin}, {place}")
    version = locked.version
    is_registry = locked.kind == "registry"
    url = redacted(locked.url) if is_registry and not is_pypi(locked.url) else None
    cuda = variant_of_local((version or "").partition("+")[2])
    if cuda is None and url is not None and locked.name in TORCH_FAMILY:
        cuda = variant_of_index(url)
    built = not is_registry and locked.kind != "url"  # from a repository or a folder: of no table
    return Package(
        locked.name, None if built else version, "", cuda, "uv", url, installed=built, origin=origin, marker=condition
    )
