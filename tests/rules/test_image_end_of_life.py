"""Tags on NVIDIA's list of unsupported ones."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import MATRIX, PYTHON, does_not_apply, fires, silent, undecided, workload

RULE = "image-end-of-life"


def test_every_published_tag_is_silent_or_a_note() -> None:
    rows = [
        row
        for row in MATRIX.cuda_tags_of("12.4") + MATRIX.cuda_tags_of("11.8")
        if row.supported is not None and row.status == "published"
    ]
    for row in rows:
        facts = workload(f"nvidia/cuda:{row.tag}")
        if row.supported:
            silent(RULE, facts)
        else:
            assert fires(RULE, facts).severity is Severity.NOTE


def test_an_unsupported_release_is_offered_a_supported_one() -> None:
    row = next(row for row in MATRIX.cuda_tags_of("12.2.0") if row.supported is False and row.status == "published")
    finding = fires(RULE, workload(f"nvidia/cuda:{row.tag}"))
    assert row.tag in finding.message
    assert finding.remedy[0].startswith("move to ")
    if "nvidia/cuda:" in finding.remedy[0]:
        silent(RULE, workload(finding.remedy[0].removeprefix("move to ")))


def test_open_and_not_applicable() -> None:
    assert "14.0.0" in undecided(RULE, workload("nvidia/cuda:14.0.0-base-ubuntu24.04"))
    assert "image-tag-removed" in does_not_apply(RULE, workload("nvidia/cuda:11.3.0-devel-ubuntu20.04"))
    does_not_apply(RULE, workload(PYTHON))
    does_not_apply(RULE, workload(None))
