"""The words of `docker run` and `docker build`, cut into options with their values, and what comes behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.docker_tables import BUILD, RUN, Table
from envdoctor.readers.shell import Command
from envdoctor.readers.shell.as_written import Perhaps, is_only_expansion, is_open

__all__ = ["BUILD", "RUN", "Given", "Options", "Table", "Word", "options", "words_of"]

MAX_PROBLEMS = 20


class Word(NamedTuple):
    """`value` is None where it depends on run time; `text` is what is written then. `line` is 0-based."""

    value: str | None
    text: str
    line: int

    @property
    def shown(self) -> str:
        """The value, or what is written, without quotes around it."""
        if self.value is not None:
            return self.value
        quoted = len(self.text) > 1 and self.text[0] == self.text[-1] == '"'
        return self.text[1:-1] if quoted else self.text

    @property
    def is_open(self) -> bool:
        """May it be several words, or none?"""
        return is_open(self.value, self.text)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words it may hold; none if that is not known."""
        return self.text.choices if isinstance(self.text, Perhaps) else ()


class Given(NamedTuple):
    """An option. `name` is the long form with its dashes. `value` is None for one whose value is known only at run time
    and for a bare flag; `text` is the value as written."""

    name: str
    value: str | None
    text: str
    line: int
    is_flag: bool = False


class Options(NamedTuple):
    """`rest` are the words that are no options; `unknown` those that may hold further options, of which only those
    called `possible` are possible (None: any)."""

    given: tuple[Given, ...]
    rest: tuple[Word, ...]
    unknown: tuple[Word, ...]
    problems: tuple[tuple[int, str], ...]
    possible: frozenset[str] | None = None


_FOLLOWING = 60
"""Words behind an unknown one that are looked at to tell what it is."""

_ALIASES = {"--net": "--network", "--net-alias": "--network-alias", "--dns-option": "--dns-opt"}
_OPTION_HINT = lazily(r"ARG|OPT|FLAG|PARAM|SWITCH", re.IGNORECASE)
_FLAGS_HINT = lazily(r"FLAGS|OPTIONS|OPTS", re.IGNORECASE)
_IMAGE_HINT = lazily(r"IMAGE|IMG|(?<![A-Z])TAG|REPO", re.IGNORECASE)
_NAMED_IMAGE = lazily(r"(?:IMAGE|IMG|IMAGE_?(?:NAME|TAG|URI|ID))\}?$", re.IGNORECASE)
_WEAK_OPTION_HINT = lazily(
    r"MOUNT|VOL|ENV|GPU|PORT|NET|DEVICE|EXTRA|SHM|LIMIT|X11|DISPLAY|USER|RUNTIME|TTY|INTERACTIVE|CAP|LINK|DETACH",
    re.IGNORECASE,
)
_PRINTS_OPTION = lazily(r"\b(?:echo|printf)\s{1,9}[\"']?-")  # $([ -t 0 ] && echo -it)
_LIKE_IMAGE = lazily(r"[a-z0-9][\w.-]*(?::[0-9]+)?(?:/[\w.-]+)*[:@][\w.:-]+|[a-z0-9][\w.-]*(?:/[\w.-]+)+", re.ASCII)


def words_of(command: Command, start: int = 0) -> list[Word]:
    parts = zip(command.words[start:], command.texts[start:], command.lines[start:], strict=True)
    return [Word(*part) for part in parts]


def options(words: Sequence[Word], table: Table, *, mixed: bool = False, only: bool = False) -> Options:
    """Options up to the first word that is none; with `mixed` (docker build) also between and behind the others.
    `only`: there are options alone, so that an unknown word is never an image."""
    given: list[Given] = []
    rest: list[Word] = []
    unknown: list[Word] = []
    problems: list[tuple[int, str]] = []
    index = 0
    while index < len(words):
        word = words[index]
        shown = word.shown
        if word.value == "--":
            rest.extend(words[index + 1 :])
            break
        if len(shown) > 1 and shown[0] == "-":
            index += _option(words, index, table, given, problems)
        elif word.value is None and (only or not _stands_alone(words, index, table)):
            unknown.append(word)
        else:
            rest.append(word)
            if not mixed:
                rest.extend(words[index + 1 :])
                break
        index += 1
    possible = _possible(unknown, table)
    return Options(tuple(given), tuple(rest), tuple(unknown), tuple(problems[:MAX_PROBLEMS]), possible)


def _possible(unknown: Sequence[Word], table: Table) -> frozenset[str] | None:
    """The names of the options among the choices of unknown words; None where one may hold anything."""
    names: set[str] = set()
    for word in unknown:
        words = [Word(None if {"$", "`"}.intersection(text) else text, text, word.line) for text in word.choices]
        found = options(words, table, only=True)
        if not words or found.unknown or found.rest or found.problems:
            return None
        names.update(item.name for item in found.given)
    return frozenset(names)


