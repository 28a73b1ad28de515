"""Scores the rules on the field cases and prints a table per family: python -m tests.cases.score [-v].

environments.json holds, per case: the environment document, the acceptable verdicts (`expected`), whether the document
decides (`decidable`), and whether a finding is expected, with regular expressions of which its rule name or message must
match one. A verdict is right if it is among the expected; undecided if it is unknown where the document decides;
wrong otherwise. A finding is right if one of any severity matches. A false alarm is a warning or error on a document
that expects only compatible, or on one of family l that does not expect incompatible or degraded.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from envdoctor.doctor import diagnose
from envdoctor.findings import Diagnosis, Kind, Severity
from envdoctor.hosts import complete_host
from envdoctor.matrix import Matrix
from envdoctor.readers.environment import read_environment
from envdoctor.rules import RULES
from envdoctor.workload import Stated, from_environment

CASES = Path(__file__).with_name("environments.json")
SCORED = "abcdefghijkl"  # the families of field cases: all of them


class Score(NamedTuple):
    case: str
    verdict: str  # right, wrong, undecided
    finding: str  # right, missing, "" where none is expected
    alarm: bool
    decidable: bool
    diagnosis: Diagnosis


def score(case: str, entry: dict[str, Any], matrix: Matrix) -> Score:
    facts = read_environment(json.dumps(entry["environment"]), f"{case}.json").facts
    facts = from_environment(facts, None, matrix, Stated())
    facts = facts._replace(host=complete_host(facts.host, matrix))
    diagnosis = diagnose(facts, matrix, RULES)
    return Score(
        case,
        _verdict(diagnosis, entry),
        _finding(diagnosis, entry),
        _alarm(case, diagnosis, entry),
        entry["decidable"],
        diagnosis,
    )


def _verdict(diagnosis: Diagnosis, entry: dict[str, Any]) -> str:
    if diagnosis.verdict.value in entry["expected"]:
        return "right"
    return "undecided" if diagnosis.verdict.value == "unknown" else "wrong"


def _finding(diagnosis: Diagnosis, entry: dict[str, Any]) -> str:
    if not entry["finding"]["expected"]:
        return ""
    texts = [
        f"{result.rule} {finding.message}"
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY
        for finding in result.findings
    ]
    keywords = entry["finding"]["keywords"]
    return (
        "right" if any(re.search(keyword, text, re.IGNORECASE) for text in texts for keyword in keywords) else "missing"
    )


def _alarm(case: str, diagnosis: Diagnosis, entry: dict[str, Any]) -> bool:
    loud = [
        finding
        for result in diagnosis.results
        if result.kind is Kind.COMPATIBILITY
        for finding in result.findings
        if finding.severity is not Severity.NOTE
    ]
    quiet = entry["expected"] == ["compatible"] or (
        case[0] == "l" and not {"incompatible", "degraded"} & set(entry["expected"])
    )
    return bool(loud) and quiet


def all_scores(families: str = SCORED) -> list[Score]:
    entries = json.loads(CASES.read_text(encoding="utf-8"))
    matrix = Matrix.load()
    return [score(case, entry, matrix) for case, entry in entries.items() if case[0] in families]


def table(scores: list[Score]) -> str:
    lines = [
        "family  cases  decidable  right  wrong  undecided | open: right  wrong | findings right/expected | false alarms"
    ]
    for family in sorted({item.case[0] for item in scores}):
        mine = [item for item in scores if item.case[0] == family]
        sure = [item for item in mine if item.decidable]
        rest = [item for item in mine if not item.decidable]
        expected = [item for item in mine if item.finding]
        counts = [sum(item.verdict == word for item in sure) for word in ("right", "wrong", "undecided")]
        lines.append(
            f"{family:6} {len(mine):6} {len(sure):10} {counts[0]:6} {counts[1]:6} {counts[2]:10} |"
            f" {sum(item.verdict == 'right' for item in rest):11} {sum(item.verdict == 'wrong' for item in rest):6} |"
            f" {sum(item.finding == 'right' for item in expected):14}/{len(expected):<8} | {sum(item.alarm for item in mine):12}"
        )
    return "\n".join(lines)


def main() -> None:
    scores = all_scores()
    print(table(scores))
    for item in scores:
        if item.verdict != "right" or item.finding == "missing" or item.alarm or "-v" in sys.argv:
            print(
                f"\n{item.case}: {item.diagnosis.verdict.value} ({item.verdict}), finding {item.finding or 'not expected'}{', FALSE ALARM' if item.alarm else ''}"
            )
            for result in item.diagnosis.results:
                if result.outcome.value in ("fail", "open", "error"):
                    print(f"  {result.rule}: {result.outcome.value} {result.reason or ''}")
                for finding in result.findings:
                    print(f"    [{finding.severity.value}] {finding.message}")


if __name__ == "__main__":
    main()
