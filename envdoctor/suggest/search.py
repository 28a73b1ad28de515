"""Finds the best combinations of base image and wheels that the rules pass on every host.

The families are searched apart, each best first, and their answers taken in turn: the best of every family, then the
second best. Within a family the candidates are walked in the order of `ranking.key`, and nothing is skipped but what
cannot pass: a wheel or a base that the hosts refuse by itself, a wheel without a file for the base's Python, an ONNX
Runtime whose CUDA or cuDNN major the image does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from itertools import groupby
from typing import Any

from envdoctor.facts import Package
from envdoctor.matrix import Matrix
from envdoctor.suggest.bases import bases
from envdoctor.suggest.companions import companions
from envdoctor.suggest.judge import Judge, Memory
from envdoctor.suggest.problem import (
    HOLDING_TORCH,
    ONNXRUNTIME,
    TORCH,
    Base,
    Candidate,
    Judgement,
    Problem,
    Rejection,
    Wheel,
)
from envdoctor.suggest.ranking import across, kind, of_base
from envdoctor.suggest.wheels import onnxruntime_wheels, torch_wheels
from envdoctor.versions import major

Found = tuple[Candidate, Judgement, tuple[Package, ...]]
MOST = 4000  # answers of the rules for one search; the usual one needs a hundred


class Search:
    """`rejected` holds what lost on the way, by family and subject, each with its first reason. `ended` tells that the
    search was given up after `most` answers, so that there may be more than was found."""

    def __init__(self, problem: Problem, matrix: Matrix, memory: Memory | None = None, most: int = MOST) -> None:
        self.problem = problem
        self.matrix = matrix
        self.memory = memory or Memory()
        self.judge = Judge(problem, matrix, self.memory)
        self.rejected: dict[tuple[str, str], Rejection] = {}
        self.ended = False
        self._too_old: set[Hashable] = set()
        self._most = self.memory.asked + most
        self._agreed: dict[tuple[str, Wheel], bool] = {}

    def best(self, count: int) -> tuple[Found, ...]:
        """The best of each family in turn, `count` in all, fewer if there are no more."""
        hopeless = self.judge.hopeless()
        if hopeless.tier is None:
            self._reject(Rejection("", f"any image on {hopeless.host}", hopeless, "host", ""))
            return ()
        walks = [self._family(family) for family in self.problem.families]
        found: list[Found] = []
        while walks and len(found) < count:
            answers = [(walk, next(walk, None)) for walk in walks]
            walks = [walk for walk, answer in answers if answer is not None]
            round_ = [answer for _, answer in answers if answer is not None]
            found += sorted(round_, key=lambda each: across(each[0], each[1], self.problem))
        return tuple(found[:count])

    def _family(self, family: str) -> Iterator[Found]:
        listed = self._bases(family)
        if ONNXRUNTIME in self.problem.parts and not any(base.cuda for base in listed):
            self._without_cuda(family, listed)
            return
        seen: set[Hashable] = set()
        for tier in (0, 1):
            for candidate in self._walk(family, listed, tier):
                if self.memory.asked > self._most:
                    self.ended = True
                    return
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
                    self._reject_image(family, candidate.base, judgement)

    def _without_cuda(self, family: str, listed: tuple[Base, ...]) -> None:
        """ONNX Runtime finds no CUDA in such images unless the program itself loads it first, which no file tells. One
        combination is judged, for the words."""
        torch = None
        if TORCH in self.problem.parts and family not in HOLDING_TORCH:
            torch = next((wheel for wheel in self.torches if self._stands(family, wheel, 1, listed)), None)
        served = [wheel for wheel in self.runtimes if wheel is not None and wheel.default]
        for base in listed:
            for runtime in served:
                held = base._replace(cuda=runtime.cuda)
                if (
                    _meet(held, torch, runtime)
                    and self._carries(family, base, 1)
                    and self._runs(family, base, runtime, 1)
                ):
                    judgement = self.judge.judge(Candidate(base, torch, runtime))
                    subject = f"onnxruntime-gpu {runtime.version} on {base.image}"
                    self._reject(Rejection(family, subject, judgement, runtime.name, runtime.version))
                    return

    def _walk(self, family: str, listed: tuple[Base, ...], tier: int) -> Iterator[Candidate]:
        """In the order of ranking.key."""
        inside = family in HOLDING_TORCH and TORCH in self.problem.parts
        for _, graded in groupby(listed, key=lambda base: base.grade):
            for _, alike in groupby(graded, key=lambda base: of_base(base) if inside else ()):
                yield from self._combine(family, tuple(alike), tier)

    def _combine(self, family: str, listed: tuple[Base, ...], tier: int) -> Iterator[Candidate]:
        torches: Iterable[Wheel | None] = (None,)
        if TORCH in self.problem.parts and family not in HOLDING_TORCH:
            torches = (wheel for wheel in self.torches if self._stands(family, wheel, tier, listed))
        for torch in torches:
            for runtime in self.runtimes:
                if not self._agree(family, torch, runtime):
                    continue
                for base in listed:
                    if not _meet(base, torch, runtime):
                        continue
                    if runtime is not None and not self._runs(family, base, runtime, tier):
                        break
                    if self._carries(family, base, tier):
                        yield Candidate(base, torch, runtime)

    def _bases(self, family: str) -> tuple[Base, ...]:
        boards = tuple(host.l4t.get() for host in self.problem.hosts if host.l4t.is_known)
        return self._listed((family, boards), lambda: bases(family, self.problem, self.matrix))

    @cached_property
    def _may_lift(self) -> bool:
        """Is there a host with a GPU that may use forward compatibility packages?"""
        gpus = (gpu for host in self.problem.hosts for gpu in host.gpus.get() or ())
        return any(gpu.forward_compat.get() for gpu in gpus)

    @cached_property
    def torches(self) -> tuple[Wheel, ...]:
        return self._listed((TORCH,), lambda: torch_wheels(self.problem, self.matrix))

    @cached_property
    def runtimes(self) -> tuple[Wheel | None, ...]:
        if ONNXRUNTIME not in self.problem.parts:
            return (None,)
        return self._listed((ONNXRUNTIME,), lambda: onnxruntime_wheels(self.problem, self.matrix))

    def _listed(self, what: Hashable, make: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
        """Remembered for every problem that differs in its hosts alone."""
        asked = self.problem._replace(hosts=(), wanted={}, families=())
        place = (what, asked._replace(wanted=tuple(self.problem.wanted.items())))  # type: ignore[arg-type]  # to be hashed
        if place not in self.memory.lists:
            self.memory.lists[place] = make()
        found: tuple[Any, ...] = self.memory.lists[place]
        return found

    def _agree(self, family: str, torch: Wheel | None, runtime: Wheel | None) -> bool:
        """Do the packages that are carried along leave room for these wheels? Asked of ONNX Runtime beside any torch: one
        question for each, not for each pair."""
        wheel = runtime or torch
        if wheel is None or not self.problem.carried:
            return True
        if (family, wheel) in self._agreed:
            return self._agreed[family, wheel]
        if runtime is not None and torch is not None:
            torch = self.torches[0]
        candidate = Candidate(_plain(wheel, self.problem), torch, runtime)
        judgement = self.judge.agrees(candidate, companions(candidate, self.problem, self.matrix) or ())
        if judgement.tier is None:
            self._reject_wheel(family, wheel, judgement)
        self._agreed[family, wheel] = judgement.tier is not None
        return self._agreed[family, wheel]

    def _stands(self, family: str, wheel: Wheel, tier: int, listed: tuple[Base, ...]) -> bool:
        """Does the wheel pass on an image without CUDA? What refuses it there does so on any other, but for a driver that
        is too old by itself: the forward compatibility package of an image may lift that."""
        plain = _plain(wheel, self.problem)
        if plain.python is None:
            return False
        judgement = self.judge.alone(Candidate(plain, wheel))
        if tier and judgement.rule == "driver-too-old" and self._may_lift:
            judgement = self._lifted(wheel, listed) or judgement
        if judgement.tier is None:
            self._reject_wheel(family, wheel, judgement)
        return judgement.tier is not None and judgement.tier <= tier

    def _lifted(self, wheel: Wheel, listed: tuple[Base, ...]) -> Judgement | None:
        """As the wheel passes on an image whose cuda-compat lifts the driver. Asked of one image for each CUDA release; where
        the driver stays too old for one wheel, it does for others of the same CUDA."""
        releases = {base.cuda: base for base in reversed(listed) if base.cuda and major(base.cuda) == major(wheel.cuda)}
        place = (wheel.cuda, frozenset(releases))
        if place in self._too_old:
            return None
        tried = [self.judge.alone(Candidate(base, wheel)) for base in releases.values()]
        if all(each.rule == "driver-too-old" for each in tried):
            self._too_old.add(place)
        return next((each for each in tried if each.tier is not None), None)

    def _runs(self, family: str, base: Base, runtime: Wheel, tier: int) -> bool:
        """Does onnxruntime-gpu hold code for every GPU?"""
        judgement = self.judge.code(base, runtime)
        if judgement.tier is None:
            self._reject_wheel(family, runtime, judgement)
        return judgement.tier is not None and judgement.tier <= tier

    def _carries(self, family: str, base: Base, tier: int) -> bool:
        """Does the image pass as it is, with the PyTorch it holds; or, where it holds none, does it start?"""
        judgement = self.judge.alone(Candidate(base)) if base.torch else self.judge.starts(base)
        if judgement.tier is None:
            self._reject_image(family, base, judgement)
        return judgement.tier is not None and judgement.tier <= tier

    def _reject_wheel(self, family: str, wheel: Wheel, judgement: Judgement) -> None:
        self._reject(Rejection(family, _wheel(wheel), judgement, wheel.name, wheel.version))

    def _reject_image(self, family: str, base: Base, judgement: Judgement) -> None:
        self._reject(Rejection(family, base.image, judgement, "image", base.image.partition(":")[2]))

    def _reject(self, rejection: Rejection) -> None:
        self.rejected.setdefault((rejection.family, rejection.subject), rejection)


def _plain(wheel: Wheel, problem: Problem) -> Base:
    """An image without CUDA, with the newest Python that the wheel is for."""
    python = next((each for each in reversed(wheel.python) if problem.python in (None, each)), None)
    return Base("python", f"python:{python}-slim", python, None, None, None, 0, ())


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
