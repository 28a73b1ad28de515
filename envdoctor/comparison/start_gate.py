"""NVIDIA_REQUIRE_CUDA in a few words: the driver branches that the start gate lets through, not its forty clauses.

GeForce stands for every GPU without clauses of its own. The gate sees "tesla" for T4, V100 and older data center GPUs and
"unknown" for A100 and later ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from envdoctor.facts import Fact, Facts, absent, known, unknown
from envdoctor.judging.requirement import Condition, Device, RequirementError, admits, parse
from envdoctor.matrix import Matrix

_DATA_CENTER = ("tesla", "unknown")
_DISABLING = frozenset({"1", "t", "T", "TRUE", "true", "True"})


class Admitted(NamedTuple):
    """Branch numbers: `all` whatever the GPU, `data_center` on every data center GPU, `some` on some of them only."""

    all: frozenset[int]
    data_center: frozenset[int]
    some: frozenset[int]


def told(facts: Facts, matrix: Matrix) -> Fact[str]:
    expression = _expression(facts)
    if not expression.is_known:
        return expression
    admitted = _admitted(expression.need(), matrix)
    if admitted is None:
        return unknown("which drivers the start gate admits depends on the driver's exact version", expression.origin)
    return known(_described(admitted, matrix), expression.origin)


def sentences(a: Facts, b: Facts, matrix: Matrix, first: int) -> Iterator[str]:
    """The branches, from `first` on, that A's gate admits whatever the GPU and B's does not. Older ones do not run A, or
    where that needs no driver, B."""
    ours, theirs = _expression(a), _expression(b)
    if not theirs.is_known or ours.is_unknown:
        return
    before, after = _admitted(ours.get() or "", matrix), _admitted(theirs.need(), matrix)
    if before is None or after is None:
        return
    lost = sorted(number for number in before.all - after.all if number >= first)
    still = [number for number in lost if number in after.data_center]
    if not lost:
        return
    text = f"The start gate of B refuses {_ranges(lost, matrix)} (in legacy runtime mode; CDI mode does not ask it)"
    yield f"{text}, except {_ranges(still, matrix)} on data center GPUs." if still else f"{text}."


def _expression(facts: Facts) -> Fact[str]:
    """The image's gate, or what the Dockerfile's ENV puts in its place."""
    env = facts.image.env.get() or {}
    if env.get("NVIDIA_DISABLE_REQUIRE") in _DISABLING:
        return absent("NVIDIA_DISABLE_REQUIRE switches the gate off")
    own = env.get("NVIDIA_REQUIRE_CUDA")
    if own is None:
        return _of_image(facts)
    if "${" in own:
        return unknown("the value of NVIDIA_REQUIRE_CUDA depends on a variable of the base image")
    return known(own, facts.image.env.origin)


def _of_image(facts: Facts) -> Fact[str]:
    """That every NGC image so far has one and the same gate promises nothing of a release that is not in the matrix."""
    image = facts.image
    if image.gate.is_known and image.cuda.is_unknown and (image.family.get() or "").startswith("ngc/"):
        return unknown(image.cuda.reason, image.cuda.origin)
    return image.gate


def _admitted(expression: str, matrix: Matrix) -> Admitted | None:
    """None where the possible gates of the image differ, or a clause asks for more than the branch."""
    found = {_of_one(gate, matrix) for gate in expression.split("\n")}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=16)
def _of_one(gate: str, matrix: Matrix) -> Admitted | None:
    """Whether data center GPUs are let in is only asked for the branches that do not let everyone in."""
    answers: dict[str, set[int]] = {}
    try:
        for brand in ("geforce", *_DATA_CENTER):
            rows = [row for row in matrix.branches() if row.branch not in answers.get("geforce", ())]
            asked = _for_brand(gate, brand)
            let_in = {
                row.branch: admits(asked, Device(row.cuda, str(row.branch), None, brand))
                for row in (rows if asked or not gate.strip() else ())
            }
            if None in let_in.values():
                return None
            answers[brand] = {number for number, answer in let_in.items() if answer}
    except RequirementError:
        return Admitted(frozenset(), frozenset(), frozenset())
    everyone = frozenset(answers["geforce"])
    older, newer = (frozenset(answers[brand]) for brand in _DATA_CENTER)
    return Admitted(everyone, older & newer, older ^ newer)


def _for_brand(gate: str, brand: str) -> str:
    """Without the alternatives for other brands, most of the forty: they let nothing of this brand in. Raises
    RequirementError."""
    alternatives = zip(gate.split(), parse(gate), strict=True)
    return " ".join(text for text, term in alternatives if all(_may_be(each, brand) for each in term))


def _may_be(condition: Condition, brand: str) -> bool:
    return condition.property != "brand" or condition.operator != "=" or condition.value.lower() == brand


def _described(admitted: Admitted, matrix: Matrix) -> str:
    parts = [_ranges(sorted(admitted.all), matrix) or "no driver"]
    if admitted.data_center:
        parts.append(f"data center GPUs also {_ranges(sorted(admitted.data_center), matrix)}")
    if admitted.some:
        parts.append(f"some data center GPUs also {_ranges(sorted(admitted.some), matrix)}")
    return "; ".join(parts)


def _ranges(numbers: list[int], matrix: Matrix) -> str:
    """ "R470, R525 to R535, R550 or newer": neighbours are neighbours among the branches that the matrix knows."""
    order = [row.branch for row in matrix.branches()]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and order.index(number) == order.index(runs[-1][-1]) + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(run, order[-1]) for run in runs)


def _run(run: list[int], newest: int) -> str:
    if run[-1] == newest:
        return f"R{run[0]} or newer"
    if len(run) < 3:
        return ", ".join(f"R{number}" for number in run)
    return f"R{run[0]} to R{run[-1]}"
