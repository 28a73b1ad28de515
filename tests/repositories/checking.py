"""Checks a whole repository as a user would, and says in short what the report holds."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

from envdoctor.cli import main
from envdoctor.schema import schema_text

HERE = Path(__file__).parent
LOUD = ("error", "warning")
_ENGINE = {"name": "docker", "version": "28.3.2", "rootless": False, "snap": False, "runtimes": ["runc", "nvidia"]}
_TOOLKIT = {"version": "1.17.8", "mode": "legacy"}


def machine(gpu: str, capability: str, driver: str, count: int = 1, **more: Any) -> dict[str, Any]:
    """A sound host of one kind of GPU: Docker with the NVIDIA Container Toolkit. `more` replaces parts of it."""
    gpus = [{"index": index, "name": gpu, "compute_capability": capability, "mig": False} for index in range(count)]
    sound = {
        "os": {"id": "ubuntu", "version_id": "22.04"},
        "arch": "x86_64",
        "cpus": 32,
        "driver": {"version": driver},
        "gpus": gpus,
        "engine": _ENGINE,
        "container_toolkit": _TOOLKIT,
    }
    return {**sound, **more}


HOSTS: Mapping[str, dict[str, Any]] = {
    "T4 on R550": machine("Tesla T4", "7.5", "550.163.01"),
    "L4 on R570": machine("NVIDIA L4", "8.9", "570.172.08"),
    "A100 on R570": machine("NVIDIA A100-SXM4-80GB", "8.0", "570.172.08", 8),
    "H100 on R580": machine("NVIDIA H100 80GB HBM3", "9.0", "580.82.07", 8),
    "A100 with Podman": machine(
        "NVIDIA A100-PCIE-40GB",
        "8.0",
        "570.172.08",
        engine={"name": "podman", "version": "5.2.2", "rootless": True, "snap": False},
        container_toolkit={"version": "1.17.8", "mode": "cdi"},
    ),
    "no toolkit": machine(
        "Tesla T4", "7.5", "550.163.01", engine={**_ENGINE, "runtimes": ["runc"]}, container_toolkit=False
    ),
}


class Told(NamedTuple):
    """`place` is "path:line", a file's name where no line is meant, or "" of a finding about the host alone."""

    rule: str
    place: str
    severity: str


class Outcome(NamedTuple):
    """`verdicts` by workload. `undecided` are the reasons of rules that stayed open, by workload."""

    code: int
    report: dict[str, Any]
    told: frozenset[Told]
    verdicts: dict[str, str]
    undecided: dict[str, tuple[str, ...]]

    @property
    def loud(self) -> set[Told]:
        return {each for each in self.told if each.severity in LOUD}


def copied(name: str, to: Path) -> Path:
    """The repository `name` ("clean/video") as a tree of its own: no setting of this checkout reaches it."""
    shutil.copytree(HERE / name, to, dirs_exist_ok=True)
    (to / ".git").mkdir()
    return to


def checked(*arguments: str, host: dict[str, Any] | None = None) -> Outcome:
    """`envdoctor check` in the current directory."""
    if host is not None:
        arguments = (*arguments, "--host", _document(host))
    code, out, err = said("check", *arguments, "--format", "json")
    assert out, err
    report = json.loads(out)
    jsonschema.validate(report, _schema())
    return Outcome(code, report, frozenset(_told(report)), _verdicts(report), _undecided(report))


def said(*arguments: str) -> tuple[int, str, str]:
    """A command's exit code and what it writes to standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue(), err.getvalue()


def _document(host: dict[str, Any]) -> str:
    """Outside the tree, where a check of the tree cannot take it for a target."""
    path = Path.cwd().parent / "host.json"
    path.write_text(json.dumps({"schema": "envdoctor.environment/1", "host": host}), encoding="utf-8")
    return str(path)


_SCHEMA: list[Any] = []


def _schema() -> Any:
    if not _SCHEMA:
        _SCHEMA.append(json.loads(schema_text("report")))
    return _SCHEMA[0]


def _results(report: dict[str, Any]) -> Sequence[tuple[str, dict[str, Any]]]:
    return [(each["workload"], result) for each in report["diagnoses"] for result in each["results"]]


def _told(report: dict[str, Any]) -> list[Told]:
    found = []
    for _, result in _results(report):
        for finding in result["findings"]:
            found.append(Told(result["rule"], _place(finding["location"]), finding["severity"]))
    return found


def _place(at: dict[str, Any] | None) -> str:
    """The host's document is named without its folder, which is another in each run."""
    if at is None:
        return ""
    return f"{at['path']}:{at['line']}" if at["line"] else Path(at["path"]).name


def _verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {each["workload"]: each["verdict"] for each in report["diagnoses"]}


def _undecided(report: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for workload, result in _results(report):
        if result["outcome"] == "open":
            found.setdefault(workload, []).append(f"{result['rule']}: {result['reason']}")
    return {workload: tuple(reasons) for workload, reasons in found.items()}
