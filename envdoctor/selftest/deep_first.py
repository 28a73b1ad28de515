"""`--deep-first`: deep until it has succeeded once since the container started, then quick.

Each part succeeds on its own and is not run again. A part that did not is tried again at each of the next checks, up to
three times in all; after that its last answer stands, and pauses of 1, 2, 4, 8 and then 10 minutes lie between the tries,
so that a lasting fault does not import PyTorch every 30 seconds. A part that was left out before anything was started,
for want of memory, is looked at in each check: that costs nothing. A try is written down before it starts, so that one
that is killed with its health check counts too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from envdoctor.selftest import record
from envdoctor.selftest.needs import USED_BY_DEEP
from envdoctor.selftest.record import Attempt, Record
from envdoctor.selftest.verdict import FAILED, OK, SKIPPED, DeepResult, Verdict

QUICK_SECONDS, DEEP_SECONDS = 5.0, 60.0  # as without --deep-first
_AT_ONCE = 3
_ENDED = "it was ended from outside: the health check's own timeout must be longer than --timeout"
_PAUSE, _LONGEST_PAUSE = 60.0, 600.0  # seconds
_YOUNG = (
    300.0  # seconds in which a driver may start its GPUs, and deep runs in each check where nothing can be remembered
)


def deep_first(quick: Callable[[float], Verdict], deadline: Callable[[float], float]) -> Verdict:
    """`quick` runs the quick self-test until a time; `deadline` gives the time from the seconds that are usual."""
    name = record.key()
    known = record.read(name)
    started_up = known.whole or (record.age() or 0.0) >= _YOUNG
    found = quick(deadline(QUICK_SECONDS if started_up else DEEP_SECONDS))
    if not found.healthy:
        return found
    parts = tuple(need for need in USED_BY_DEEP if need in found.needs)
    open_parts = tuple(need for need in parts if need not in known.proven)
    if known.whole and not open_parts:
        return _proven(found, parts)
    with record.Alone() as alone:
        if not open_parts:
            if alone:
                record.write(name, record.read(name)._replace(whole=True))
            return _proven(found, parts)
        if not alone:
            return _meanwhile(found, record.read(name), open_parts)
        until, fresh = deadline(DEEP_SECONDS), record.read(name)
        if not record.write(name, fresh):
            return _not_remembered(found, until)
        return _tried(found, name, fresh, open_parts, until)


def _proven(found: Verdict, parts: tuple[str, ...]) -> Verdict:
    return found._replace(works=(*found.works, "deep: succeeded since the start")) if parts else found


def _meanwhile(found: Verdict, known: Record, parts: tuple[str, ...]) -> Verdict:
    """What has failed stands until the other self-test has shown otherwise."""
    from envdoctor.selftest.deep import with_results

    standing = {need: known.attempts[need] for need in parts if need in known.attempts and need not in known.proven}
    when = "found {:.0f} s ago, another self-test tries it again now"
    failed = tuple(
        DeepResult(need, FAILED, f"{attempt.text} ({when.format(_ago(attempt))})", attempt.remedy, started=False)
        for need, attempt in standing.items()
        if attempt.result == FAILED
    )
    if failed:
        return with_results(found, failed)
    return found._replace(works=(*found.works, "deep: another self-test is running it"))


def _not_remembered(found: Verdict, until: float) -> Verdict:
    from envdoctor.selftest.deep import deepened

    age = record.age()
    if age is not None and age < _YOUNG:
        return deepened(found, until)
    why = "nothing can be written to remember that it ran"
    if age is None:
        there = os.path.exists("/proc/self/stat")
        why = "/proc does not show process 1 (mounted with hidepid?)" if there else "there is no /proc"
    return found._replace(works=(*found.works, f"deep left out: {why}"))


def _tried(found: Verdict, name: str, known: Record, parts: tuple[str, ...], until: float) -> Verdict:
    from envdoctor.selftest.deep import deepened, with_results

    waiting = {need: known.attempts[need] for need in parts if need in known.attempts and _rests(known.attempts[need])}
    due = tuple(need for need in parts if need not in waiting and need not in known.proven)
    remembered = tuple(_again(need, attempt) for need, attempt in waiting.items())

    def starting(need: str, results: Sequence[DeepResult]) -> None:
        record.write(name, _begun(_updated(known, tuple(results), parts), need))

    tested = deepened(found, until, due, starting) if due else found
    if any(problem.need == "driver" for problem in tested.problems):
        return tested  # nothing was run
    if due:
        record.write(name, _updated(known, tested.deep, parts))
    results = (*tested.deep, *remembered)
    if not results:  # another self-test has proven them meanwhile
        return _proven(found, parts)
    told = with_results(found, results)
    return told._replace(observed=tested.observed, notes=tested.notes)


def _rests(attempt: Attempt) -> bool:
    return record.now() < attempt.at + pause(attempt.tries)


def pause(tries: int) -> float:
    """Seconds to wait after that many tries."""
    return 0.0 if tries < _AT_ONCE else min(_PAUSE * 2.0 ** min(tries - _AT_ONCE, 10), _LONGEST_PAUSE)


def _again(need: str, attempt: Attempt) -> DeepResult:
    left = max(attempt.at + pause(attempt.tries) - record.now(), 0)
    when = f" (found {_ago(attempt):.0f} s ago, tried again in {left:.0f} s)"
    return DeepResult(need, attempt.result, attempt.text + when, attempt.remedy, started=False)


def _ago(attempt: Attempt) -> float:
    return max(record.now() - attempt.at, 0.0)


def _begun(known: Record, need: str) -> Record:
    """Written before a part is run: whoever kills us must not have it run in every check. A failure stands meanwhile."""
    before = known.attempts.get(need)
    if before and before.result == FAILED:
        begun = before._replace(tries=before.tries + 1, at=record.now())
    else:
        begun = Attempt((before.tries if before else 0) + 1, record.now(), SKIPPED, _ENDED, "")
    return known._replace(whole=False, attempts={**known.attempts, need: begun})


def _updated(known: Record, results: tuple[DeepResult, ...], parts: tuple[str, ...]) -> Record:
    proven = known.proven | {part.need for part in results if part.result == OK}
    attempts: Mapping[str, Attempt] = known.attempts
    for part in results:
        if part.result == OK or (part.result != FAILED and not part.started):
            attempts = {need: attempt for need, attempt in attempts.items() if need != part.need}
        else:
            tries = attempts[part.need].tries + 1 if part.need in attempts else 1
            tried = Attempt(tries, record.now(), part.result, part.text[:500], part.remedy[:300])
            attempts = {**attempts, part.need: tried}
    return Record(frozenset(proven), proven >= set(parts), dict(attempts))
