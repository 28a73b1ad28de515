"""Asks the rules of `envdoctor check` about a candidate, and nobody else: what check would fault is never suggested.

What keeps that cheap: the first finding ends it; hosts that no rule can tell apart are asked once; a rule that did not
look at the host for one host is not asked again for the next; what was answered once is remembered, also from one
search to the next.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from envdoctor.facts import Host, Package, Packages, known
from envdoctor.findings import Kind, Outcome, RuleResult, Severity, undecided
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Declared, Statement
from envdoctor.rules import RULES
from envdoctor.rules.rule import Rule
from envdoctor.suggest.companions import beside
from envdoctor.suggest.fleet import groups
from envdoctor.suggest.problem import ARCHES, HERE, Base, Candidate, Judgement, Problem, Wheel
from envdoctor.watching import Watched, watch
from envdoctor.workload import Stated, assemble

# The rules that most often refuse come first.
_FIRST = ("start-gate-refuses", "driver-too-old", "gpu-not-in-torch", "gpu-not-in-onnxruntime")
# What no choice of image or version mends: the workload's own packages against each other, the system's packages and the
# launch, which a candidate does not carry; and a remark that every newer NGC image gets.
NOT_OF_THE_BASE = frozenset(
    {
        "opencv-several-packages",
        "opencv-library-missing",
        "opencv-without-windows",
        "package-without-cuda",
        "driver-in-image",
        "ngc-pip-constraint",
        "video-capability-missing",
        "gpu-without-video-engine",
    }
)
_RULES = tuple(
    sorted(
        (rule for rule in RULES if rule.kind is Kind.COMPATIBILITY and rule.id not in NOT_OF_THE_BASE),
        key=lambda rule: _FIRST.index(rule.id) if rule.id in _FIRST else len(_FIRST),
    )
)
# What an image without programs can be refused for, whatever is installed in it later.
_START = tuple(
    rule for rule in _RULES if rule.id in ("start-gate-refuses", "image-tag-removed", "image-wrong-architecture")
)
_ANY = Base("python", "python:3.12-slim", "3.12", None, None, None, 0, ())
_ORT_CODE = tuple(rule for rule in _RULES if rule.id == "gpu-not-in-onnxruntime")


class Memory:
    """What searches share: answers by candidate, other packages, rules and kind of host; the results of rules that looked
    at no part of a candidate, by the kind of the only host they looked at; and lists that cost time to make. `asked`
    counts the answers that were not there yet."""

    def __init__(self) -> None:
        self.answers: dict[Hashable, Judgement] = {}
        self.results: dict[tuple[str, Hashable], RuleResult] = {}
        self.lists: dict[Hashable, Any] = {}
        self.asked = 0


class Judge:
    def __init__(self, problem: Problem, matrix: Matrix, memory: Memory) -> None:
        self.matrix = matrix
        self.memory = memory
        self.hosts: list[tuple[Hashable, Host]] = [
            (kind, group[0]) for kind, group in groups(problem.hosts, matrix).items()
        ] or [(None, Host())]
        self._arch = min(problem.arches)  # of a host that does not say
        self._problem = problem
        self._worst: dict[Hashable, Judgement] = {}

    def judge(self, candidate: Candidate, companions: tuple[Package, ...] = ()) -> Judgement:
        """On every host, with its companions and with what is carried along."""
        return self._everywhere(candidate, beside(companions, self._problem), "all", _RULES)

    def alone(self, candidate: Candidate) -> Judgement:
        """Without what is carried along."""
        return self._everywhere(candidate, (), "all", _RULES)

    def starts(self, base: Base) -> Judgement:
        """Does a container of that image start? Its own CUDA may be used by nothing (torch brings one)."""
        return self._everywhere(Candidate(base), (), "start", _START)

    def code(self, base: Base, runtime: Wheel) -> Judgement:
        """Does an ONNX Runtime hold code for every GPU? The image has no say in that: any will do."""
        if ("code", runtime) not in self._worst:
            answer = self._everywhere(Candidate(base, None, runtime), (), "code", _ORT_CODE)
            self._worst["code", runtime] = answer
        return self._worst["code", runtime]

    def agrees(self, candidate: Candidate, companions: tuple[Package, ...]) -> Judgement:
        """What the packages alone are refused for, by rules that look at neither image nor host."""
        others = beside(companions, self._problem)
        place = ("agrees", candidate.wheels, others)
        if place not in self.memory.answers:
            self.memory.asked += 1
            facts = self._facts(candidate, others, Host(), self._arch)
            told = (self._packages_alone(facts, rule) for rule in _RULES)
            self.memory.answers[place] = next((each for each in told if each.tier is None), Judgement(0))
        return self.memory.answers[place]

    def _packages_alone(self, facts: Watched, rule: Rule) -> Judgement:
        result, parts = watch(rule, facts, self.matrix)
        return _told(result, facts[1]) if parts <= {"packages"} else Judgement(0)

    def hopeless(self) -> Judgement:
        """What a host is refused for whatever runs on it: a driver that does not drive its GPU. The candidate that is
        asked about does not count."""
        for kind, host in self.hosts:
            place = ("hopeless", kind)
            if place not in self.memory.answers and host.stated:
                facts = self._facts(Candidate(_ANY), (), host, ARCHES.get(host.arch.get() or "", self._arch))
                self.memory.answers[place] = self._host_alone(facts, host)
            answer = self.memory.answers.get(place, Judgement(0))
            if answer.tier is None:
                return answer
        return Judgement(0)

    def _host_alone(self, facts: Watched, host: Host) -> Judgement:
        for rule in _RULES:
            result, parts = watch(rule, facts, self.matrix)
            told = _told(result, host) if parts <= {"host"} else Judgement(0)
            if told.tier is None and not told.undecided:
                return told
        return Judgement(0)

    def _everywhere(
        self, candidate: Candidate, others: tuple[Package, ...], name: str, rules: Sequence[Rule]
    ) -> Judgement:
        """The worst over the hosts; the one that refuses is asked first the next time: it will most likely again."""
        place = (candidate, others, name)
        if place not in self._worst:
            self._worst[place] = self._ask_all(place, rules)
        return self._worst[place]

    def _ask_all(self, place: tuple[Candidate, tuple[Package, ...], str], rules: Sequence[Rule]) -> Judgement:
        candidate, others, _ = place
        assembled: dict[str, tuple[Watched, dict[str, RuleResult]]] = {}
        remark = Judgement(0)
        for position, (kind, host) in enumerate(self.hosts):
            answer = self.memory.answers.get((place, kind))
            if answer is None:
                arch = ARCHES.get(host.arch.get() or "", self._arch)
                if arch not in assembled:
                    assembled[arch] = (self._facts(candidate, others, host, arch), {})
                answer = _lost(candidate, assembled[arch][0]) or self._on(*assembled[arch], host, kind, rules)
                self.memory.answers[place, kind] = answer
                self.memory.asked += 1
            if answer.tier is None:
                self.hosts.insert(0, self.hosts.pop(position))
                return answer
            if answer.tier:
                remark = answer
        return remark

    def _facts(self, candidate: Candidate, others: tuple[Package, ...], host: Host, arch: str) -> Watched:
        return Watched(*assemble(workload(candidate, others, arch), host, self.matrix, Stated()))

    def _on(
        self, facts: Watched, settled: dict[str, RuleResult], host: Host, kind: Hashable, rules: Sequence[Rule]
    ) -> Judgement:
        """`settled` are the results of rules that did not look at the host. Without any host only those count."""
        facts = Watched(*facts._replace(host=host))
        known_before = self.memory.results
        remark = Judgement(0)
        for rule in rules:
            result = settled.get(rule.id) or known_before.get((rule.id, None)) or known_before.get((rule.id, kind))
            if result is None:
                result, parts = watch(rule, facts, self.matrix)
                if host.stated and parts <= {"host"}:
                    known_before[rule.id, kind if parts else None] = result
                if "host" not in parts:
                    settled[rule.id] = result
                elif not host.stated:
                    continue
            told = _told(result, host)
            if told.tier is None:
                return told
            if told.tier:
                remark = told
        return remark


def _lost(candidate: Candidate, facts: Watched) -> Judgement | None:
    """Does what is carried along put another torch, or one that is not known, in the place of the candidate's own? One
    command with both pins would be refused by pip."""
    wheel = candidate.torch
    packages = facts.packages.get()
    if wheel is None or packages is None:
        return None
    found = next((item for item in packages.named("torch")), None)
    if found is None or found.version == wheel.package().version:
        return None
    message = f"torch {wheel.version} does not stay: {found.origin} puts another in its place"
    return Judgement(None, "torch-companion-mismatch", message, undecided=found.version is None)


def _told(result: RuleResult, host: Host) -> Judgement:
    """The same reading as doctor.verdict: a warning is a loss, what is undecided is not compatible."""
    worst = next((each for each in result.findings if each.severity is not Severity.NOTE), None)
    if worst is not None:
        return Judgement(None, result.rule, worst.message, host.name)
    if undecided(result) or result.outcome is Outcome.ERROR:
        return Judgement(None, result.rule, result.reason or "not known", host.name, undecided=True)
    if result.findings:
        return Judgement(1, result.rule, result.findings[0].message, host.name)
    return Judgement(0)


def workload(candidate: Candidate, others: Sequence[Package], arch: str) -> Declared:
    """The candidate as a file would declare it, with the environment that the recipe makes where the image holds no
    Python; what it holds decides over what is carried along."""
    wheels = [wheel.package() for wheel in candidate.wheels]
    named = {package.name for package in wheels}
    items = (*wheels, *(package for package in others if package.name not in named))
    made = candidate.base.family == "cuda" and candidate.base.python is not None
    return Declared(
        label=candidate.base.image,
        image=known(candidate.base.image, HERE),
        platform=f"linux/{arch}",
        env={"PATH": "/opt/venv/bin:${PATH}"} if made else {},
        statements=(Statement((f"python{candidate.base.python}", "-m", "venv", "/opt/venv"), HERE),) if made else (),
        packages=Packages(items),
    )
