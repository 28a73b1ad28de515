"""Asks the rules of `envdoctor check` about a candidate, and nobody else: what check would fault is never suggested.

Three things keep that cheap. The first finding ends it. Hosts that no rule can tell apart are asked once. A rule that
did not look at the host for one host is not asked again for the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from envdoctor.doctor import ask
from envdoctor.facts import Facts, Host, Package, Packages, known
from envdoctor.findings import Kind, Outcome, RuleResult, Severity, undecided
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Declared
from envdoctor.rules import RULES
from envdoctor.rules.rule import Rule
from envdoctor.suggest.companions import beside
from envdoctor.suggest.fleet import alike
from envdoctor.suggest.problem import HERE, Base, Candidate, Judgement, Problem, Wheel
from envdoctor.workload import Stated, assemble

# The rules that most often refuse come first.
_FIRST = ("start-gate-refuses", "driver-too-old", "gpu-not-in-torch", "gpu-not-in-onnxruntime")
_RULES = tuple(
    sorted(
        (rule for rule in RULES if rule.kind is Kind.COMPATIBILITY),
        key=lambda rule: _FIRST.index(rule.id) if rule.id in _FIRST else len(_FIRST),
    )
)
_ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
# What an image without programs can be refused for, whatever is installed in it later.
_START = tuple(
    rule for rule in _RULES if rule.id in ("start-gate-refuses", "image-tag-removed", "image-wrong-architecture")
)
_ORT_CODE = tuple(rule for rule in _RULES if rule.id == "gpu-not-in-onnxruntime")


class Judge:
    def __init__(self, problem: Problem, matrix: Matrix) -> None:
        self.matrix = matrix
        self.hosts = list(alike(problem.hosts, matrix))
        self._arch = min(problem.arches)  # of a host that does not say
        self._problem = problem
        self._known: dict[Candidate, Judgement] = {}
        self._alone: dict[Candidate, Judgement] = {}
        self._starts: dict[Base, Judgement] = {}
        self._code: dict[Wheel | None, Judgement] = {}

    def alone(self, candidate: Candidate) -> Judgement:
        """Without what is carried along. Remembered."""
        if candidate not in self._alone:
            self._alone[candidate] = self._judge(candidate, ())
        return self._alone[candidate]

    def starts(self, base: Base) -> Judgement:
        """Does a container of that image start? Its own CUDA may be used by nothing (torch brings one). Remembered."""
        if base not in self._starts:
            self._starts[base] = self._judge(Candidate(base), (), _START)
        return self._starts[base]

    def code(self, candidate: Candidate) -> Judgement:
        """Does its ONNX Runtime hold code for every GPU? The image has no say in that. Remembered."""
        wheel = candidate.onnxruntime
        if wheel not in self._code:
            self._code[wheel] = self._judge(candidate, (), _ORT_CODE)
        return self._code[wheel]

    def judge(self, candidate: Candidate, companions: tuple[Package, ...] = ()) -> Judgement:
        """Remembered. `companions` follow from the candidate; what is carried along comes besides."""
        if candidate not in self._known:
            self._known[candidate] = self._judge(candidate, beside(companions, self._problem))
        return self._known[candidate]

    def _judge(self, candidate: Candidate, others: tuple[Package, ...], rules: Sequence[Rule] = _RULES) -> Judgement:
        """The host that refuses is asked first the next time: it will most likely refuse again."""
        asked: dict[str, tuple[_Watched, dict[str, RuleResult]]] = {}
        remark = Judgement(0)
        for position, host in enumerate(self.hosts):
            arch = _ARCHES.get(host.arch.get() or "", self._arch)
            if arch not in asked:
                declared = workload(candidate, others, arch)
                asked[arch] = (_Watched(*assemble(declared, host, self.matrix, Stated())), {})
            facts, settled = asked[arch]
            judgement = self._on(facts, host, rules, settled)
            if judgement.tier is None:
                self.hosts.insert(0, self.hosts.pop(position))
                return judgement
            if judgement.tier:
                remark = judgement
        return remark

    def _on(self, facts: _Watched, host: Host, rules: Sequence[Rule], settled: dict[str, RuleResult]) -> Judgement:
        facts = _Watched(*facts._replace(host=host))
        remark = Judgement(0)
        for rule in rules:
            result = settled.get(rule.id) or self._ask(rule, facts, settled)
            told = _told(result, host)
            if told.tier is None:
                return told
            if told.tier:
                remark = told
        return remark

    def _ask(self, rule: Rule, facts: _Watched, settled: dict[str, RuleResult]) -> RuleResult:
        before = _Watched.looks
        result = ask(rule, facts, self.matrix)
        if _Watched.looks == before:
            settled[rule.id] = result
        return result


class _Watched(Facts):
    """Facts that count how often anybody looks at the host, in copies too."""

    looks = 0

    @property
    def host(self) -> Host:
        _Watched.looks += 1
        return self[1]


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
    """The candidate as a file would declare it; what it holds decides over what is carried along."""
    wheels = [wheel.package() for wheel in candidate.wheels]
    named = {package.name for package in wheels}
    items = (*wheels, *(package for package in others if package.name not in named))
    return Declared(
        label=candidate.base.image,
        image=known(candidate.base.image, HERE),
        platform=f"linux/{arch}",
        packages=Packages(items),
    )
