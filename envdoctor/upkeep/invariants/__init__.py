"""What must hold between rows and between tables. A row that contradicts another is a mistake in one of the two.

One function each, `(matrix) -> Iterator[Problem]`, listed here. A function's name says what must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from envdoctor.matrix import Matrix
from envdoctor.upkeep.invariants import drivers, gpus, images, packages
from envdoctor.upkeep.problems import Problem

Invariant = Callable[[Matrix], Iterator[Problem]]

INVARIANTS: tuple[Invariant, ...] = (
    drivers.a_newer_toolkit_never_comes_with_an_older_driver,
    drivers.the_floor_of_a_major_rises,
    drivers.a_floor_is_not_above_the_drivers_of_its_toolkits,
    drivers.a_newer_branch_never_reports_an_older_cuda,
    drivers.a_branch_reports_the_cuda_of_the_toolkits_that_came_with_it,
    drivers.a_branch_past_its_end_of_life_is_not_supported,
    drivers.the_first_release_of_a_branch_is_not_newer_than_its_last,
    drivers.forward_compatibility_is_asked_of_branches_that_report_an_older_cuda,
    gpus.every_capability_has_one_architecture,
    gpus.every_product_has_an_architecture_that_fits,
    gpus.the_toolkits_of_an_architecture_can_build_for_it_and_no_others,
    gpus.every_products_capability_is_in_the_window_of_a_toolkit,
    gpus.the_ptx_isa_never_falls,
    images.every_tags_cuda_has_a_toolkit_or_a_reason,
    images.a_tag_says_what_its_columns_say,
    images.only_a_published_tag_is_supported,
    images.cuda_12_7_is_a_driver_version_and_nothing_else,
    images.an_expression_begins_with_its_own_cuda,
    images.an_ngc_release_has_its_own_tag,
    images.an_ngc_release_has_a_python_that_its_ubuntu_ships,
    images.an_ngc_releases_cuda_has_a_toolkit,
    images.ngc_code_can_be_built_by_its_cuda,
    packages.every_wheels_cuda_has_a_toolkit,
    packages.a_wheels_code_is_in_its_toolkits_window,
    packages.torch_has_one_default_build_per_version_and_platform,
    packages.a_cpu_build_has_no_gpu_code_and_no_cudnn,
    packages.companions_name_a_torch_that_has_a_row,
    packages.cudnn_never_regains_an_old_gpu_and_never_loses_a_new_one,
)
