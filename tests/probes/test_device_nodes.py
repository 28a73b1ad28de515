"""Device nodes and who may open them."""

from __future__ import annotations

import os
import stat
import struct
import sys
from pathlib import Path

import pytest

from envdoctor.facts import Origin
from envdoctor.probes import device_nodes
from envdoctor.probes.device_nodes import Person, may_read_and_write, parse_status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
HERE = Origin("/proc/1/status")
STATUS = "Name:\tpython3\nUid:\t0\t1000\t0\t0\nGid:\t0\t100\t0\t0\nGroups:\t44 100 \nCapEff:\t0000000000000000\n"


def test_the_names_that_count(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia10", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "null", "dxg"):
        (tmp_path / "dev" / name).write_text("")
    found = device_nodes.nodes(str(tmp_path))
    assert found == ("/dev/dxg", "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidia10", "/dev/nvidiactl")
    assert device_nodes.of_gpus(found) == ("/dev/dxg", "/dev/nvidia0", "/dev/nvidia10")
    assert device_nodes.nodes(str(tmp_path / "nothing")) == ()


def test_the_effective_user_counts() -> None:
    assert parse_status(STATUS, HERE).need() == Person(1000, (100, 44), False)


@pytest.mark.parametrize("text", ["", "Name:\tpython3\n", STATUS.replace("1000", "x"), "Uid:\nGid:\nCapEff:\n"])
def test_a_status_that_cannot_be_read_is_unknown(text: str) -> None:
    assert parse_status(text, HERE).is_unknown


def test_the_pause_container_is_not_the_workload() -> None:
    assert parse_status(STATUS.replace("python3", "pause"), HERE).is_unknown


@pytest.mark.parametrize(
    ("mode", "owner", "group", "expected"),
    [
        (0o666, 0, 0, True),
        (0o660, 0, 44, True),
        (0o660, 0, 45, False),
        (0o600, 1000, 0, True),
        (0o066, 1000, 44, False),  # the owner's class decides
        (0o606, 0, 44, False),
        (0o644, 0, 0, False),
    ],
)
def test_modes(mode: int, owner: int, group: int, expected: bool) -> None:
    state = os.stat_result((mode | stat.S_IFCHR, 0, 0, 1, owner, group, 0, 0, 0, 0))
    assert may_read_and_write(state, Person(1000, (100, 44), False)) is expected
    assert may_read_and_write(state, Person(1000, (), True))


def test_opening(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    (tmp_path / "folder").mkdir()
    assert device_nodes.opened(str(tmp_path), ["/there", "/missing", "/folder"]) == {
        "/there": 0,
        "/missing": 2,
        "/folder": 21,
    }


def test_of_ourselves_the_kernel_is_asked(tmp_path: Path) -> None:
    ourselves = device_nodes.parse_status(Path("/proc/self/status").read_text(), Origin("/proc/self/status")).need()
    node = tmp_path / "node"
    node.write_text("")
    node.chmod(0)
    assert bool(device_nodes.refused("/", [str(node)], ourselves)) != os.access(node, os.R_OK)


def test_an_access_control_list_is_not_judged(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("")
    node.chmod(0o600)
    other = device_nodes.Person(54321, (54321,), False)
    assert device_nodes.refused("/", [str(node)], other)
    everyone = 0xFFFFFFFF
    entries = [(1, 6, everyone), (2, 6, 54321), (4, 0, everyone), (16, 6, everyone), (32, 0, everyone)]
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(node, "system.posix_acl_access", content)
    except OSError:
        pytest.skip("not on this system: its file system has no access control lists")
    assert device_nodes.refused("/", [str(node)], other) == ()
