"""One simple command of a shell script: its words with their lines, the assignments before it, its redirections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.readers.shell.as_written import Element, appended, array, elements
from envdoctor.readers.shell.words import AS_WRITTEN, Variables, kept, text_of, value
from envdoctor.readers.shell.wrappers import Words

if TYPE_CHECKING:
    from tree_sitter import Node


class Redirect(NamedTuple):
    """`attached_to` is the word right before the operator, without a blank between: in `torch>=2.0`, which to the shell
    is `torch > "=2.0"`, it is torch."""

    operator: str
    target: str | None
    line: int
    attached_to: str = ""


class Command(NamedTuple):
    """A simple command, without `sudo`, `env` and the like in front. Lines are 0-based lines of the script.

    A word is None where its text depends on run time; `texts` has what is written there. `conditional`: whether it
    runs is decided during the build (if, case, ||). `variables` is what it sees, its own prefix included. `piped` are
    the words of the command whose output it reads, `stdin` the text of its here-document. `scope` numbers the
    subshells around it: a `cd` inside one does not last.
    """

    words: tuple[str | None, ...]
    lines: tuple[int, ...]
    conditional: bool = False
    redirects: tuple[Redirect, ...] = ()
    texts: tuple[str, ...] = ()
    variables: Mapping[str, str | None] = {}
    piped: tuple[str | None, ...] = ()
    stdin: str | None = None
    scope: tuple[int, ...] = ()
    end: int = 0  # the line it ends on


MAX_COMMANDS = 20_000
"""Commands and assignments read of one script. A RUN has a few, a long installer script some hundred."""

MAX_WORDS = 100_000
MAX_CHARACTERS = 4_000_000
"""Words and characters of all commands of one script together: `$X $X $X …` could otherwise grow without end."""

MAX_COPIED = 1_000_000
"""Variables in all the environments that commands keep, counted for each: a script of assignments makes many."""


class TooMuch(Exception):
    """The script is longer than it may be."""


class Budget:
    """What is left to read of one script."""

    __slots__ = ("characters", "commands", "copied", "words")

    def __init__(self) -> None:
        self.commands, self.words, self.characters = MAX_COMMANDS, MAX_WORDS, MAX_CHARACTERS
        self.copied = MAX_COPIED

    def command(self) -> None:
        self.commands -= 1
        if self.commands < 0:
            raise TooMuch(f"the script has more than {MAX_COMMANDS} commands; the rest was not read")

    def word(self, text: str) -> None:
        self.words -= 1
        self.characters -= len(text)
        if self.words < 0 or self.characters < 0:
            raise TooMuch(f"the script has more than {MAX_WORDS} words; the rest was not read")

    def environment(self, variables: Mapping[str, str | None]) -> None:
        self.copied -= len(variables)
        if self.copied < 0:
            raise TooMuch("the script assigns too many variables; the rest was not read")


class Parts:
    """A command while it is put together."""

    __slots__ = ("assignments", "budget", "end", "kept", "lines", "redirects", "stdin", "stdin_line", "texts", "words")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.words: list[str | None] = []
        self.end = 0
        self.kept: list[str | None] = []
        self.lines: list[int] = []
        self.texts: list[str] = []
        self.redirects: list[Redirect] = []
        self.assignments: list[tuple[str, str | None]] = []
        self.stdin: str | None = None
        self.stdin_line = 0

    def read(self, nodes: list[Node], variables: Variables, base: int) -> None:
        """The children of a `command` or `redirected_statement` node. `base` is the line where the script begins."""
        for node in nodes:
            kind = node.type
            self.end = max(self.end, node.end_point[0] + base)
            if kind == "command_name":
                self._word(node.children[0] if node.children else node, variables, base)
            elif kind == "variable_assignment":
                self.assignments.append(assignment(node, variables, base))
            elif kind == "file_redirect":
                self._redirect(node, variables, base)
            elif kind == "herestring_redirect":
                self.stdin, self.stdin_line = value(node.children[-1], variables), node.start_point[0] + base
            elif kind == "heredoc_redirect":
                self._heredoc(node, variables, base)
            elif node.is_named and kind != "comment":
                self._word(node, variables, base)

    def _word(self, node: Node, variables: Variables, base: int) -> None:
        for element in elements(node, variables, node.start_point[0] + base):
            self.budget.word(element.text)
            self.words.append(element.word)
            self.kept.append(element.kept)
            self.lines.append(element.line)
            self.texts.append(element.text)

    def drop(self, count: int) -> None:
        """Without the first `count` words."""
        for listed in (self.words, self.kept, self.lines, self.texts):
            del listed[:count]

    def elements(self, start: int) -> tuple[Element, ...]:
        return tuple(map(Element, self.kept[start:], self.texts[start:], self.lines[start:]))

    def _redirect(self, node: Node, variables: Variables, base: int) -> None:
        """The grammar counts every word behind the file's name to the redirection; they are the command's."""
        operator, targets = "", []
        for child in node.children:
            if child.is_named and child.type != "file_descriptor":
                targets.append(child)
            elif not child.is_named and not operator:
                operator = child.type
        target = value(targets[0], variables) if targets else None
        before = node.prev_sibling
        attached = before is not None and before.end_byte == node.start_byte and node.children[0].type == operator
        self.budget.word(operator)
        word = self.texts[-1] if attached and self.texts else ""
        self.redirects.append(Redirect(operator, target, node.start_point[0] + base, word))
        self.read(targets[1:], variables, base)

    def _heredoc(self, node: Node, variables: Variables, base: int) -> None:
        for child in node.children:
            if child.type == "heredoc_body":
                self.stdin, self.stdin_line = text_of(child), child.start_point[0] + base
                self.budget.word(self.stdin)
            elif child.type == "file_redirect":
                self._redirect(child, variables, base)


def assignment(node: Node, variables: Variables, base: int = 0) -> tuple[str, str | None]:
    """The name and value of NAME=value. The value of an array is known only where text is kept as written; that of one
    with a single element assigned is not."""
    children = node.children
    name = text_of(children[0])
    if children[0].type != "variable_name":
        return name.partition("[")[0], None
    adds = children[1].type == "+="
    if len(children) > 2 and children[2].type == "array":
        if AS_WRITTEN not in variables:
            return name, None
        found = array(children[2], variables, base)
        return name, appended(name, found, variables) if adds else found
    assigned = kept(children[2], variables) if len(children) > 2 else ""
    if adds:
        before = variables.get(name)
        assigned = before + assigned if before is not None and assigned is not None else None
    return name, assigned


def split_assignments(texts: Words) -> list[tuple[str, str | None]]:
    """["A=1", "B=2"] of `env A=1 B=2 pip …` as names and values."""
    pairs = ((text or "").partition("=") for text in texts)
    return [(name, given) for name, equals, given in pairs if equals and name.isidentifier()]
