"""One run of questions: what it collects, how it counts, and that no failure of one question stops another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from envdoctor.formatters.visible import visible
from envdoctor.matrix import Matrix
from envdoctor.online.result import Drift, Failure, OnlineConfig, OnlineResult, Proposal
from envdoctor.online.transport import AskError
from envdoctor.upkeep.form import lines_of
from envdoctor.upkeep.order import identity

Answer = TypeVar("Answer")
Progress = Callable[[str, int, int], None]
_LONGEST = 400  # characters of a reason or a value that is told


class Asking:
    """`progress` is called as (what is asked now, questions answered, questions known so far)."""

    def __init__(self, matrix: Matrix, config: OnlineConfig, today: str, progress: Progress) -> None:
        self.matrix = matrix
        self.config = config
        self.today = today
        self._progress = progress
        self._answered = 0
        self._done = 0
        self._known = 0
        self._drifts: dict[tuple[str | None, ...], Drift] = {}
        self._proposals: dict[tuple[str, object], Proposal] = {}
        self._failures: dict[tuple[str, str, str], dict[str, None]] = {}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows as their lines have them: a column that is not known is not there."""
        return [row for _, _, row in lines_of(table, self.matrix.tables[table].content).rows]

    async def ask(self, table: str, what: str, question: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The answer; None where there is none, which is then a failure of that table."""
        self._known += 1
        self._progress(what, self._done, self._known)
        try:
            answer = await question()
        except AskError as error:
            self.fail(table, what, error.kind, error.reason)
            return None
        else:
            self._answered += 1
            return answer
        finally:
            self._done += 1
            self._progress(what, self._done, self._known)

    async def every(
        self, table: str, questions: Iterable[tuple[str, Callable[[], Awaitable[Answer]]]]
    ) -> list[Answer | None]:
        """All of them at once; how many are under way is the transport's to limit."""
        return list(await asyncio.gather(*(self.ask(table, what, question) for what, question in questions)))

    def drift(self, table: str, row: Mapping[str, Any], column: str, theirs: object, source: str) -> None:
        """The row's column is another outside. None: it is not there any more."""
        self._add(Drift(table, identity(table, row), column, _told(row.get(column)), _told(theirs), source))

    def unlisted(self, table: str, row: Mapping[str, Any], column: str, source: str) -> None:
        """No row has what the outside has."""
        self._add(Drift(table, identity(table, row), column, None, _told(row.get(column)), source))

    def _add(self, drift: Drift) -> None:
        """Two images that say the same of one row are one drift."""
        self._drifts.setdefault(drift[:-1], drift)

    def propose(
        self,
        table: str,
        observed: Mapping[str, Any],
        cited: str,
        *,
        before: Mapping[str, Any] | None = None,
        missing: Iterable[str] = (),
        about: object = None,
    ) -> None:
        """A new row, or `before` with the observed columns put in. Later observations of the same row are added to
        it; of a new one whose identifying columns are found one by one, `about` says that it is the same."""
        slot = (table, about or identity(table, before if before is not None else observed))
        earlier = self._proposals.get(slot)
        base = dict(earlier.row if earlier else before or {})
        merged = {**base, **{name: value for name, value in observed.items() if value is not None}}
        sources = list(base.get("source", ()))
        merged["source"] = sources if cited in sources else [*sources, cited]
        merged["checked"] = self.today
        columns = self.columns(table)
        row = {name: merged[name] for name in columns if name in merged}
        needed = (name for name, optional in columns.items() if not optional)
        lacking = dict.fromkeys([*missing, *(earlier.missing if earlier else ()), *needed])
        key = identity(table, before if before is not None else row)
        self._proposals[slot] = Proposal(table, key, row, before, tuple(name for name in lacking if name not in row))

    def columns(self, table: str) -> dict[str, bool]:
        """Each column of a table's row type, and whether a row may leave it out."""
        row: Any = self.matrix.tables[table].last()
        return {name: "None" in str(kind) for name, kind in type(row).__annotations__.items()}

    def fail(self, table: str, what: str, kind: str, reason: str) -> None:
        reasons = self._failures.setdefault((table, kind, _told(reason) or ""), {})
        reasons[_told(what) or ""] = None

    def result(self) -> OnlineResult:
        failures = (
            Failure(table, _several(list(what)), kind, why) for (table, kind, why), what in self._failures.items()
        )
        drifts = tuple(self._drifts.values())
        return OnlineResult(self._answered, drifts, tuple(self._proposals.values()), tuple(failures))


def _several(names: list[str]) -> str:
    """Names that share one reason."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _told(value: object) -> str | None:
    """A value for people: on one line, without what a terminal would act on."""
    if value is None:
        return None
    text = visible(" ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
