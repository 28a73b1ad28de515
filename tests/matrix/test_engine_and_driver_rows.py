"""Which engine passes GPUs in which way, which packages hold a driver, and which kernel modules a GPU takes."""

from __future__ import annotations

import pytest

from envdoctor.matrix import Matrix, rows
from envdoctor.versions import numbers

MATRIX = Matrix.load()
FEATURES: tuple[rows.EngineRow, ...] = MATRIX.tables["engine_features"].rows()  # type: ignore[assignment]
DRIVERS: tuple[rows.DriverPackageRow, ...] = MATRIX.tables["driver_packages"].rows()  # type: ignore[assignment]


def test_a_feature_comes_before_it_needs_no_setting() -> None:
    assert all(numbers(row.since) < numbers(row.by_default) for row in FEATURES if row.by_default)


def test_features_of_engines() -> None:
    podman = MATRIX.engine_feature("podman", "cdi")
    docker = MATRIX.engine_feature("docker", "cdi")
    assert podman is not None
    assert podman.since == "4.1"
    assert docker is not None
    assert (docker.since, docker.by_default) == ("25.0", "28.2")
    assert MATRIX.engine_feature("podman", "gpus") is None
    assert MATRIX.engine_feature("lxc", "cdi") is None


@pytest.mark.parametrize(
    ("name", "brings"),
    [("nvidia-driver-535", "driver"), ("libnvidia-encode-550", "driver"), ("cuda", "cuda"), ("cuda-12-4", "cuda"),
     ("cuda-toolkit-12-4", None), ("cuda-cudart-12-4", None), ("cuda-compat-12-4", None), ("nvidia-container-toolkit", None),
     ("libnvidia-container1", None), ("", None), ("cuda-keyring", None),
     ("nvidia-open", "driver"), ("nvidia-opencl-dev", None)],
)  # fmt: skip
def test_packages_that_hold_a_driver(name: str, brings: str | None) -> None:
    row = MATRIX.driver_package(name)
    assert (row.brings if row else None) == brings


def test_no_pattern_takes_in_another_row() -> None:
    plain = [row.name for row in DRIVERS if not set("*[?") & set(row.name)]
    assert all((row := MATRIX.driver_package(name)) and row.name == name for name in plain)


def test_kernel_modules_follow_the_architecture() -> None:
    kinds = {
        row.name: row.kernel_modules for row in MATRIX.architectures() if not {"5.3", "10.1"} & set(row.capabilities)
    }
    assert kinds["Pascal"] == kinds["Volta"] == "proprietary"
    assert kinds["Turing"] is kinds["Ada"] is kinds["Hopper"] is None
    assert kinds["Blackwell"] == kinds["Blackwell Ultra"] == "open"


def test_numbers_that_no_jetson_build_bears() -> None:
    without = {row.version for row in MATRIX.torch("linux_aarch64") if row.jetson is False}
    assert without == {"1.12.0", "1.12.1", "1.13.0", "1.13.1"}
    assert all(row.cuda is None for row in MATRIX.torch("linux_aarch64") if row.jetson is False)
