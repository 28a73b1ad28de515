"""Variables in a compose file: $NAME, ${NAME}, ${NAME:-y} ${NAME-y} ${NAME:+y} ${NAME+y} ${NAME:?y} ${NAME?y}, nested, $$.

A variable that nobody sets and that has no default is the empty text for docker compose, with a warning. The machine that
the file is made for may set it, so here it is not known.
Sources: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md ,
https://github.com/compose-spec/compose-go/blob/main/template/template.go
"""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.patterns import lazily
from envdoctor.readers.compose.tree import Substituted

MAX_LENGTH = 64 * 1024
"""Characters that one value may become: `.env` files can double a value with each line."""

MAX_NESTING = 32
_NAME = lazily(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = lazily(r":?[-?+]")
_FORMS = "expected $NAME, ${NAME}, ${NAME:-default} or $$ for a dollar sign"


class InterpolationError(ValueError):
    """docker compose refuses the file for it. The message quotes no value: it may be a password."""


def substitute(text: str, variables: Mapping[str, str | None]) -> Substituted:
    """The text with its variables, and the names of those whose value is not known: they stay as `${NAME}`.

    A variable that maps to None is set to something that is not known. Raises InterpolationError.
    """
    if "$" not in text:
        return text, ()
    walk = _Walk(text, variables)
    result = walk.until_end()
    return result, tuple(dict.fromkeys(walk.missing))


class _Walk:
    def __init__(self, text: str, variables: Mapping[str, str | None]) -> None:
        self.text, self.variables = text, variables
        self.position = self.nesting = 0
        self.missing: list[str] = []

    def until_end(self) -> str:
        return self._until(in_braces=False)

    def _until(self, *, in_braces: bool) -> str:
        found: list[str] = []
        length = 0
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == "$":
                piece = self._dollar()
            elif character == "}" and in_braces:
                self.position += 1
                return "".join(found)
            else:
                piece = self._plain()
            found.append(piece)
            length += len(piece)
            if length > max(MAX_LENGTH, len(self.text)):
                raise InterpolationError(
                    f"its variables make more than {MAX_LENGTH:,} characters of it, expected fewer"
                )
        if in_braces:
            raise InterpolationError("a ${ was read and no } that ends it, " + _FORMS)
        return "".join(found)

    def _plain(self) -> str:
        """Up to the next character that may mean something."""
        ends = [end for end in (self.text.find("$", self.position), self.text.find("}", self.position)) if end >= 0]
        end = max(min(ends, default=len(self.text)), self.position + 1)
        piece, self.position = self.text[self.position : end], end
        return piece

    def _dollar(self) -> str:
        self.position += 1
        if self.text.startswith("$", self.position):
            self.position += 1
            return "$"
        if self.text.startswith("{", self.position):
            self.position += 1
            return self._braces()
        name = self._name()
        if not name:
            raise InterpolationError(f"a $ was read with no name after it, {_FORMS}; docker compose refuses the file")
        return self._value(name)

    def _name(self) -> str:
        match = _NAME.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match.group()

    def _value(self, name: str) -> str:
        value = self.variables.get(name)
        if value is None:
            self.missing.append(name)
            return f"${{{name}}}"
        return value

    def _braces(self) -> str:
        name = self._name()
        if not name:
            raise InterpolationError(f"a ${{ was read with no name after it, {_FORMS}; docker compose refuses the file")
        if self.text.startswith("}", self.position):
            self.position += 1
            return self._value(name)
        operator = _OPERATOR.match(self.text, self.position)
        if operator is None:
            raise InterpolationError(f"${{{name} was read with no }} and none of :- - :+ + :? ? after it, {_FORMS}")
        self.position = operator.end()
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise InterpolationError(f"variables are nested more than {MAX_NESTING} deep, expected fewer")
        before = len(self.missing)
        word = self._until(in_braces=True)
        self.nesting -= 1
        in_word = self.missing[before:]
        del self.missing[before:]
        return self._chosen(name, operator.group(), word, in_word)

    def _chosen(self, name: str, operator: str, word: str, in_word: list[str]) -> str:
        """The word counts where it is the one that is taken."""
        value = self.variables.get(name)
        if name in self.variables and value is None:
            self.missing.append(name)
            return f"${{{name}}}"
        is_set = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("?"):
            return self._value(name) if is_set else self._required(name)
        if is_set == operator.endswith("+"):
            self.missing += in_word
            return word
        return value or ""

    def _required(self, name: str) -> str:
        """The file says that whoever starts it sets the variable."""
        self.missing.append(name)
        return f"${{{name}}}"
