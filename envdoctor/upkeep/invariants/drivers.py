"""Toolkits, driver floors, driver branches and forward compatibility against each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from envdoctor.matrix import Matrix, rows
from envdoctor.upkeep.problems import Problem, every, of_row
from envdoctor.versions import at_least, minor, parse

# Toolkits that came with drivers below the floor of their major, each with the reason.
BELOW_FLOOR = {"11.0": "released before minor-version compatibility, with drivers 450.36.06 and 450.51"}


def a_newer_toolkit_never_comes_with_an_older_driver(matrix: Matrix) -> Iterator[Problem]:
    for column in ("driver_linux", "driver_windows"):
        known = [row for row in every(matrix, "toolkits", rows.ToolkitRow) if getattr(row, column)]
        for older, newer in itertools.pairwise(known):
            if parse(getattr(newer, column)) < parse(getattr(older, column)):
                before = f"CUDA {older.cuda} came with {getattr(older, column)}"
                yield of_row(matrix, "toolkits", newer, column, before)


def the_floor_of_a_major_rises(matrix: Matrix) -> Iterator[Problem]:
    for older, newer in itertools.pairwise(every(matrix, "major_floors", rows.MajorFloorRow)):
        if parse(newer.driver_linux) <= parse(older.driver_linux):
            text = f"the floor of CUDA {older.cuda_major} is {older.driver_linux}"
            yield of_row(matrix, "major_floors", newer, "driver_linux", text)


def a_floor_is_not_above_the_drivers_of_its_toolkits(matrix: Matrix) -> Iterator[Problem]:
    for floor in every(matrix, "major_floors", rows.MajorFloorRow):
        for toolkit in matrix.toolkits(str(floor.cuda_major)):
            driver = toolkit.driver_linux
            if driver and minor(toolkit.cuda) not in BELOW_FLOOR and not at_least(driver, floor.driver_linux):
                text = f"the toolkit {toolkit.cuda} came with the older driver {driver}"
                yield of_row(matrix, "major_floors", floor, "driver_linux", text)


def a_newer_branch_never_reports_an_older_cuda(matrix: Matrix) -> Iterator[Problem]:
    for older, newer in itertools.pairwise(matrix.branches()):
        if parse(newer.cuda) < parse(older.cuda):
            text = f"the older branch R{older.branch} reports {older.cuda}"
            yield of_row(matrix, "branches", newer, "cuda", text)


def a_branch_reports_the_cuda_of_the_toolkits_that_came_with_it(matrix: Matrix) -> Iterator[Problem]:
    for toolkit in every(matrix, "toolkits", rows.ToolkitRow):
        branch = matrix.branch(toolkit.driver_linux) if toolkit.driver_linux else None
        if toolkit.driver_linux and (branch is None or branch.cuda != minor(toolkit.cuda)):
            text = f"its branch reports CUDA {branch.cuda}" if branch else "no row of branches holds its branch"
            yield of_row(matrix, "toolkits", toolkit, "driver_linux", f"{text}, not {minor(toolkit.cuda)}")


def a_branch_past_its_end_of_life_is_not_supported(matrix: Matrix) -> Iterator[Problem]:
    for row in matrix.branches():
        if row.end_of_life and row.supported != (row.end_of_life > row.checked):
            text = f"its end of life is {row.end_of_life} and it was checked on {row.checked}"
            yield of_row(matrix, "branches", row, "supported", text)


def the_first_release_of_a_branch_is_not_newer_than_its_last(matrix: Matrix) -> Iterator[Problem]:
    for row in matrix.branches():
        if row.first_release and row.last_release and parse(row.first_release) > parse(row.last_release):
            yield of_row(matrix, "branches", row, "first_release", f"its last release is {row.last_release}")


def forward_compatibility_is_asked_of_branches_that_report_an_older_cuda(matrix: Matrix) -> Iterator[Problem]:
    """ "C": compatible, so the branch's own CUDA is older. "N/A": the native pairing, so they are the same."""
    for row in every(matrix, "compat", rows.CompatRow):
        branch = matrix.branch(str(row.branch))
        if branch is None:
            yield of_row(matrix, "compat", row, "branch", "no row of branches holds this branch")
        elif row.answer == "C" and parse(branch.cuda) >= parse(row.cuda):
            text = f"R{row.branch} reports CUDA {branch.cuda} itself"
            yield of_row(matrix, "compat", row, "answer", text)
        elif row.answer == "N/A" and branch.cuda != row.cuda:
            text = f"R{row.branch} reports CUDA {branch.cuda}: {row.cuda} is not its native pairing"
            yield of_row(matrix, "compat", row, "answer", text)
