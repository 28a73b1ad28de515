"""Packages that overwrite each other's cv2."""

from __future__ import annotations

import pytest

from envdoctor.facts import Package
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    dockerfile,
    document,
    does_not_apply,
    fires,
    installed,
    package,
    workload,
)

RULE = "opencv-several-packages"
NGC = "nvcr.io/nvidia/pytorch:24.03-py3"  # its opencv is 4.7.0
NGC_LATER = "nvcr.io/nvidia/pytorch:24.12-py3"
FIX = 'python -c "from opencv_fixer import AutoFix; AutoFix()"'


# --- one of them ---


@pytest.mark.parametrize(
    "lines",
    [
        ["opencv-python"],
        ["opencv-python-headless", "albumentations"],
        ["ultralytics"],
        ["easyocr", "vllm"],
        ["opencv-fixer", "my-opencv-tools", "opencv-python"],
    ],
)
def test_one_distribution(lines: list[str]) -> None:
    does_not_apply(RULE, workload(PYTHON, pip=lines))


def test_the_same_one_twice() -> None:
    does_not_apply(RULE, dockerfile("pip install opencv-python==4.8.0.74", "pip install 'opencv-python>=4.8'"))


def conda(*names: str) -> list[Package]:
    return [package(name, "conda")._replace(installed=True) for name in names]


def test_the_parts_of_opencv_that_conda_lists_side_by_side() -> None:
    does_not_apply(RULE, workload(None, pip=conda("libopencv", "opencv", "py-opencv")))
    assert "opencv-python" in fires(RULE, workload(None, pip=[*conda("opencv", "py-opencv"), "opencv-python"])).message


def test_what_was_uninstalled_is_gone() -> None:
    two, one = "pip install ultralytics albumentations", "pip install opencv-python-headless"
    does_not_apply(RULE, dockerfile(two, f"pip uninstall -y opencv-python opencv-python-headless && {one}"))
    does_not_apply(RULE, dockerfile("pip install opencv-python", "pip uninstall -y opencv-python", one))


def test_without_dependencies_none_comes_along() -> None:
    does_not_apply(RULE, dockerfile("pip install opencv-python", "pip install --no-deps albumentations==2.0.8"))


def test_an_older_release_that_asks_for_nothing_known() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["opencv-python", "vllm==0.6.4"]))
    does_not_apply(RULE, workload(PYTHON, pip=["opencv-python-headless", "insightface==0.7.3"]))


def test_an_ngc_image_alone_or_with_its_opencv_removed() -> None:
    does_not_apply(RULE, workload(NGC, pip=["numpy"]))
    removed = "pip uninstall -y opencv && rm -rf /usr/local/lib/python3.10/dist-packages/cv2"
    does_not_apply(RULE, dockerfile(removed, "pip install opencv-python-headless", image=NGC))
    does_not_apply(RULE, dockerfile(removed, "pip install albumentations", image=NGC_LATER))
    deleted = "rm -rf /usr/local/lib/python3*/dist-packages/cv2/ && pip install opencv-python-headless"
    does_not_apply(RULE, dockerfile("pip install albumentations", deleted, image=NGC_LATER))
    fires(RULE, dockerfile("rm -rf /tmp/cv2.tar", "pip install albumentations", image=NGC_LATER))


def test_opencv_fixer_repairs_what_is_older_than_4_9() -> None:
    does_not_apply(RULE, dockerfile("pip install albumentations opencv-fixer", FIX, image=NGC))


# --- several ---


@pytest.mark.parametrize(
    "names",
    [
        ("opencv-python", "opencv-contrib-python"),
        ("opencv-python", "opencv-python-headless"),
        ("opencv", "opencv-python"),
        ("opencv-contrib-python-headless", "opencv-python-headless"),
    ],
)
def test_two_in_a_document(names: tuple[str, str]) -> None:
    finding = fires(RULE, document(packages=[installed(name) for name in names]))
    assert finding.severity is Severity.WARNING
    assert f"{names[0]} and {names[1]} are both installed" in finding.message
    assert finding.remedy[0].startswith("keep one")


def test_three() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["opencv-python", "opencv-contrib-python", "opencv-python-headless"]))
    assert "several packages" in finding.message


def test_what_two_others_require() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["ultralytics==8.3.0", "albumentations==2.0.8"]))
    assert "opencv-python (required by ultralytics 8.3.0)" in finding.message
    assert "opencv-python-headless (required by albumentations 2.0.8)" in finding.message
    assert "override-dependencies" in finding.remedy[1]


def test_one_package_that_requires_two() -> None:
    fires(RULE, workload(PYTHON, pip=["inference-gpu"]))


def test_over_the_one_of_an_ngc_image() -> None:
    finding = fires(RULE, dockerfile("pip install albumentations", image=NGC))
    assert finding.severity is Severity.WARNING
    assert "opencv 4.7.0 of the image itself and opencv-python-headless (required by albumentations)" in finding.message
    assert "DictValue" in finding.message
    assert "--no-deps" in finding.remedy[0]


def test_where_opencv_fixer_does_nothing_it_is_said() -> None:
    finding = fires(RULE, dockerfile("pip install albumentations opencv-fixer", FIX, image=NGC_LATER))
    assert finding.severity is Severity.WARNING
    assert "AutoFix" in finding.message
    assert "4.9" in finding.message


def test_of_the_newest_ngc_images_it_is_a_remark() -> None:
    assert fires(RULE, workload("nvcr.io/nvidia/pytorch:25.08-py3", pip=["ultralytics"])).severity is Severity.NOTE


def test_apts_is_beside_pips() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, apt=["python3-opencv"], pip=["opencv-python"]))
    assert finding.severity is Severity.NOTE
    assert "waste" in finding.message


def test_condas_is_where_pips_is() -> None:
    conda = installed("opencv", manager="conda")
    assert fires(RULE, document(packages=[conda, installed("opencv-python")])).severity is Severity.WARNING
