"""JSON from outside, read within bounds: size, depth, length of numbers; no duplicate keys, NaN or lone surrogates."""

from __future__ import annotations

import json
from typing import NoReturn

from envdoctor.patterns import lazily

MOST_CHARACTERS = 5 * 1024 * 1024
_MOST_LEVELS = 64
_MOST_DIGITS = 300
_SURROGATE = lazily(r"\\u[dD][89a-fA-F]")


class JsonError(ValueError):
    """The text is not JSON that is read here; the message says why and where."""


def load(text: str, most: int = MOST_CHARACTERS) -> object:
    """The value of a JSON text of at most so many characters. Raises JsonError."""
    text = text.removeprefix("\ufeff")
    if len(text) > most:
        raise JsonError(f"it has {len(text)} characters; {most} are the most that are read")
    if not text.strip():
        raise JsonError("it is empty")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise JsonError(f"it is nested deeper than {_MOST_LEVELS} levels") from error
    _refuse_depth(value)
    if _SURROGATE.search(text):
        _refuse_surrogates(value)
    return value


def shown(value: object, most: int = 60) -> str:
    """A value for a message: as JSON in ASCII (so no control character is left), shortened."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    text = json.dumps(value[: most + 1] if isinstance(value, str) else value)
    return text if len(text) <= most else f"{text[:most]}…"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonError(f"the key {shown(twice)} is given twice in one object, and which one counts is not clear")
    return fields


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise JsonError(f"a number has {len(text)} digits; {_MOST_DIGITS} are the most that are read")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise JsonError(f"the number {text[:40]} is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _refuse_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(_MOST_LEVELS):
        containers = [item for item in level if isinstance(item, (dict, list))]
        if not containers:
            return
        level = [child for item in containers for child in (item.values() if isinstance(item, dict) else item)]
    raise JsonError(f"it is nested deeper than {_MOST_LEVELS} levels")


def _refuse_surrogates(value: object) -> None:
    """Half a character ("\\ud800") cannot be printed. The depth is bounded before, so encoding cannot overflow."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise JsonError("a text holds half of a character (a lone surrogate such as \\ud800)") from error
