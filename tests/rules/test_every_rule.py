"""What holds for every rule: it is listed, tested, documented and well written."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from envdoctor import rules
from envdoctor.doctor import ask
from envdoctor.findings import Outcome, Severity
from envdoctor.rules import RULES, find
from envdoctor.rules.rule import Rule
from tests.rules.vocabulary import BASE_12_4, CUDNN_12_4, CUDNN_13_0, MATRIX, PYTHON, asked, on, well_written, workload

HERE = Path(__file__).parent
MODULES = sorted(
    path.stem for path in Path(rules.__file__).parent.glob("*.py") if path.stem not in ("__init__", "deferred", "rule")
)
_IMAGES = (
    None,
    BASE_12_4,
    CUDNN_13_0,
    PYTHON,
    "our_base:1",
    "nvcr.io/nvidia/pytorch:25.03-py3",
    "nvidia/cuda:11.3.0-devel-ubuntu20.04",
)
_PIP = (
    ["torch"],
    ["torch==2.4.0", "torchvision==0.18.0"],
    ["onnxruntime-gpu==1.18.1", "onnxruntime==1.18.1"],
    ["torch==2.11.0+cpu", "ctranslate2==4.4.0"],
)
_HOSTS = (
    on("470.57.02", ["RTX 3090", "T4"]),
    on("580.95.05", ["V100", "RTX 5090"]),
    on("535"),
    on(None, ["Jetson AGX Orin"], l4t="35.4.1"),
    on("528.24", ["RTX 3090"], wsl="2"),
    on("none"),
)
WORKLOADS = [workload(image, pip=pip, host=host) for image in _IMAGES for pip in _PIP for host in _HOSTS]
WORKLOADS += [workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"], host=host) for host in _HOSTS]


def test_every_module_is_listed_and_has_a_test_file() -> None:
    assert {rule.id.replace("-", "_") for rule in RULES} == set(MODULES)
    assert len({rule.id for rule in RULES}) == len(RULES)
    missing = [module for module in MODULES if not (HERE / f"test_{module}.py").is_file()]
    assert not missing, f"rules without a test file in tests/rules: {missing}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_known_of_a_rule_before_it_is_imported_is_so(rule: Rule) -> None:
    module = import_module(f"envdoctor.rules.{rule.id.replace('-', '_')}").RULE
    assert (rule.id, rule.kind) == (module.id, module.kind)
    if rule is not module:
        for facts in WORKLOADS:
            assert ask(module, facts, MATRIX).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("module", MODULES)
def test_each_test_file_shows_all_four_ends(module: str) -> None:
    """A rule without a case that it cannot decide, or that it never passes, says so by asking no such question."""
    text = (HERE / f"test_{module}.py").read_text(encoding="utf-8")
    assert re.search(r"\bfires(_and_stays_open)?\(", text)
    assert re.search(r"\b(silent|does_not_apply)\(", text)
    rule = find(module.replace("_", "-"))
    assert rule is not None
    ends = {asked(rule.id, facts).outcome for facts in WORKLOADS}
    if Outcome.OPEN in ends:
        assert re.search(r"\bundecided\(", text), f"{module} can end open; show with `undecided` what has to be stated"
    if Outcome.NOT_APPLICABLE in ends:
        assert re.search(r"\bdoes_not_apply\(", text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_is_well_written(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert find(rule.id) is rule
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.remedy
    assert all(remedy.strip() for remedy in rule.remedy)
    assert rule.sources
    assert all(source.startswith("https://") and " " not in source for source in rule.sources)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_workload_makes_it_crash_or_stammer(rule: Rule) -> None:
    order = [Severity.NOTE, Severity.WARNING, Severity.ERROR]
    for facts in WORKLOADS:
        result = asked(rule.id, facts)
        assert result.outcome is not Outcome.ERROR, result.reason
        assert result.outcome in (Outcome.PASS, Outcome.FAIL) or result.reason
        for finding in result.findings:
            assert well_written(finding), finding
            assert order.index(finding.severity) <= order.index(rule.severity), f"{rule.id} reports more than it says"


def test_an_unknown_rule_is_none() -> None:
    assert find("no-such-rule") is None
