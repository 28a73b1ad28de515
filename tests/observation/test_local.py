"""`envdoctor check local`: the container that the command runs in, judged by what `envdoctor probe` sees there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envdoctor import observation
from envdoctor.cli import main
from envdoctor.observation import Observation, observe

RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As if the command ran in the recorded container: the same probes, pointed at another root."""
    recorded = observe(str(RECORDINGS / "rootless-podman-container"))
    monkeypatch.setattr(observation, "observe", lambda: Observation(json.loads(json.dumps(recorded.document)), {}))
    return monkeypatch


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", *arguments, "--no-config", "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def rules(found: dict[str, Any], outcome: str) -> set[str]:
    (diagnosis,) = found["diagnoses"]
    return {result["rule"] for result in diagnosis["results"] if result["outcome"] == outcome}


def test_the_container_on_its_own_host(inside: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = report(capsys, "local")
    assert (code, found["verdict"]) == (1, "incompatible")
    (diagnosis,) = found["diagnoses"]
    assert (diagnosis["workload"], diagnosis["host"]) == ("local", "RTX 3060, driver 550.54.14")
    assert rules(found, "fail") >= {"onnxruntime-cuda-mismatch", "onnxruntime-cudnn-mismatch"}


def test_the_same_as_judging_the_document(
    inside: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, local = report(capsys, "local")
    (tmp_path / "seen.json").write_text(json.dumps(observation.observe().document))
    _, document = report(capsys, str(tmp_path / "seen.json"))
    for outcome in ("fail", "pass", "open", "notApplicable"):
        assert rules(local, outcome) == rules(document, outcome)


def test_on_another_host(inside: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = report(capsys, "local", "--host", "driver=470.57.02,gpu=T4")
    (diagnosis,) = found["diagnoses"]
    assert diagnosis["host"] == "T4, driver 470.57.02"


def test_a_file_of_that_name_is_meant_by_its_path(
    inside: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    inside.chdir(tmp_path)
    (tmp_path / "local").write_text("FROM ubuntu:22.04\n")
    assert report(capsys, "local")[1]["diagnoses"][0]["workload"] == "local"
    assert rules(report(capsys, "./local")[1], "fail") == set()


def test_a_machine_that_is_no_container_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = observe(str(RECORDINGS / "bare-metal-t4"))
    monkeypatch.setattr(observation, "observe", lambda: recorded)
    assert main(["check", "local", "--no-config"]) == 3
    assert "no container that could be judged" in " ".join(capsys.readouterr().out.split())


def test_an_empty_directory_does_not_turn_into_the_container(
    inside: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A check in CI runs in a container too: what it did not find must not pass for checked."""
    inside.chdir(tmp_path)
    assert main(["check", "--no-config"]) == 3
    assert "envdoctor check local" in " ".join(capsys.readouterr().out.split())


def test_the_start_gate_let_a_running_container_in(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = observe(str(RECORDINGS / "daemon-reload-container")).document
    for part in ("image", "launch"):
        document[part]["env"]["NVIDIA_REQUIRE_CUDA"] = "cuda>=12.8"
    (tmp_path / "seen.json").write_text(json.dumps(document))
    _, found = report(capsys, str(tmp_path / "seen.json"))
    assert "start-gate-refuses" in rules(found, "notApplicable")
    _, elsewhere = report(capsys, str(tmp_path / "seen.json"), "--host", "driver=535.104.05,gpu=T4")
    assert "start-gate-refuses" in rules(elsewhere, "fail")


def test_libraries_in_python_packages_are_not_the_loaders(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = observe(str(RECORDINGS / "rootless-podman-container")).document
    for soname in ("libcublasLt.so.12", "libcudnn.so.9"):
        document["libraries"].append({"soname": soname, "path": f"/x/{soname}", "origin": "nvidia-cublas"})
    (tmp_path / "seen.json").write_text(json.dumps(document))
    assert rules(report(capsys, str(tmp_path / "seen.json"))[1], "fail") >= {"onnxruntime-cuda-mismatch"}
    for library in document["libraries"]:
        library["origin"] = "system"
    (tmp_path / "seen.json").write_text(json.dumps(document))
    failed = rules(report(capsys, str(tmp_path / "seen.json"))[1], "fail")
    assert not failed & {"onnxruntime-cuda-mismatch", "onnxruntime-cudnn-mismatch"}
