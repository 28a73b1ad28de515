"""What must hold between rows and between tables. A row that contradicts another is a mistake in one of the two."""

from __future__ import annotations

import itertools

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import at_least, below, minor, parse

MATRIX = Matrix.load()

# Images whose CUDA has no row in the toolkit table, each with the reason.
NO_TOOLKIT = {"6.5": "the release notes' table starts with 7.0"}


def table(name: str) -> tuple[rows.BranchRow, ...]:
    return MATRIX.tables[name].rows()  # type: ignore[return-value]


def test_the_date_is_the_newest_checked_of_all_rows() -> None:
    newest = max(row.checked for name in MATRIX.tables for row in table(name))
    assert MATRIX.date == newest


@pytest.mark.parametrize("system", ["driver_linux", "driver_windows"])
def test_a_newer_toolkit_never_comes_with_an_older_driver(system: str) -> None:
    drivers = [getattr(row, system) for row in table("toolkits")]
    known = [parse(driver) for driver in drivers if driver]
    assert known == sorted(known)
    assert len(known) > 40


def test_the_floor_of_a_major_rises_and_is_not_above_its_own_toolkits() -> None:
    floors: tuple[rows.MajorFloorRow, ...] = MATRIX.tables["major_floors"].rows()  # type: ignore[assignment]
    assert [parse(floor.driver_linux) for floor in floors] == sorted(parse(floor.driver_linux) for floor in floors)
    for floor in floors:
        for toolkit in MATRIX.toolkits(str(floor.cuda_major)):
            if toolkit.driver_linux and not toolkit.cuda.startswith("11.0"):  # 11.0 came with drivers below the floor
                assert at_least(toolkit.driver_linux, floor.driver_linux), toolkit


def test_a_newer_branch_never_reports_an_older_cuda() -> None:
    for older, newer in itertools.pairwise(MATRIX.branches()):
        assert parse(older.cuda) <= parse(newer.cuda), (older, newer)


def test_a_branch_reports_the_cuda_of_the_toolkits_that_came_with_it() -> None:
    for toolkit in table("toolkits"):
        if toolkit.driver_linux:  # type: ignore[attr-defined]
            branch = MATRIX.branch(toolkit.driver_linux)  # type: ignore[attr-defined]
            assert branch is not None, toolkit
            assert branch.cuda == minor(toolkit.cuda), toolkit


def test_a_branch_that_is_past_its_end_of_life_is_not_supported() -> None:
    for row in MATRIX.branches():
        if row.end_of_life:
            assert row.supported == (row.end_of_life > row.checked), row
        if row.first_release and row.last_release:
            assert parse(row.first_release) <= parse(row.last_release), row


def test_every_capability_has_one_architecture_and_every_product_one_that_fits() -> None:
    capabilities = [capability for row in MATRIX.architectures() for capability in row.capabilities]
    assert len(capabilities) == len(set(capabilities))
    for gpu in table("gpus"):
        architecture = MATRIX.architecture(gpu.capability)  # type: ignore[attr-defined]
        assert architecture is not None, gpu
        assert architecture.name == gpu.architecture, gpu  # type: ignore[attr-defined]


def test_an_architectures_toolkits_can_build_for_it_and_the_next_ones_cannot() -> None:
    windows: tuple[rows.WindowRow, ...] = MATRIX.tables["windows"].rows()  # type: ignore[assignment]
    for row in MATRIX.architectures():
        targets = {capability.replace(".", "") for capability in row.capabilities}
        for window in windows:
            can = bool(targets & set(window.sm))
            within = (row.first_cuda is None or at_least(window.cuda, row.first_cuda)) and (
                row.last_cuda is None or at_least(row.last_cuda, window.cuda)
            )
            assert can == within, (row, window.cuda)


def test_a_products_capability_is_in_the_window_of_some_toolkit() -> None:
    targets = {sm for window in table("windows") for sm in window.sm}  # type: ignore[attr-defined]
    assert {gpu.capability.replace(".", "") for gpu in table("gpus")} <= targets  # type: ignore[attr-defined]


def test_the_ptx_isa_never_falls() -> None:
    isas = [parse(window.ptx_isa) for window in table("windows") if window.ptx_isa]  # type: ignore[attr-defined]
    assert isas == sorted(isas)


def test_every_tags_cuda_has_a_toolkit_row_or_a_reason() -> None:
    missing = {tag.cuda for tag in table("cuda_tags") if not MATRIX.toolkits(tag.cuda)}
    assert missing == set(NO_TOOLKIT)


