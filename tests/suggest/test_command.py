"""`envdoctor suggest` as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from envdoctor.cli import main
from envdoctor.schema import schema_text

_HOST = ("--driver", "580.82.07", "--gpu", "L4")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def suggest(*words: str) -> tuple[int, str, str]:
        code = main(["suggest", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return suggest


def test_a_table_with_what_to_type_and_why(run: Run) -> None:
    code, out, err = run("--for", "inference", "--family", "cuda", *_HOST)
    assert (code, err) == (0, "")
    assert "For onnxruntime-gpu on L4, driver 580.82.07:" in out
    assert "1. FROM nvidia/cuda:" in out
    assert "   pip install onnxruntime-gpu==" in out
    assert "CUDA 13.x runs on driver 580.65.06 or newer; the driver here is 580.82.07" in out


def test_nothing_fits_is_exit_code_1_and_says_what_conflicts(run: Run) -> None:
    code, out, _ = run("--for", "inference", "--driver", "570.133.07", "--gpu", "RTX 5090")
    assert code == 1
    assert "NOTHING FITS" in out
    assert "  - host RTX 5090, driver 570.133.07" in out
    assert "with driver 580.65.06 or newer" in out


def test_the_json_document_has_the_keys_it_promises(run: Run) -> None:
    words = ("--driver", "535.104.05", "--gpu", "RTX 4090")
    code, out, _ = run("--for", "both", "--family", "cuda", "-n", "1", "--format", "json", *words)
    document = json.loads(out)
    assert code == 0
    jsonschema.validate(document, json.loads(schema_text("suggestions")))
    assert set(document) == {
        "schema", "tool", "needs", "hosts", "assumptions", "suggestions", "rejections", "conflict", "changes", "advice", "ended",
    }  # fmt: skip
    (suggestion,) = document["suggestions"]
    assert set(suggestion) == {
        "family", "image", "os", "python", "cuda", "cudnn", "torch", "onnxruntime_gpu", "remark", "packages", "install",
        "dockerfile", "reasons",
    }  # fmt: skip
    assert suggestion["dockerfile"].startswith(f"FROM {suggestion['image']}\n")
    assert set(document["rejections"][0]) == {"family", "subject", "rule", "reason", "host", "undecided"}


def test_the_document_of_a_failure_keeps_to_the_schema_too(run: Run) -> None:
    words = ("--for", "inference", "--format", "json", "--driver", "570.133.07", "--gpu", "RTX 5090")
    code, out, _ = run(*words)
    document = json.loads(out)
    jsonschema.validate(document, json.loads(schema_text("suggestions")))
    assert (code, document["suggestions"]) == (1, [])
    assert document["conflict"]
    assert document["changes"]


def test_the_dockerfile_alone_goes_to_a_file(run: Run) -> None:
    code, out, _ = run(
        "--for", "training", "--family", "python", "--format", "dockerfile", "--output", "Dockerfile", *_HOST
    )
    assert (code, out) == (0, "")
    assert Path("Dockerfile").read_text().startswith("FROM python:3.")
    assert main(["check", "Dockerfile", "-q", "--strict", *_HOST]) == 0


def test_a_dockerfile_says_what_is_needed_and_keeps_the_rest(run: Run) -> None:
    Path("Dockerfile").write_text(
        "FROM nvidia/cuda:11.8.0-base-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.18.1 flask==3.0.0\n"
    )
    code, out, _ = run("--dockerfile", "Dockerfile", "--family", "cuda", *_HOST)
    assert code == 0
    assert "For onnxruntime-gpu on" in out
    assert "flask==3.0.0" in out
    assert "onnxruntime-gpu==1.18.1" not in out


def test_pins_hold_when_asked(run: Run) -> None:
    Path("Dockerfile").write_text("FROM nvidia/cuda:11.8.0-base-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.20.0\n")
    code, out, _ = run("Dockerfile", "--keep-pins", "--family", "cuda", *_HOST)
    assert code == 0
    assert "onnxruntime-gpu==1.20.0" in out


def test_explain_names_what_lost_and_what_would_unlock_more(run: Run) -> None:
    _, plain, _ = run("--for", "inference", "--family", "cuda", "--driver", "470.57.02", "--gpu", "T4")
    _, out, _ = run("--for", "inference", "--family", "cuda", "--driver", "470.57.02", "--gpu", "T4", "--explain")
    assert "What lost, and why:" not in plain
    assert "What lost, and why:" in out
    assert "A single change that unlocks more:" in out
    assert "with driver 525.60.13 or newer" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--for", "training", "--driver", "535"), "state it: --gpu T4"),
        (("--for", "training", "--gpu", "T4"), "state --driver"),
        ((*_HOST, "-n", "0"), "-n 0: expected a number from 1 to 50"),
        ((*_HOST, "--python", "three"), "--python 'three': expected a minor release such as 3.10"),
        ((*_HOST, "--os", "\x1b[31m"), "expected a system with its version"),
        ((*_HOST, "--arch", "riscv"), "invalid choice"),
        ((*_HOST, "--package", "torch>>2"), "--package"),
        ((*_HOST, "--package", "torch; python_version<'3'"), "state the requirement alone"),
        ((*_HOST, "--patch", "Dockerfile", "--format", "json"), "--patch prints a diff"),
        ((*_HOST, "--patch", "Dockerfile", "other"), "give no other target"),
        (("--host", "l4t=36.4"), '"gpu=Jetson AGX Orin"'),
        (("--host", "driver=580.82.07,gpu=Orin,arch=aarch64", "--arch", "amd64"), "--arch amd64: host Orin, driver 580.82.07 is arm64"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_exit_code_2_and_one_line(run: Run, words: tuple[str, ...], told: str) -> None:
    code, out, err = run("--no-config", *words)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err


def test_a_target_that_cannot_be_read_is_exit_code_3(run: Run) -> None:
    Path("Dockerfile").write_bytes(b"\xff\xfe\x00")
    assert run("Dockerfile", *_HOST)[0] == 3
    assert run("no-such-target", *_HOST)[0] == 3


def test_a_private_requirement_that_cannot_be_read_is_told(run: Run) -> None:
    Path("Dockerfile").write_text(
        "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nRUN pip install onnxruntime-gpu -r missing.txt\n"
    )
    code, _, err = run("Dockerfile", "--family", "cuda", *_HOST)
    assert code == 0
    assert "missing.txt" in err
    assert "the suggestion holds for what is known" in err


def test_what_nothing_says_is_told(run: Run) -> None:
    _, out, err = run("--family", "cuda", *_HOST)
    assert "looking for PyTorch and ONNX Runtime together" in err
    assert "For onnxruntime-gpu and torch on" in out


def test_an_image_that_holds_pytorch_says_what_is_needed(run: Run) -> None:
    Path("Dockerfile").write_text("FROM nvcr.io/nvidia/pytorch:24.05-py3\nRUN pip install flask==3.0.0\n")
    _, out, err = run("Dockerfile", "--family", "ngc", *_HOST)
    assert err == ""
    assert "For torch on L4" in out


def test_hosts_that_do_not_say_are_no_arm_servers(run: Run) -> None:
    mixed = ("--host", "name=a,driver=580.82.07,gpu=GH200,arch=aarch64", "--host", "name=b,driver=580.82.07,gpu=H100")
    code, out, _ = run("--for", "training", "--format", "json", *mixed)
    images = {suggestion["image"] for suggestion in json.loads(out)["suggestions"]}
    assert code == 0
    for image in images:
        assert main(["check", image, "--no-config", "-q", "--strict", *mixed]) == 0, image


def test_hosts_of_the_settings_are_all_served(run: Run) -> None:
    Path("envdoctor.toml").write_text(
        '[hosts]\nedge = {driver = "535.104.05", gpu = ["T4"]}\nlab = {driver = "580.82.07", gpu = ["V100"]}\n'
    )
    _, out, _ = run("--for", "training", "--family", "python")
    assert "on edge (T4, driver 535.104.05); lab (V100, driver 580.82.07):" in out


def test_the_patch_is_a_diff_that_keeps_system_and_python(run: Run) -> None:
    Path("Dockerfile").write_text(
        "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.18.1\n"
    )
    code, out, _ = run("--patch", "Dockerfile", *_HOST)
    assert code == 0
    assert out.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n")
    assert "+FROM nvidia/cuda:" in out
    assert "ubuntu22.04\n" in out.split("+FROM", 1)[1]


def test_color_only_when_asked(run: Run) -> None:
    words = ("--for", "training", "--family", "python", *_HOST)
    assert "\x1b[" not in run(*words)[1]
    assert "\x1b[" in run(*words, "--color", "always")[1]
