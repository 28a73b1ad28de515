"""Finds the best combinations of base image and wheels that the rules pass on every host.

The families are searched apart, each best first, and their answers taken in turn: the best of every family, then the
second best. Within a family the candidates are walked in the order of `ranking.key`, and nothing is skipped but what
cannot pass: a wheel or a base that the hosts refuse by itself, a wheel without a file for the base's Python, an ONNX
Runtime whose CUDA or cuDNN major the image does not hold.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby

from envdoctor.facts import Package
from envdoctor.matrix import Matrix
from envdoctor.suggest.bases import bases
from envdoctor.suggest.companions import companions
from envdoctor.suggest.judge import Judge
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Base, Candidate, Judgement, Problem, Rejection, Wheel
from envdoctor.suggest.ranking import across, kind, of_base
from envdoctor.suggest.wheels import onnxruntime_wheels, torch_wheels
from envdoctor.versions import major

Found = tuple[Candidate, Judgement, tuple[Package, ...]]
_IN_IMAGE = ("ngc", "pytorch")  # families whose images hold PyTorch


class Search:
    """`rejected` holds what lost on the way, by family and subject, each with its first reason."""

    def __init__(self, problem: Problem, matrix: Matrix) -> None:
        self.problem = problem
        self.matrix = matrix
        self.judge = Judge(problem, matrix)
        self.rejected: dict[tuple[str, str], Rejection] = {}
        self._runtimes: tuple[Wheel | None, ...] | None = None
        self._torches: tuple[Wheel, ...] | None = None

    def best(self, count: int) -> tuple[Found, ...]:
        """The best of each family in turn, `count` in all, fewer if there are no more."""
        walks = [self._family(family) for family in self.problem.families]
        found: list[Found] = []
        while walks and len(found) < count:
            answers = [(walk, next(walk, None)) for walk in walks]
            walks = [walk for walk, answer in answers if answer is not None]
            round_ = [answer for _, answer in answers if answer is not None]
            found += sorted(round_, key=lambda each: across(each[0], each[1], self.problem))
        return tuple(found[:count])

    def exists(self) -> bool:
        """Is there any candidate at all, whatever the hosts?"""
        for family in self.problem.families:
            inside = family in _IN_IMAGE
            torches: Iterable[Wheel | None] = (None,)
            if TORCH in self.problem.parts and not inside:
                torches = self.torches
            listed = bases(family, self.problem, self.matrix)
            if any(_meet(base, torch, run) for torch in torches for run in self.runtimes for base in listed):
                return True
        return False

    def _family(self, family: str) -> Iterator[Found]:
        listed = bases(family, self.problem, self.matrix)
        if ONNXRUNTIME in self.problem.parts and not any(base.cuda for base in listed):
            self._without_cuda(family, listed)
            return
        seen: set[Hashable] = set()
        for tier in (0, 1):
            for candidate in self._walk(family, listed, tier):
                if kind(candidate, self.problem) in seen:
                    continue
                beside = companions(candidate, self.problem, self.matrix)
                if beside is None:
                    continue
                judgement = self.judge.judge(candidate, beside)
                if judgement.tier == tier:
                    seen.add(kind(candidate, self.problem))
                    yield candidate, judgement, beside
                elif judgement.tier is None:
                    self._reject(family, candidate.base.image, judgement)

    def _without_cuda(self, family: str, listed: tuple[Base, ...]) -> None:
        """ONNX Runtime finds no CUDA in such images unless the program itself loads it first, which no file tells. One
        combination is judged, for the words."""
        torch = None
        if TORCH in self.problem.parts and family not in _IN_IMAGE:
            torch = next((wheel for wheel in self.torches if self._stands(family, wheel, 1)), None)
        served = [wheel for wheel in self.runtimes if wheel is not None and wheel.default]
        for base in listed:
            for runtime in served:
                held = base._replace(cuda=runtime.cuda)
                if (
                    _meet(held, torch, runtime)
                    and self._carries(family, base, 1)
                    and self._runs(family, base, runtime, 1)
                ):
                    candidate = Candidate(base, torch, runtime)
                    self._reject(
                        family, f"onnxruntime-gpu {runtime.version} on {base.image}", self.judge.judge(candidate)
                    )
                    return

    def _walk(self, family: str, listed: tuple[Base, ...], tier: int) -> Iterator[Candidate]:
        """In the order of ranking.key."""
        inside = family in _IN_IMAGE and TORCH in self.problem.parts
        for _, graded in groupby(listed, key=lambda base: base.grade):
            for _, alike in groupby(graded, key=lambda base: of_base(base) if inside else ()):
                yield from self._combine(family, tuple(alike), tier)

    def _combine(self, family: str, listed: tuple[Base, ...], tier: int) -> Iterator[Candidate]:
        torches: Iterable[Wheel | None] = (None,)
        if TORCH in self.problem.parts and family not in _IN_IMAGE:
            torches = (wheel for wheel in self.torches if self._stands(family, wheel, tier))
        for torch in torches:
            for runtime in self.runtimes:
                for base in listed:
                    if not _meet(base, torch, runtime):
                        continue
                    if not self._runs(family, base, runtime, tier):
                        break
                    if self._carries(family, base, tier):
                        yield Candidate(base, torch, runtime)

    @property
    def torches(self) -> tuple[Wheel, ...]:
        if self._torches is None:
            self._torches = torch_wheels(self.problem, self.matrix)
        return self._torches

    @property
    def runtimes(self) -> tuple[Wheel | None, ...]:
        if self._runtimes is None:
            needed = ONNXRUNTIME in self.problem.parts
            self._runtimes = onnxruntime_wheels(self.problem, self.matrix) if needed else (None,)
        return self._runtimes

    def _stands(self, family: str, wheel: Wheel, tier: int) -> bool:
        """Does the wheel pass on an image without CUDA? What refuses it there does so on any other."""
        python = next((each for each in reversed(wheel.python) if self.problem.python in (None, each)), None)
        if python is None:
            return False
        plain = Base("python", f"python:{python}-slim", python, None, None, None, 0, ())
        return self._allowed(family, _wheel(wheel), self.judge.alone(Candidate(plain, wheel)), tier)

    def _runs(self, family: str, base: Base, runtime: Wheel | None, tier: int) -> bool:
        """Does onnxruntime-gpu hold code for every GPU?"""
        if runtime is None:
            return True
        return self._allowed(family, _wheel(runtime), self.judge.code(Candidate(base, None, runtime)), tier)

    def _carries(self, family: str, base: Base, tier: int) -> bool:
        """Does the image pass as it is, with the PyTorch it holds; or, where it holds none, does it start?"""
        judgement = self.judge.alone(Candidate(base)) if base.torch else self.judge.starts(base)
        return self._allowed(family, base.image, judgement, tier)

    def _allowed(self, family: str, subject: str, judgement: Judgement, tier: int) -> bool:
        if judgement.tier is None:
            self._reject(family, subject, judgement)
        return judgement.tier is not None and judgement.tier <= tier

    def _reject(self, family: str, subject: str, judgement: Judgement) -> None:
        self.rejected.setdefault((family, subject), Rejection(family, subject, judgement))


def _wheel(wheel: Wheel) -> str:
    return f"{wheel.name} {wheel.version} (CUDA {wheel.cuda})"


def _meet(base: Base, torch: Wheel | None, runtime: Wheel | None) -> bool:
    """What needs no rule to tell: a file for this Python, the CUDA and cuDNN majors that ONNX Runtime loads."""
    for wheel in (torch, runtime):
        if wheel is not None and wheel.python and base.python is not None and base.python not in wheel.python:
            return False
    if runtime is None:
        return True
    if base.cuda is None or major(base.cuda) != major(runtime.cuda):
        return False
    return base.cudnn is None or base.cudnn == runtime.cudnn
