"""What a comparison with the outside found: differences, proposed rows, and what could not be asked.

`to_json` is for programs, `render_diff` (in `proposed_diff`) for reviewers. Nothing here edits a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class OnlineConfig(NamedTuple):
    """How to ask. `mirrors` says which address stands in for a registry ({"docker.io": "https://mirror.example"});
    `index_urls` stand in for pip's and uv's configured indexes. `jobs` are requests at once per host, `limit` the
    image configs and wheel metadata read per table. `complete`: what a mirror or a private index lacks counts as
    removed."""

    mirrors: Mapping[str, str] = {}
    index_urls: tuple[str, ...] = ()
    timeout_s: float = 30.0
    jobs: int = 4
    limit: int = 40
    complete: bool = False


class Drift(NamedTuple):
    """A row says one thing and the outside another. `key` identifies the row; `theirs` None: it is not there any more;
    `ours` None: no row has it. `source` is who said so."""

    table: str
    key: str
    column: str
    ours: str | None
    theirs: str | None
    source: str


class Proposal(NamedTuple):
    """A row as its line would read, with the columns that were observed and no others. `before` is the row that it
    changes. `missing` are columns that a person has to find before the row can be added."""

    table: str
    key: str
    row: Mapping[str, Any]
    before: Mapping[str, Any] | None
    missing: tuple[str, ...]


class Failure(NamedTuple):
    """What could not be asked, and why. `kind` as in `transport.AskError`; "not-covered": nothing that was asked
    holds it. Never a drift."""

    table: str
    what: str
    kind: str
    reason: str


class OnlineResult(NamedTuple):
    """`asked` counts what was answered: tag lists, image configs, index pages, wheel metadata."""

    asked: int
    drifts: tuple[Drift, ...]
    proposals: tuple[Proposal, ...]
    failures: tuple[Failure, ...]


def to_json(result: OnlineResult) -> dict[str, object]:
    """Keys are the field names."""
    return {
        "asked": result.asked,
        "drifts": [drift._asdict() for drift in result.drifts],
        "proposals": [
            {
                "table": each.table,
                "key": each.key,
                "row": dict(each.row),
                "before": dict(each.before) if each.before is not None else None,
                "missing": list(each.missing),
            }
            for each in result.proposals
        ],
        "failures": [failure._asdict() for failure in result.failures],
    }
