"""The suggestions for programs, schema `envdoctor.suggestions/1`. Keys are promises; output is ASCII."""

from __future__ import annotations

import json
from typing import Any

from envdoctor import __version__
from envdoctor.facts import Package
from envdoctor.suggest.answer import Answer
from envdoctor.suggest.constraints import Change
from envdoctor.suggest.problem import Candidate, Problem, Rejection, Suggestion
from envdoctor.suggest.recipe import dockerfile, installed, pip_lines
from envdoctor.suggest.text import cuda_of

SCHEMA = "envdoctor.suggestions/1"


def render(answer: Answer, matrix_date: str) -> str:
    return json.dumps(document(answer, matrix_date), indent=2) + "\n"


def document(answer: Answer, matrix_date: str) -> dict[str, Any]:
    problem = answer.problem
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__, "matrix": matrix_date},
        "needs": sorted(problem.parts),
        "hosts": [host.name for host in problem.hosts],
        "assumptions": ["launched with --gpus all", "the NVIDIA Container Toolkit is installed"],
        "suggestions": [_suggestion(each, problem) for each in answer.suggestions],
        "rejections": [_rejection(each) for each in answer.rejections],
        "conflict": [constraint.text for constraint in answer.conflict],
        "changes": [_change(change) for change in answer.changes],
        "advice": list(answer.advice),
        "ended": answer.ended,
    }


def _suggestion(suggestion: Suggestion, problem: Problem) -> dict[str, Any]:
    return {
        **_combination(suggestion.candidate),
        "remark": suggestion.judgement.message or None,
        "packages": [_package(package) for package in installed(suggestion, problem)],
        "install": list(pip_lines(suggestion, problem)),
        "dockerfile": dockerfile(suggestion, problem),
        "reasons": list(suggestion.reasons),
    }


def _combination(candidate: Candidate) -> dict[str, Any]:
    base = candidate.base
    return {
        "family": base.family,
        "image": base.image,
        "os": base.os,
        "python": base.python,
        "cuda": cuda_of(candidate),
        "cudnn": base.cudnn,
        "torch": candidate.torch_version,
        "onnxruntime_gpu": candidate.onnxruntime.version if candidate.onnxruntime else None,
    }


def _package(package: Package) -> dict[str, Any]:
    return {"name": package.name, "specifier": package.specifier or None, "index": package.index}


def _rejection(rejection: Rejection) -> dict[str, Any]:
    judgement = rejection.judgement
    return {
        "family": rejection.family or None,
        "subject": rejection.subject,
        "rule": judgement.rule,
        "reason": judgement.message,
        "host": judgement.host,
        "undecided": judgement.undecided,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"change": change.text, "unlocks": [_combination(found[0]) for found in change.found]}
