"""The diff changes the image, the pins and the indexes, applies, and leaves everything else alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envdoctor.facts import Package
from envdoctor.suggest.answer import solve
from envdoctor.suggest.patch import PatchError, _pin, family_of, patch
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, problem

_SERVING = """\
# envdoctor はこのファイルを読む
FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04 AS serve
RUN apt-get update && apt-get install -y python3-pip
RUN python3 -m pip install --no-cache-dir \\
    # the runtime
    onnxruntime-gpu==1.18.1 \\
    'numpy<2' flask==3.0.0
COPY . /app
"""


def _patched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, parts: frozenset[str], host: str, **more: object
) -> tuple[str, list[str]]:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_bytes(text.encode())
    asked = problem(parts, host, **{"families": (family_of("Dockerfile", MATRIX),), **more})
    diff, notices = patch("Dockerfile", solve(asked, MATRIX, 1).suggestions[0], asked, MATRIX)
    subprocess.run(["git", "apply", "-"], input=diff.encode(), check=True, cwd=tmp_path)
    return Path("Dockerfile").read_bytes().decode(), notices


def test_the_image_and_the_pin_change_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after, notices = _patched(tmp_path, monkeypatch, _SERVING, INFERENCE, "driver=580.82.07,gpu=L4", os="ubuntu22.04")
    changed = [line for line in after.splitlines() if line not in _SERVING.splitlines()]
    assert len(changed) == 2
    assert changed[0].startswith("FROM nvidia/cuda:1")
    assert changed[0].endswith("-cudnn-runtime-ubuntu22.04 AS serve")
    assert changed[1].startswith("    onnxruntime-gpu==1.")
    assert changed[1].endswith(" \\")
    assert notices == []


def test_line_ends_of_windows_and_a_missing_last_one_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\r\nRUN pip install onnxruntime-gpu==1.18.1"
    after, _ = _patched(tmp_path, monkeypatch, text, INFERENCE, "driver=580.82.07,gpu=L4", os="ubuntu22.04")
    assert after.count("\r\n") == 1
    assert not after.endswith("\n")
    assert "1.18.1" not in after


def test_the_index_of_pytorch_follows_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM python:3.10-slim\nRUN pip install torch==2.2.0 torchvision==0.17.0 --index-url https://download.pytorch.org/whl/cu118\n"
    asked = {"wanted": {"torchvision": Package("torchvision")}, "python": "3.10"}
    after, _ = _patched(tmp_path, monkeypatch, text, TRAINING, "driver=570.133.07,gpu=RTX 5090", **asked)
    assert "whl/cu128" in after
    assert "cu118" not in after


def test_a_build_of_another_index_gets_that_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM python:3.10-slim\nRUN pip install torch==2.11.0 requests\n"
    after, _ = _patched(tmp_path, monkeypatch, text, TRAINING, "driver=535.104.05,gpu=RTX 3090", python="3.10")
    assert " --extra-index-url https://download.pytorch.org/whl/cu12" in after
    assert after.rstrip().endswith("requests")


def test_pins_in_the_requirements_that_it_installs_change_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\nonnxruntime-gpu == 1.18.1  # CUDA 11\n")
    text = "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    _patched(tmp_path, monkeypatch, text, INFERENCE, "driver=580.82.07,gpu=L4", os="ubuntu22.04")
    changed = (tmp_path / "requirements.txt").read_text()
    assert "1.18.1" not in changed
    assert changed.startswith("flask==3.0.0\nonnxruntime-gpu==1.")
    assert changed.endswith("  # CUDA 11\n")


def test_what_no_line_installs_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, notices = _patched(tmp_path, monkeypatch, _SERVING, BOTH, "driver=580.82.07,gpu=L4", os="ubuntu22.04")
    assert any(notice.startswith("no line installs torch; add: pip install torch==") for notice in notices)


def test_a_file_that_would_not_fit_after_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file carries besides (a second ONNX Runtime) is not ours to change."""
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text(_SERVING.replace("flask==3.0.0", "onnxruntime==1.20.0"))
    asked = problem(INFERENCE, "driver=580.82.07,gpu=L4", families=("cuda",), os="ubuntu22.04")
    with pytest.raises(PatchError, match=r"would still be .* onnxruntime"):
        patch("Dockerfile", solve(asked, MATRIX, 1).suggestions[0], asked, MATRIX)


@pytest.mark.parametrize("text", ["FROM scratch\n", "RUN true\n", ""])
def test_a_file_without_an_image_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    asked = problem(INFERENCE, "driver=580.82.07,gpu=L4", families=("cuda",))
    with pytest.raises(PatchError, match="Dockerfile"):
        patch(str(path), solve(asked, MATRIX, 1).suggestions[0], asked, MATRIX)


@pytest.mark.parametrize(
    ("text", "is_pin"),
    [
        ("pip install torch", True), ('pip install "torch>=2,<3"', True), ("pip install torch==2.4.0+cu121 x", True), ("torch[opt] == 2.1", True),
        ("pip install torchvision", False), ("pip install --torch-backend=auto", False), ("pip install ./torch", False), ("torch.txt", False), ("pytorch", False),
        ("git+https://host/torch@main", False), ("libtorch", False), ("torch-scatter", False),
    ],
)  # fmt: skip
def test_only_the_package_itself_is_its_pin(text: str, is_pin: bool) -> None:
    assert bool(_pin("torch").search(text)) is is_pin
