"""What pip installs that no line names: torch behind torchvision, ultralytics and vllm, onnxruntime behind faster-whisper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from envdoctor.facts import Facts, Package
from envdoctor.findings import Outcome
from envdoctor.readers.declared import SourceText
from envdoctor.readers.stages import LocalBase, read_dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import (
    CUDNN_12_4,
    MATRIX,
    NOT_STATED,
    PYTHON,
    PYTORCH,
    asked,
    dockerfile,
    fires,
    on,
    package,
    silent,
    undecided,
    workload,
)

PYTORCH_IMAGE = "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime"
NGC = "nvcr.io/nvidia/pytorch:24.05-py3"
T4_470 = on("470.57.02", ["T4"])
A100_535 = on("535.104.05", ["A100"])


def torch(facts: Facts) -> Package | None:
    found = facts.packages.need().named("torch")
    assert len(found) < 2
    return found[0] if found else None


def version(facts: Facts) -> tuple[str | None, str, bool]:
    item = torch(facts)
    assert item is not None
    return item.version, item.specifier, item.installed


UNKNOWN = (None, "", True)


# --- nothing is brought ---


@pytest.mark.parametrize("line", ["numpy", "torchaudio==2.11.0", "torchaudio", "faster-whisper", "transformers"])
def test_what_does_not_require_torch_brings_none(line: str) -> None:
    assert torch(workload(PYTHON, pip=[line])) is None


def test_without_dependencies_nothing_comes_along() -> None:
    assert torch(dockerfile("pip install --no-deps ultralytics")) is None
    assert torch(dockerfile("pip install --no-deps torchvision==0.19.0")) is None


def test_a_torch_that_satisfies_stays() -> None:
    facts = dockerfile(
        "pip install torch==2.4.0 --index-url " + PYTORCH + "cu118", "pip install ultralytics accelerate"
    )
    assert version(facts) == ("2.4.0", "", False)
    assert version(dockerfile("pip install ultralytics", image=PYTORCH_IMAGE)) == ("2.4.0", "", True)
    assert version(dockerfile("pip install torchvision", image=PYTORCH_IMAGE)) == ("2.4.0", "", True)  # it holds one
    assert version(dockerfile("pip install ultralytics", image=NGC))[0] == "2.4.0a0+07cecf4168"


def test_pip_looks_for_a_torchvision_that_fits_within_one_command() -> None:
    assert version(dockerfile("pip install torch==2.3.1 torchvision")) == ("2.3.1", "", False)


def test_a_requirements_file_is_one_command() -> None:
    assert version(workload(None, pip=["torch==2.3.1", "torchvision", "ultralytics"])) == ("2.3.1", "", False)


# --- it comes along ---


def test_a_pinned_companion_brings_the_torch_it_pins() -> None:
    facts = dockerfile("pip install torchvision==0.19.0", host=T4_470)
    assert version(facts) == ("2.4.0", "", False)
    assert "torch 2.4.0 cannot run on driver 470.57.02" in fires("driver-too-old", facts).message
    assert torch(facts).origin.label == "Dockerfile:2, required by torchvision 0.19.0"  # type: ignore[union-attr]
    silent("driver-too-old", dockerfile("pip install torchvision==0.19.0", host=A100_535))


def test_from_the_index_of_the_companion() -> None:
    facts = dockerfile(f"pip install torchvision==0.19.0 --index-url {PYTORCH}cu118", host=T4_470)
    silent("driver-too-old", facts)
    assert torch(dockerfile(f"pip install torchvision==0.19.0+cpu -f {PYTORCH}torch_stable.html")).cuda == "cpu"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "line", ["ultralytics", "accelerate", "openai-whisper", "sentence_transformers", "timm", "vllm", "torchvision"]
)
def test_unpinned_it_is_the_newest_that_is_asked_for(line: str) -> None:
    facts = dockerfile(f"pip install {line}", host=T4_470)
    assert "cannot run on driver 470.57.02" in fires("driver-too-old", facts).message
    assert version(facts)[2] is False


def test_several_requirements_hold_together() -> None:
    assert version(dockerfile("pip install ultralytics monai")) == (None, ">=1.8.0,>=2.8.0", False)
    assert version(dockerfile("pip install ultralytics torchvision==0.19.0")) == ("2.4.0", "", False)
    assert version(dockerfile("pip install monai torchvision==0.19.0")) == UNKNOWN


@pytest.mark.parametrize(
    ("command", "image"),
    [
        ("pip install ultralytics==8.0.0", PYTHON),  # no row for that release
        ("pip install 'torchvision<0.20' --extra-index-url https://wheels.example.com/simple", PYTHON),
        ("pip install torchvision==0.99.0", PYTHON),
        ("pip install ultralytics --extra-index-url https://wheels.example.com/simple", PYTHON),
        ("pip install vllm", "python:3.10"),  # an older vllm
        ("pip install accelerate", "our_base:1"),  # may hold a torch
    ],
)
def test_where_its_version_cannot_be_told_it_is_unknown(command: str, image: str) -> None:
    facts = dockerfile(command, image=image, host=T4_470)
    assert version(facts) == UNKNOWN
    assert asked("driver-too-old", facts).outcome is Outcome.OPEN


def test_a_requirement_for_another_python_brings_nothing() -> None:
    line = "pip install 'torchvision==0.19.0; python_version<\"3.9\"'"
    assert torch(dockerfile(line)) is None
    assert version(dockerfile(line, image="python:3.8"))[0] == "2.4.0"


# --- it is narrowed ---


def test_an_unpinned_torch_is_the_one_that_its_companion_pins() -> None:
    assert version(dockerfile("pip install torch torchvision==0.19.0")) == ("2.4.0", "", False)
    assert version(dockerfile("pip install torch", "pip install torchvision==0.19.0")) == ("2.4.0", "", False)
    assert version(dockerfile("pip install 'torch>=2.0' whisperx")) == (None, ">=2.0,~=2.8.0", False)
    assert version(dockerfile("pip install torch 'torchvision<0.20'")) == ("2.4.1", "", False)


def test_an_unpinned_companion_follows_torch() -> None:
    cu118 = f"--index-url {PYTORCH}cu118"
    assert version(dockerfile(f"pip install torch torchvision torchaudio {cu118}")) == (None, "", False)
    assert version(dockerfile(f"pip install torch {cu118}", f"pip install torchvision {cu118}")) == (None, "", False)
    silent("driver-too-old", dockerfile(f"pip install torch torchvision {cu118}", host=T4_470))


# --- it is replaced ---


@pytest.mark.parametrize("later", ["pip install torchvision", "pip install -U torchvision", "pip install monai"])
def test_an_unpinned_line_after_a_pinned_torch_brings_the_newest(later: str) -> None:
    facts = dockerfile(f"pip install torch==2.3.1 --index-url {PYTORCH}cu121", later)
    assert version(facts)[0] is None
    assert [item.replaces and item.replaces.version for item in facts.packages.need().named("torch")] == ["2.3.1"]


def test_upgrading_the_torchvision_of_a_pytorch_image_replaces_its_torch() -> None:
    assert version(dockerfile("pip install -U torchvision", image=PYTORCH_IMAGE))[0] is None


def test_from_an_index_of_its_own_the_cuda_stays_known() -> None:
    index = f"--index-url {PYTORCH}cu121"
    facts = dockerfile(f"pip install torch==2.3.1 {index}", f"pip install torchvision {index}", host=A100_535)
    assert version(facts) == UNKNOWN
    silent("driver-too-old", facts)


def test_a_strict_requirer_of_no_row_leaves_the_version_open() -> None:
    facts = dockerfile("pip install torch==2.3.1", "pip install vllm==0.6.0", host=T4_470)
    assert "torch (version not stated)" in undecided("driver-too-old", facts)
    assert version(dockerfile("pip install torch==2.3.1", "pip install ultralytics==8.0.0")) == ("2.3.1", "", False)


# --- the CPU package onnxruntime ---


def test_it_is_brought_only_where_it_lands_on_onnxruntime_gpu() -> None:
    def names(*commands: str) -> list[str]:
        facts = dockerfile("apt-get install -y python3-pip", *commands, image=CUDNN_12_4)
        return [item.name for item in facts.packages.need().named("onnxruntime")]

    gpu, whisper = "pip install onnxruntime-gpu==1.20.0", "pip install faster-whisper==1.1.0"
    assert names(whisper) == []
    assert names(whisper, gpu) == []  # the one that is installed last wins
    assert names(gpu, f"{whisper} --no-deps") == []
    assert names(gpu, whisper, "pip uninstall -y onnxruntime onnxruntime-gpu", gpu) == []
    assert names(f"{gpu} faster-whisper") == ["onnxruntime"]
    assert names(gpu, whisper) == ["onnxruntime"]


def test_every_package_of_the_table_is_one_that_pip_takes_by_that_name() -> None:
    for row in MATRIX.tables["brings"].rows():
        assert MATRIX.brings(row.name.replace("-", "_").upper())  # type: ignore[attr-defined]


# --- several Dockerfiles ---


def chain(base: str, app: str, **files: str) -> Facts:
    """What "app/Dockerfile" makes of the image that "base/Dockerfile" builds; both install files of their own folder."""

    def read_file(folder: str) -> Callable[[str], SourceText | None]:
        given = {name.partition("_")[2] + ".txt": text for name, text in files.items() if name.startswith(folder)}
        return lambda name: SourceText(given[name], f"{folder}/{name}") if name in given else None

    below = f"FROM {CUDNN_12_4}\nCOPY . .\n{base}\n"
    local = LocalBase(below, "base/Dockerfile", "base/Dockerfile", {}, None, read_file("base"))
    declared = read_dockerfile(
        f"FROM my-base\nCOPY . .\n{app}\n",
        "app/Dockerfile",
        build_args={},
        target=None,
        read_file=read_file("app"),
        local_base=lambda name: local if name == "my-base" else None,
    )
    return assemble(declared, NOT_STATED, MATRIX, Stated())


PINNED = "RUN pip install torch==2.4.0"
LISTED = "RUN pip install -r requirements.txt"


def test_a_base_whose_torch_fits() -> None:
    for app in ("torchvision==0.19.0", "torchvision==0.19.0 ultralytics", "accelerate"):
        facts = chain(PINNED, f"RUN pip install {app}")
        assert version(facts) == ("2.4.0", "", False)
        assert not asked("torch-companion-mismatch", facts).findings


@pytest.mark.parametrize(
    ("base", "app", "files"),
    [
        (PINNED, "RUN pip install torchvision==0.20.0", {}),
        (PINNED, LISTED, {"app_requirements": "torchvision==0.20.0\n"}),
        (LISTED, LISTED, {"base_requirements": "torch==2.4.0\ntorchvision==0.19.0\n", "app_requirements": "torchvision==0.20.0\n"}),
        (LISTED, "RUN pip install torchvision==0.20.0", {"base_requirements": "torch==2.4.0\n"}),
        (PINNED, LISTED, {"app_requirements": "-r more.txt\n", "app_more": "torchvision==0.20.0\n"}),
    ],
)  # fmt: skip
def test_what_the_app_installs_comes_after_its_base(base: str, app: str, files: dict[str, str]) -> None:
    facts = chain(base, app, **files)
    assert version(facts) == ("2.5.0", "", False)
    assert "torch 2.4.0 does not stay" in fires("torch-companion-mismatch", facts).message


@pytest.mark.parametrize("app", ["RUN pip install torch==2.4.0", LISTED])
def test_a_torch_that_the_app_puts_beside_the_torchvision_of_its_base(app: str) -> None:
    facts = chain("RUN pip install torchvision==0.20.0", app, app_requirements="torch==2.4.0\n")
    assert version(facts) == ("2.4.0", "", False)
    assert "torch 2.4.0 is installed" in fires("torch-companion-mismatch", facts).message


# --- a range of torchvision ---


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["torch>=2.2.1,<2.8.0", "torchvision>=0.21.0,<0.23.0"], "2.7.1"),
        (["torch>=2.2.1,<2.7", "torchvision>=0.21.0,<0.23.0"], "2.6.0"),
        (["torchvision>=0.15,<0.20"], "2.4.1"),
        (["torch==2.4.0", "torchvision>=0.15"], "2.4.0"),
    ],
)
def test_the_newest_of_a_range_of_torchvision(lines: list[str], expected: str) -> None:
    assert version(workload(PYTHON, pip=lines))[0] == expected


def test_a_range_whose_newest_the_python_or_an_index_decides() -> None:
    assert version(workload("python:3.8-slim", pip=["torchvision>=0.15,<0.23"]))[0] == "2.4.1"  # no later one for 3.8
    assert version(workload(PYTHON, pip=["torch", "torchvision>=0.15"])) == (None, ">=2.14.0", False)  # since 0.29.1
    cu124 = package("torchvision>=0.15,<0.23", index=f"{PYTORCH}cu124")
    assert version(workload(PYTHON, pip=[cu124]))[0] is None


@pytest.mark.parametrize("line", ["torchvision>=0.17", "torchaudio>=2.0", "'torchvision>=0.15,<0.30'"])
def test_the_pair_of_a_pytorch_images_torch_satisfies_a_range(line: str) -> None:
    facts = dockerfile(f"pip install {line}", image=PYTORCH_IMAGE)
    assert version(facts) == ("2.4.0", "", True)
    assert [item.replaces for item in facts.packages.need().named("torch")] == [None]


def test_what_may_want_the_torch_that_is_there_is_not_said_to_replace_it() -> None:
    """vllm 0.11.0 requires torch 2.8.0, which no row tells."""
    facts = dockerfile("pip install torch==2.8.0", "pip install vllm==0.11.0")
    assert version(facts) == UNKNOWN
    assert [item.replaces for item in facts.packages.need().named("torch")] == [None]
