"""One text with variables in it, walked over character by character: the machine behind `expansion.expand`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envdoctor.patterns import lazily
from envdoctor.readers.wildcards import MAX_PATTERN, MAX_SUBJECT, replaced, without_prefix, without_suffix

MAX_LENGTH = 64 * 1024
"""Characters that one expansion may yield. `ENV A=$A$A` doubles with each line."""

MAX_DEPTH = 32
"""Levels of ${A:-${B:-…}}."""

_ORDINARY = {
    "\\": lazily(r"""[^$'"\\}/]+"""),
    "`": lazily(r"""[^$'"`}/]+"""),
}
_IN_DOUBLE_QUOTES = {"\\": re.compile(r"""[^$"\\]+"""), "`": re.compile(r"""[^$"`]+""")}
_NAME = lazily(r"[0-9]+|[@*#?$!-]|[^\W\d]\w*")


class ExpansionError(ValueError):
    """The text cannot be expanded, by Docker neither. The message says what was read."""


class Budget:
    """What all expansions of one file may cost together, in characters handled: a file of 5 MiB could ask for days."""

    __slots__ = ("left",)

    def __init__(self, characters: int = 16 * 1024 * 1024) -> None:
        self.left = characters

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise ExpansionError("the variables of this file expand to more than can be read")


