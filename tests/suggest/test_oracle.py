"""No better-ranked combination is skipped: a small matrix, every combination judged by all of `check`, and sorted."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import product
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from envdoctor.doctor import diagnose
from envdoctor.findings import Kind, Verdict
from envdoctor.matrix import Matrix
from envdoctor.rules import RULES
from envdoctor.suggest.bases import bases
from envdoctor.suggest.companions import companions
from envdoctor.suggest.judge import NOT_OF_THE_BASE, workload
from envdoctor.suggest.problem import FAMILIES, ONNXRUNTIME, TORCH, Candidate, Problem
from envdoctor.suggest.ranking import key, kind
from envdoctor.suggest.search import Search
from envdoctor.suggest.wheels import onnxruntime_wheels, torch_wheels
from envdoctor.workload import Stated, assemble
from tests.places import DATA
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, hosts

_KEPT: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "cuda_tags": lambda row: row["tag"]
    in (
        "11.8.0-base-ubuntu22.04", "11.8.0-cudnn8-runtime-ubuntu22.04", "12.2.2-base-ubuntu22.04",
        "12.4.1-cudnn-runtime-ubuntu22.04", "12.8.1-base-ubuntu24.04", "12.8.1-cudnn-runtime-ubuntu24.04",
        "13.0.1-cudnn-runtime-ubuntu24.04", "13.0.1-base-ubuntu22.04",
    ),
    "ngc_pytorch": lambda row: row["release"] in ("22.12", "23.10", "24.08", "25.03", "25.10"),
    "torch": lambda row: row["version"] in ("2.0.1", "2.5.1", "2.8.0", "2.11.0"),
    "onnxruntime": lambda row: row["version"] in ("1.18.1", "1.20.0", "1.23.2", "1.31.1") and row["index"] == "pypi",
    "torch_images": lambda row: row["torch"] in ("2.5.1", "2.8.0"),
    "python_versions": lambda row: row["python"] in ("3.8", "3.10", "3.12"),
}  # fmt: skip
_GPUS = ("T4", "V100", "RTX 3090", "H100", "RTX 5090", "GTX 1080 Ti")
_DRIVERS = ("470.57.02", "525.60.13", "535.104.05", "550.54.14", "570.133.07", "580.82.07", "610.43.02")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    folder = tmp_path_factory.mktemp("data")
    for path in DATA.glob("*.json"):
        lines = path.read_text(encoding="utf-8").splitlines()
        keep = _KEPT.get(path.stem, lambda row: True)
        rows = [line.rstrip(",") for line in lines[1:] if line.startswith("{") and keep(json.loads(line.rstrip(",")))]
        (folder / path.name).write_text("\n".join([lines[0], ",\n".join(rows), "]}", ""]), encoding="utf-8")
    return Matrix(folder)


def _combinations(asked: Problem, family: str, matrix: Matrix) -> Iterator[Candidate]:
    inside = family in ("ngc", "pytorch")
    torches = torch_wheels(asked, matrix) if TORCH in asked.parts and not inside else (None,)
    runtimes = onnxruntime_wheels(asked, matrix) if ONNXRUNTIME in asked.parts else (None,)
    for base, torch, runtime in product(bases(family, asked, matrix), torches, runtimes):
        yield Candidate(base, torch, runtime)


def _tier(candidate: Candidate, asked: Problem, matrix: Matrix) -> int | None:
    """As check judges it on every host: None is not compatible, 1 is compatible with a remark."""
    tiers = []
    for host in asked.hosts:
        others = companions(candidate, asked, matrix) or ()
        facts = assemble(workload(candidate, others, "amd64"), host, matrix, Stated())
        diagnosis = diagnose(facts, matrix, RULES)
        if diagnosis.verdict is not Verdict.COMPATIBLE:
            return None
        asked_for = (result for result in diagnosis.results if result.rule not in NOT_OF_THE_BASE)
        tiers.append(any(result.findings for result in asked_for if result.kind is Kind.COMPATIBILITY))
    return int(any(tiers))


def _expected(asked: Problem, family: str, matrix: Matrix) -> list[Candidate]:
    fitting = [
        (tier, key(candidate, asked), candidate)
        for candidate in _combinations(asked, family, matrix)
        if (tier := _tier(candidate, asked, matrix)) is not None
    ]
    best: dict[Hashable, Candidate] = {}
    for _, _, candidate in sorted(fitting, key=lambda each: each[:2]):
        best.setdefault(kind(candidate, asked), candidate)
    return list(best.values())


@hypothesis.settings(max_examples=12, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    texts=strategies.lists(
        strategies.builds("driver={},gpu={}".format, strategies.sampled_from(_DRIVERS), strategies.sampled_from(_GPUS)),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    parts=strategies.sampled_from((TRAINING, INFERENCE, BOTH)),
)
def test_the_search_finds_what_brute_force_finds(small: Matrix, texts: list[str], parts: frozenset[str]) -> None:
    for family in FAMILIES:
        asked = Problem(hosts(*texts, matrix=small), parts, families=(family,))
        found = [candidate for candidate, _, _ in Search(asked, small).best(50)]
        assert found == _expected(asked, family, small)


def test_the_small_matrix_holds_something_to_find(small: Matrix) -> None:
    asked = Problem(hosts("driver=580.82.07,gpu=T4", matrix=small), BOTH)
    assert {found[0].base.family for found in Search(asked, small).best(50)} == {"ngc", "cuda"}


def test_no_two_candidates_share_a_rank(small: Matrix) -> None:
    asked = Problem(hosts("driver=580.82.07,gpu=T4", matrix=small), BOTH)
    for family in FAMILIES:
        keys = [key(candidate, asked) for candidate in _combinations(asked, family, small)]
        assert len(keys) == len(set(keys))
