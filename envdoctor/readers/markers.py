"""Environment markers (`; python_version < "3.9" and sys_platform == "linux"`), decided as far as anything is known.

`packaging.markers` needs every variable; here Python's version or the CPU may be unknown, so that the answer has three
values. Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.patterns import lazily

LINUX: Mapping[str, str | None] = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "extra": "",
}
"""A Linux container with CPython. Python's version, the CPU and the kernel are not known."""

_TOKEN = lazily(r"""\s*(?:(\(|\))|(===|==|~=|!=|<=|>=|<|>)|"([^"]*)"|'([^']*)'|([A-Za-z_.]+))""")
_MAX_TOKENS = 200
_VERSIONS = frozenset({"python_version", "python_full_version", "implementation_version", "platform_release"})


class MarkerError(ValueError):
    """The text is not a marker."""


def for_python(version: str | None, base: Mapping[str, str | None] = LINUX) -> dict[str, str | None]:
    """The environment with Python "3.10" (or "3.10.12"), for `holds`."""
    short = ".".join(version.split(".")[:2]) if version else None
    full = version if version and version.count(".") > 1 else None
    return {**base, "python_version": short, "python_full_version": full}


def holds(marker: str, environment: Mapping[str, str | None] = LINUX) -> bool | None:
    """Is the marker true? None where that depends on what `environment` leaves open. Raises MarkerError."""
    if not marker.strip():
        return True
    reader = _Reader(_tokens(marker), environment)
    answer = reader.either(0)
    if reader.position < len(reader.tokens):
        raise MarkerError(f'{marker[:60]!r} is not an environment marker such as python_version < "3.9"')
    return answer


def _tokens(marker: str) -> list[tuple[str, str]]:
    """(kind, text) with the kinds ( ) operator, value and name."""
    found: list[tuple[str, str]] = []
    position = 0
    text = marker.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(found) >= _MAX_TOKENS:
            raise MarkerError(f'{marker[:60]!r} is not an environment marker such as python_version < "3.9"')
        parenthesis, operator, double, single, name = match.groups()
        if parenthesis:
            found.append((parenthesis, parenthesis))
        elif operator:
            found.append(("operator", operator))
        elif name:
            found.append(("operator" if name in ("in", "not") else "name", name))
        else:
            found.append(("value", double if double is not None else single))
        position = match.end()
    return found


class _Reader:
    """Recursive descent: or, and, (…), comparison."""

    def __init__(self, tokens: list[tuple[str, str]], environment: Mapping[str, str | None]) -> None:
        self.tokens = tokens
        self.environment = environment
        self.position = 0

    def next(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise MarkerError("the environment marker ends in the middle")
        self.position += 1
        return self.tokens[self.position - 1]

    def follows(self, word: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == ("name", word):
            self.position += 1
            return True
        return False

    def either(self, depth: int) -> bool | None:
        answers = [self.both(depth)]
        while self.follows("or"):
            answers.append(self.both(depth))
        return True if True in answers else (None if None in answers else False)

    def both(self, depth: int) -> bool | None:
        answers = [self.term(depth)]
        while self.follows("and"):
            answers.append(self.term(depth))
        return False if False in answers else (None if None in answers else True)

    def term(self, depth: int) -> bool | None:
        if depth > 20:
            raise MarkerError("the environment marker is nested too deeply")
        left = self.next()
        if left[0] == "(":
            answer = self.either(depth + 1)
            if self.next()[0] != ")":
                raise MarkerError("the environment marker lacks a closing parenthesis")
            return answer
        operator = self.next()
        if operator == ("operator", "not"):
            operator = ("operator", f"not {self.next()[1]}")
        right = self.next()
        if operator[0] != "operator" or left[0] not in ("name", "value") or right[0] not in ("name", "value"):
            raise MarkerError('the environment marker is not made of comparisons such as python_version < "3.9"')
        return self.compared(left, operator[1], right)

    def compared(self, left: tuple[str, str], operator: str, right: tuple[str, str]) -> bool | None:
        values = [self.environment.get(text) if kind == "name" else text for kind, text in (left, right)]
        first, second = values
        if first is None and left == ("name", "python_full_version") and second is not None:
            first = _any_patch(self.environment.get("python_version"), operator, second)
        if first is None or second is None:
            return None
        if operator in ("in", "not in"):
            return (first in second) == (operator == "in")
        if left[1] in _VERSIONS or right[1] in _VERSIONS:
            return _version_compared(first, operator, second)
        if operator in ("==", "===", "!="):
            return (first == second) == (operator != "!=")
        return None


def _any_patch(release: str | None, operator: str, wanted: str) -> str | None:
    """A version to compare in place of "3.10.x", if all of them compare alike: with another release, with the first patch
    ("< 3.10"), with all ("== 3.10.*")."""
    if release is None:
        return None
    numbers = wanted.split(".")
    same = ".".join(numbers[:2]) == release
    alike = (operator in ("<", ">=") and len(numbers) == 2) or numbers[2:] == ["*"]
    return f"{release}.0" if not same or alike else None


def _version_compared(first: str, operator: str, second: str) -> bool | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(f"{operator}{second}").contains(first, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None
