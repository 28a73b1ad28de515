"""The matrix against tables that others publish: scripts/cross_check.py on the recorded extracts, and what it catches."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from envdoctor.matrix import Matrix

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests" / "recordings" / "cross_check"
MATRIX = Matrix.load()


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cross_check", ROOT / "scripts" / "cross_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cross_check = _script()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED, tmp_path / "tables")
    return tmp_path / "tables"


def run(folder: Path) -> int:
    code: int = cross_check.main(
        [
            *("--cog", str(folder / "cog")),
            *("--env-doctor", str(folder / "env-doctor")),
            *("--explained", str(folder / "explained.json")),
        ]
    )
    return code


def subjects(folder: Path) -> set[str]:
    cog, doctor = cross_check.cog(folder / "cog", MATRIX), cross_check.env_doctor(folder / "env-doctor", MATRIX)
    return {found.subject for found in (*cog, *doctor)}


def test_every_disagreement_with_other_tables_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RECORDED) == 0
    out, err = capsys.readouterr()
    assert "NOT EXPLAINED" not in out
    assert out.count("explained: ") == len(subjects(RECORDED)) > 20
    assert err.endswith("disagreements, 0 without explanation\n")


def test_no_explanation_outlives_its_disagreement_and_each_has_a_source() -> None:
    explanations = cross_check.read_explanations(RECORDED / "explained.json")
    found = [*cross_check.cog(RECORDED / "cog", MATRIX), *cross_check.env_doctor(RECORDED / "env-doctor", MATRIX)]
    assert cross_check.stale(explanations, found) == []
    for why in explanations:
        assert why.sources, why
        assert all(source.startswith(("https://", "github:", "PyPI: ")) for source in why.sources), why


def test_their_tables_are_large_enough_to_mean_something() -> None:
    builds = json.loads((RECORDED / "cog/pkg/config/torch_compatibility.json").read_text("utf-8"))
    tags = json.loads((RECORDED / "cog/pkg/config/cuda_compatibility.json").read_text("utf-8"))
    assert (len(builds), len(tags)) == (100, 67)


@pytest.mark.parametrize(
    ("before", "after", "subject"),
    [
        ('"CUDA": "12.8"', '"CUDA": "12.7"', "torch 2.7.0+cu127"),
        ('"Torchvision": "0.22.0"', '"Torchvision": "0.21.0"', "torch 2.7.0 torchvision"),
        ('"Torchaudio": "2.11.0"', '"Torchaudio": "2.12.1"', "torch 2.12.1 torchaudio"),
        ("/whl/cu126/", "/whl/cu125/", "torch 2.6.0+cu126 index"),
        ('"3.14"]', '"3.15"]', "torch 2.9.0+cu126 python 3.15"),
        ('"3.14"]', '"3.15"]', "torch 2.9.0+cu126 python 3.14"),
        ('"Torch": "2.8.0+cu126"', '"Torch": "2.8.1+cu126"', "torch 2.8.0+cu126"),
    ],
)
def test_a_build_that_differs_is_told(before: str, after: str, subject: str, copy: Path) -> None:
    assert subject not in subjects(copy)
    replace(copy / "cog/pkg/config/torch_compatibility.json", before, after)
    assert subject in subjects(copy)
    assert run(copy) == 1


@pytest.mark.parametrize(
    ("before", "after", "subject"),
    [
        (
            '"12.9.1-cudnn-devel-ubuntu24.04"',
            '"12.9.9-cudnn-devel-ubuntu24.04"',
            "image 12.9.9-cudnn-devel-ubuntu24.04",
        ),
        (
            '"12.9.1-cudnn-devel-ubuntu24.04"',
            '"12.9.9-cudnn-devel-ubuntu24.04"',
            "image 12.9.1-cudnn-devel-ubuntu24.04",
        ),
        ('"CuDNN": "8"', '"CuDNN": "9"', "image 12.2.2-cudnn8-devel-ubuntu22.04"),
    ],
)
def test_an_image_that_differs_is_told(before: str, after: str, subject: str, copy: Path) -> None:
    assert subject not in subjects(copy)
    replace(copy / "cog/pkg/config/cuda_compatibility.json", before, after)
    assert subject in subjects(copy)


@pytest.mark.parametrize(("before", "after"), [('"2.7.0"', '"2.6.0"'), ('"12.8"', '"12.6"')])
def test_a_floor_that_differs_is_told(before: str, after: str, copy: Path) -> None:
    assert "floor 12.0" not in subjects(copy)
    replace(copy / "cog/pkg/doctor/gpu_compatibility.go", before, after)
    assert {"floor 12.0", "floor 10.0"} <= subjects(copy)


@pytest.mark.parametrize(
    ("before", "after", "subject"),
    [
        ('"535": "12.2"', '"535": "12.3"', "driver 535"),
        ('"535": "12.2"', '"536": "12.2"', "driver 536"),
        ("torch==2.8.0", "torch==2.8.7", "torch 2.8.7+cu129"),
        ("torchaudio==2.8.0", "torchaudio==2.7.0", "torch 2.8.0 torchaudio"),
    ],
)
def test_an_advice_that_differs_is_told(before: str, after: str, subject: str, copy: Path) -> None:
    assert subject not in subjects(copy)
    replace(copy / "env-doctor/env_doctor/data/compatibility.json", before, after)
    assert subject in subjects(copy)


@pytest.mark.parametrize("content", ["", "{}", '{"explained": [1]}', "[", '{"explained": 1}'])
def test_a_damaged_table_is_one_line_and_not_a_traceback(
    content: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "explained.json").write_text(content, "utf-8")
    assert run(copy) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run(copy / "nowhere") == 2


def replace(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
