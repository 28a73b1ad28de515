"""NVIDIA_REQUIRE_* as libnvidia-container evaluates it before a container starts (legacy and csv modes).

    NVIDIA_REQUIRE_CUDA="cuda>=12.4 brand=tesla,driver>=535,driver<536 …"

A space is OR, a comma is AND, several NVIDIA_REQUIRE_* variables are ANDed. Properties: cuda, driver, arch, brand;
operators = != < <= > >=. Versions compare numerically field by field, missing fields counting as zero; the brand
compares without case. A property the driver library could not tell counts as satisfied.
Source: github.com/NVIDIA/libnvidia-container src/cli/dsl.c, src/cli/configure.c
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

_OPERATORS = ("!=", "<=", ">=", "=", "<", ">")  # two-character operators first
_PROPERTIES = ("cuda", "driver", "arch", "brand")
_MAX_LENGTH = 65_536


class RequirementError(ValueError):
    """The expression is not one: the container library refuses to start the container ("invalid expression")."""


class Condition(NamedTuple):
    property: str
    operator: str
    value: str


class Device(NamedTuple):
    """What the gate sees. None is not known to us: the answer may then be None."""

    cuda: str | None
    driver: str | None
    arch: str | None
    brand: str | None  # geforce, titan, tesla, quadro, nvs, grid, unknown


@lru_cache(maxsize=256)
def parse(expression: str) -> tuple[tuple[Condition, ...], ...]:
    """The alternatives of an expression, each a conjunction. Raises RequirementError."""
    if len(expression) > _MAX_LENGTH:
        raise RequirementError(
            f"the expression is {len(expression)} characters long; {_MAX_LENGTH} is the most that is read"
        )
    return tuple(tuple(_condition(part) for part in term.split(",")) for term in expression.split())


@lru_cache(maxsize=4096)  # the images of all releases share most of their conditions
def _condition(text: str) -> Condition:
    for index in range(len(text)):
        operator = next((candidate for candidate in _OPERATORS if text.startswith(candidate, index)), None)
        if operator is not None:
            return _checked(text, text[:index].lower(), operator, text[index + len(operator) :])
    raise RequirementError(f"{text[:60]!r} has no operator; expected for example cuda>=12.4")


def _checked(text: str, name: str, operator: str, value: str) -> Condition:
    if name not in _PROPERTIES or not value:
        raise RequirementError(f"{text[:60]!r} is not a condition on cuda, driver, arch or brand")
    if name != "brand" and not all(
        character.isascii() and (character.isdigit() or character == ".") for character in value
    ):
        raise RequirementError(f"{text[:60]!r} compares with something that is not a version")
    return Condition(name, operator, value)


@lru_cache(maxsize=4096)
def admits(expression: str, device: Device) -> bool | None:
    """Does the gate let this device through? None where a value that is not known to us decides.
    An empty expression admits everything. Raises RequirementError."""
    alternatives = parse(expression)
    answers = [_all(term, device) for term in alternatives]
    if not alternatives or True in answers:
        return True
    return None if None in answers else False


def _all(term: tuple[Condition, ...], device: Device) -> bool | None:
    answers = [_holds(condition, device) for condition in term]
    if False in answers:
        return False
    return None if None in answers else True


def _holds(condition: Condition, device: Device) -> bool | None:
    value: str | None = getattr(device, condition.property)
    if value is None:
        return None
    if condition.property == "brand":
        same = value.lower() == condition.value.lower()
        return {"=": same, "!=": not same}.get(condition.operator, False)
    return _compare(value, condition.operator, condition.value)


def _compare(ours: str, operator: str, theirs: str) -> bool | None:
    """A partial version of ours ("535") is every release it can mean: None where they disagree."""
    low, high = _fields(ours), _fields(ours, fill=0 if "." in ours else 999_999)
    wanted = _fields(theirs)
    answers = {_ordered(candidate, operator, wanted) for candidate in (low, high)}
    return answers.pop() if len(answers) == 1 else None


def _ordered(ours: tuple[int, ...], operator: str, theirs: tuple[int, ...]) -> bool:
    return {
        "=": ours == theirs,
        "!=": ours != theirs,
        "<": ours < theirs,
        "<=": ours <= theirs,
        ">": ours > theirs,
        ">=": ours >= theirs,
    }[operator]


@lru_cache(maxsize=1024)
def _fields(version: str, fill: int = 0) -> tuple[int, ...]:
    fields = [int(part) for part in version.split(".") if part][:4]
    return tuple(fields + [fill] * (4 - len(fields)))
