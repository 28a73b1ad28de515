"""environment.yml in forms of YAML that are not one item a line: lists in brackets, anchors, quotes over several lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.patterns import lazily

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 20_000
"""Longest text for which YAML's parser, 3 seconds for 100 KB of brackets, is asked."""

_MAX_DEPTH = 50
_QUOTED = lazily(r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#.*")


class CondaEnvironmentError(ValueError):
    """The file cannot be read at all: one sentence; `line` is 1-based, None where it is not told."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Item(NamedTuple):
    line: int
    text: str


class Parts(NamedTuple):
    """`strange` are entries of dependencies that are neither a spec nor a pip list."""

    specs: tuple[Item, ...] = ()
    channels: tuple[str, ...] = ()
    pip: tuple[Item, ...] = ()
    strange: tuple[Item, ...] = ()


def read_parts(text: str, label: str) -> Parts:
    """Raises CondaEnvironmentError."""
    root = _composed(text, label)
    if root is None or root.id != "mapping":
        raise CondaEnvironmentError(f"{label} is no environment file, expected a mapping with `dependencies:`", 1)
    found: dict[str, Any] = {key.value: value for key, value in root.value if key.id == "scalar"}
    specs, pip, strange = [], [], []
    dependencies = found.get("dependencies")
    if dependencies is not None and dependencies.id == "mapping":
        strange.append(Item(dependencies.start_mark.line + 1, "a mapping"))
    for node in _sequence(dependencies):
        if node.id == "scalar":
            specs.append(_item(node))
        elif node.id == "mapping" and [key.value for key, _ in node.value] == ["pip"]:
            pip += [_item(each) for each in _sequence(node.value[0][1]) if each.id == "scalar"]
        else:
            strange.append(Item(node.start_mark.line + 1, "a mapping" if node.id == "mapping" else "a list"))
    channels = tuple(node.value for node in _sequence(found.get("channels")) if node.id == "scalar")
    return Parts(tuple(specs), channels, tuple(pip), tuple(strange))


def _composed(text: str, label: str) -> Any:
    """YAML's nodes, which know their lines and in which an alias is no copy."""
    import warnings

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    _refuse_deep(text, label)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an anchor that is used twice, which YAML allows
            return YAML(typ="safe", pure=True).compose(text)
    except RecursionError:
        raise CondaEnvironmentError(f"{label} is nested too deeply, expected an environment file") from None
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line + 1, len(text.splitlines()) or 1) if mark is not None else None
        what = getattr(error, "problem", None) or "it has characters that YAML does not allow"
        where = f"{label}:{line}" if line else label
        raise CondaEnvironmentError(f"{where}: is not valid YAML: {what}", line) from error


def _refuse_deep(text: str, label: str) -> None:
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        for mark in re.findall(r"[\[\]{}]", _QUOTED.sub("", line)):
            depth = max(depth + (1 if mark in "[{" else -1), 0)
            if depth > _MAX_DEPTH:
                raise CondaEnvironmentError(
                    f"{label}:{number}: is nested too deeply, expected an environment file", number
                )


def _sequence(node: Any) -> Iterator[Any]:
    if node is not None and node.id == "sequence":
        yield from node.value


def _item(node: Any) -> Item:
    return Item(node.start_mark.line + 1, " ".join(str(node.value).split()))