class Lexer:
    """Walks over one text. What depends on an unknown variable is kept as written, and its name goes to `missing`."""

    def __init__(
        self, text: str, variables: Mapping[str, str | None], escape: str, undeclared_is_empty: bool, budget: Budget
    ) -> None:
        self.text = text
        self.variables = variables
        self.escape = escape
        self.undeclared_is_empty = undeclared_is_empty
        self.budget = budget
        self.position = 0
        self.depth = 0
        self.takes_quotes = True
        self.keeps_escapes = False  # in patterns, where \* is a star
        self.missing: list[str] = []
        self.unset: list[str] = []

    def until(self, stop: str) -> str:
        """The expanded text up to the character `stop`, which is passed over, or with "" up to the end."""
        text, escape, ordinary = self.text, self.escape, _ORDINARY[self.escape]
        found: list[str] = []
        length = 0
        while self.position < len(text):
            character = text[self.position]
            if character == stop:
                self.position += 1
                return "".join(found)
            if character == "$":
                piece = self._dollar()
            elif character == "'" and self.takes_quotes:
                piece = self._single_quotes()
            elif character == '"' and self.takes_quotes:
                piece = self._double_quotes()
            elif character == escape:
                piece = self._escaped()
            else:
                match = ordinary.match(text, self.position)
                piece = match.group() if match else character
                self.position += len(piece)
            found.append(piece)
            length = self._counted(length, piece)
        if stop:
            raise ExpansionError(f"{self.text[:60]!r} was read, expected a {stop} to end its substitution")
        return "".join(found)

    def _counted(self, length: int, piece: str) -> int:
        self.budget.spend(len(piece))
        length += len(piece)
        if length > MAX_LENGTH:
            raise ExpansionError(f"{self.text[:60]!r} expands to more than {MAX_LENGTH:,} characters")
        return length

    def _escaped(self) -> str:
        """The escape character and the one it escapes; at the end of the text it is dropped."""
        pair = self.text[self.position : self.position + 2]
        self.position += len(pair)
        return pair if self.keeps_escapes else pair[1:]

    def _single_quotes(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise ExpansionError(f"{self.text[:60]!r} was read, expected a second single quote")
        inside = self.text[self.position + 1 : end]
        self.position = end + 1
        return inside

    def _double_quotes(self) -> str:
        text, ordinary = self.text, _IN_DOUBLE_QUOTES[self.escape]
        found: list[str] = []
        length = 0
        self.position += 1
        while self.position < len(text):
            character = text[self.position]
            if character == '"':
                self.position += 1
                return "".join(found)
            if character == "$":
                piece = self._dollar()
            elif character == self.escape:
                piece = self._escaped_in_double_quotes()
            else:
                match = ordinary.match(text, self.position)
                piece = match.group() if match else character
                self.position += len(piece)
            found.append(piece)
            length = self._counted(length, piece)
        raise ExpansionError(f"{self.text[:60]!r} was read, expected a second double quote")

    def _escaped_in_double_quotes(self) -> str:
        """Only a quote, a dollar and the escape character itself can be escaped; before others it stands."""
        following = self.text[self.position + 1 : self.position + 2]
        kept = self.escape if self.keeps_escapes else ""
        if following and following in ('"', "$", self.escape):
            self.position += 2
            return kept + following
        self.position += 1
        return kept + self.escape if following else kept

    def _dollar(self) -> str:
        start = self.position
        self.position += 1
        if not self.text.startswith("{", self.position):
            name = self._name()
            return self._plain(name, f"${{{name}}}") if name else "$"
        self.position += 1
        if self.depth >= MAX_DEPTH:
            raise ExpansionError(f"{self.text[:60]!r} nests substitutions more than {MAX_DEPTH} deep")
        self.depth += 1
        value = self._braces(start)
        self.depth -= 1
        return value

    def _name(self) -> str:
        match = _NAME.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match.group()

    def _braces(self, start: int) -> str:
        """What follows `${`. `start` is where the dollar stands."""
        following = self.text[self.position : self.position + 1]
        if not following or following in "{}:":
            raise ExpansionError(f"{self.text[start : start + 60]!r} was read, expected ${{NAME}}")
        name = self._name()
        operator = self.text[self.position : self.position + 1]
        self.position += 1
        if operator == "}":
            return self._plain(name, self.text[start : self.position])
        if operator == "/":
            return self._replacement(start, name)
        or_empty = operator == ":"
        if or_empty:
            operator = self.text[self.position : self.position + 1]
            self.position += 1
        if not operator or operator not in "-+?#%":
            raise ExpansionError(
                f"{self.text[start : start + 60]!r} was read, expected :- - :+ + :? ? # ## % %% / or // after the name"
            )
        return self._with_operator(start, name, operator, or_empty)

    def _value(self, name: str) -> tuple[str, bool] | None:
        """The value and whether it is set; None if it is not known."""
        if name in self.variables:
            value = self.variables[name]
            return None if value is None else (value, True)
        return ("", False) if self.undeclared_is_empty else None

    def _plain(self, name: str, source: str) -> str:
        found = self._value(name)
        if found is None:
            self.missing.append(name)
            return source
        if not found[1]:
            self.unset.append(name)
        return found[0]

    def _pattern(self, stop: str) -> str:
        return self._word(stop, keeps_escapes=True)

    def _plain_word(self) -> str:
        return self._word("}", keeps_escapes=False)

    def _word(self, stop: str, *, keeps_escapes: bool) -> str:
        outside, self.keeps_escapes = self.keeps_escapes, keeps_escapes
        found = self.until(stop)
        self.keeps_escapes = outside
        return found

    def _with_operator(self, start: int, name: str, operator: str, or_empty: bool) -> str:
        before, unset_before = len(self.missing), len(self.unset)
        word = self._pattern("}") if operator in "#%" else self._plain_word()
        in_word, unset_in_word = self.missing[before:], self.unset[unset_before:]
        del self.missing[before:], self.unset[unset_before:]
        found = self._value(name)
        if found is None:
            self.missing.append(name)
            return self.text[start : self.position]
        value, is_set = found
        is_set = is_set and not (or_empty and not value)
        if operator == "?" and not is_set:
            raise ExpansionError(f"{name}: {word[:200] or 'no value is given'} (an ARG or --build-arg must set it)")
        if operator in "-+?":
            takes_word = operator != "?" and is_set == (operator == "+")
            self.missing += in_word if takes_word else ()
            self.unset += unset_in_word if takes_word else ()
            return word if takes_word else value if operator != "+" else ""
        if in_word:
            self.missing += in_word
            return self.text[start : self.position]
        return self._trimmed(value, operator, word)

    def _trimmed(self, value: str, operator: str, word: str) -> str:
        longest = word.startswith(operator)
        pattern = word[1:] if longest else word
        self._afford(pattern, value)
        return (without_prefix if operator == "#" else without_suffix)(value, pattern, longest)

    def _replacement(self, start: int, name: str) -> str:
        everywhere = self.text.startswith("/", self.position)
        self.position += everywhere
        before = len(self.missing)
        pattern = self._pattern("/")
        replacement = self._pattern("}")
        found = self._value(name)
        if found is None:
            del self.missing[before:]
            self.missing.append(name)
        if found is None or len(self.missing) > before:
            return self.text[start : self.position]
        self._afford(pattern, found[0])
        if everywhere and len(found[0]) * len(replacement) > MAX_SUBJECT * MAX_PATTERN:
            raise ExpansionError(f"{self.text[:60]!r} expands to more than {MAX_LENGTH:,} characters")
        return replaced(found[0], pattern, replacement, everywhere)

    def _afford(self, pattern: str, value: str) -> None:
        """A pattern with ? is matched in time proportional to pattern times value, so both are kept short."""
        if len(pattern) > MAX_PATTERN or len(value) > MAX_SUBJECT:
            raise ExpansionError(
                f"{self.text[:60]!r} was read, expected at most {MAX_PATTERN} characters of pattern and {MAX_SUBJECT:,}"
                " of value"
            )
        self.budget.spend(len(value) * (len(pattern) if "?" in pattern else 1))
