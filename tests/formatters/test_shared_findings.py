"""Several launches of one Dockerfile find the same in it: that is told in full once."""

from __future__ import annotations

from envdoctor.facts import Origin
from envdoctor.findings import Diagnosis, Evidence, Finding, Kind, Outcome, RuleResult, Severity, Verdict
from envdoctor.formatters import github, json_report, terminal
from envdoctor.gate import report_of
from envdoctor.summary import summary

REMOVED = Finding(
    "The tag was removed from the registry.",
    Severity.ERROR,
    ("use another tag",),
    at=Origin("Dockerfile:1", "Dockerfile", 1),
    evidence=(Evidence("image.env", "x", "train.sh:3 -> Dockerfile"),),
)
RESULT = RuleResult("image-tag-removed", Kind.COMPATIBILITY, Outcome.FAIL, Severity.ERROR, None, (REMOVED,))
WAITING = RuleResult("driver-too-old", Kind.COMPATIBILITY, Outcome.OPEN, None, "no host was stated")
TRAIN = Diagnosis("train.sh:3 -> Dockerfile", None, Verdict.INCOMPATIBLE, (), (RESULT, WAITING))
OTHER = REMOVED._replace(evidence=(Evidence("image.env", "x", "export.sh:2 -> Dockerfile"),))
EXPORT = TRAIN._replace(workload="export.sh:2 -> Dockerfile", results=(RESULT._replace(findings=(OTHER,)), WAITING))
REPORT = report_of([TRAIN, EXPORT], (), (), "")


def test_the_terminal_tells_it_in_full_once() -> None:
    text = terminal.render(REPORT)
    assert text.count("The tag was removed from the registry.") == 1
    assert text.count("use another tag") == 1
    assert text.count("ERROR image-tag-removed at Dockerfile:1") == 2
    assert "(as for train.sh:3 -> Dockerfile above)" in text
    assert text.count("waiting: driver-too-old") == 1
    assert "waiting: the same as for train.sh:3 -> Dockerfile above" in text


def test_another_line_message_or_severity_is_another_finding() -> None:
    for change in (
        {"at": Origin("Dockerfile:9", "Dockerfile", 9)},
        {"message": "Another."},
        {"severity": Severity.WARNING},
        {"at": None},
    ):
        changed = RESULT._replace(findings=(REMOVED._replace(**change),))  # type: ignore[arg-type]
        report = report_of([TRAIN, EXPORT._replace(results=(changed,))], (), (), "")
        assert "(as for" not in terminal.render(report)
        assert github.render(report).count("title=envdoctor%3A image-tag-removed") == 2


def test_one_without_a_place_belongs_to_its_workload() -> None:
    nowhere = RESULT._replace(findings=(REMOVED._replace(at=None),))
    report = report_of([TRAIN._replace(results=(nowhere,)), EXPORT._replace(results=(nowhere,))], (), (), "")
    assert terminal.render(report).count("use another tag") == 2
    assert "2 errors" in summary(report)


def test_an_annotation_and_the_summary_count_it_once_and_json_tells_all() -> None:
    assert github.render(REPORT).count("::error file=Dockerfile,line=1") == 1
    assert "2 incompatible; 1 error," in summary(REPORT)
    diagnoses = json_report.document(REPORT)["diagnoses"]
    assert [len(diagnosis["results"][0]["findings"]) for diagnosis in diagnoses] == [1, 1]
