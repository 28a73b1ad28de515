"""numpy 2 beside binaries that were compiled for numpy 1."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.vocabulary import PYTHON, dockerfile, document, does_not_apply, fires, installed, silent, workload

RULE = "numpy-abi-mismatch"


@pytest.mark.parametrize(
    "lines",
    [
        ["torch==2.2.2", "numpy==1.26.4"],
        ["torch==2.2.2", "numpy<2"],
        ["torch==2.2.2"],  # does not require numpy
        ["opencv-python==4.8.1.78", "numpy>=1.24,<2"],
        ["onnxruntime-gpu==1.18.1", "numpy~=1.26"],
    ],
)
def test_numpy_1_is_silent(lines: list[str]) -> None:
    silent(RULE, workload("python:3.10", pip=lines))


@pytest.mark.parametrize(
    "lines",
    [
        ["torch==2.3.0", "numpy==2.1.1"],
        ["torch", "numpy==2.1.1"],
        ["opencv-python==4.10.0.84", "numpy==2.1.1"],
        ["onnxruntime-gpu==1.19.2", "numpy>=2"],
        ["numpy==2.1.1"],
        ["opencv-python==9.9.9.9", "numpy==2.1.1"],
    ],
)
def test_what_was_built_for_numpy_2_or_is_not_known(lines: list[str]) -> None:
    does_not_apply(RULE, workload("python:3.10", pip=lines))


def test_torch_warns_and_goes_on_without_numpy() -> None:
    finding = fires(RULE, workload("python:3.10", pip=["torch==2.2.2", "numpy==2.1.1"]))
    assert finding.severity is Severity.WARNING
    assert "Numpy is not available" in finding.message


@pytest.mark.parametrize(
    ("line", "name"), [("opencv-python-headless==4.8.1.78", "cv2"), ("onnxruntime-gpu==1.18.1", "onnxruntime")]
)
@pytest.mark.parametrize("numpy", ["numpy==2.0.0", "numpy>=2", "numpy>2,<3"])
def test_the_import_fails(line: str, name: str, numpy: str) -> None:
    finding = fires(RULE, workload("python:3.10", pip=[line, numpy]))
    assert finding.severity is Severity.ERROR
    assert f"import {name} fails" in finding.message


@pytest.mark.parametrize(
    "lines", [["opencv-python==4.8.1.78"], ["torch==2.2.2", "numpy"], ["opencv-python==4.8.1.78", "numpy>=1.24"]]
)
def test_what_pip_takes_today_is_a_remark(lines: list[str]) -> None:
    finding = fires(RULE, workload(PYTHON, pip=lines))
    assert finding.severity is Severity.NOTE
    assert finding.remedy[0] == 'add "numpy<2" to the same command'


def test_an_old_python_has_no_numpy_2() -> None:
    silent(RULE, workload("python:3.8", pip=["opencv-python==4.8.1.78"]))


def test_documents() -> None:
    torch_1 = installed("torch", "2.2.0+cu121", cuda="12.1")
    assert fires(RULE, document(packages=[torch_1, installed("numpy", "2.1.1")])).severity is Severity.WARNING
    silent(RULE, document(packages=[torch_1]))
    silent(RULE, document(packages=[installed("opencv-python", "4.8.1.78")]))
    does_not_apply(RULE, document(packages=[installed("torch"), installed("torchvision"), installed("numpy", "2.1.1")]))


@pytest.mark.parametrize("command", ["pip install -c c.txt {}", "PIP_CONSTRAINT=/c.txt pip install {}"])
def test_constraints_may_hold_numpy(command: str) -> None:
    lines = "torch==2.1.2 opencv-python==4.8.1.78 numpy"
    silent(RULE, dockerfile(command.format(lines), image="python:3.10"))
    assert fires(RULE, dockerfile("pip install opencv-python==4.8.1.78", image="python:3.10")).severity is Severity.NOTE
