"""The parts of compound statements, as the grammar nests them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envdoctor.readers.shell import conditions

if TYPE_CHECKING:
    from tree_sitter import Node


def chain(node: Node) -> tuple[Node, list[tuple[str, Node]]]:
    """`a && b || c`, which the grammar nests to the left, as its first part and (operator, part) pairs."""
    rest: list[tuple[str, Node]] = []
    while node.type == "list":
        parts = [child for child in node.children if child.type != "comment"]
        for index in range(len(parts) - 1, 1, -2):
            rest.append((parts[index - 1].type, parts[index]))
        node = parts[0]
    rest.reverse()
    return node, rest


def branches(node: Node) -> Iterator[tuple[list[Node], list[Node]]]:
    """(condition, body) of an if statement and of each elif; the condition of else is empty."""
    clauses = [child for child in node.children if child.type in ("elif_clause", "else_clause")]
    for part in [node, *clauses]:
        asked: list[Node] = []
        body: list[Node] = []
        target = body if part.type == "else_clause" else asked
        for child in part.children:
            if child.type == "then":
                target = body
            elif child.type not in ("elif_clause", "else_clause"):
                target.append(child)
        yield asked, body


def after_parenthesis(item: Node) -> list[Node]:
    kinds = [child.type for child in item.children]
    return item.children[kinds.index(")") + 1 :] if ")" in kinds else item.children


def matched(subject: str, pattern: str | None, quoted: bool) -> bool | None:
    if pattern is None:
        return None
    return subject == pattern if quoted else conditions.matches(subject, pattern)
