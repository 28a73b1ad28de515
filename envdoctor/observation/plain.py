"""From facts to JSON: what is not known becomes null, and the reason is kept under the value's dotted path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envdoctor.facts import Fact, known

_MOST_CHARACTERS = 16_384
_MOST_REASON = 300


def or_false(fact: Fact[Any]) -> Fact[Any]:
    """For fields where false is a known absence."""
    return known(False, fact.origin) if fact.is_absent else fact


def plain(value: object, where: str, reasons: dict[str, str]) -> object:
    if isinstance(value, Fact):
        if value.is_known:
            return plain(value.need(), where, reasons)
        reasons[where] = text(value.reason)[:_MOST_REASON]
        return None
    if isinstance(value, Mapping):
        return {
            text(str(name)): plain(item, f"{where}.{name}" if where else name, reasons) for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{index}]", reasons) for index, item in enumerate(value)]
    return text(value) if isinstance(value, str) else value


def text(value: str) -> str:
    """Names of files and variables may hold bytes that are no text; half characters are refused by who reads JSON."""
    return (
        value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:_MOST_CHARACTERS]
        if _odd(value)
        else value[:_MOST_CHARACTERS]
    )


def _odd(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)
