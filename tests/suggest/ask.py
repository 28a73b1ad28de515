"""The words of these tests: problems stated as a user would, and what the whole of `check` says of an answer."""

from __future__ import annotations

from collections.abc import Iterable

from envdoctor.doctor import diagnose
from envdoctor.facts import Host
from envdoctor.findings import Diagnosis
from envdoctor.hosts import resolve_hosts
from envdoctor.matrix import Matrix
from envdoctor.readers.stages import read_dockerfile
from envdoctor.rules import RULES
from envdoctor.suggest.answer import Answer, solve
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Problem, Suggestion
from envdoctor.suggest.recipe import dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import MATRIX

TRAINING = frozenset({TORCH})
INFERENCE = frozenset({ONNXRUNTIME})
BOTH = TRAINING | INFERENCE


def hosts(*texts: str, matrix: Matrix = MATRIX) -> tuple[Host, ...]:
    return resolve_hosts(hosts=list(texts), driver=None, gpus=(), named={}, matrix=matrix)


def problem(parts: frozenset[str], *texts: str, **more: object) -> Problem:
    """Hosts as --host states them; the other fields by name."""
    listed = hosts(*texts)
    arches = {{"aarch64": "arm64"}.get(host.arch.get() or "", "amd64") for host in listed}
    return Problem(listed, parts, arches=frozenset(arches))._replace(**more)  # type: ignore[arg-type]


def answer(parts: frozenset[str], *texts: str, count: int = 4, explain: bool = False, **more: object) -> Answer:
    return solve(problem(parts, *texts, **more), MATRIX, count, explain)


def checked(suggestion: Suggestion, asked: Problem, matrix: Matrix = MATRIX) -> Iterable[Diagnosis]:
    """What check says, on every host, of the Dockerfile that is printed: text, reader, assembly and every rule."""
    declared = read_dockerfile(
        dockerfile(suggestion, asked), "Dockerfile", build_args={}, target=None, read_file=lambda name: None
    )
    for host in asked.hosts:
        facts = assemble(declared, host, matrix, Stated())
        yield diagnose(facts, matrix, RULES)
