"""Images, their tags and their start gates against the toolkits."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.matrix import Matrix, rows
from envdoctor.upkeep.invariants.toolkits import has_toolkit
from envdoctor.upkeep.problems import Problem, every, of_row
from envdoctor.versions import minor

# Images whose CUDA has no row in the toolkit table, each with the reason.
NO_TOOLKIT = {"6.5": "the release notes' table starts with 7.0"}
# The toolkits' rows start with the releases that were published on their own.
_NGC_NO_TOOLKIT = ("9.0", "10.", "11.0")
UBUNTU_PYTHON = {
    "16.04": "3.6",
    "18.04": "3.6",
    "20.04": "3.8",
    "22.04": "3.10",
    "24.04": "3.12",
}  # NGC adds 3.6 itself
_STATUSES = ("published", "removed", "unsure")


def every_tags_cuda_has_a_toolkit_or_a_reason(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "cuda_tags", rows.CudaTagRow):
        if row.cuda not in NO_TOOLKIT and not has_toolkit(matrix, row.cuda):
            text = "no row of toolkits holds this CUDA"
            yield of_row(matrix, "cuda_tags", row, "cuda", text)


def a_tag_says_what_its_columns_say(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "cuda_tags", rows.CudaTagRow):
        for column, holds, text in _told_by_tag(row):
            if not holds:
                yield of_row(matrix, "cuda_tags", row, column, text)


def _told_by_tag(row: rows.CudaTagRow) -> Iterator[tuple[str, bool, str]]:
    yield "cuda", row.tag.startswith(row.cuda + "-"), f"the tag {row.tag} starts with another CUDA"
    yield "flavor", f"-{row.flavor}" in row.tag, f"the tag {row.tag} names another flavor"
    yield "cudnn", ("cudnn" in row.tag) == (row.cudnn is not None), f"the tag {row.tag} says otherwise"
    if row.os and row.os_version:
        yield "os", row.tag.endswith(row.os + row.os_version), f"the tag {row.tag} names another system"
    if row.cudnn and "cudnn8" in row.tag:
        yield "cudnn", row.cudnn.split(".")[0] == "8", f"the tag {row.tag} says cuDNN 8"


def only_a_published_tag_is_supported(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "cuda_tags", rows.CudaTagRow):
        if row.status not in _STATUSES:
            yield of_row(matrix, "cuda_tags", row, "status", f"expected one of {', '.join(_STATUSES)}")
        elif row.supported and row.status != "published":
            yield of_row(matrix, "cuda_tags", row, "supported", f"its status is {row.status}")


def cuda_12_7_is_a_driver_version_and_nothing_else(matrix: Matrix) -> Iterator[Problem]:
    """Drivers of R565 report it; no toolkit, image or package carries it."""
    for row in matrix.branches():
        if row.cuda == "12.7" and row.branch != 565:
            yield of_row(matrix, "branches", row, "cuda", "only R565 reports it")
    tables: tuple[tuple[str, tuple[tuple[object, ...], ...]], ...] = (
        ("toolkits", matrix.toolkits("12.7")),
        ("windows", tuple(row for row in (matrix.window("12.7"),) if row)),
        ("cuda_tags", matrix.cuda_tags_of("12.7")),
    )
    for table, found in tables:
        for each in found:
            yield of_row(matrix, table, each, "cuda", "CUDA 12.7 was never released as a toolkit")


def an_expression_begins_with_its_own_cuda(matrix: Matrix) -> Iterator[Problem]:
    """ "cuda>=12.4 brand=tesla,driver>=470,driver<471 …": every alternative names the driver it is for."""
    for row in every(matrix, "requirements", rows.RequirementRow):
        if not row.expression.lower().startswith(f"cuda>={minor(row.cuda)}"):
            yield of_row(matrix, "requirements", row, "expression", f"expected cuda>={minor(row.cuda)} first")
        elif any("driver>=" not in term for term in row.expression.split()[1:]):
            yield of_row(matrix, "requirements", row, "expression", "an alternative names no driver")


def an_ngc_release_has_its_own_tag(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "ngc_pytorch", rows.NgcRow):
        if row.tags and not row.tags[0].startswith(row.release):
            text = f"the first tag is not of release {row.release}"
            yield of_row(matrix, "ngc_pytorch", row, "tags", text)


def an_ngc_release_has_a_python_that_its_ubuntu_ships(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "ngc_pytorch", rows.NgcRow):
        ships = UBUNTU_PYTHON.get(row.ubuntu or "")
        if row.ubuntu and row.python and row.python != ships:
            text = f"Ubuntu {row.ubuntu} ships {ships}" if ships else f"no Python is known for Ubuntu {row.ubuntu}"
            yield of_row(matrix, "ngc_pytorch", row, "python", text)


def an_ngc_releases_cuda_has_a_toolkit(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "ngc_pytorch", rows.NgcRow):
        if row.cuda and not has_toolkit(matrix, row.cuda) and not row.cuda.startswith(_NGC_NO_TOOLKIT):
            text = "no row of toolkits holds this CUDA"
            yield of_row(matrix, "ngc_pytorch", row, "cuda", text)


def ngc_code_can_be_built_by_its_cuda(matrix: Matrix) -> Iterator[Problem]:
    for row in every(matrix, "ngc_pytorch", rows.NgcRow):
        window = matrix.window(row.cuda) if row.cuda else None
        for column in ("sm_amd64", "sm_arm64", "ptx_amd64", "ptx_arm64"):
            beyond = set(getattr(row, column) or ()) - set(window.sm) if window else set()
            if beyond:
                text = f"CUDA {row.cuda} cannot build for {', '.join(sorted(beyond))}"
                yield of_row(matrix, "ngc_pytorch", row, column, text)
