"""The driver probe on recorded machines, and its parsers on the literal texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from envdoctor.facts import Origin
from envdoctor.probes import driver
from envdoctor.probes.driver import parse_information
from envdoctor.probes.kernel_module import KernelModule, parse_module, parse_version

RECORDINGS = Path(__file__).parents[1] / "recordings"
HERE = Origin("a test")


def seen(name: str) -> driver.DriverFacts:
    return driver.probe(str(RECORDINGS / name))


def names(facts: driver.DriverFacts) -> list[str | None]:
    return [gpu.name.get() for gpu in facts.gpus.need()]


def test_a_laptop_without_nvidia_has_no_driver_and_no_gpu() -> None:
    facts = seen("laptop-without-nvidia")
    assert facts.driver.is_absent
    assert facts.driver_cuda.is_absent
    assert facts.kernel_module.is_absent
    assert facts.gpus.need() == ()


def test_an_nvidia_gpu_without_nvidias_driver_is_not_called_absent() -> None:
    facts = seen("laptop-with-nouveau")
    assert facts.driver.is_absent
    assert facts.gpus.is_unknown
    assert "0000_01_00.0" in facts.gpus.reason


def test_proprietary_module() -> None:
    facts = seen("bare-metal-t4")
    assert facts.driver.need() == "535.104.05"
    assert facts.driver.origin.label == "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
    assert facts.kernel_module.need() == "535.104.05"
    assert facts.open_kernel_module.need() is False
    assert names(facts) == ["Tesla T4"]


def test_open_module_and_an_excluded_gpu() -> None:
    facts = seen("h200-open-580")
    assert facts.driver.need() == "580.65.06"
    assert facts.open_kernel_module.need() is True
    assert names(facts) == ["NVIDIA H200", "NVIDIA H200"]
    assert [gpu.index for gpu in facts.gpus.need()] == [0, 1]


def test_wsl_without_nvml_is_unknown_not_absent() -> None:
    facts = seen("wsl2")
    assert facts.driver.is_unknown
    assert facts.gpus.is_unknown
    assert facts.kernel_module.is_absent


def test_a_jetsons_module_number_is_no_driver_version() -> None:
    facts = seen("jetson-orin-r35")
    assert facts.kernel_module.need() == "35.4.1"
    assert facts.driver.is_unknown


def test_after_an_upgrade_without_reboot_both_versions_are_told() -> None:
    facts = seen("upgraded-without-reboot")
    assert facts.driver.need() == "550.54.15"
    assert facts.kernel_module.need() == "535.161.08"
    (gpu,) = facts.gpus.need()
    assert gpu.name.is_unknown


def test_only_the_modules_version_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "sys/module/nvidia"
    folder.mkdir(parents=True)
    (folder / "version").write_text("470.57.02\n")
    facts = driver.probe(str(tmp_path))
    assert facts.driver.need() == "470.57.02"
    assert facts.driver.origin.label == "/sys/module/nvidia/version"
    assert facts.open_kernel_module.is_unknown


def test_a_file_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "proc/driver/nvidia/version").mkdir(parents=True)  # a folder: reading it fails for root too
    facts = driver.probe(str(tmp_path))
    assert facts.driver.is_unknown
    assert "cannot be read" in facts.kernel_module.reason


def test_text_that_cannot_be_parsed_is_unknown_with_what_was_read(tmp_path: Path) -> None:
    shutil.copytree(RECORDINGS / "bare-metal-t4", tmp_path / "host", symlinks=True)
    (tmp_path / "host/proc/driver/nvidia/version").write_text("NVRM version: \x1b[31mnothing\n")
    facts = driver.probe(str(tmp_path / "host"))
    assert facts.kernel_module.is_unknown
    assert "\x1b" not in facts.kernel_module.reason


@pytest.mark.parametrize(
    ("text", "version", "is_open"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023",
            "535.104.05",
            False,
        ),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  460.56  Tue Feb 23 23:31:35 UTC 2021", "460.56", False),
        (
            "NVRM version: NVIDIA UNIX aarch64 Kernel Module  535.161.07  Sat Feb 17 23:29:15 UTC 2024",
            "535.161.07",
            False,
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U16)",
            "580.65.06",
            True,
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  35.3.1  Release Build  (buildbrain@mobile)",
            "35.3.1",
            True,
        ),
    ],
)
def test_version_texts(text: str, version: str, is_open: bool) -> None:
    assert parse_version(text, HERE).need() == KernelModule(version, is_open)


@pytest.mark.parametrize(
    "text", ["", "NVRM version:", "Kernel Module  535", "x" * 100_000, "NVRM version: " + "a " * 50_000]
)
def test_version_texts_that_are_none(text: str) -> None:
    assert parse_version(text, HERE).is_unknown


@pytest.mark.parametrize("text", ["", "banana", "535\n535", "535.104.05 extra"])
def test_module_texts_that_are_none(text: str) -> None:
    assert parse_module(text, HERE).is_unknown


def test_nvml_is_not_asked_where_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "driver_is_plausible", lambda root: True)
    monkeypatch.setattr(driver.nvml, "probe", lambda deadline: pytest.fail("NVML was asked"))
    facts = driver.probe(refusal="an earlier process still waits")
    assert facts.driver_cuda.reason == "an earlier process still waits"


def test_nothing_at_all_is_not_the_absence_of_a_driver(tmp_path: Path) -> None:
    assert driver.probe(str(tmp_path)).driver.is_unknown
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/version").touch()
    assert driver.probe(str(tmp_path)).driver.is_absent


def test_information_keeps_colons_in_values() -> None:
    assert parse_information("Model: \t\t NVIDIA L4\nBus Location: \t 0000:70:00.0\n") == {
        "Model": "NVIDIA L4",
        "Bus Location": "0000:70:00.0",
    }


def test_without_proc_and_sys_nothing_is_absent(tmp_path: Path) -> None:
    for name in ("proc", "sys", "dev"):
        (tmp_path / name).mkdir()
    (tmp_path / "dev/null").touch()
    facts = driver.probe(str(tmp_path))
    assert facts.driver.is_unknown
    assert facts.gpus.is_unknown
    (tmp_path / "sys/bus").mkdir()
    assert driver.probe(str(tmp_path)).driver.is_absent


def jetson_container(root: Path, kernel: str) -> Path:
    """As Docker starts one without NVIDIA's runtime: the device tree is masked, no file is mounted."""
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "proc/sys/kernel/osrelease").write_text(f"{kernel}\n")
    (root / "sys/bus/pci/devices/0000:01:00.0").mkdir(parents=True)
    (root / "sys/bus/pci/devices/0000:01:00.0/vendor").write_text("0x144d\n")
    (root / ".dockerenv").touch()
    return root


def test_a_board_that_is_no_jetson_has_no_driver(tmp_path: Path) -> None:
    facts = driver.probe(str(jetson_container(tmp_path, "6.1.0-rpi7-rpi-v8")))
    assert facts.driver.is_absent
    assert facts.gpus.need() == ()


@pytest.mark.parametrize("kernel", ["5.10.120-tegra", "5.15.136-rt-tegra"])
def test_a_jetsons_container_without_nvidias_runtime_tells_nothing(tmp_path: Path, kernel: str) -> None:
    facts = driver.probe(str(jetson_container(tmp_path, kernel)))
    assert facts.driver.is_unknown
    assert facts.gpus.is_unknown
    assert "a Jetson's" in facts.gpus.reason
