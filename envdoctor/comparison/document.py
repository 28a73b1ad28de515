"""The JSON document of a comparison, schema `envdoctor.diff/1`: a promise to other programs, built field by field so that
renaming a record's field cannot change it. ASCII only: nothing in it can act on a terminal."""

from __future__ import annotations

from typing import Any

from envdoctor import __version__
from envdoctor.comparison import Comparison, GpuChange, HostChange, Row, Told
from envdoctor.facts import Fact

SCHEMA = "envdoctor.diff/1"


def render(compared: Comparison) -> str:
    import json

    return json.dumps(document(compared), indent=2) + "\n"


def document(compared: Comparison) -> dict[str, Any]:
    """Every row, also those that are the same."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "envdoctor", "version": __version__, "matrix": compared.matrix},
        "a": {"label": compared.a},
        "b": {"label": compared.b},
        "dockerfile": compared.dockerfile,
        "rows": [_row(row) for row in compared.rows],
        "gpus": [_gpu(change) for change in compared.gpus],
        "drivers": list(compared.drivers),
        "hosts": [_host(change) for change in compared.hosts],
        "dropped_out": [change.host for change in compared.lost if change.stated],
        "notices": list(compared.notices),
    }


def _row(row: Row) -> dict[str, Any]:
    return {"name": row.name, "label": row.label, "change": row.change, "a": _cell(row.a), "b": _cell(row.b)}


def _cell(fact: Fact[str]) -> dict[str, Any]:
    """`value` is null unless `state` is known; `reason` says why it is absent or unknown."""
    return {
        "state": fact.state,
        "value": fact.get(),
        "reason": fact.reason or None,
        "origin": str(fact.origin),
    }


def _gpu(change: GpuChange) -> dict[str, Any]:
    return {
        "compute_capability": change.capability,
        "architecture": change.architecture,
        "examples": list(change.examples),
        "a": change.a.verdict.value,
        "b": change.b.verdict.value,
        "change": change.change,
        "rule": change.why.rule or None,
        "message": change.why.message,
    }


def _host(change: HostChange) -> dict[str, Any]:
    return {
        "host": change.host if change.stated else None,
        "a": change.a.value,
        "b": change.b.value,
        "change": change.change,
        "appear": [_finding(told) for told in change.appear],
        "vanish": [_finding(told) for told in change.vanish],
        "remain": [_finding(told) for told in change.remain],
        "changed": [{"a": _finding(before), "b": _finding(after)} for before, after in change.changed],
        "not_counted": [_finding(told) for told in change.not_counted],
        "undecided": list(change.undecided),
    }


def _finding(told: Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "rule": told.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "remedy": list(finding.remedy),
        "sources": list(finding.sources),
    }
