"""The control flow of a shell script: what certainly runs, what may run, and with which variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from envdoctor.readers.shell import conditions
from envdoctor.readers.shell.as_written import POSITIONAL, without_positional
from envdoctor.readers.shell.command import assignment, split_assignments
from envdoctor.readers.shell.simple import SimpleCommands
from envdoctor.readers.shell.state import MAX_DEPTH, Status, agreed, status_of
from envdoctor.readers.shell.statements import after_parenthesis, branches, chain, matched
from envdoctor.readers.shell.words import AS_WRITTEN, text_of, value, words

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_LOOP = 64
"""Longest list of words for which a `for` is unrolled."""


_WITH_WORDS = frozenset(
    {"command", "declaration_command", "redirected_statement", "test_command", "variable_assignment"}
)
_STARTS = re.compile(rb"\b(?:run|create|build|bud|eval|exec)\b")
_GROUPS = frozenset({"compound_statement", "subshell"})
_LOOSE = frozenset({"word", "string", "raw_string", "concatenation", "command_name", "number"})


class ScriptReader(SimpleCommands):
    def block(self, nodes: Sequence[Node]) -> Status:
        status = Status.LIKELY
        for node in nodes:
            handler = _HANDLERS.get(node.type)
            if handler is not None:
                status = self.statement(node, handler)
        return status

    def statement(self, node: Node, handler: Callable[[ScriptReader, Node], Status]) -> Status:
        if self.depth >= MAX_DEPTH:
            return self.too_deep(node.start_point[0] + self.base)
        self.depth += 1
        if AS_WRITTEN in self.variables and node.type in _WITH_WORDS:
            self.inside_words(node)
        count = len(self.commands)
        status = handler(self, node)
        self.depth -= 1
        if node.type in _GROUPS and node.id in self.behind:
            self.redirect_all(self.behind[node.id], count)
        return status

    def inside_words(self, node: Node) -> None:
        """The commands in `$(…)` and `<(…)` of a statement's words, which the shell runs before the statement."""
        if not _STARTS.search(node.text or b""):
            return
        waiting = list(reversed(node.children))
        while waiting:
            current = waiting.pop()
            if current.type in ("command_substitution", "process_substitution"):
                self.subshell(current)
            elif current.type not in _HANDLERS or current.type in ("command", "variable_assignment"):
                waiting.extend(reversed(current.children))

    def uncalled(self) -> None:
        """Functions that nothing in the script calls, as of a library that others source, with unknown arguments."""
        self.conditional, self.variables = True, {**without_positional(self.variables), POSITIONAL: None}
        for name, (body, base) in list(self.functions.items()):
            if name not in self.called:
                self.base = base
                self.called.add(name)
                self.block([body])

    def maybe(self, nodes: Sequence[Node]) -> Status:
        """Reads what may or may not run: its commands are conditional, what it assigns is not known afterwards."""
        outside, before = self.conditional, self.variables
        self.conditional = True
        status = self.block(nodes)
        self.conditional = outside
        self.variables = agreed([before, self.variables])
        return status

    def and_or(self, node: Node) -> Status:
        first, rest = chain(node)
        status = self.block([first])
        for operator, part in rest:
            status = self.after_and(status, part) if operator == "&&" else self.after_or(status, part)
        return status

    def after_and(self, status: Status, part: Node) -> Status:
        if status is Status.NO:
            return status
        if status is not Status.UNDECIDED:
            return self.block([part])
        return Status.NO if self.maybe([part]) is Status.NO else Status.UNDECIDED

    def after_or(self, status: Status, part: Node) -> Status:
        if status is Status.YES:
            return status
        if status is Status.NO:
            return self.block([part])
        inside = self.maybe([part])
        if inside is Status.YES:
            return inside
        return Status.LIKELY if Status.LIKELY in (status, inside) else Status.UNDECIDED

    def pipeline(self, node: Node) -> Status:
        """Each part is a subshell. What it reads is the output of the part before it."""
        outside, before, status = self.piped, self.variables, Status.LIKELY
        for child in node.children:
            count = len(self.commands)
            if child.is_named and child.type != "comment":
                status = self.block([child])
                self.piped = self.commands[-1].words if len(self.commands) > count else ()
                self.variables = before
        self.piped = outside
        return status

    def subshell(self, node: Node) -> Status:
        before, outside = self.variables, self.scope
        self.shells += 1
        self.scope = (*outside, self.shells)
        status = self.block(node.children)
        self.variables, self.scope = before, outside
        return status

    def compound(self, node: Node) -> Status:
        arithmetic = bool(node.children) and node.children[0].type == "(("
        return Status.UNDECIDED if arithmetic else self.block(node.children)

    def negated(self, node: Node) -> Status:
        status = self.block(node.children)
        opposite = {Status.YES: Status.NO, Status.NO: Status.YES}
        return opposite.get(status, Status.UNDECIDED)

    def test(self, node: Node) -> Status:
        return status_of(conditions.test_command(node, self.variables))

    def condition(self, node: Node) -> Status:
        """if … elif … else: the branch that known values choose, or every one that may be chosen."""
        outside = self.conditional
        ends: list[dict[str, str | None]] = []
        for asked, body in branches(node):
            status = self.block(asked) if asked else Status.YES
            if status is Status.NO:
                continue
            if status is Status.YES and not ends:
                return self.block(body)
            before, self.conditional = self.variables, True
            self.block(body)
            ends.append(self.variables)
            self.variables = before
            if status is Status.YES:
                break
        else:
            ends.append(self.variables)
        self.conditional, self.variables = outside, agreed(ends)
        return Status.LIKELY

    def case(self, node: Node) -> Status:
        items = [child for child in node.children if child.type == "case_item"]
        subject = value(node.children[1], self.variables) if len(node.children) > 1 else None
        for item in items:
            answer = None if subject is None else self.fits(subject, item)
            if answer is None:
                return self.any_of(items)
            if answer:
                return self.block(after_parenthesis(item))
        return Status.LIKELY

    def fits(self, subject: str, item: Node) -> bool | None:
        """Does one of the patterns of a case item match? None where a pattern cannot be read or falls through."""
        if any(child.type in (";&", ";;&") for child in item.children):
            return None
        answers = []
        for child in item.children:
            if child.type == ")":
                break
            if child.is_named:
                pattern = value(child, self.variables)
                quoted = child.type in ("string", "raw_string")
                answers.append(matched(subject, pattern, quoted))
        return True if True in answers else (None if None in answers else False)

    def any_of(self, items: list[Node]) -> Status:
        before, ends = self.variables, [self.variables]
        for item in items:
            self.variables = before
            self.maybe(after_parenthesis(item))
            ends.append(self.variables)
        self.variables = agreed(ends)
        return Status.LIKELY

    def loop(self, node: Node) -> Status:
        """`for` over known words, each in turn; anything else may run any number of times."""
        body = [child for child in node.children if child.type in ("do_group", "compound_statement")]
        if AS_WRITTEN in self.variables and b"shift" in (node.text or b""):  # each round sees other arguments
            self.variables = {**without_positional(self.variables), POSITIONAL: None}
        name, listed = self.loop_words(node)
        if listed is None:
            if name:
                self.assign(name, None)
            return self.maybe([child for child in node.children if child.type != "variable_name"])
        for word in listed:
            self.assign(name, word)
            self.block(body)
        return Status.LIKELY

    def loop_words(self, node: Node) -> tuple[str, list[str] | None]:
        """The variable of a `for` and the words it runs over: None for `while`, unknown words and file names."""
        children = node.children
        kinds = [child.type for child in children]
        if kinds[:1] != ["for"] or "in" not in kinds or kinds[1] != "variable_name":
            return (text_of(children[1]) if kinds[1:2] == ["variable_name"] else ""), None
        listed: list[str] = []
        for child in children[kinds.index("in") + 1 :]:
            if child.type in (";", "\n", "do_group", "compound_statement"):
                break
            for word in words(child, self.variables):
                if word is None or "*" in word or "?" in word or len(listed) >= MAX_LOOP:
                    return text_of(children[1]), None
                listed.append(word)
        return text_of(children[1]), listed

    def function(self, node: Node) -> Status:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            self.functions[text_of(name)] = (body, self.base)
        return Status.LIKELY

    def declaration(self, node: Node) -> Status:
        for child in node.children:
            if child.type == "variable_assignment":
                self.assign(*assignment(child, self.variables, self.base))
            elif child.type in ("string", "raw_string", "concatenation"):
                for name, given in split_assignments([value(child, self.variables)]):
                    self.assign(name, given)
        return Status.LIKELY

    def unset(self, node: Node) -> Status:
        for child in node.children:
            if child.type in ("variable_name", "word"):
                self.assign(text_of(child), None)
        return Status.LIKELY

    def assignments(self, node: Node) -> Status:
        for child in node.children if node.type == "variable_assignments" else [node]:
            if child.type == "variable_assignment":
                self.assign(*assignment(child, self.variables, self.base))
        return Status.LIKELY

    def error(self, node: Node) -> Status:
        """Where errors nest, the inner one says it better, unless words of the outer one belong to no command."""
        text = text_of(node).strip("\\ \r\n\t")
        kinds = {child.type for child in node.children}
        if text and ("ERROR" not in kinds or not _LOOSE.isdisjoint(kinds)):
            self.problem(node.start_point[0] + self.base, "this part cannot be read as a shell script", text)
        return self.block(node.children)


_HANDLERS: dict[str, Callable[[ScriptReader, Node], Status]] = {
    "program": lambda reader, node: reader.block(node.children),
    "do_group": lambda reader, node: reader.block(node.children),
    "ERROR": ScriptReader.error,
    "c_style_for_statement": ScriptReader.loop,
    "case_statement": ScriptReader.case,
    "command": ScriptReader.command,
    "compound_statement": ScriptReader.compound,
    "declaration_command": ScriptReader.declaration,
    "for_statement": ScriptReader.loop,
    "function_definition": ScriptReader.function,
    "if_statement": ScriptReader.condition,
    "list": ScriptReader.and_or,
    "negated_command": ScriptReader.negated,
    "pipeline": ScriptReader.pipeline,
    "redirected_statement": ScriptReader.redirected,
    "subshell": ScriptReader.subshell,
    "test_command": ScriptReader.test,
    "unset_command": ScriptReader.unset,
    "variable_assignment": ScriptReader.assignments,
    "variable_assignments": ScriptReader.assignments,
    "while_statement": ScriptReader.loop,
}
