"""A program's arguments, cut into options with their values and the rest, as optparse and argparse cut them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.readers.shell import Command


class Argument(NamedTuple):
    """A word that is no option. `value` is None where it depends on run time; `text` is what is written then."""

    value: str | None
    text: str
    line: int


class Option(NamedTuple):
    """`name` is the long form; `value` is None for a flag, and where it depends on run time."""

    name: str
    value: str | None
    text: str
    line: int


class Grammar(NamedTuple):
    """`valued`: long options that take a value. `short`: letter -> long name."""

    valued: frozenset[str]
    short: Mapping[str, str] = {}
    aliases: Mapping[str, str] = {}


class Arguments(NamedTuple):
    words: tuple[Argument, ...]
    options: tuple[Option, ...]

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def values(self, name: str) -> list[Option]:
        return [option for option in self.options if option.name == name]


def parse(command: Command, start: int, grammar: Grammar) -> Arguments:
    """The arguments from word `start` on."""
    words: list[Argument] = []
    options: list[Option] = []
    index, only_words = start, False
    while index < len(command.words):
        value, text, line = command.words[index], command.texts[index], command.lines[index]
        shown = value if value is not None else text.strip("\"'")
        if only_words or len(shown) < 2 or shown[0] != "-":
            words.append(Argument(value, text, line))
        elif value == "--":
            only_words = True
        elif shown.startswith("--"):
            index += _long(command, index, shown, grammar, options)
        else:
            index += _cluster(command, index, shown, grammar, options)
        index += 1
    return Arguments(tuple(words), tuple(options))


def _long(command: Command, index: int, shown: str, grammar: Grammar, options: list[Option]) -> int:
    """Adds `--name`, `--name=value` or `--name value`; how many words more than one it took."""
    name, equals, given = shown.partition("=")
    name = grammar.aliases.get(name, name)
    line = command.lines[index]
    if equals:
        known = command.words[index] is not None
        options.append(Option(name, given if known else None, given, line))
        return 0
    return _following(command, index, name, name in grammar.valued, options)


def _cluster(command: Command, index: int, shown: str, grammar: Grammar, options: list[Option]) -> int:
    """`-qU`, `-rfile`, `-r file`: flags up to the first letter that takes a value, which may follow it at once."""
    for position, letter in enumerate(shown[1:], 1):
        name = grammar.short.get(letter, f"-{letter}")
        if name not in grammar.valued:
            options.append(Option(name, None, "", command.lines[index]))
            continue
        rest = shown[position + 1 :].removeprefix("=")
        if rest:
            known = command.words[index] is not None
            options.append(Option(name, rest if known else None, rest, command.lines[index]))
            return 0
        return _following(command, index, name, True, options)
    return 0


def _following(command: Command, index: int, name: str, valued: bool, options: list[Option]) -> int:
    if not valued or index + 1 >= len(command.words):
        options.append(Option(name, None, "", command.lines[index]))
        return 0
    options.append(Option(name, command.words[index + 1], command.texts[index + 1], command.lines[index + 1]))
    return 1
