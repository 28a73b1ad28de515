"""The nearest known names to one that is not known, for error messages."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(name[:100], list(known), n=most, cutoff=0.5))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "; did you mean driver-too-old?" or an empty string."""
    found = nearest(name, known)
    return f"; did you mean {' or '.join(found)}?" if found else ""
