"""Proposed rows as a unified diff of the tables' files: what a reviewer reads, completes and applies with `git
apply` or `patch`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from envdoctor.matrix import Matrix
from envdoctor.online.result import OnlineResult, Proposal
from envdoctor.upkeep.form import Lines, lines_of
from envdoctor.upkeep.order import sort_key


def render_diff(result: OnlineResult, matrix: Matrix) -> str:
    """One diff over data/*.json, empty where nothing is proposed. Lines before each file's header name the columns
    that a person has to fill in; patch programs skip them."""
    by_table: dict[str, list[Proposal]] = {}
    for proposal in result.proposals:
        by_table.setdefault(proposal.table, []).append(proposal)
    parts = []
    for table, proposals in by_table.items():
        before = matrix.tables[table].content.decode("utf-8")
        after = _with(before, lines_of(table, before.encode()), proposals)
        name = f"data/{table}.json"
        hints = [f"# {name}: {each.key}: find {', '.join(each.missing)} first" for each in proposals if each.missing]
        changed = difflib.unified_diff(
            before.split("\n"), after.split("\n"), f"a/{name}", f"b/{name}", n=1, lineterm=""
        )
        parts += [*hints, *changed]
    return "".join(f"{line}\n" for line in parts)


def line_of(row: Mapping[str, Any]) -> str:
    """A row as its line in a table, without the comma."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _with(content: str, lines: Lines, proposals: list[Proposal]) -> str:
    """The file's text with the proposals in their places."""
    rows = [(sort_key(lines.table, row), text.removesuffix(",")) for _, text, row in lines.rows]
    for proposal in proposals:
        if proposal.before is not None:
            old = line_of(proposal.before)
            rows = [(key, line_of(proposal.row) if text == old else text) for key, text in rows]
    added = [(sort_key(lines.table, each.row), line_of(each.row)) for each in proposals if each.before is None]
    for key, text in sorted(added, key=lambda each: repr(each[0])):
        place = next((at for at, (other, _) in enumerate(rows) if _after(other, key)), len(rows))
        rows.insert(place, (key, text))
    head = content.split("\n", 1)[0]
    return "\n".join([head, ",\n".join(text for _, text in rows), "]}", ""])


def _after(other: tuple[Any, ...], key: tuple[Any, ...]) -> bool:
    """Does `other` stand after `key`? Columns that were not observed cannot be compared: then it does not matter."""
    try:
        return other > key
    except TypeError:
        return False
