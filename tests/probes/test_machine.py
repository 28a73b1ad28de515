"""The machine probe on recorded machines, and its parsers on the literal texts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes import machine
from envdoctor.probes.machine import parse_model, parse_os_release, parse_tegra_release, parse_wsl

RECORDINGS = Path(__file__).parents[1] / "recordings"
HERE = Origin("a test")


def seen(name: str) -> machine.MachineFacts:
    return machine.probe(str(RECORDINGS / name))


def test_an_ordinary_host() -> None:
    facts = seen("h200-open-580")
    assert (facts.os_id.get(), facts.os_version.get()) == ("ubuntu", "24.04")
    assert (facts.kernel.get(), facts.arch.get(), facts.cpus.get()) == ("6.8.0-79-generic", "x86_64", 16)
    assert facts.wsl.is_absent
    assert facts.l4t.is_absent
    assert facts.model.is_absent
    assert facts.device_nodes.need() == ("/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl")


def test_what_a_recording_does_not_hold_is_unknown() -> None:
    facts = seen("bare-metal-t4")
    assert facts.arch.is_unknown


def test_known_absences_of_a_laptop() -> None:
    facts = seen("laptop-without-nvidia")
    assert (facts.os_id.get(), facts.os_version.get()) == ("fedora", "40")
    assert facts.device_nodes.need() == ()


def test_wsl2() -> None:
    facts = seen("wsl2")
    assert facts.wsl.need() == 2
    assert facts.device_nodes.need() == ("/dev/dxg",)


def test_jetson() -> None:
    facts = seen("jetson-orin-r35")
    assert facts.l4t.need() == "35.4.1"
    assert facts.model.need() == "Jetson AGX Orin"
    assert facts.cpus.need() == 12


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_says_nothing_of_the_hosts_system(tmp_path: Path, mark: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=alpine\n")
    path = tmp_path / mark
    path.parent.mkdir(exist_ok=True)
    path.touch()
    facts = machine.probe(str(tmp_path))
    assert facts.os_id.is_unknown
    assert "container" in facts.os_id.reason


def test_a_rolling_release_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text('NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n')
    facts = machine.probe(str(tmp_path))
    assert facts.os_id.need() == "arch"
    assert facts.os_version.is_unknown


def test_an_empty_root_crashes_nothing(tmp_path: Path) -> None:
    facts = machine.probe(str(tmp_path))
    assert facts.os_id.is_unknown
    assert facts.kernel.is_unknown
    assert facts.wsl.is_unknown
    assert facts.cpus.is_unknown
    assert facts.device_nodes.is_unknown


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
def test_this_machine() -> None:
    facts = machine.probe()
    assert facts.kernel.is_known
    assert facts.arch.is_known
    assert facts.cpus.need() >= 1


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macos"), ("win32", "windows")])
def test_other_systems_are_normal_results(monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PROCESSOR_ARCHITECTURE", "AMD64")
    facts = machine.probe()
    assert facts.os_id.need() == name
    assert facts.wsl.is_absent
    assert facts.arch.is_known


def test_os_release_quotes_and_comments() -> None:
    text = "# comment\nID='sles'\nVERSION_ID=\"15.5\"\n\nnonsense\n"
    assert parse_os_release(text) == {"ID": "sles", "VERSION_ID": "15.5"}


@pytest.mark.parametrize(
    ("release", "has_dxg", "expected"),
    [
        ("6.8.0-79-generic", False, None),
        ("5.15.153.1-microsoft-standard-WSL2", True, 2),
        ("5.15.153.1-microsoft-standard-WSL2", False, 2),
        ("4.4.0-19041-Microsoft", False, 1),
        ("6.1.21-custom", True, 2),
    ],
)
def test_wsl(release: str, has_dxg: bool, expected: int | None) -> None:
    fact = parse_wsl(known(release, HERE), has_dxg)
    assert fact.get() == expected
    assert fact.is_known or fact.is_absent


def test_wsl_without_a_kernel_release_is_unknown() -> None:
    nothing: Fact[str] = unknown("no /proc")
    assert parse_wsl(nothing, False).is_unknown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64", "35.4.1"),
        ("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64", "36.4.3"),
        ("# R32 (release), REVISION: 7.5, GCID: 36557991, BOARD: t210ref, EABI: aarch64", "32.7.5"),
        ("# R36 (release), REVISION: 2.0", "36.2.0"),
        ("", None),
        ("R35", None),
    ],
)
def test_tegra_releases(text: str, expected: str | None) -> None:
    fact = parse_tegra_release(text, HERE)
    assert fact.get() == expected
    assert fact.is_known or fact.is_unknown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVIDIA Jetson AGX Orin Developer Kit\0", "Jetson AGX Orin"),
        ("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0", "Jetson Orin Nano"),
        ("NVIDIA Orin NX Developer Kit\0", "Jetson Orin NX"),
        ("NVIDIA Jetson AGX Thor Developer Kit\0", "Jetson AGX Thor"),
        ("Raspberry Pi 5 Model B Rev 1.0\0", None),
    ],
)
def test_models(text: str, expected: str | None) -> None:
    assert parse_model(known(text, HERE)).get() == expected


def test_no_device_tree_is_no_jetson() -> None:
    nothing: Fact[str] = absent("there is none")
    assert parse_model(nothing).is_absent


def test_a_jetson_without_its_release_file_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_text("NVIDIA Jetson AGX Orin Developer Kit\0")
    assert machine.probe(str(tmp_path)).l4t.is_unknown


@pytest.mark.parametrize(("kernel", "absent"), [("6.8.0-79-generic", True), ("5.10.120-tegra", False)])
def test_a_kernel_of_a_jetson_is_one_though_its_files_are_hidden(tmp_path: Path, kernel: str, absent: bool) -> None:
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    (tmp_path / "proc/sys/kernel/osrelease").write_text(f"{kernel}\n")
    facts = machine.probe(str(tmp_path))
    assert facts.l4t.is_absent is absent
    assert facts.l4t.is_known is False


def test_without_proc_and_sys_no_jetson_is_excluded(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    assert machine.probe(str(tmp_path)).l4t.is_unknown
