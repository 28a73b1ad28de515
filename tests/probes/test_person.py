"""The program's user, where it may write, and the display it would open."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from envdoctor.facts import Origin, known, unknown
from envdoctor.probes import display, person
from envdoctor.probes.device_nodes import Person
from envdoctor.probes.person import parse_passwd, writable

HERE = Origin("a test")
PASSWD = "root:x:0:0:root:/root:/bin/bash\nbroken\napp:x:1000:1000::/home/app:/bin/sh\n"
OTHER = Person(os.stat(__file__).st_uid + 4321, (54321,), False)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not on this system")


def test_entries() -> None:
    assert parse_passwd(PASSWD, 1000, HERE).need()[0] == "app"
    assert "no entry for user 1234" in parse_passwd(PASSWD, 1234, HERE).reason
    assert parse_passwd("", 0, HERE).is_absent


def test_modes_decide(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    root = str(tmp_path)
    owner = known(Person(os.stat(root).st_uid, (), False), HERE)
    assert writable(root, "/", owner).need() is True
    assert writable(root, "/", known(OTHER, HERE)).need() is False
    assert writable(root, "/", known(OTHER._replace(overrides=True), HERE)).need() is True
    tmp_path.chmod(0o777)
    assert writable(root, "/", known(OTHER, HERE)).need() is True


def test_what_is_missing_is_made_in_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    assert writable(str(tmp_path), "/home/.cache/torch/hub", known(OTHER, HERE)).need() is False
    (tmp_path / "file").touch()
    assert writable(str(tmp_path), "/file", known(OTHER._replace(overrides=True), HERE)).need() is False


def test_a_read_only_mount_is_not_writable_for_root_either(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("1 2 0:1 / /models ro,relatime - ext4 /dev/sdb ro\n")
    almighty = known(OTHER._replace(overrides=True), HERE)
    assert writable(str(tmp_path), "/models/x", almighty).need() is False
    assert writable(str(tmp_path), "/other", almighty).need() is True


def test_what_cannot_be_told(tmp_path: Path) -> None:
    assert writable(str(tmp_path), "relative", known(OTHER, HERE)).is_unknown
    assert writable(str(tmp_path), "/", unknown("process 1 is the pod's pause container")).is_unknown
    (tmp_path / "loop").symlink_to("loop")
    assert writable(str(tmp_path), "/loop/x", known(OTHER, HERE)).is_unknown


def recorded(root: Path, packages: set[str], **environment: str) -> person.PersonFacts:
    (root / "proc/1").mkdir(parents=True, exist_ok=True)
    (root / "proc/1/status").write_text(
        "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\t5\t5\nGroups:\t5 \nCapEff:\t0\n"
    )
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(PASSWD)
    return person.probe(str(root), environment, frozenset(packages), ("/site",))


def test_only_the_caches_of_installed_packages_are_looked_at(tmp_path: Path) -> None:
    assert set(recorded(tmp_path, {"numpy"}).writable) == {"/site"}
    facts = recorded(tmp_path, {"torch", "transformers"}, HF_HOME="/models")
    assert set(facts.writable) == {"/site", "/home/app/.cache/torch", "/models", "/home/app/.nv/ComputeCache"}
    assert (facts.name.get(), facts.home.get()) == ("app", "/home/app")
    assert recorded(tmp_path, set(), HOME="/elsewhere").home.need() == "/elsewhere"


def test_disks_of_a_recording_are_not_this_machines(tmp_path: Path) -> None:
    assert person.disk(str(tmp_path), ("/",))["/"].is_unknown
    here = person.disk("/", ("/", "/no such folder"))
    assert here["/"].need()["bytes"] > 0
    assert here["/no such folder"].is_unknown


# --- the display ---


def test_no_display_is_named(tmp_path: Path) -> None:
    facts = display.probe(str(tmp_path), {})
    assert facts.x11.is_absent
    assert facts.answers.is_absent


def test_a_display_whose_socket_is_not_there(tmp_path: Path) -> None:
    assert display.probe(str(tmp_path), {"DISPLAY": ":0"}).answers.need() is False
    assert (
        display.probe(
            str(tmp_path), {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/run/user/1000"}
        ).answers.need()
        is False
    )


@pytest.mark.parametrize("name", [".", "..", "/", "/run/user/1000/"])
def test_a_folder_is_no_wayland_display(tmp_path: Path, name: str) -> None:
    facts = display.probe(str(tmp_path), {"WAYLAND_DISPLAY": name, "XDG_RUNTIME_DIR": "/run/user/1000"})
    assert facts.wayland.is_absent
    assert facts.answers.is_absent
    assert display.probe(str(tmp_path), {"WAYLAND_DISPLAY": name, "DISPLAY": ":0"}).answers.need() is False


def test_wayland_without_a_folder_for_its_socket(tmp_path: Path) -> None:
    assert display.probe(str(tmp_path), {"WAYLAND_DISPLAY": "wayland-0"}).answers.is_absent


@pytest.mark.parametrize("name", ["host.example.org:0", "localhost:10.0", ":x", "::::"])
def test_a_display_elsewhere_is_not_known(tmp_path: Path, name: str) -> None:
    assert display.probe(str(tmp_path), {"DISPLAY": name}).answers.is_unknown


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
def test_a_socket_that_answers_and_one_that_does_not() -> None:
    """Wayland's socket may lie anywhere; the path of a Unix socket is short, so not in pytest's own folder."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ed") as folder:
        path = f"{folder}/s"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen(1)
            assert display.probe("/", {"WAYLAND_DISPLAY": path}).answers.need() is True
        assert display.probe("/", {"WAYLAND_DISPLAY": path}).answers.need() is False
