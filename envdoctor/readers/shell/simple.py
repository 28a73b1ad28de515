"""Simple commands of a shell script: redirections, `sudo` and the like, functions, and `bash -c "…"` payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.readers.shell import conditions, grammar
from envdoctor.readers.shell.as_written import POSITIONAL, Array, Element, is_positional, positional, without_positional
from envdoctor.readers.shell.command import Command, Parts, split_assignments
from envdoctor.readers.shell.state import MAX_DEPTH, State, Status, status_of
from envdoctor.readers.shell.words import AS_WRITTEN, literal, readable
from envdoctor.readers.shell.wrappers import payload, program, script_file, unwrapped

if TYPE_CHECKING:
    from tree_sitter import Node

# Programs whose outcome is a question rather than an expected success.
_ASKS = frozenset({"command", "which", "type", "hash", "grep", "egrep", "fgrep", "dpkg", "dpkg-query", "ls"})

# Programs that hand a word on to a shell; only what is run at last matters for a launch.
_CARRIERS = frozenset({"ssh", "tmux", "screen"})


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
            last = _last_command(body)
            self.behind[last.id] = node.children[1:]
            status = self.block([body])
            self.behind.pop(last.id, None)
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

    def redirect_all(self, nodes: list[Node], count: int) -> None:
        """`{ …; …; } > FILE`: what the first command writes, those after it go on with."""
        parts = Parts(self.budget)
        parts.read([node for node in nodes if node.type == "file_redirect"], self.variables, self.base)
        first = tuple(parts.redirects)
        rest = tuple(each._replace(operator=">>") if each.operator == ">" else each for each in first)
        for number in range(count, len(self.commands)):
            found = self.commands[number]
            self.commands[number] = found._replace(redirects=(*(first if number == count else rest), *found.redirects))

    def command(self, node: Node) -> Status:
        parts = Parts(self.budget)
        parts.read([*node.children, *self.behind.get(node.id, ())], self.variables, self.base)
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
            parts.drop(inner.start)
        if not parts.words:
            return Status.LIKELY
        if inner.from_input:
            parts.words.append(None)
            parts.kept.append(None)
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
            self.called.add(parts.words[0] or "")
            return self.call(known, parts, visible)
        inner = payload(parts.words)
        if inner is not None:
            script = inner[0] if inner[0] is not None else _payload(parts, inner[1], AS_WRITTEN in visible)
            if script is not None:
                return self.nested(script, parts.lines[inner[1]], visible)
        remote = _remote(parts) if name in _CARRIERS and AS_WRITTEN in visible else None
        if remote is not None:
            return self.nested(remote, parts.lines[-1], visible)
        if parts.stdin is not None and (script_file(parts.words) == "" or (name == "ssh" and AS_WRITTEN in visible)):
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
                parts.end,
            )
        )
        if name in ("shift", "set") and AS_WRITTEN in self.variables:
            self.shift(parts)
        return self.outcome(name, parts.words)

    def shift(self, parts: Parts) -> None:
        """`shift 2`, `set -- "$@" --gpus all`: the arguments are others afterwards."""
        before = self.variables.get(POSITIONAL)
        left: tuple[Element, ...] | None = None
        if parts.words[0] == "set":
            if "--" not in parts.words:
                return
            left = parts.elements(parts.words.index("--") + 1)
        elif isinstance(before, Array):
            count = parts.words[1] if len(parts.words) > 1 else "1"
            if count is not None and count.isdecimal() and len(count) < 4:
                left = before.elements[int(count) :]
        self.budget.environment(self.variables)
        rest = without_positional(self.variables)
        self.variables = {**rest, POSITIONAL: None} if left is None else {**rest, **positional(left)}

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
        if AS_WRITTEN in visible:
            arguments, visible = positional(parts.elements(1)), without_positional(visible)
        else:
            arguments = {str(number): word for number, word in enumerate(parts.words[1:10], 1)}
        self.variables, self.base = {**visible, **arguments}, known[1]
        status = self.block([known[0]])
        given = without_positional(self.variables)
        self.variables = {**given, **{name: text for name, text in before.items() if is_positional(name)}}
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


def _remote(parts: Parts) -> str | None:
    """The commands that `ssh HOST "…"` and `tmux new -d "…"` are given as one word."""
    last = parts.kept[-1]
    return readable(last) if last is not None and " " in last.strip() and len(parts.words) > 2 else None


def _payload(parts: Parts, index: int, keeps: bool) -> str | None:
    """A payload of which a part is not known, with that part as it is written."""
    if not keeps:
        return _as_written(parts.texts[index])
    given = parts.kept[index:] if parts.words[0] == "eval" else parts.kept[index : index + 1]
    known = [readable(word) for word in given if word is not None]
    return " ".join(known) if len(known) == len(given) else None


def _last_command(node: Node) -> Node:
    """The one that a redirection behind `a && b > FILE` belongs to; the grammar puts it around both."""
    while node.type in ("list", "pipeline", "negated_command"):
        node = next(child for child in reversed(node.children) if child.type != "comment")
    return node


def _as_written(text: str) -> str | None:
    """The inside of a double-quoted payload of which a part is not known: read as it stands, with the same variables,
    only that part stays unknown."""
    return literal(text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else None


def _without_dangling_backslash(text: str) -> str:
    """A backslash that ends the whole script continues nothing; Docker drops it, the grammar stumbles over it."""
    stripped = text.rstrip()
    ends = len(stripped) - len(stripped.rstrip("\\"))
    return stripped[:-1] if ends % 2 else text
