"""Every format over one report that holds every outcome. ENVDOCTOR_UPDATE_GOLDEN=1 rewrites the golden files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

from envdoctor.findings import Diagnosis, Kind, Outcome, Report, RuleResult, Severity, Verdict
from envdoctor.formatters import FORMATS, formatter
from envdoctor.formatters.json_report import document
from envdoctor.schema import schema_text
from tests.formatters.reports import FULL, HOSTILE, SILENCED, T4, TOO_OLD, hostile

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "terminal.txt": ("terminal", 0, False, 80),
    "terminal-verbose.txt": ("terminal", 1, False, 80),
    "terminal-color.txt": ("terminal", 0, True, 80),
    "terminal-40.txt": ("terminal", 0, False, 40),
    "json.json": ("json", 0, False, 80),
    "github.txt": ("github", 0, False, 80),
}
EMPTY = Report(Verdict.UNKNOWN, ())
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]")


def test_the_report_holds_every_outcome_severity_kind_and_verdict_but_degraded() -> None:
    results = [result for diagnosis in FULL.diagnoses for result in diagnosis.results]
    assert {result.outcome for result in results} == set(Outcome)
    assert {result.kind for result in results} == set(Kind)
    assert {finding.severity for result in results for finding in result.findings} == set(Severity)


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    form, verbose, color, width = CASES[name]
    told = formatter(form)(FULL, verbose=verbose, color=color, width=width).replace(
        '"version": "0.1.0"', '"version": "…"'
    )
    path = GOLDEN / name
    if os.environ.get("ENVDOCTOR_UPDATE_GOLDEN"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_every_format_has_a_golden_file() -> None:
    assert {form for form, *_ in CASES.values()} == set(FORMATS)
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_report_is_told(form: str) -> None:
    assert isinstance(formatter(form)(EMPTY, verbose=1, color=False, width=80), str)


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_hostile_reaches_the_terminal(form: str) -> None:
    told = formatter(form)(hostile(), verbose=1, color=False, width=80)
    assert not CONTROLS.search(told)
    if form != "github":
        assert not any(line.lstrip().startswith("::") for line in told.split("\n"))


def test_hostile_text_with_color_brings_no_sequence_of_its_own() -> None:
    told = formatter("terminal")(hostile(), verbose=1, color=True, width=80)
    assert set(re.findall(r"\x1b\[[0-9;]*m", told)) == set(re.findall("\x1b[^m]*m", told))
    assert not CONTROLS.search(told.replace("\x1b", ""))
    assert "[bold]not markup[/bold] :smile:" in told


# terminal


def test_lines_fit_in_80_columns_but_for_what_is_to_be_copied() -> None:
    told = formatter("terminal")(FULL, verbose=1, color=False, width=80)
    long = [line.strip() for line in told.split("\n") if len(line) > 80]
    assert all("pip install" in line or line.startswith("source: ") for line in long)


def test_a_command_is_never_broken() -> None:
    told = formatter("terminal")(FULL, verbose=0, color=False, width=40)
    for remedy in TOO_OLD.remedy[1].split("\n"):
        assert any(line.strip().removeprefix("- ") == remedy for line in told.split("\n"))
    assert f"        {TOO_OLD.verify}\n" in told


def test_the_verdict_comes_first_and_errors_before_warnings_before_notes() -> None:
    told = formatter("terminal")(FULL, verbose=0, color=False, width=80)
    places = [
        told.index(text) for text in ("INCOMPATIBLE", "ERROR", "WARNING", "NOTE", "Could not be decided", "Assumed")
    ]
    assert places == sorted(places)


def test_what_holds_on_every_host_is_told_once_and_what_holds_on_one_names_it() -> None:
    told = formatter("terminal")(FULL, verbose=0, color=False, width=80)
    assert told.count("unpinned-gpu-package at") == 1
    assert f"    on {T4}\n" in told[told.index("driver-too-old at") : told.index("start-gate-refuses at")]
    note = told[told.index("unpinned-gpu-package at") : told.index("Could not be decided")]
    assert "\n    on " not in note


def test_without_color_there_is_only_text_and_color_changes_nothing_else() -> None:
    plain = formatter("terminal")(FULL, verbose=1, color=False, width=80)
    colored = formatter("terminal")(FULL, verbose=1, color=True, width=80)
    assert "\x1b" not in plain
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_the_plain_report_needs_no_rich() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from envdoctor.formatters import formatter; from tests.formatters.reports import FULL;"
        "formatter('terminal')(FULL, verbose=1, color=False, width=80); sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


# json


def test_json_is_of_the_shipped_schema() -> None:
    schema = json.loads(schema_text("report"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for report in (FULL, EMPTY, hostile()):
        jsonschema.validate(json.loads(formatter("json")(report, verbose=0, color=False, width=80)), schema)


def test_the_schema_lists_every_field_that_is_written() -> None:
    """additionalProperties is open for later versions, so a field that the schema forgot would pass unseen."""
    schema = json.loads(schema_text("report"))

    def closed(node: object) -> object:
        if isinstance(node, dict):
            made = {key: closed(value) for key, value in node.items()}
            return made | ({"additionalProperties": False} if "properties" in node and "type" in node else {})
        return [closed(item) for item in node] if isinstance(node, list) else node

    jsonschema.validate(document(FULL), closed(schema))


def test_a_suppressed_finding_stays_with_its_reason_and_has_no_weight() -> None:
    results = {result["rule"]: result for result in document(FULL)["diagnoses"][0]["results"]}
    result = results["driver-end-of-life"]
    assert result["severity"] is None
    assert result["findings"][0]["suppressed"] == SILENCED.suppressed


def test_json_keeps_hostile_text_exactly() -> None:
    told = json.loads(formatter("json")(hostile(), verbose=0, color=False, width=80))
    assert told["diagnoses"][0]["workload"] == HOSTILE


# github


def _unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")


def test_one_command_per_finding_errors_first() -> None:
    told = formatter("github")(FULL, verbose=0, color=False, width=80).splitlines()
    pattern = re.compile(r"::(error|warning|notice) ([^:]*)::(.+)")
    commands = [match.groups() for line in told if (match := pattern.fullmatch(line))]
    assert len(commands) == len(told) == 5  # two unread targets, three findings; the suppressed one is left out
    assert [command for command, *_ in commands] == ["error", "error", "error", "warning", "notice"]
    assert commands[1][1] == "file=broken,line=3,title=envdoctor%3A not checked"
    assert "file=Dockerfile,line=1,title=envdoctor%3A driver-too-old" in commands[2][1]
    assert _unescaped(commands[2][2]).startswith(f"{TOO_OLD.message} [{T4}]\n- {TOO_OLD.remedy[0]}\n")


def test_properties_cannot_be_broken_out_of() -> None:
    for line in formatter("github")(hostile(), verbose=0, color=False, width=80).splitlines():
        assert re.fullmatch(r"::error [^:]*::.*", line)
        properties = line.split("::")[1].removeprefix("error ").split(",")
        assert [item.partition("=")[0] for item in properties] in (
            ["file", "title"],
            ["file", "line", "title"],
        )


def test_a_finding_about_the_host_is_told_in_full_only_once() -> None:
    old = SILENCED._replace(suppressed=None, remedy=("move to a supported branch",))
    result = RuleResult("driver-end-of-life", Kind.HYGIENE, Outcome.FAIL, Severity.NOTE, None, (old,))
    diagnoses = tuple(Diagnosis(name, T4, Verdict.COMPATIBLE, (), (result,)) for name in ("a", "b"))
    told = formatter("terminal")(Report(Verdict.COMPATIBLE, diagnoses), verbose=0, color=False, width=80)
    assert told.count("move to a supported branch") == 1
    assert told.count(old.message) == 1
    assert told.split("COMPATIBLE  b on ")[1].strip().endswith("Notes told above: driver-end-of-life")
    assert "Notes told above" not in told.split("COMPATIBLE  b on ")[0]


def test_an_error_that_was_told_keeps_its_name_and_place() -> None:
    result = RuleResult("driver-too-old", Kind.COMPATIBILITY, Outcome.FAIL, Severity.ERROR, None, (TOO_OLD,))
    diagnoses = tuple(Diagnosis(name, T4, Verdict.INCOMPATIBLE, (), (result,)) for name in ("a", "b"))
    told = formatter("terminal")(Report(Verdict.INCOMPATIBLE, diagnoses), verbose=0, color=False, width=200)
    assert told.count(TOO_OLD.message) == 1
    again = told.split("INCOMPATIBLE  b on ")[1].strip().splitlines()
    assert [line.strip() for line in again[2:]] == [f"ERROR driver-too-old at {TOO_OLD.at}", "(as for a above)"]


def test_rules_that_wait_for_one_answer_stand_together() -> None:
    cause = "what the image app:1 installs is not known"
    reasons = [
        f"whether torch is installed is not known: {cause}",
        f"whether other packages load CUDA is not known: {cause}",
    ]
    results = tuple(
        RuleResult(rule, Kind.COMPATIBILITY, Outcome.OPEN, None, reason)
        for rule, reason in zip(
            ("torch-cpu-wheel", "package-library-mismatch", "driver-too-old"), [*reasons, cause], strict=True
        )
    )
    report = Report(Verdict.UNKNOWN, (Diagnosis("a", None, Verdict.UNKNOWN, (), results),))
    told = formatter("terminal")(report, verbose=0, color=False, width=120)
    assert f"    - {cause}\n      waiting: torch-cpu-wheel, package-library-mismatch, driver-too-old\n" in told
    assert [told.count(reason) for reason in reasons] == [0, 0]
    verbose = formatter("terminal")(report, verbose=1, color=False, width=200)
    assert [verbose.count(reason) for reason in reasons] == [1, 1]
