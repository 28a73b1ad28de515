"""The private record of what deep has proven: kept, keyed to the container's start, and safe in a folder of everybody."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from envdoctor.selftest import record
from envdoctor.selftest.record import Attempt, Record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
KNOWN = Record(frozenset(["torch"]), False, {"nvdec": Attempt(2, 17.5, "failed", "it is broken", "mend it")})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(record, "FOLDERS", ())
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / f"envdoctor-deep-{os.geteuid()}"


def test_what_is_written_is_read(folder: Path) -> None:
    assert record.read("key") == Record()
    assert record.write("key", KNOWN)
    assert record.read("key") == KNOWN
    assert record.read("other") == Record()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert os.listdir(folder) == ["key"]


def test_the_key_is_that_of_this_start() -> None:
    key = record.key()
    assert key == record.key()
    assert Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19] in key.split("-")
    assert "/" not in key
    age = record.age()
    assert age is not None
    assert age > 0


def test_without_a_key_nothing_is_kept(folder: Path) -> None:
    assert not record.write("", KNOWN)
    assert record.read("") == Record()


def test_a_directory_that_is_a_link_does_not_count(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert not record.write("key", KNOWN)
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o750, 0o701])
def test_a_directory_that_others_may_enter_does_not_count(folder: Path, mode: int) -> None:
    assert record.write("key", KNOWN)
    folder.chmod(mode)
    assert record.read("key") == Record()
    assert not record.write("key", KNOWN)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="not on this system: needs root")
def test_a_directory_or_file_of_somebody_else_does_not_count(folder: Path) -> None:
    assert record.write("key", KNOWN)
    os.chown(folder / "key", 12345, 12345)
    assert record.read("key") == Record()
    os.chown(folder, 12345, 12345)
    assert not record.write("key", KNOWN)


def test_files_that_are_links_or_not_files(folder: Path, tmp_path: Path) -> None:
    assert record.write("key", KNOWN)
    target = tmp_path / "target"
    target.write_text((folder / "key").read_text())
    (folder / "key").unlink()
    (folder / "key").symlink_to(target)
    assert record.read("key") == Record()
    assert record.write("key", Record())
    assert target.read_text() != (folder / "key").read_text()
    (folder / "key").unlink()
    os.mkfifo(folder / "key")
    assert record.read("key") == Record()
    (folder / "key").unlink()
    (folder / "key").mkdir()
    assert record.read("key") == Record()
    assert not record.write("key", KNOWN)
    assert os.listdir(folder) == ["key"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "[" * 10_000, '{"proven": 3, "whole": true, "attempts": {}}', "\0\xff",
     '{"proven": [], "whole": true, "attempts": {"a": [1]}}', '{"proven": [], "whole": true, "attempts": {"a": ["x", 1, 1, 1, 1]}}',
     '{"proven": [], "whole": true, "attempts": {"a": [Infinity, 1, 1, 1, 1]}}',
     '{"proven": [], "whole": true, "attempts": {"a": [1, ' + "9" * 4000 + ', 1, 1, 1]}}'],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_is_none(folder: Path, content: str) -> None:
    assert record.write("key", KNOWN)
    (folder / "key").write_text(content)
    assert record.read("key") == Record()


@pytest.mark.parametrize("at", ["1e18", "-1", "Infinity", "NaN"])
def test_an_attempt_at_no_time_that_was_is_none(folder: Path, at: str) -> None:
    """It would rest for ever."""
    assert record.write("key", KNOWN)
    (folder / "key").write_text(
        f'{{"proven": ["torch"], "whole": false, "attempts": {{"nvdec": [9, {at}, "failed", "", ""]}}}}'
    )
    assert record.read("key") == Record(frozenset(["torch"]))


def test_earlier_starts_do_not_pile_up(folder: Path) -> None:
    for number in range(100):
        assert record.write(f"key{number}", KNOWN)
    assert record.read("key99") == KNOWN
    assert len(os.listdir(folder)) <= 65


def test_one_at_a_time(folder: Path) -> None:
    with record.Alone() as first, record.Alone() as second:
        assert (first, second) == (True, False)
    with record.Alone() as again:
        assert again


def test_where_nothing_can_be_written_nobody_waits(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    with record.Alone() as alone:
        assert alone
    assert not record.write("key", KNOWN)