def _stands_alone(words: Sequence[Word], index: int, table: Table) -> bool:
    """Is an unknown word where options stand the image (the context of a build), or does it hold options?"""
    word = words[index]
    text, is_last = word.shown, index + 1 == len(words)
    if text.startswith(("$@", "$*", "${@", "${*")):
        return False
    if not word.is_open and not is_only_expansion(text):
        return True
    if _NAMED_IMAGE.search(text):
        return True
    if (
        _OPTION_HINT.search(text)
        or _PRINTS_OPTION.search(text)
        or any(choice.startswith("-") for choice in word.choices)
    ):
        return False
    if not word.is_open or _IMAGE_HINT.search(text):
        return not (word.is_open and "[@]" in text)
    if is_last or table is BUILD:
        return "[@]" not in text
    following = words[index + 1 : index + 1 + _FOLLOWING]
    if _options_follow(following, table) or _image_follows(following):
        return False
    after = words[index + 1]
    if after.shown.startswith("-"):
        return True
    if _WEAK_OPTION_HINT.search(text) or "[@]" in text:
        return False
    if after.value is None:
        return not _IMAGE_HINT.search(after.text)
    return not _LIKE_IMAGE.fullmatch(after.value)


def _image_follows(words: Sequence[Word]) -> bool:
    """Is one of the next words, none of which is known, called an image or options: `$MOUNTS $MAPS $IMAGE $CMD`?"""
    for word in words:
        if word.value is not None:
            return ":" in word.value and _LIKE_IMAGE.fullmatch(word.value) is not None
        if _IMAGE_HINT.search(word.shown) or _FLAGS_HINT.search(word.shown) or _LIKE_IMAGE.fullmatch(word.shown):
            return True
    return False


def _options_follow(words: Sequence[Word], table: Table) -> bool:
    """Behind further words that are not known, is there an option, and an image behind it? `$IMAGE -c "ls"` has none, and
    `$GPUS $MOUNTS -it ubuntu:22.04 bash` has one."""
    start = next((number for number, word in enumerate(words) if not word.is_open), len(words))
    first = words[start].shown if start < len(words) else ""
    if first.startswith("--"):
        name = first.partition("=")[0]
        return name in table.flags or name in table.valued
    if not first.startswith("-") or not all(letter in table.short for letter in first[1:2]):
        return False
    given: list[Given] = []
    problems: list[tuple[int, str]] = []
    index, end = start, len(words)
    while index < end and words[index].shown.startswith("-"):
        index += _option(words, index, table, given, problems) + 1
    if problems or index >= end:
        return False
    image = words[index].value
    mounts = any(":/" in item.text for item in given)
    return image is None or mounts or len(given) > 1 or _LIKE_IMAGE.fullmatch(image) is not None


def _option(
    words: Sequence[Word], index: int, table: Table, given: list[Given], problems: list[tuple[int, str]]
) -> int:
    """Adds one option, or a cluster such as -it; how many words more than one it took."""
    word = words[index]
    shown = word.shown
    name, equals, value = shown.partition("=")
    if not shown.startswith("--"):
        return _cluster(words, index, table, given, problems)
    is_flag, is_valued = name in table.flags, name in table.valued
    if not is_flag and not is_valued:
        problems.append((word.line, f"{name[:60]} is no option of {table.command} that is known here"))
    name = _ALIASES.get(name, name)
    if equals:
        known = word.value is not None or not {"$", "`"}.intersection(value)
        given.append(Given(name, value if known else None, value, word.line))
        return 0
    if is_flag or (not is_valued and not _takes_next(words, index)):
        given.append(Given(name, None, "", word.line, is_flag=True))
        return 0
    return _next_word(words, index, name, given)


def _takes_next(words: Sequence[Word], index: int) -> bool:
    """Of an option nobody knows: the next word is its value if an image can still follow."""
    following = [word.shown for word in words[index + 1 : index + 3]]
    if len(following) < 2 or following[0].startswith("-"):
        return False
    return not _LIKE_IMAGE.fullmatch(following[0])


def _next_word(words: Sequence[Word], index: int, name: str, given: list[Given]) -> int:
    if index + 1 >= len(words):
        given.append(Given(name, None, "", words[index].line))
        return 0
    following = words[index + 1]
    given.append(Given(name, following.value, following.shown, words[index].line))
    return 1


def _cluster(
    words: Sequence[Word], index: int, table: Table, given: list[Given], problems: list[tuple[int, str]]
) -> int:
    """`-it`, `-eX=Y`, `-p 80:80`: flags up to the first letter that takes a value."""
    word = words[index]
    shown = word.shown
    for position, letter in enumerate(shown[1:], 1):
        name = table.short.get(letter)
        if name is None:
            problems.append((word.line, f"{shown[:60]} is no option of {table.command} that is known here"))
            return 1 if position == 1 and _takes_next(words, index) else 0
        if name in table.flags:
            if shown[position + 1 : position + 2] == "=":  # -t=false
                given.append(Given(name, shown[position + 2 :], shown[position + 2 :], word.line))
                return 0
            given.append(Given(name, None, "", word.line, is_flag=True))
            continue
        rest = shown[position + 1 :].removeprefix("=")
        if not rest:
            return _next_word(words, index, name, given)
        given.append(Given(name, rest if word.value is not None else None, rest, word.line))
        return 0
    return 0
