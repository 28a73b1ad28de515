"""What is wrong, and the one line that says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

_MOST_LETTERS = 1000  # `docker inspect` keeps 4,096 bytes of a health check's output


class Problem(NamedTuple):
    """`need` is the part of the image that does not work for it, `cause` what was found, `remedy` what to do. `certain`:
    the cause itself shows that it is needed (a GPU that was given is lost)."""

    need: str
    cause: str
    remedy: str
    certain: bool = False


class DeepResult(NamedTuple):
    """What one part of `--deep` came to. `text` is what ran, the cause, or why it was left out."""

    need: str
    result: str  # one of the words below
    text: str
    remedy: str = ""
    started: bool = True  # False for a part that was left out before anything was started
    observed: Mapping[str, object] = {}


OK, FAILED, SKIPPED = "ok", "failed", "skipped"


class Verdict(NamedTuple):
    """`works` says in a healthy line what was found to work. `notes` never make it unhealthy, nor does a part of `deep`
    that was skipped."""

    needs: Mapping[str, str]
    works: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    observed: Mapping[str, object] = {}
    deep: tuple[DeepResult, ...] = ()
    stated: bool = True  # False where the needs were found, not stated

    @property
    def healthy(self) -> bool:
        return not self.problems


def line(verdict: Verdict) -> str:
    if verdict.healthy:
        return _bounded(f"healthy: {'; '.join(verdict.works)}")
    first, more = verdict.problems[0], len(verdict.problems) - 1
    rest = f" (and {more} more: --format json)" if more else ""
    return _bounded(f"unhealthy: {first.cause}; remedy: {first.remedy}{rest}")


def _bounded(text: str) -> str:
    from envdoctor.formatters.visible import visible

    shown = visible(text)
    return shown if len(shown) <= _MOST_LETTERS else shown[: _MOST_LETTERS - 1] + "…"


def document(verdict: Verdict) -> dict[str, object]:
    return {
        "schema": "envdoctor.selftest/1",
        "healthy": verdict.healthy,
        "line": line(verdict),
        "needs": [{"name": name, "because": because} for name, because in verdict.needs.items()],
        "problems": [{"need": need, "cause": cause, "remedy": remedy} for need, cause, remedy, _ in verdict.problems],
        "notes": list(verdict.notes),
        "deep": [
            {"part": part.need, "result": part.result, "text": part.text, "observed": dict(part.observed)}
            for part in verdict.deep
        ],
        "observed": dict(verdict.observed),
    }


def without_repeats(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """One cause takes several needs away; it is told once, for the first."""
    return tuple({problem.cause: problem for problem in reversed(list(problems))}.values())[::-1]
