"""Each invariant holds for the matrix that ships, and catches a row that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow
from envdoctor.upkeep.invariants import INVARIANTS, drivers, gpus, images, packages
from envdoctor.upkeep.invariants.toolkits import has_toolkit
from envdoctor.upkeep.problems import every
from envdoctor.upkeep.verify import ask
from tests.upkeep.copies import changed

MATRIX = Matrix.load()
AT_12_4 = {"tag": "12.4.1-cudnn-runtime-ubuntu22.04"}
TORCH = {"version": "2.4.0", "platform": "linux_x86_64"}
CUDA_13 = {"cuda_major": 13}


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.__name__)
def test_the_shipped_matrix_breaks_none(invariant: Any) -> None:
    assert ask(invariant, MATRIX) == []


# (invariant, table, the row to change, what it becomes, the row that is named, its column)
BROKEN: list[tuple[Any, str, dict[str, Any], dict[str, Any], str, str]] = [
    (drivers.a_newer_toolkit_never_comes_with_an_older_driver, "toolkits", {"cuda": "12.4.1"},
     {"driver_linux": "550.54.13"}, "cuda 12.4.1", "driver_linux"),
    (drivers.a_newer_toolkit_never_comes_with_an_older_driver, "toolkits", {"cuda": "12.4.1"},
     {"driver_windows": "551.60"}, "cuda 12.4.1", "driver_windows"),
    (drivers.the_floor_of_a_major_rises, "major_floors", CUDA_13, {"driver_linux": "500.10"},
     "cuda_major 13", "driver_linux"),
    (drivers.a_floor_is_not_above_the_drivers_of_its_toolkits, "major_floors", CUDA_13, {"driver_linux": "999.10"},
     "cuda_major 13", "driver_linux"),
    (drivers.a_newer_branch_never_reports_an_older_cuda, "branches", {"branch": 550}, {"cuda": "12.1"},
     "branch 550", "cuda"),
    (drivers.a_branch_reports_the_cuda_of_the_toolkits_that_came_with_it, "branches", {"branch": 550}, {"cuda": "12.3"},
     "cuda 12.4.0", "driver_linux"),
    (drivers.a_branch_past_its_end_of_life_is_not_supported, "branches", {"branch": 550}, {"supported": True},
     "branch 550", "supported"),
    (drivers.the_first_release_of_a_branch_is_not_newer_than_its_last, "branches", {"branch": 550},
     {"first_release": "550.999"}, "branch 550", "first_release"),
    (drivers.forward_compatibility_is_asked_of_branches_that_report_an_older_cuda, "compat",
     {"cuda": "12.4", "branch": 535, "basis": "matrix"}, {"cuda": "12.2"}, "cuda 12.2, branch 535, basis matrix", "answer"),
    (drivers.forward_compatibility_is_asked_of_branches_that_report_an_older_cuda, "compat",
     {"cuda": "12.4", "branch": 535, "basis": "matrix"}, {"answer": "N/A"}, "cuda 12.4, branch 535, basis matrix", "answer"),
    (drivers.forward_compatibility_is_asked_of_branches_that_report_an_older_cuda, "compat",
     {"cuda": "12.4", "branch": 535, "basis": "matrix"}, {"branch": 777}, "cuda 12.4, branch 777, basis matrix", "branch"),
    (gpus.every_capability_has_one_architecture, "architectures", {"name": "Ada"}, {"capabilities": ["8.9", "9.0"]},
     "capabilities 9.0", "capabilities"),
    (gpus.every_product_has_an_architecture_that_fits, "gpus", {"key": "t4"}, {"architecture": "Volta"},
     "key t4, name Tesla T4, capability 7.5", "architecture"),
    (gpus.the_toolkits_of_an_architecture_can_build_for_it_and_no_others, "windows", {"cuda": "12.4"},
     {"sm": ["50", "52", "60", "61", "70", "75", "80", "86", "90", "90a"]}, "cuda 12.4", "sm"),
    (gpus.the_toolkits_of_an_architecture_can_build_for_it_and_no_others, "architectures", {"name": "Ada"},
     {"first_cuda": "12.0"}, "cuda 11.8", "sm"),
    (gpus.every_products_capability_is_in_the_window_of_a_toolkit, "gpus", {"key": "t4"}, {"capability": "7.7"},
     "key t4, name Tesla T4, capability 7.7", "capability"),
    (gpus.the_ptx_isa_never_falls, "windows", {"cuda": "12.4"}, {"ptx_isa": "7.0"}, "cuda 12.4", "ptx_isa"),
    (images.every_tags_cuda_has_a_toolkit_or_a_reason, "toolkits", {"cuda": "12.4.1"}, {"cuda": "12.4.9"},
     "cuda 12.4.1, tag 12.4.1-base-rockylinux8", "cuda"),
    (images.a_tag_says_what_its_columns_say, "cuda_tags", AT_12_4, {"flavor": "devel"},
     "cuda 12.4.1, tag 12.4.1-cudnn-runtime-ubuntu22.04", "flavor"),
    (images.a_tag_says_what_its_columns_say, "cuda_tags", AT_12_4, {"cudnn": None},
     "cuda 12.4.1, tag 12.4.1-cudnn-runtime-ubuntu22.04", "cudnn"),
    (images.a_tag_says_what_its_columns_say, "cuda_tags", AT_12_4, {"os_version": "20.04"},
     "cuda 12.4.1, tag 12.4.1-cudnn-runtime-ubuntu22.04", "os"),
    (images.a_tag_says_what_its_columns_say, "cuda_tags", {"tag": "12.2.2-cudnn8-runtime-ubuntu22.04"}, {"cudnn": "9.1.0"},
     "cuda 12.2.2, tag 12.2.2-cudnn8-runtime-ubuntu22.04", "cudnn"),
    (images.only_a_published_tag_is_supported, "cuda_tags", AT_12_4, {"status": "removed"},
     "cuda 12.4.1, tag 12.4.1-cudnn-runtime-ubuntu22.04", "supported"),
    (images.only_a_published_tag_is_supported, "cuda_tags", AT_12_4, {"status": "lost"},
     "cuda 12.4.1, tag 12.4.1-cudnn-runtime-ubuntu22.04", "status"),
    (images.cuda_12_7_is_a_driver_version_and_nothing_else, "toolkits", {"cuda": "12.6.3"}, {"cuda": "12.7.0"},
     "cuda 12.7.0", "cuda"),
    (images.cuda_12_7_is_a_driver_version_and_nothing_else, "branches", {"branch": 560}, {"cuda": "12.7"},
     "branch 560", "cuda"),
    (images.an_expression_begins_with_its_own_cuda, "requirements", {"cuda": "12.4.1", "arch": "amd64"},
     {"expression": "cuda>=12.2 brand=tesla,driver>=470,driver<471"}, "cuda 12.4.1, arch amd64", "expression"),
    (images.an_expression_begins_with_its_own_cuda, "requirements", {"cuda": "12.4.1", "arch": "amd64"},
     {"expression": "cuda>=12.4 brand=tesla"}, "cuda 12.4.1, arch amd64", "expression"),
    (images.an_ngc_release_has_its_own_tag, "ngc_pytorch", {"release": "24.05"}, {"tags": ["24.06-py3"]},
     "release 24.05", "tags"),
    (images.an_ngc_release_has_a_python_that_its_ubuntu_ships, "ngc_pytorch", {"release": "24.05"}, {"python": "3.12"},
     "release 24.05", "python"),
    (images.an_ngc_releases_cuda_has_a_toolkit, "ngc_pytorch", {"release": "24.05"}, {"cuda": "12.4.7"},
     "release 24.05", "cuda"),
    (images.ngc_code_can_be_built_by_its_cuda, "ngc_pytorch", {"release": "24.05"}, {"sm_amd64": ["80", "120"]},
     "release 24.05", "sm_amd64"),
    (packages.every_wheels_cuda_has_a_toolkit, "torch", {**TORCH, "cuda": "12.1"}, {"cuda": "12.7"},
     "version 2.4.0, platform linux_x86_64, cuda 12.7", "cuda"),
    (packages.a_wheels_code_is_in_its_toolkits_window, "torch", {**TORCH, "cuda": "12.1"}, {"sm": ["80", "100"]},
     "version 2.4.0, platform linux_x86_64, cuda 12.1", "sm"),
    (packages.a_wheels_code_is_in_its_toolkits_window, "onnxruntime",
     {"version": "1.20.0", "platform": "linux_x86_64", "index": "pypi"}, {"sm": ["100"]},
     "version 1.20.0, platform linux_x86_64, index pypi", "sm"),
    (packages.torch_has_one_default_build_per_version_and_platform, "torch", {**TORCH, "cuda": "12.4"}, {"default": True},
     "version 2.4.0, platform linux_x86_64, cuda 12.4", "default"),
    (packages.torch_has_one_default_build_per_version_and_platform, "torch", {**TORCH, "cuda": "12.1"}, {"default": False},
     "version 2.4.0", "default"),
    (packages.a_cpu_build_has_no_gpu_code_and_no_cudnn, "torch", {**TORCH, "sm": []}, {"cudnn": "9.1.0.70"},
     "version 2.4.0, platform linux_x86_64", "cudnn"),
    (packages.companions_name_a_torch_that_has_a_row, "companions", {"name": "torchvision", "version": "0.19.0"},
     {"torch": "==2.4.7"}, "name torchvision, version 0.19.0", "torch"),
    (packages.cudnn_never_regains_an_old_gpu_and_never_loses_a_new_one, "cudnn",
     {"version": "9.10.2.21", "cuda_major": 12}, {"min_capability": "3.0"}, "version 9.10.2.21, cuda_major 12", "min_capability"),
    (packages.cudnn_never_regains_an_old_gpu_and_never_loses_a_new_one, "cudnn",
     {"version": "9.10.2.21", "cuda_major": 12}, {"max_capability": "7.0"}, "version 9.10.2.21, cuda_major 12", "max_capability"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("invariant", "table", "where", "change", "row", "column"),
    BROKEN,
    ids=[f"{case[0].__name__}-{case[5]}-{number}" for number, case in enumerate(BROKEN)],
)
def test_a_broken_row_is_named(
    invariant: Any, table: str, where: dict[str, Any], change: dict[str, Any], row: str, column: str
) -> None:
    found = ask(invariant, changed(table, where, change))
    named = [problem for problem in found if problem.row.startswith(row) and problem.column == column]
    assert named, found
    assert named[0].check == invariant.__name__.replace("_", "-")
    assert named[0].line > 1
    assert named[0].message


def test_every_invariant_has_a_row_that_breaks_it() -> None:
    assert {case[0] for case in BROKEN} == set(INVARIANTS)


@pytest.mark.parametrize(
    "cuda", ["12.4", "12.4.1", "12.4.9", "10.2.89", "9.2.148", "9.2.1", "13", "6.5", "12.7", "x", ""]
)
def test_a_toolkit_is_looked_up_as_the_matrix_answers(cuda: str) -> None:
    assert has_toolkit(MATRIX, cuda) is bool(MATRIX.toolkits(cuda))


def test_the_exceptions_are_still_needed() -> None:
    cudas = {row.cuda for row in every(MATRIX, "cuda_tags", CudaTagRow)}
    assert {cuda for cuda in cudas if not MATRIX.toolkits(cuda)} == set(images.NO_TOOLKIT)
    floor = MATRIX.major_floor(11)
    assert floor is not None
    below = [row.cuda for row in MATRIX.toolkits("11") if row.driver_linux and row.driver_linux < floor.driver_linux]
    assert {cuda[:4] for cuda in below} == set(drivers.BELOW_FLOOR)


def test_cuda_12_7_is_what_r565_reports() -> None:
    branch = MATRIX.branch_for_cuda("12.7")
    assert branch is not None
    assert branch.branch == 565
