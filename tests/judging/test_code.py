"""SASS and PTX compatibility, one case per sentence of the programming guide."""

from __future__ import annotations

import pytest

from envdoctor.facts import FactUnknown
from envdoctor.judging.code import Coverage, agreed, coverage

N, J, U, X = Coverage.NATIVE, Coverage.JIT, Coverage.UNPROMISED, Coverage.NONE


@pytest.mark.parametrize(
    ("capability", "sass", "ptx", "answer"),
    [
        ("8.9", ("80", "86"), (), N),  # an RTX 4090 runs sm_86 code: no binary holds sm_89
        ("8.6", ("89",), (), X),  # not the reverse
        ("9.0", ("86",), (), X),  # another major
        ("9.0", ("90a",), (), N),
        ("10.0", ("90a",), (), X),
        ("12.0", ("90a",), ("90a",), X),  # PTX of an "a" target is not forward compatible
        ("12.0", ("90",), ("90",), J),
        ("7.0", ("75",), ("75",), X),
        ("12.1", ("120",), (), N),  # GB10 runs sm_120
        ("12.1", ("120a",), (), X),
        ("10.3", ("100f",), (), N),
        ("10.0", ("103f",), (), X),
        ("12.0", ("100f",), ("100f",), X),
        ("8.7", ("86",), (), U),  # Orin: desktop code is not promised
        ("8.7", ("87",), (), N),
        ("8.9", ("87",), (), U),
        ("8.7", ("86",), ("80",), J),
        ("11.0", ("101",), (), N),  # Thor was 10.1 to CUDA 12.8
        ("11.0", ("100",), (), X),
        ("3.5", ("37", "50"), (), X),
    ],
)
def test_coverage(capability: str, sass: tuple[str, ...], ptx: tuple[str, ...], answer: Coverage) -> None:
    assert coverage(capability, sass, ptx) is answer


def test_builds_that_differ_leave_it_open() -> None:
    assert agreed({N}, "torch") is N
    assert agreed({N, J}, "torch") is N
    assert agreed({X}, "torch") is X
    for answers in ({N, X}, {J, X}, {U}, {U, N}, set()):
        with pytest.raises(FactUnknown):
            agreed(answers, "torch")
