"""Who may use a cuda-compat package, and on what that rests."""

from __future__ import annotations

import pytest

from envdoctor.facts import Host
from envdoctor.judging.forward_compat import best_row, escape
from envdoctor.matrix.rows import CompatRow
from tests.rules.vocabulary import CUDNN_12_4, MATRIX, PYTHON, on, workload

CUDA_13 = "nvidia/cuda:13.0.1-base-ubuntu22.04"


@pytest.mark.parametrize(
    ("image", "host", "major", "answer", "said"),
    [
        (CUDNN_12_4, on("470.57.02", ["T4"]), 12, True, "R470"),
        (CUDA_13, on("535.54.03", ["A100"]), 13, True, "R535"),
        (CUDNN_12_4, on("470.57.02", ["RTX 3090"]), 12, False, "RTX 3090"),
        (CUDNN_12_4, on("470.57.02", ["T4", "RTX 3090"]), 12, False, "RTX 3090"),
        (CUDNN_12_4, on("470.57.02", ["Tesla K80"]), 12, False, "R470 was the last for Kepler"),
        (CUDA_13, on("535.54.03", ["V100"]), 13, True, "R535"),  # R580 drives Volta, and is what cuda-compat 13.0 is of
        ("nvidia/cuda:13.1.0-base-ubuntu22.04", on("535.54.03", ["V100"]), 13, False, "R580 was the last for Volta"),
        (CUDA_13, on("545.23.08", ["A100"]), 13, False, "R545"),
        (CUDNN_12_4, on("535.54.03", ["A100"]), 13, False, "older than what is needed"),
        (PYTHON, on("535.54.03", ["A100"]), 13, False, "hold no CUDA"),
        (CUDA_13, on("560.94", ["A100"], wsl="2"), 13, False, "Windows"),
        (CUDA_13, on("535.54.03"), 13, None, "depends on the GPU"),
        (CUDA_13, on("535.54.03", ["RTX A6000"]), 13, None, "depends on the GPU"),  # some RTX products
        ("our_base:1", on("535.54.03", ["A100"]), 13, None, "not known"),
        (CUDA_13, on("700.1", ["A100"]), 13, None, "700.1"),
    ],
)
def test_escape(image: str, host: Host, major: int, answer: bool | None, said: str) -> None:
    found = escape(workload(image, host=host), MATRIX, major)
    assert found.answer is answer
    assert said in found.reason


def test_nvidias_table_goes_before_release_notes_before_gates() -> None:
    def row(answer: str, basis: str) -> CompatRow:
        return CompatRow("12.4", 535, answer, basis, ("https://example.com",), "2026-11-20")

    assert best_row(()) is None
    assert best_row((row("C", "gate"), row("C", "matrix"), row("C", "release-notes"))) == row("C", "matrix")
    assert best_row((row("X", "matrix"), row("C", "gate"))) == row("C", "gate")
