"""One fact: known, absent or unknown, and where that comes from."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Origin(NamedTuple):
    """Where a fact comes from, in the user's words ("Dockerfile:3", "--driver"), with file and line where there are any."""

    label: str
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        return self.label


class FactMissing(Exception):
    """A rule asked for a fact that is not known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FactUnknown(FactMissing):
    """Nobody said: the rule's outcome is `open`."""


class FactAbsent(FactMissing):
    """Known not to be there: the rule does not apply."""


class Fact(Generic[T]):
    """known | absent | unknown, with its origin. Immutable by convention; make one with `known`, `absent`, `unknown`."""

    __slots__ = ("_value", "origin", "reason", "state")

    def __init__(self, state: str, value: T | None, origin: Origin, reason: str) -> None:
        self.state = state
        self._value = value
        self.origin = origin
        self.reason = reason

    def need(self) -> T:
        """The value. Raises FactUnknown or FactAbsent with the reader's own words."""
        if self.state == "known":
            return self._value  # type: ignore[return-value]
        if self.state == "absent":
            raise FactAbsent(self.reason)
        raise FactUnknown(self.reason)

    def get(self) -> T | None:
        """The value, or None if it is absent or unknown. To decide with it, mind that None is not "no"."""
        return self._value

    @property
    def is_known(self) -> bool:
        return self.state == "known"

    @property
    def is_absent(self) -> bool:
        return self.state == "absent"

    @property
    def is_unknown(self) -> bool:
        return self.state == "unknown"

    def __repr__(self) -> str:
        return (
            f"<{self.state} {self._value!r} from {self.origin}>" if self.is_known else f"<{self.state}: {self.reason}>"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fact):
            return NotImplemented
        return (self.state, self._value, self.origin, self.reason) == (
            other.state,
            other._value,
            other.origin,
            other.reason,
        )

    def __hash__(self) -> int:
        return hash((self.state, self.origin, self.reason))


NOWHERE = Origin("not stated")


def known(value: T, origin: Origin) -> Fact[T]:
    return Fact("known", value, origin, "")


def absent(reason: str, origin: Origin = NOWHERE) -> Fact[T]:
    return Fact("absent", None, origin, reason)


def unknown(reason: str, origin: Origin = NOWHERE) -> Fact[T]:
    return Fact("unknown", None, origin, reason)
