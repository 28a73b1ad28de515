"""Launches on the command line, end to end: scripts, compose files and --launch through main()."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from envdoctor.cli import main
from envdoctor.schema import schema_text

PROJECTS = Path(__file__).parent / "projects"
NEW = ("--driver", "580.65.06", "--gpu", "RTX 4090")
OLD = ("--driver", "470.57.02", "--gpu", "RTX 3090")
CUDA = "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"


@pytest.fixture(autouse=True)
def _sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for name in ("NO_COLOR", "COLUMNS", "ENVDOCTOR_DEBUG", "TERM"):
        monkeypatch.delenv(name, raising=False)


def _report(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    code = main(["check", *argv, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, json.loads(schema_text("report")))
    return code, report


def _loud(report: dict[str, list[dict[str, object]]]) -> list[str]:
    return [
        f"{result['rule']}: {finding['message']}"
        for diagnosis in report["diagnoses"]
        for result in diagnosis["results"]  # type: ignore[attr-defined]
        for finding in result["findings"]
        if finding["severity"] in ("error", "warning")
    ]


@pytest.mark.parametrize("name", ["training", "inference", "stack"])
def test_a_sound_repository_is_silent(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(PROJECTS / name, ".", dirs_exist_ok=True)
    code, report = _report(capsys, ".", *NEW, "--fail-on", "warning")
    assert _loud(report) == []
    assert (code, report["errors"], report["notices"]) == (0, [], [])


def test_what_lies_between_the_files_is_found_at_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(PROJECTS / "inference", ".", dirs_exist_ok=True)
    code, report = _report(capsys, ".", *OLD)
    assert code == 1
    (diagnosis,) = report["diagnoses"]
    assert diagnosis["workload"] == "serve.sh:2 -> service/Dockerfile"
    places = [finding["location"] for result in diagnosis["results"] for finding in result["findings"]]  # type: ignore[attr-defined]
    assert {"path": "base/Dockerfile", "line": 2} in places


def test_a_comment_in_one_file_silences_nothing_in_another(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.Dockerfile").write_text(f"# envdoctor: ignore=driver-too-old soon\nFROM {CUDA}\n", encoding="utf-8")
    Path("b.Dockerfile").write_text(f"FROM {CUDA}\n", encoding="utf-8")
    code, report = _report(capsys, ".", *OLD)
    assert code == 1
    assert [diagnosis["verdict"] for diagnosis in report["diagnoses"]] != ["incompatible", "incompatible"]
    assert [diagnosis["verdict"] for diagnosis in report["diagnoses"]][1] == "incompatible"


def test_a_comment_above_a_launch_silences_a_rule_for_that_launch(capsys: pytest.CaptureFixture[str]) -> None:
    comment = "# envdoctor: ignore=driver-too-old soon\n"
    launch = f"docker run --gpus all {CUDA}\n"
    Path("run.sh").write_text(f"{comment}{launch}{launch}", encoding="utf-8")
    _, report = _report(capsys, ".", *OLD)
    first, second = report["diagnoses"]
    assert second["verdict"] == "incompatible"
    silenced = [
        finding["suppressed"]
        for result in first["results"]  # type: ignore[attr-defined]
        if result["rule"] == "driver-too-old"
        for finding in result["findings"]
    ]
    assert silenced == ["soon (comment above run.sh:2)"]


def test_a_stated_launch_is_no_assumption(capsys: pytest.CaptureFixture[str]) -> None:
    _, report = _report(capsys, CUDA, *NEW, "--launch", "--gpus all --shm-size 1g")
    assert "launched with --gpus all" not in report["diagnoses"][0]["assumptions"]  # type: ignore[operator]
    Path("envdoctor.toml").write_text('launch = "--gpus all"\n', encoding="utf-8")
    _, report = _report(capsys, CUDA, *NEW)
    assert "launched with --gpus all" not in report["diagnoses"][0]["assumptions"]  # type: ignore[operator]
    Path("envdoctor.toml").write_text('launch = "image:1"\n', encoding="utf-8")
    assert main(["check", CUDA, *NEW]) == 2
    assert "envdoctor.toml: launch: " in capsys.readouterr().err


def test_an_alias_is_followed_from_a_launch(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.sh").write_text("docker run --gpus all our_image\n", encoding="utf-8")
    _, report = _report(capsys, "run.sh", *OLD)
    assert report["verdict"] == "unknown"
    code, report = _report(capsys, "run.sh", *OLD, "--image-alias", f"our_image={CUDA}")
    assert (code, report["verdict"]) == (1, "incompatible")


def test_the_other_commands_read_launches_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.sh").write_text(f"docker run --gpus all {CUDA}\n", encoding="utf-8")
    assert main(["diff", "run.sh", CUDA, *NEW]) == 0
    assert "run.sh:1" in capsys.readouterr().out
