"""Simple commands of a shell script: redirections, `sudo` and the like, functions, and `bash -c "…"` payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.readers.shell import conditions, grammar
from envdoctor.readers.shell.command import Command, Parts, split_assignments
from envdoctor.readers.shell.state import MAX_DEPTH, State, Status, status_of
from envdoctor.readers.shell.words import literal
from envdoctor.readers.shell.wrappers import payload, program, script_file, unwrapped

if TYPE_CHECKING:
    from tree_sitter import Node

# Programs whose outcome is a question rather than an expected success.
_ASKS = frozenset({"command", "which", "type", "hash", "grep", "egrep", "fgrep", "dpkg", "dpkg-query", "ls"})


class SimpleCommands(State):
    def script(self, text: str, base: int) -> Status:
        """Reads a script whose first line is line `base` of the whole."""
        outside, self.base = self.base, base
        try:
            root = grammar.parse(grammar.encoded(_without_dangling_backslash(text)))
        except grammar.TooTangled as error:
            self.problem(base, str(error), None)
            status = Status.UNDECIDED
        else:
            status = self.block(root.children)
        self.base = outside
        return status

    def redirected(self, node: Node) -> Status:
        """A statement with redirections. Behind a here-document's `<<EOF` the line may go on: `<<EOF | bash`."""
        body = node.children[0]
        parts = Parts(self.budget)
        if body.type == "command":
            parts.read([*body.children, *node.children[1:]], self.variables, self.base)
            status = self.simple(parts)
        else:
            status = self.block([body])
        for child in node.children:
            if child.type == "heredoc_redirect":
                status = self.behind_heredoc(child, parts)
        return status

    def behind_heredoc(self, node: Node, parts: Parts) -> Status:
        rest = [child for child in node.children if child.is_named and not child.type.startswith(("heredoc", "file_"))]
        is_cat = parts.words == ["cat"] and parts.stdin is not None
        if rest and rest[0].type == "pipeline" and is_cat:
            last = rest[0].children[-1]
            fed = Parts(self.budget)
            fed.read(last.children, self.variables, self.base)
            fed.stdin, fed.stdin_line = parts.stdin, parts.stdin_line
            return self.simple(fed) if last.type == "command" else self.block(rest)
        return self.block(rest)

    def command(self, node: Node) -> Status:
        parts = Parts(self.budget)
        parts.read(node.children, self.variables, self.base)
        return self.simple(parts)

    def simple(self, parts: Parts) -> Status:
        self.budget.command()
        if not parts.words:
            for name, given in parts.assignments:
                self.assign(name, given)
            return Status.LIKELY
        inner = unwrapped(parts.words)
        own = [*parts.assignments, *split_assignments(inner.assignments)]
        if inner.start:
            del parts.words[: inner.start], parts.lines[: inner.start], parts.texts[: inner.start]
        if not parts.words:
            return Status.LIKELY
        if inner.from_input:
            parts.words.append(None)
            parts.lines.append(parts.lines[-1])
            parts.texts.append("(names from standard input)")
        if not own:
            return self.run(parts, self.variables)
        self.budget.environment(self.variables)
        return self.run(parts, {**self.variables, **dict(own)})

    def run(self, parts: Parts, visible: dict[str, str | None]) -> Status:
        """Follows a function or a payload; anything else is a command of its own."""
        name = program(parts.words[0])
        known = self.functions.get(parts.words[0] or "")
        if known is not None:
            return self.call(known, parts, visible)
        inner = payload(parts.words)
        if inner is not None:
            script = inner[0] if inner[0] is not None else _as_written(parts.texts[inner[1]])
            if script is not None:
                return self.nested(script, parts.lines[inner[1]], visible)
        if parts.stdin is not None and script_file(parts.words) == "":
            return self.nested(parts.stdin, parts.stdin_line, visible)
        self.commands.append(
            Command(
                tuple(parts.words),
                tuple(parts.lines),
                self.conditional,
                tuple(parts.redirects),
                tuple(parts.texts),
                visible,
                self.piped,
                parts.stdin,
                self.scope,
            )
        )
        return self.outcome(name, parts.words)

    def outcome(self, name: str, given: list[str | None]) -> Status:
        if name == "read":
            for word in given[1:]:
                if word and word.isidentifier():
                    self.assign(word, None)
        if name in ("true", ":"):
            return Status.YES
        if name in ("[", "test"):
            return status_of(conditions.decided(given[1:] if name == "test" else given[1:-1]))
        if name == "false":
            return Status.NO
        return Status.UNDECIDED if name in _ASKS else Status.LIKELY

    def call(self, known: tuple[Node, int], parts: Parts, visible: dict[str, str | None]) -> Status:
        before, outside = self.variables, self.base
        arguments = {str(number): word for number, word in enumerate(parts.words[1:10], 1)}
        self.variables, self.base = {**visible, **arguments}, known[1]
        status = self.block([known[0]])
        given = {name: text for name, text in self.variables.items() if not name.isdigit()}
        self.variables = {**given, **{name: text for name, text in before.items() if name.isdigit()}}
        self.base = outside
        return status

    def nested(self, text: str, line: int, visible: dict[str, str | None]) -> Status:
        """`bash -c "…"`: a process of its own, so that what it assigns is gone afterwards."""
        if self.depth >= MAX_DEPTH:
            return self.too_deep(line)
        before, outside, functions = self.variables, self.scope, dict(self.functions)
        self.shells += 1
        self.scope, self.variables = (*outside, self.shells), visible
        self.depth += 1
        status = self.script(text, line)
        self.depth -= 1
        self.variables, self.scope, self.functions = before, outside, functions
        return status


def _as_written(text: str) -> str | None:
    """The inside of a double-quoted payload of which a part is not known: read as it stands, with the same variables,
    only that part stays unknown."""
    return literal(text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else None


def _without_dangling_backslash(text: str) -> str:
    """A backslash that ends the whole script continues nothing; Docker drops it, the grammar stumbles over it."""
    stripped = text.rstrip()
    ends = len(stripped) - len(stripped.rstrip("\\"))
    return stripped[:-1] if ends % 2 else text
