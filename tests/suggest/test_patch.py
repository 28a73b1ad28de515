"""The diff changes the image, the pins and the indexes, applies, and leaves everything else alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.facts import Package
from envdoctor.suggest.answer import solve
from envdoctor.suggest.install_lines import pin
from envdoctor.suggest.patch import PatchError, kept, patch
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, problem
from tests.suggest.patching import patched, refused, write

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


def test_the_image_and_the_pin_change_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after = patched(tmp_path, monkeypatch, _SERVING, INFERENCE)
    assert len(after.changed) == 2
    assert after.changed[0].startswith("FROM nvidia/cuda:1")
    assert after.changed[0].endswith("-cudnn-runtime-ubuntu22.04 AS serve")
    assert after.changed[1].startswith("    onnxruntime-gpu==1.")
    assert after.changed[1].endswith(" \\")
    assert after.notices == []


def test_a_file_that_is_the_suggestion_already_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = patched(tmp_path, monkeypatch, _SERVING, INFERENCE)
    again = patched(tmp_path, monkeypatch, once.text(), INFERENCE)
    assert again.diff == ""
    assert again.notices == ["Dockerfile: nothing had to be changed"]


def test_line_ends_of_windows_and_a_missing_last_one_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\r\nRUN pip install onnxruntime-gpu==1.18.1"
    after = patched(tmp_path, monkeypatch, text, INFERENCE).text()
    assert after.count("\r\n") == 1
    assert not after.endswith("\n")
    assert "1.18.1" not in after


def test_a_byte_order_mark_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\ufeffFROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.18.1\n"
    assert patched(tmp_path, monkeypatch, text, INFERENCE).text().startswith("\ufeffFROM nvidia/cuda:1")


def test_what_no_line_installs_is_said_as_one_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after = patched(tmp_path, monkeypatch, _SERVING, BOTH, host="driver=570.133.07,gpu=V100")
    (told,) = [notice for notice in after.notices if "no line installs torch" in notice]
    assert "add: RUN pip install torch==" in told
    assert " --index-url https://download.pytorch.org/whl/cu" in told


def test_a_file_in_which_nothing_could_be_changed_is_no_silent_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = patched(tmp_path, monkeypatch, "FROM python:3.11-slim\nRUN pip install transformers\n", TRAINING)
    assert after.diff == ""
    assert after.notices[-2].startswith("Dockerfile: no line installs torch; add: RUN pip install torch==")
    assert after.notices[-1] == "Dockerfile: nothing was changed"


def test_a_file_that_would_not_fit_after_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file carries besides (a second ONNX Runtime) is not ours to change."""
    text = _SERVING.replace("flask==3.0.0", "onnxruntime==1.20.0")
    assert "would still be" in refused(tmp_path, monkeypatch, text, INFERENCE)


@pytest.mark.parametrize("text", ["FROM scratch\n", "RUN true\n", ""])
def test_a_file_without_an_image_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    asked = problem(INFERENCE, "driver=580.82.07,gpu=L4", families=("cuda",))
    with pytest.raises(PatchError, match="Dockerfile"):
        patch(str(path), solve(asked, MATRIX, 1).suggestions[0], asked, MATRIX)


def test_a_file_that_is_nested_too_deeply_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"FROM python:3.10-slim\nRUN pip install {'$(' * 3000}{')' * 3000}\n"
    assert refused(tmp_path, monkeypatch, text, TRAINING).startswith("Dockerfile: is nested too deeply")


@pytest.mark.parametrize(
    ("image", "flavor"),
    [
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", "base"), ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "runtime"),
        ("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04", "cudnn-runtime"), ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "devel"),
        ("nvcr.io/nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04", "cudnn-devel"),
        ("pytorch/pytorch:2.2.0-cuda11.8-cudnn8-devel", "devel"), ("python:3.10-slim", None),
    ],
)  # fmt: skip
def test_the_flavor_of_the_image_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str, flavor: str | None
) -> None:
    write(tmp_path, monkeypatch, f"FROM {image}\n")
    assert kept("Dockerfile", MATRIX).flavor == flavor


def test_the_compiler_of_a_pytorch_image_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM pytorch/pytorch:2.2.0-cuda11.8-cudnn8-devel\nRUN nvcc --version\n"
    (line,) = patched(tmp_path, monkeypatch, text, TRAINING).changed
    assert line.startswith("FROM pytorch/pytorch:2.")
    assert line.endswith("-devel")


def test_pins_of_what_the_pytorch_image_holds_follow_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """\
FROM pytorch/pytorch:2.2.0-cuda11.8-cudnn8-runtime
RUN pip install torchvision==0.17.0 transformers==4.40.0
RUN pip install "torch>=2.0"
"""
    after = patched(tmp_path, monkeypatch, text, TRAINING, wanted={"torchvision": Package("torchvision")})
    torch = after.changed[0].partition(":")[2].partition("-")[0]
    assert (
        after.changed[1]
        == f"RUN pip install torchvision=={MATRIX.companion_for('torchvision', torch)} transformers==4.40.0"
    )
    assert 'RUN pip install "torch>=2.0"\n' in after.text()  # satisfied by the image


def test_a_pin_over_the_torch_of_an_ngc_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM nvcr.io/nvidia/pytorch:23.01-py3\nRUN pip install torchvision==0.17.0\n"
    said = refused(tmp_path, monkeypatch, text, TRAINING)
    assert said.startswith("Dockerfile:2 installs torchvision==0.17.0, which pip would put over")
    assert "take it out there" in said


def test_lines_of_conda_are_not_ours_to_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM python:3.11-slim\nRUN conda install -y pytorch=2.2.0 pytorch-cuda=11.8 -c pytorch -c nvidia\n"
    said = refused(tmp_path, monkeypatch, text, TRAINING)
    assert "Dockerfile:2 installs torch with conda" in said or "would still install" in said


@pytest.mark.parametrize(
    ("text", "is_pin"),
    [
        ("pip install torch", True), ('pip install "torch>=2,<3"', True), ("pip install torch==2.4.0+cu121 x", True), ("torch[opt] == 2.1", True),
        ("pip install torchvision", False), ("pip install --torch-backend=auto", False), ("pip install ./torch", False), ("torch.txt", False), ("pytorch", False),
        ("git+https://host/torch@main", False), ("libtorch", False), ("torch-scatter", False),
    ],
)  # fmt: skip
def test_only_the_package_itself_is_its_pin(text: str, is_pin: bool) -> None:
    assert bool(pin("torch").search(text)) is is_pin
