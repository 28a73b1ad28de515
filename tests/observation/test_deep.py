"""`envdoctor probe --deep`: what the children's answers become, and real packages where they are installed."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec

import pytest

from envdoctor.cli import main
from envdoctor.observation import deep, observe
from envdoctor.probes import installed
from envdoctor.probes.child import Answers

TORCH = {
    "version": "2.4.0+cu121", "cuda": "12.1", "cudnn": 90100, "cudnn_error": "", "available": True, "why": "", "count": 1,
    "arch_list": ["sm_80", "compute_90"],
}  # fmt: skip


def test_torch_on_a_gpu() -> None:
    gpus = [{"index": 0, "name": "Tesla T4", "capability": "7.5", "memory": 1, "error": "", "right": True}]
    assert deep.of_torch(Answers({"torch": TORCH, "torch gpus": gpus})) == {
        "cuda_available": True,
        "version": "2.4.0+cu121",
        "cudnn": 90100,
        "error": None,
        "arch_list": ["sm_80", "compute_90"],
        "gpus": [{"name": "Tesla T4", "right": True, "error": None}],
    }


def test_torch_without_a_gpu_says_nothing_of_its_code() -> None:
    told = {**TORCH, "available": False, "why": "Found no NVIDIA driver", "arch_list": [], "cudnn": None}
    seen = deep.of_torch(Answers({"torch": told}))
    assert (seen["cuda_available"], seen["error"], seen["cudnn"].is_unknown) == (False, "Found no NVIDIA driver", True)
    assert "arch_list" not in seen


def test_what_cannot_be_imported_or_dies() -> None:
    broken = {"import_error": "ImportError: libGL.so.1: cannot open shared object file"}
    assert deep.of_torch(Answers(broken)) == {"cuda_available": False, "error": broken["import_error"]}
    assert deep.of_opencv(Answers(broken)) == {"importable": False, "error": broken["import_error"]}
    assert deep.of_onnxruntime(Answers(broken), "CUDAExecutionProvider")["session_providers"] == []
    dead = Answers({}, "signal SIGSEGV", "import onnxruntime")
    fact = deep.of_onnxruntime(dead, "CUDAExecutionProvider")["session_providers"]
    assert fact.reason == "not told: signal SIGSEGV (in import onnxruntime)"


def test_a_session_that_fell_back_is_told_with_its_reason() -> None:
    session = {
        "providers": ["CPUExecutionProvider"],
        "right": True,
        "error": "",
        "log": "Failed to load x\n\nlibcublasLt.so.12\n",
    }
    seen = deep.of_onnxruntime(Answers({"session CUDAExecutionProvider": session}), "CUDAExecutionProvider")
    assert seen == {
        "session_providers": ["CPUExecutionProvider"],
        "warnings": ["Failed to load x", "libcublasLt.so.12"],
    }


def test_opencv() -> None:
    told = {"version": "4.10.0", "whole": True, "build": {"GUI": "QT5", "NVIDIA CUDA": "YES (ver 12.4)"}, "right": True}
    seen = deep.of_opencv(Answers({"cv2": told}))
    assert (seen["importable"], seen["version"], seen["cuda"], seen["gui"]) == (True, "4.10.0", True, "QT5")
    assert deep.of_opencv(Answers({"cv2": {"version": "", "whole": False}}))["importable"] is False


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
def test_the_command_is_deep_only_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deep, "ask", lambda: {"torch": {"cuda_available": True}})
    assert main(["probe"]) == 0
    assert "torch" not in json.loads(capsys.readouterr().out)["observed"]
    assert main(["probe", "--deep"]) == 0
    assert json.loads(capsys.readouterr().out)["observed"]["torch"] == {"cuda_available": True}


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="needs onnxruntime: pip install '.[test]'")
def test_a_real_session() -> None:
    seen = observe(deep=True).document["observed"]["onnxruntime"]
    assert seen["session_providers"][-1:] == ["CPUExecutionProvider"]
    assert seen["whole"] is True


def test_a_scan_that_hangs_meets_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep, "_SECONDS_OF_SCAN", 0.2)
    monkeypatch.setattr(installed, "scan", lambda root, places: time.sleep(60))
    assert deep.ask() == {}
