"""How the text behind an instruction's keyword splits: flags, words, name=value pairs, JSON arrays, heredoc names.

Each function follows one of BuildKit's parser
(https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser: split_command.go, line_parsers.go,
parser.go) and is tested against it. All are linear in the length of the text.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import NamedTuple

from envdoctor.patterns import lazily

# Go's unicode.IsSpace. str.isspace() and \s also take the separators U+001C to U+001F, which Go does not.
SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

# Words of instructions other than ENV, LABEL and ARG are parted by these only.
BLANKS = lazily(r"[\t\v\f\r ]+")
_LEADING = lazily(f"[{SPACE}]*")


@cache
def _word_pattern(escape: str) -> re.Pattern[str]:
    """A word of ENV, LABEL or ARG: quotes stay in it and hold it together, an unterminated one reaches to the end. An
    escape character that ends the text belongs to no word."""
    token = re.escape(escape)
    return re.compile(rf"""(?:[^{SPACE}'"{token}]+|{token}.|'[^']*'?|"(?:[^"{token}]+|{token}.)*"?)+""", re.DOTALL)


@cache
def _shell_word_pattern() -> re.Pattern[str]:
    """A word of a shell line, quotes and backslashes kept; heredocs are looked for in these. Unlike above, an
    unterminated quote matches nothing, which `heredoc_marks` takes for "no heredoc", as BuildKit does."""
    return re.compile(rf"""(?:[^{SPACE}'"\\$]+|\\.|'[^']*'|"(?:[^"\\]+|\\.)*"|\$\{{[^}}]*\}}|\$)+""", re.DOTALL)


_HEREDOC = lazily(r"([0-9]*)<<(-?)([^<]+)")


@cache
def _quoted_pattern() -> re.Pattern[str]:
    return re.compile(r"""'([^']*)'|"((?:[^"\\]+|\\.)*)"|\\(.)""", re.DOTALL)


class WordsError(ValueError):
    """The text behind a keyword is not what BuildKit accepts there. The message says what was read and expected."""


class HeredocMark(NamedTuple):
    """`<<EOF` in a line. `expand`: the name is unquoted, so variables in the content are substituted."""

    name: str
    expand: bool
    chomp: bool
    file_descriptor: int


def end_of_blanks(text: str, position: int) -> int:
    """Where the white space that starts at `position` ends."""
    match = _LEADING.match(text, position)
    return match.end() if match else position


def flags_and_rest(text: str) -> tuple[tuple[str, ...], int]:
    """The `--name=value` words that `text` starts with, unquoted, and where the rest of it begins.

    A word of two dashes ends the flags. Quotes and backslashes are taken off whatever `# escape` says.
    """
    flags: list[str] = []
    position = 0
    while True:
        position = end_of_blanks(text, position)
        if not text.startswith("--", position):
            return tuple(flags), position
        word, position = _flag(text, position)
        if word == "--":
            return tuple(flags), position
        flags.append(word)


def _flag(text: str, position: int) -> tuple[str, int]:
    """One flag from `position` on, unquoted, and where it ends."""
    found: list[str] = []
    quote = ""
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\\":
            found.append(text[position : position + 1])
            position += 1
        elif quote:
            quote, piece = ("", "") if character == quote else (quote, character)
            found.append(piece)
        elif character in "'\"":
            quote = character
        elif character in SPACE:
            break
        else:
            found.append(character)
    return "".join(found), min(position, len(text))


def words(text: str, escape: str) -> list[str]:
    """The words of an ENV, LABEL or ARG, with their quotes."""
    return _word_pattern(escape).findall(text)


def name_values(text: str, escape: str, keyword: str) -> tuple[tuple[str, str], ...]:
    """The pairs of an ENV or LABEL, new form (`A=b C="d e"`) or old (`A the rest`); quotes are kept.

    Raises WordsError where BuildKit does: no value, or a word without = after the first.
    """
    found = words(text, escape)
    if not found:
        raise WordsError(f"{keyword} without a name was read, expected {keyword} NAME=VALUE")
    if "=" not in found[0]:
        name, *value = BLANKS.split(text, maxsplit=1)
        if not value:
            raise WordsError(f"{keyword} {text[:60]!r} was read, expected a value: {keyword} NAME=VALUE")
        return ((name, value[0]),)
    pairs = []
    for word in found:
        name, equals, new_value = word.partition("=")
        if not equals:
            raise WordsError(f"{word[:60]!r} was read in {keyword}, expected NAME=VALUE (quote a value with blanks)")
        if not name:
            raise WordsError(f"{word[:60]!r} was read in {keyword}, expected a name before the =")
        pairs.append((name, new_value))
    return tuple(pairs)


def arguments(text: str, escape: str) -> tuple[tuple[str, str | None], ...]:
    """The names that an ARG declares, each with its default (quotes kept) or None."""
    found = words(text, escape)
    if not found:
        raise WordsError("ARG without a name was read, expected ARG NAME or ARG NAME=VALUE")
    pairs: list[tuple[str, str | None]] = []
    for word in found:
        name, equals, value = word.partition("=")
        if not name:
            raise WordsError(f"{word[:60]!r} was read in ARG, expected a name before the =")
        pairs.append((name, value if equals else None))
    return tuple(pairs)


class _NotJson(ValueError):
    """A number that Go's JSON reader does not know (NaN, Infinity)."""


def _refuse(constant: str) -> None:
    raise _NotJson(constant)


def _unread(number: str) -> None:
    """A number's value is of no interest, and converting a long one is slow or refused by Python."""


_JSON = json.JSONDecoder(parse_int=_unread, parse_float=_unread, parse_constant=_refuse)


def string_array(text: str) -> tuple[str, ...] | None:
    """`["a", "b"]` as its strings; None for text that is not a JSON array, which is then a shell line.

    Raises WordsError for an array that holds anything but strings.
    """
    if not text.startswith("["):
        return None
    try:
        found = _JSON.decode(text)
    except RecursionError:
        raise WordsError("an array within arrays was read, expected a JSON array of strings") from None
    except ValueError:
        return None
    if not all(isinstance(item, str) for item in found):
        raise WordsError(f"{text[:60]!r} was read, expected a JSON array of strings only")
    # Go's reader turns half of a surrogate pair into U+FFFD; Python keeps it, and it could not be printed.
    return tuple(item.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for item in found)


def heredoc_marks(line: str) -> list[HeredocMark]:
    """The heredocs that a whole instruction line opens, in order; none if its quotes do not match up."""
    found = []
    position = 0
    for match in _shell_word_pattern().finditer(line):
        if line[position : match.start()].strip(SPACE):
            return []
        position = match.end()
        mark = _heredoc_mark(match.group())
        if mark is not None:
            found.append(mark)
    return [] if line[position:].strip(SPACE).rstrip("\\") else found


def _heredoc_mark(word: str) -> HeredocMark | None:
    match = _HEREDOC.fullmatch(word)
    if match is None:
        return None
    number, dash, quoted_name = match.groups()
    name = _quoted_pattern().sub(
        lambda part: next((text for text in part.groups() if text is not None), ""), quoted_name
    )
    if not name:
        return None
    expand = "'" not in quoted_name and '"' not in quoted_name
    return HeredocMark(name, expand, bool(dash), int(number[:9] or "0"))