def test_a_tag_says_what_its_columns_say() -> None:
    tags: tuple[rows.CudaTagRow, ...] = MATRIX.tables["cuda_tags"].rows()  # type: ignore[assignment]
    for row in tags:
        assert row.tag.startswith(row.cuda + "-"), row
        assert f"-{row.flavor}" in row.tag, row
        assert ("cudnn" in row.tag) == (row.cudnn is not None), row
        if row.os and row.os_version:
            assert row.tag.endswith(row.os + row.os_version), row
        if row.cudnn and "cudnn8" in row.tag:
            assert row.cudnn.split(".")[0] == "8", row
    assert {row.status for row in tags} <= {"published", "removed", "unsure"}
    assert not any(row.supported for row in tags if row.status != "published")


def test_cuda_12_7_is_a_driver_version_and_nothing_else() -> None:
    branch = MATRIX.branch_for_cuda("12.7")
    assert branch is not None
    assert branch.branch == 565
    assert MATRIX.toolkits("12.7") == ()
    assert MATRIX.window("12.7") is None
    assert MATRIX.cuda_tags_of("12.7") == ()


def test_an_expression_begins_with_its_own_cuda_and_thor_is_not_named() -> None:
    for row in table("requirements"):
        assert row.expression.lower().startswith(f"cuda>={minor(row.cuda)}"), row  # type: ignore[attr-defined]
        for term in row.expression.split()[1:]:  # type: ignore[attr-defined]
            assert "driver>=" in term, row


def test_forward_compatibility_is_only_asked_of_branches_that_report_an_older_cuda() -> None:
    for row in table("compat"):
        branch = MATRIX.branch(str(row.branch))
        assert branch is not None, row
        if row.answer == "C":  # type: ignore[attr-defined]
            assert parse(branch.cuda) < parse(row.cuda), row
        if row.answer == "N/A":  # type: ignore[attr-defined]
            assert branch.cuda == row.cuda, row


def test_every_wheels_cuda_has_a_toolkit_and_its_code_is_in_that_toolkits_window() -> None:
    for name in ("torch", "onnxruntime"):
        for row in table(name):
            if row.cuda is None:
                continue
            assert MATRIX.toolkits(row.cuda), row
            window = MATRIX.window(row.cuda)
            if row.sm and window:  # type: ignore[attr-defined]
                assert set(row.sm) <= set(window.sm), row  # type: ignore[attr-defined]


def test_one_default_build_of_torch_per_version_and_platform() -> None:
    defaults = [(row.version, row.platform) for row in table("torch") if row.default]  # type: ignore[attr-defined]
    assert len(defaults) == len(set(defaults))
    assert {(row.version, "linux_x86_64") for row in table("torch")} <= set(defaults)  # type: ignore[attr-defined]


def test_a_cpu_build_has_no_gpu_code_and_no_cudnn() -> None:
    for row in table("torch"):
        if row.cuda is None:
            assert (row.sm, row.ptx, row.cudnn) == ((), (), None), row  # type: ignore[attr-defined]


def test_companions_name_versions_of_torch_that_have_a_row() -> None:
    known = {row.version for row in MATRIX.torch()}
    for name in ("torchvision", "torchaudio"):
        for row in MATRIX.companions(name):
            wanted = row.torch.lstrip("=>").split("+")[0]
            assert wanted in known or not wanted or below(wanted, "1.7"), row


def test_an_ngc_release_has_its_own_tag_and_a_python_that_its_ubuntu_ships() -> None:
    pythons = {"16.04": {"3.6"}, "18.04": {"3.6"}, "20.04": {"3.8"}, "22.04": {"3.10"}, "24.04": {"3.12"}}
    releases: tuple[rows.NgcRow, ...] = MATRIX.tables["ngc_pytorch"].rows()  # type: ignore[assignment]
    for row in releases:
        assert row.tags[0].startswith(row.release), row
        if row.ubuntu and row.python:
            assert row.python in pythons[row.ubuntu], row
        if row.cuda:
            assert MATRIX.toolkits(row.cuda) or row.cuda.startswith(("9.0", "10.", "11.0")), row


def test_ngc_code_can_be_built_by_its_cuda() -> None:
    for row in table("ngc_pytorch"):
        window = MATRIX.window(row.cuda) if row.cuda else None
        for targets in (row.sm_amd64, row.sm_arm64, row.ptx_amd64, row.ptx_arm64):  # type: ignore[attr-defined]
            if targets and window:
                assert set(targets) <= set(window.sm), row


def test_cudnn_never_regains_an_old_gpu_and_never_loses_a_new_one() -> None:
    listed: tuple[rows.CudnnRow, ...] = MATRIX.tables["cudnn"].rows()  # type: ignore[assignment]
    for major in {row.cuda_major for row in listed}:
        lows = [parse(row.min_capability) for row in listed if row.cuda_major == major and row.min_capability]
        highs = [parse(row.max_capability) for row in listed if row.cuda_major == major and row.max_capability]
        assert lows == sorted(lows)
        assert highs == sorted(highs)
