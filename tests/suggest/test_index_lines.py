"""The index follows the build: PyTorch's for torch, Microsoft's feeds for ONNX Runtime, in the package's own command."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.facts import Package
from tests.suggest.ask import INFERENCE, TRAINING
from tests.suggest.patching import FEED, patched

_SLIM = "FROM python:3.10-slim\n"
_CUDA = "FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04\nRUN apt-get update && apt-get install -y python3-pip\n"
_OLD = {
    "wanted": {"onnxruntime-gpu": Package("onnxruntime-gpu", specifier=">=1.20")},
    "host": "driver=470.57.02,gpu=T4",
}
_CUDA_11 = _CUDA.replace("12.1.1", "11.8.0")


def test_another_packages_index_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xformers = "    pip install xformers==0.0.19 --index-url https://download.pytorch.org/whl/cu118\n"
    mmcv = "RUN pip install mmcv==2.1.0 -f https://download.openmmlab.com/mmcv/dist/cu118/torch2.2/index.html\n"
    text = f"{_SLIM}RUN pip install torch==2.2.0 --index-url https://download.pytorch.org/whl/cu118 && \\\n{xformers}{mmcv}"
    after = patched(tmp_path, monkeypatch, text, TRAINING)
    assert xformers in after.text()
    assert mmcv in after.text()
    assert len(after.changed) == 1
    assert "cu118" not in after.changed[0]


def test_the_index_of_pytorch_follows_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_SLIM}RUN pip install torch==2.2.0 torchvision==0.17.0 -i https://download.pytorch.org/whl/cu118\n"
    asked = {"wanted": {"torchvision": Package("torchvision")}, "host": "driver=570.133.07,gpu=RTX 5090"}
    after = patched(tmp_path, monkeypatch, text, TRAINING, **asked).text()
    assert after.rstrip().endswith(" -i https://download.pytorch.org/whl/cu128")


def test_a_build_of_another_index_gets_that_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_SLIM}RUN pip install torch==2.11.0 requests\n"
    after = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=535.104.05,gpu=RTX 3090").text()
    assert " --extra-index-url https://download.pytorch.org/whl/cu12" in after
    assert after.rstrip().endswith("requests")


def test_uv_is_told_to_look_for_the_others_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv takes a package from the first index that has the name, and PyTorch's has requests."""
    text = f"{_SLIM}RUN uv pip install --system torch==2.11.0 requests\n"
    (line,) = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=535.104.05,gpu=RTX 3090").changed
    assert line.endswith(" --index-strategy unsafe-best-match requests")


def test_a_requirements_file_gets_a_line_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"Dockerfile": f"{_SLIM}COPY r.txt .\nRUN pip install -r r.txt\n", "r.txt": "torch==2.11.0\r\nrequests\r\n"}
    after = patched(tmp_path, monkeypatch, files, TRAINING, host="driver=535.104.05,gpu=RTX 3090").text("r.txt")
    first, second, *_ = after.split("\r\n")
    assert first.startswith("--extra-index-url https://download.pytorch.org/whl/cu12")
    assert second.startswith("torch==2.")


def test_the_variables_of_pip_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_SLIM}ENV A=1 PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cu118\nRUN pip install torch==2.2.0\n"
    after = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=570.133.07,gpu=RTX 5090")
    assert after.changed[0] == "ENV A=1 PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cu128"
    assert "--extra-index-url" not in after.text()


def test_the_backend_of_uv_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_SLIM}RUN uv pip install --system torch==2.2.0 --torch-backend=cu118\n"
    (line,) = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=570.133.07,gpu=RTX 5090").changed
    assert line.endswith(" --torch-backend=cu128")


def test_a_feed_goes_where_pypi_has_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{_CUDA}RUN pip install "onnxruntime-gpu==1.18.0" --extra-index-url {FEED.format(12)}\n'
    (_, line) = patched(tmp_path, monkeypatch, text, INFERENCE).changed
    assert line.startswith('RUN pip install "onnxruntime-gpu==1.')
    assert line.endswith('"')


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("      onnxruntime-gpu==1.18.0 \\\n      --extra-index-url {feed}\nCOPY . /a\n", "\nCOPY . /a\n"),
        ("      --extra-index-url {feed} \\\n      # both\n      onnxruntime-gpu==1.18.0\nCOPY . /a\n", "      # both\n"),
        ("      --extra-index-url \\\n {feed} \\\n      onnxruntime-gpu==1.18.0\nCOPY . /a\n", "RUN pip install \\\n      onnx"),
    ],
)  # fmt: skip
def test_a_feed_on_a_line_of_its_own_goes_with_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, left: str
) -> None:
    """A line with nothing but blanks behind a continuation would join the next instruction to this one."""
    text = f"{_CUDA}RUN pip install \\\n{command.format(feed=FEED.format(12))}"
    after = patched(tmp_path, monkeypatch, text, INFERENCE)
    assert left in after.text()
    assert "index-url" not in after.text()
    assert after.installs("onnxruntime-gpu") is not None
    assert "\nCOPY . /a\n" in after.text()
    assert not after.text().replace("\n", "", 1).endswith("\\\nCOPY . /a\n")


def test_a_feed_is_replaced_by_the_one_of_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_CUDA}RUN pip install onnxruntime-gpu==1.18.0 --extra-index-url {FEED.format(12)}\n"
    (*_, line) = patched(tmp_path, monkeypatch, text, INFERENCE, **_OLD).changed
    assert line.endswith(f"--extra-index-url {FEED.format(11)}")


def test_a_feed_is_added_beside_pypi_which_has_what_the_build_requires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{_CUDA_11}RUN pip install onnxruntime-gpu==1.16.3 flask\n"
    (*_, line) = patched(tmp_path, monkeypatch, text, INFERENCE, **_OLD).changed
    assert f" --extra-index-url {FEED.format(11)}" in line
    assert line.endswith(" flask")


def test_a_feed_in_a_requirements_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "Dockerfile": f"{_CUDA}COPY r.txt .\nRUN pip install -r r.txt\n",
        "r.txt": f"--extra-index-url {FEED.format(12)}\nonnxruntime-gpu==1.18.0\n",
    }
    assert patched(tmp_path, monkeypatch, files, INFERENCE).text("r.txt").startswith("onnxruntime-gpu==1.")
    files["r.txt"] = "onnxruntime-gpu==1.18.0\n"
    assert (
        patched(tmp_path, monkeypatch, files, INFERENCE, **_OLD)
        .text("r.txt")
        .startswith(f"--extra-index-url {FEED.format(11)}\nonnxruntime-gpu==1.20")
    )
