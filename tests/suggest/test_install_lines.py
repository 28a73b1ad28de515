"""Every place that pins a chosen package changes, whatever way it is written in; what cannot be changed is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.facts import Package
from tests.suggest.ask import INFERENCE, TRAINING
from tests.suggest.patching import patched, refused

_SLIM = "FROM python:3.10-slim\n"
_CUDA = "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nRUN apt-get update && apt-get install -y python3-pip\n"


def test_words_that_only_look_like_pins_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"""\
{_CUDA}# pip install onnxruntime-gpu==1.16.3
RUN echo pip install onnxruntime-gpu==1.16.3
RUN pip install onnxruntime-gpu==1.16.3 --target=onnxruntime-gpu==1.16.3
ENV NOTE="onnxruntime-gpu==1.16.3"
"""
    after = patched(tmp_path, monkeypatch, text, INFERENCE)
    assert after.text().count("onnxruntime-gpu==1.16.3") == 4
    assert after.installs("onnxruntime-gpu") != "1.16.3"


def test_pins_in_the_requirements_that_it_installs_change_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "requirements.txt": "flask==3.0.0\nonnxruntime-gpu == 1.18.1  # CUDA 11\n",
        "Dockerfile": f"{_CUDA}COPY requirements.txt .\nRUN pip install -r requirements.txt\n",
    }
    changed = patched(tmp_path, monkeypatch, files, INFERENCE).text("requirements.txt")
    assert "1.18.1" not in changed
    assert changed.startswith("flask==3.0.0\nonnxruntime-gpu==1.")
    assert changed.endswith("  # CUDA 11\n")


def test_each_of_several_places_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The later `uv pip` decides, and the earlier lines would bring a second PyTorch into a layer."""
    index = "--extra-index-url https://download.pytorch.org/whl/cu118"
    files = {
        "Dockerfile": f"""\
{_SLIM}COPY requirements.txt requirements-gpu.txt ./
RUN pip install -r requirements.txt
RUN uv pip install --system torch==2.2.0+cu118 torchvision==0.17.0+cu118 {index}
""",
        "requirements.txt": "-r requirements-gpu.txt\nflask==3.0.0\n",
        "requirements-gpu.txt": f'{index}\ntorch==2.2.0+cu118 ; sys_platform == "linux"\nnumpy<2\n',
    }
    after = patched(
        tmp_path, monkeypatch, files, TRAINING, wanted={"torchvision": Package("torchvision")}, python="3.10"
    )
    for name in ("Dockerfile", "requirements-gpu.txt"):
        assert "cu118" not in after.text(name)
        assert "2.2.0" not in after.text(name)
    assert ' ; sys_platform == "linux"\n' in after.text("requirements-gpu.txt")
    assert after.text("requirements.txt") == files["requirements.txt"]


def test_several_commands_of_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_CUDA}RUN pip3 install torch==2.2.0 && pip3 install flask && pip3 install --upgrade 'torch' requests\n"
    (_, line) = patched(tmp_path, monkeypatch, text, TRAINING).changed
    version = line.split("torch==")[1].split()[0]
    assert (
        line
        == f"RUN pip3 install torch=={version} && pip3 install flask && pip3 install --upgrade 'torch=={version}' requests"
    )


def test_what_the_shell_takes_for_a_redirection_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = patched(tmp_path, monkeypatch, f"{_SLIM}RUN pip install torch>=2.0 flask\n", TRAINING).changed
    assert line.startswith("RUN pip install torch==")
    assert line.endswith(" flask")
    assert ">" not in line


def test_the_exec_form_stays_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{_SLIM}RUN ["pip", "install", "torch==2.11.0", "requests"]\n'
    (line,) = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=535.104.05,gpu=RTX 3090").changed
    assert line.startswith('RUN ["pip", "install", "torch==')
    assert line.endswith(', "requests"]')
    assert '", "--extra-index-url", "https://download.pytorch.org/whl/cu' in line


