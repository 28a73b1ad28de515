"""The order of candidates within one family. A lower key is better; equal keys do not occur.

What runs without a remark comes first (the tier, which only judging tells), then what is still supported, then the
newest PyTorch, of it the default build before the newest CUDA, then the newest ONNX Runtime, then the base: newest CUDA,
smallest flavor, newest system and Python.
"""

from __future__ import annotations

from collections.abc import Hashable

from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Base, Candidate, Judgement, Problem, Wheel
from envdoctor.versions import leading, numbers

Key = tuple[object, ...]
_PARTS = 4


def newest_first(version: str | None) -> tuple[int, ...]:
    """Sorts "2.10.0" before "2.9.1", and what is not known last."""
    found = numbers(leading(version or "") or "")[:_PARTS]
    return tuple(-number for number in found) + (0,) * (_PARTS - len(found))


def of_base(base: Base) -> Key:
    """Of the PyTorch that the image itself holds."""
    return (newest_first(base.torch), newest_first(base.torch_cuda)) if base.torch else ()


def of_wheel(wheel: Wheel) -> Key:
    """PyPI's own build of a version before the builds of other indexes, of those the newest CUDA. Of ONNX Runtime every
    version on PyPI goes before those that only Microsoft's feeds hold: none of these was ever read, and they install in
    two steps."""
    from_feed = wheel.name == ONNXRUNTIME and wheel.index is not None
    return from_feed, newest_first(wheel.version), not wheel.default, newest_first(wheel.cuda)


def key(candidate: Candidate, problem: Problem) -> Key:
    """Without the tier."""
    torch: Key = ()
    if TORCH in problem.parts:
        torch = of_wheel(candidate.torch) if candidate.torch else of_base(candidate.base)
    runtime = of_wheel(candidate.onnxruntime) if candidate.onnxruntime else ()
    return candidate.base.grade, torch, runtime, candidate.base.order


_SIZE = {"python": 0, "cuda": 1, "pytorch": 2, "ngc": 3}


def across(candidate: Candidate, judgement: Judgement, problem: Problem) -> Key:
    """Between the best of different families: without a remark, newest minor of PyTorch and of ONNX Runtime, smallest."""
    torch = newest_first(candidate.torch_version)[:2] if TORCH in problem.parts else ()
    wheel = candidate.onnxruntime
    runtime = (wheel.index is not None, newest_first(wheel.version)[:2]) if wheel else ()
    return judgement.tier, torch, runtime, _SIZE[candidate.base.family]


def kind(candidate: Candidate, problem: Problem) -> Hashable:
    """Of one kind only the best is suggested: the minor of PyTorch, or of ONNX Runtime where that is all."""
    main = TORCH if TORCH in problem.parts else ONNXRUNTIME if ONNXRUNTIME in problem.parts else ""
    version = candidate.torch_version if main == TORCH else candidate.onnxruntime and candidate.onnxruntime.version
    return numbers(leading(version or "") or "")[:2]
