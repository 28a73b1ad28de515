"""Control groups, mounts, limits and CPU sets: parsers on the literal texts, and where each is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.facts import Origin
from envdoctor.probes import cgroup, launch, mounts
from envdoctor.probes.mounts import Mount, over, parse_line, size

HERE = Origin("a test")


def touch(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("0::/system.slice/docker-0123456789abcdef0123.scope\n", "systemd"),
        ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123456789abcdef.scope\n", "systemd"),
        ("12:devices:/docker/0123456789abcdef\n", "cgroupfs"),
        ("3:cpuset:/kubepods/besteffort/pod1/0123456789abcdef\n", "cgroupfs"),
        ("0::/\n", None),
        ("0::/user.slice/user-1000.slice/session-2.scope\n", None),
        ("", None),
        ("0::/" + "a/" * 100_000, None),
    ],
)
def test_drivers(text: str, driver: str | None) -> None:
    fact = cgroup.parse_driver(text, HERE)
    assert fact.get() == driver
    assert fact.is_known is (driver is not None)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("a *:* rwm\n", True),
        ("c 1:3 rwm\nc 195:0 rw\nc 195:255 rw\n", True),
        ("c 195:* rwm\n", True),
        ("c 1:3 rwm\nc 195:* m\n", False),  # after a daemon-reload: NVIDIA/nvidia-container-toolkit issue 251
        ("", False),
    ],
)
def test_the_device_list_of_version_1(tmp_path: Path, text: str, allowed: bool) -> None:
    touch(tmp_path, "sys/fs/cgroup/devices/devices.list", text)
    assert cgroup.gpu_devices(str(tmp_path)).need() is allowed


def test_version_2_tells_no_devices(tmp_path: Path) -> None:
    touch(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
    facts = cgroup.probe(str(tmp_path))
    assert facts.version.need() == 2
    assert facts.gpu_devices.is_unknown
    assert facts.memory.is_unknown


@pytest.mark.parametrize(("text", "quota"), [("200000 100000\n", 2.0), ("50000 100000", 0.5)])
def test_quotas(tmp_path: Path, text: str, quota: float) -> None:
    touch(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpu\n")
    touch(tmp_path, "sys/fs/cgroup/cpu.max", text)
    assert cgroup.probe(str(tmp_path)).cpus.need() == quota


@pytest.mark.parametrize("text", ["", "1", "a b", "1 0", "-1 100000", "9" * 40 + " 1"])
def test_quotas_that_are_none(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpu\n")
    touch(tmp_path, "sys/fs/cgroup/cpu.max", text)
    assert cgroup.probe(str(tmp_path)).cpus.is_unknown


def test_no_limit_is_known_to_be_none(tmp_path: Path) -> None:
    touch(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpu\n")
    touch(tmp_path, "sys/fs/cgroup/cpu.max", "max 100000\n")
    touch(tmp_path, "sys/fs/cgroup/memory.max", "max\n")
    facts = cgroup.probe(str(tmp_path))
    assert facts.cpus.is_absent
    assert facts.memory.is_absent


def test_the_largest_number_of_version_1_is_no_limit(tmp_path: Path) -> None:
    touch(tmp_path, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    assert cgroup.probe(str(tmp_path)).memory.is_absent


def test_a_mounts_line() -> None:
    line = "620 612 0:58 / /dev/shm rw,nosuid shared:3 master:1 - tmpfs shm rw,size=65536k"
    assert parse_line(line) == Mount("/dev/shm", "tmpfs", ("rw", "nosuid", "rw", "size=65536k"))
    assert parse_line("1 2 3:4 / /a\\040b rw - ext4 /dev/sda rw") == Mount("/a b", "ext4", ("rw", "rw"))


@pytest.mark.parametrize("line", ["", "-", "1 2 3 4 5 6 7 8 9 10", "1 2 3:4 / /a rw - ext4", " " * 5000])
def test_lines_that_are_none(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("rw", "size=65536k"), 64 << 20),
        (("size=1g",), 1 << 30),
        (("size=4096",), 4096),
        (("size=50%",), None),
        ((), None),
    ],
)
def test_sizes(options: tuple[str, ...], expected: int | None) -> None:
    assert size(options) == expected


def test_the_deepest_mount_counts() -> None:
    found = tuple(Mount(point, "ext4", ()) for point in ("/", "/models", "/models/a", "/model"))
    assert [getattr(over(found, path), "point", None) for path in ("/models/b", "/models/a", "/modelsx")] == [
        "/models", "/models/a", "/",
    ]  # fmt: skip
    assert over((), "/a") is None


def test_shared_memory_is_the_last_mount_there(tmp_path: Path) -> None:
    lines = [f"1 2 0:1 / /dev/shm rw - tmpfs shm rw,size={amount}" for amount in ("65536k", "8388608k")]
    touch(tmp_path, "proc/self/mountinfo", "\n".join(lines))
    assert launch.shm_size(str(tmp_path)).need() == 8 << 30
    assert len(mounts.mounts(str(tmp_path)).need()) == 2


def test_limits() -> None:
    text = (
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max locked memory         unlimited            unlimited            bytes     \n"
        "Max open files            1024                 524288               files     \n"
        "Max realtime priority     0                    0                    \n"
    )
    assert launch.parse_limits(text) == {"memlock": -1, "nofile": 1024}
    assert launch.parse_limits("nonsense" * 10_000) == {}


@pytest.mark.parametrize(("cpuset", "number"), [("0", 1), ("0-3,8", 5), ("0-31,64-95", 64)])
def test_counting_cpus(cpuset: str, number: int) -> None:
    assert launch.count(cpuset) == number


def status(name: str, bounding: str) -> str:
    return (
        f"Name:\t{name}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 \nCapEff:\t{bounding}\nCapBnd:\t{bounding}\n"
        "Cpus_allowed_list:\t2-3\n"
    )


def test_privileged_can_be_ruled_out_and_not_proven(tmp_path: Path) -> None:
    touch(tmp_path, "proc/sys/kernel/cap_last_cap", "40\n")
    touch(tmp_path, "proc/1/status", status("python3", "00000000a80425fb"))
    assert launch.probe(str(tmp_path), {}).privileged.need() is False
    touch(tmp_path, "proc/1/status", status("python3", "000001ffffffffff"))
    assert launch.probe(str(tmp_path), {}).privileged.is_unknown


def test_in_a_pod_with_one_pid_namespace_process_1_is_not_asked(tmp_path: Path) -> None:
    touch(tmp_path, "proc/1/status", status("pause", "0"))
    touch(tmp_path, "proc/self/status", status("python3", "0").replace("2-3", "5"))
    facts = launch.probe(str(tmp_path), {"NVIDIA_VISIBLE_DEVICES": "0", "PATH": "/bin"})
    assert facts.user.is_unknown
    assert facts.cpuset.need() == "5"
    assert facts.env == {"NVIDIA_VISIBLE_DEVICES": "0"}


def test_which_devices_version_2_allows_is_hidden(tmp_path: Path) -> None:
    touch(tmp_path, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
    fact = cgroup.gpu_devices(str(tmp_path))
    assert (fact.is_unknown, "BPF program" in fact.reason) == (True, True)
    assert "BPF" not in cgroup.gpu_devices("/nowhere").reason