def test_the_default_of_an_argument_changes_and_the_line_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{_CUDA}ARG ORT=1.16.3\nRUN pip install onnxruntime-gpu==${{ORT}} "onnx==1.15.0"\n'
    after = patched(tmp_path, monkeypatch, text, INFERENCE)
    assert [line for line in after.changed if line.startswith("ARG ORT=1.")]
    assert "ARG ORT=1.16.3" not in after.text()
    assert 'RUN pip install onnxruntime-gpu==${ORT} "onnx==1.15.0"\n' in after.text()


def test_arguments_that_make_the_local_version_change_with_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = 'RUN pip install "torch==${TORCH}+cu${CU}" --index-url $INDEX/cu${CU}\n'
    text = f"{_SLIM}ARG TORCH=2.2.0\nARG CU=118\nARG INDEX=https://download.pytorch.org/whl\n{line}"
    after = patched(tmp_path, monkeypatch, text, TRAINING, host="driver=570.133.07,gpu=RTX 5090")
    assert line in after.text()
    assert "ARG CU=128" in after.changed
    assert [each.split("=")[0] for each in after.changed] == ["ARG TORCH", "ARG CU"]


def test_an_argument_without_a_default_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(tmp_path, monkeypatch, f"{_CUDA}ARG ORT\nRUN pip install onnxruntime-gpu==${{ORT}}\n", INFERENCE)
    assert said.startswith(
        "Dockerfile:4 takes the version of onnxruntime-gpu from ORT, which has no default in the file"
    )


def test_a_constraint_changes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "Dockerfile": f"{_SLIM}COPY . /\nRUN pip install -c constraints.txt -r requirements.txt\n",
        "requirements.txt": "torch\n",
        "constraints.txt": "numpy==1.26.4\ntorch==2.2.0\n",
    }
    after = patched(tmp_path, monkeypatch, files, TRAINING)
    assert "torch==2.2.0" not in after.text("constraints.txt")
    assert after.text("constraints.txt").splitlines()[1] == after.text("requirements.txt").strip()


@pytest.mark.parametrize(
    ("requirements", "said"),
    [
        ("torch==2.2.0 \\\n    --hash=sha256:abc\n", "r.txt:1 pins torch by its hash"),
        ("torch @ https://example.com/torch-2.2.0-cp310-cp310-linux_x86_64.whl\n", "r.txt:1 installs torch in a way"),
        ("torch (>=2.0)\n", "r.txt:1 installs torch in a way"),
        ("torch==${TORCH}\n", "r.txt:1 installs torch in a way"),
    ],
)  # fmt: skip
def test_a_requirement_that_cannot_be_changed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirements: str, said: str
) -> None:
    files = {"Dockerfile": f"{_SLIM}COPY r.txt .\nRUN pip install -r r.txt\n", "r.txt": requirements}
    assert said in refused(tmp_path, monkeypatch, files, TRAINING)


def test_a_script_of_the_build_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "Dockerfile": f"{_SLIM}COPY install.sh /opt/\nRUN bash /opt/install.sh\n",
        "install.sh": "pip install torch==2.2.0\n",
    }
    assert "install.sh:1 installs torch in a way that is not changed here" in refused(
        tmp_path, monkeypatch, files, TRAINING
    )


def test_the_numpy_that_an_old_wheel_needs_is_put_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{_CUDA}RUN apt-get install -y libcudnn8=8.9.7.29-1+cuda11.8\nRUN pip install onnxruntime-gpu==1.16.3\n"
    carried = (Package("libcudnn8", "8.9.7.29-1+cuda11.8", manager="apt"),)
    wanted = {"onnxruntime-gpu": Package("onnxruntime-gpu", specifier="<1.19")}
    (*_, line) = patched(tmp_path, monkeypatch, text, INFERENCE, carried=carried, wanted=wanted).changed
    assert line.startswith("RUN pip install onnxruntime-gpu==1.18")
    assert line.endswith(' "numpy<2"')
