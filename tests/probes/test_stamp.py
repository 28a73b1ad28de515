"""The note about a child that could not be killed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from envdoctor.probes import stamp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(stamp, "FOLDERS", (str(tmp_path / "missing"), str(tmp_path)))
    return tmp_path


@pytest.fixture
def running() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_nothing_is_stuck(folder: Path) -> None:
    assert stamp.still_stuck() is None


def test_a_process_that_is_there_is_remembered_until_it_ends(folder: Path, running: subprocess.Popen[bytes]) -> None:
    stamp.remember(running.pid)
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert stamp.still_stuck() == running.pid
    running.kill()
    running.wait()
    assert stamp.still_stuck() is None
    assert not list(folder.iterdir())


def test_a_number_used_again_is_another_process(folder: Path, running: subprocess.Popen[bytes]) -> None:
    stamp.remember(running.pid)
    (file,) = folder.iterdir()
    file.write_text(f"{running.pid} 1\n")
    assert stamp.still_stuck() is None


@pytest.mark.parametrize("content", ["", "x y", "-1 5", "99999999999999999999 5", "1", "\xff\xfe", "1 2 3"])
def test_other_contents(folder: Path, content: str) -> None:
    (folder / f"envdoctor-selftest-{os.geteuid()}").write_text(content)
    assert stamp.still_stuck() is None


def test_files_that_others_can_write_do_not_count(folder: Path, running: subprocess.Popen[bytes]) -> None:
    stamp.remember(running.pid)
    (file,) = folder.iterdir()
    file.chmod(0o666)
    assert stamp.still_stuck() is None


def test_links_and_pipes_do_not_count(folder: Path, running: subprocess.Popen[bytes]) -> None:
    path = folder / f"envdoctor-selftest-{os.geteuid()}"
    os.mkfifo(path)
    assert stamp.still_stuck() is None
    path.unlink()
    stamp.remember(running.pid)
    path.rename(folder / "elsewhere")
    path.symlink_to(folder / "elsewhere")
    assert stamp.still_stuck() is None
    stamp.remember(running.pid)  # replaces the link, writes nothing through it
    assert not path.is_symlink()
    assert stamp.still_stuck() == running.pid


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("State:\tD (disk sleep)\nShdPnd:\t0000000000000100\n", True),
        ("State:\tD (disk sleep)\nShdPnd:\t0000000000000000\n", False),  # at work
        ("State:\tS (sleeping)\nShdPnd:\t0000000000000100\n", False),
        ("State:\tD (disk sleep)\nShdPnd:\tx\n", False),
        ("", False),
    ],
)
def test_only_a_killed_process_counts(status: str, expected: bool) -> None:
    assert stamp.is_killed(status) is expected


def test_nowhere_to_write(monkeypatch: pytest.MonkeyPatch, running: subprocess.Popen[bytes]) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(stamp, "FOLDERS", ("/proc",))
    stamp.remember(running.pid)
    assert stamp.still_stuck() is None


def test_a_full_disk(folder: Path, running: subprocess.Popen[bytes]) -> None:
    """No byte can be written; a link takes none."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        stamp.remember(running.pid)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    (file,) = folder.iterdir()
    assert file.is_symlink()
    assert stamp.still_stuck() == running.pid
    running.kill()
    running.wait()
    assert stamp.still_stuck() is None
    assert not list(folder.iterdir())


def test_an_empty_note_has_the_processes_looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits in the kernel cannot be made here."""
    path = folder / f"envdoctor-selftest-{os.geteuid()}"
    path.write_text("")
    path.chmod(0o600)
    assert stamp.still_stuck() is None
    monkeypatch.setattr(stamp, "_waiting_in_the_kernel", lambda: 4711)
    assert stamp.still_stuck() == 4711
    assert path.exists()
    path.unlink()
    assert stamp.still_stuck() is None


def test_a_file_system_that_hangs_says_nothing_of_the_driver(folder: Path, running: subprocess.Popen[bytes]) -> None:
    stamp.remember(running.pid, stamp.FILES)
    assert (stamp.still_stuck(), stamp.still_stuck(stamp.FILES)) == (None, running.pid)
    stamp.remember(running.pid)
    assert (stamp.still_stuck(), len(list(folder.iterdir()))) == (running.pid, 2)
