"""Whatever is suggested, `check` of the printed Dockerfile says compatible, on every host."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies

from envdoctor.findings import Verdict, undecided
from envdoctor.suggest.answer import solve
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, checked, problem

GPUS = (
    "T4", "V100", "P100", "GTX 1080 Ti", "RTX 2080 Ti", "RTX 3090", "A100", "A10", "L4", "RTX 4090", "L40S", "H100",
    "H200", "B200", "RTX 5090", "RTX PRO 6000", "K80", "GTX 970", "Tesla M60", "RTX A6000", "Quadro RTX 8000",
)  # fmt: skip
DRIVERS = (
    "418.226.00", "440.33.01", "450.51.06", "450.80.02", "460.32.03", "470.57.02", "510.47.03", "515.65.01", "525.60.13",
    "525.147.05", "530.30.02", "535.104.05", "545.23.08", "550.54.14", "555.42.06", "560.28.03", "565.57.01", "570.26",
    "570.133.07", "575.57.08", "580.65.06", "580.82.07", "590.44.01", "595.58.03", "610.43.02", "535", "580",
)  # fmt: skip
HOST = strategies.tuples(strategies.sampled_from(DRIVERS), strategies.sampled_from(GPUS)).map(
    lambda pair: f"driver={pair[0]},gpu={pair[1]}"
)
MODE = strategies.sampled_from(("", ",mode=legacy", ",mode=cdi"))


@hypothesis.settings(max_examples=25)
@hypothesis.given(
    texts=strategies.lists(strategies.builds(str.__add__, HOST, MODE), min_size=1, max_size=3, unique=True),
    parts=strategies.sampled_from((TRAINING, INFERENCE, BOTH)),
    python=strategies.sampled_from((None, None, "3.8", "3.10", "3.12")),
    video=strategies.booleans(),
)
def test_check_finds_every_suggestion_compatible(
    texts: list[str], parts: frozenset[str], python: str | None, video: bool
) -> None:
    asked = problem(parts, *texts, python=python, video=video)
    found = solve(asked, MATRIX, 5)
    for suggestion in found.suggestions:
        for diagnosis in checked(suggestion, asked):
            open_rules = [(result.rule, result.reason) for result in diagnosis.results if undecided(result)]
            faults = [
                (result.rule, finding.message)
                for result in diagnosis.results
                for finding in result.findings
                if finding.severity.value != "note"
            ]
            assert diagnosis.verdict is Verdict.COMPATIBLE, (suggestion.candidate, diagnosis.host, faults, open_rules)
            assert not faults
