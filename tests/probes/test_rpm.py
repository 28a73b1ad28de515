"""rpm's database: of a recorded system (headers that rpm 4.18 wrote), damaged ones, and the formats that only rpm reads."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.probes import distributions, rpm, system_packages

DATABASE = Path(__file__).parents[1] / "recordings" / "rocky9-container" / "var/lib/rpm/rpmdb.sqlite"
QUERY = ["/usr/bin/rpm", "-qa", "--queryformat", r"%{NAME} %{VERSION}-%{RELEASE}\n"]


def touch(root: Path, path: str, content: bytes = b"") -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    return root / path


def test_a_system_without_rpm(tmp_path: Path) -> None:
    assert rpm.installed(str(tmp_path)).is_absent
    assert system_packages.installed(str(tmp_path)).is_absent


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"\0" * 5000, DATABASE.read_bytes()[:3000]])
def test_a_damaged_database_is_unknown(tmp_path: Path, content: bytes) -> None:
    touch(tmp_path, "var/lib/rpm/rpmdb.sqlite", content)
    fact = rpm.installed(str(tmp_path))
    assert fact.is_unknown
    assert fact.reason.startswith("/var/lib/rpm/rpmdb.sqlite cannot be read: ")
    assert distributions.probe(str(tmp_path)).reason == fact.reason
    assert [path.name for path in (tmp_path / "var/lib/rpm").iterdir()] == ["rpmdb.sqlite"]  # nothing is written


def test_rows_that_are_no_headers_are_left_out(tmp_path: Path) -> None:
    file = touch(tmp_path, "var/lib/rpm/rpmdb.sqlite")
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)")
    for row in (10**9, "text", b"\0" * 8, b"\0\0\0\1" + b"\0" * 20, b"\xff" * 40, b"\0" * (5 * 1024 * 1024)):
        database.execute("INSERT INTO Packages (blob) VALUES (?)", (row,))
    database.commit()
    database.close()
    assert rpm.installed(str(tmp_path)).need() == {}


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_names_and_versions(tmp_path: Path, folder: str) -> None:
    touch(tmp_path, f"{folder}/rpmdb.sqlite", DATABASE.read_bytes())
    assert rpm.installed(str(tmp_path)).need() == {
        "bash": "5.1.8-9.el9", "cuda-cudart-12-4": "12.4.127-1", "libcudnn8": "8.9.7.29-1.cuda12.2",
        "libnccl": "2.21.5-1+cuda12.4", "python3": "3.9.18-3.el9",
    }  # fmt: skip
    assert system_packages.of_manager(str(tmp_path))[0] == "yum"


def test_dpkg_comes_first(tmp_path: Path) -> None:
    touch(tmp_path, "var/lib/rpm/rpmdb.sqlite", DATABASE.read_bytes())
    touch(tmp_path, "var/lib/dpkg/status", b"Package: bash\nStatus: install ok installed\nVersion: 5.1-6\n")
    manager, packages = system_packages.of_manager(str(tmp_path))
    assert (manager, packages.need()) == ("apt", {"bash": "5.1-6"})


@pytest.mark.parametrize("name", ["Packages", "Packages.db"])
def test_older_formats_are_asked_of_rpm(tmp_path: Path, name: str) -> None:
    bare, asked = tmp_path / "bare", tmp_path / "asked"
    touch(bare, f"var/lib/rpm/{name}", b"x")
    assert "only rpm reads, and there is no rpm" in rpm.installed(str(bare)).reason
    touch(asked, f"var/lib/rpm/{name}", b"x")
    touch(asked, "usr/bin/rpm")
    touch(
        asked,
        "commands.json",
        json.dumps([{"argv": QUERY, "output": "libcudnn8 8.9.7.29-1.cuda12.2\nbash 4.4.20-4.el8\n"}]).encode(),
    )
    assert rpm.installed(str(asked)).need() == {"libcudnn8": "8.9.7.29-1.cuda12.2", "bash": "4.4.20-4.el8"}


@pytest.mark.skipif(
    shutil.which("rpmdb") is None or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="needs rpm (apt-get install rpm) and root",
)
def test_rpm_itself_says_the_same(tmp_path: Path) -> None:
    touch(tmp_path, "var/lib/rpm/rpmdb.sqlite", DATABASE.read_bytes())
    where = ["--root", str(tmp_path), "--dbpath", "/var/lib/rpm"]
    subprocess.run(["rpmdb", *where, "--rebuilddb"], check=True, capture_output=True)  # with the tables that ours lacks
    done = subprocess.run([QUERY[0], *where, *QUERY[1:]], check=True, capture_output=True, text=True)
    assert len(rpm.parse_query(done.stdout)) == 5
    assert rpm.parse_query(done.stdout) == rpm.installed(str(tmp_path)).need()


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    try:
        rpm.parse_header(content)
    except struct.error:
        pass
    rpm.parse_query(content.decode("utf-8", "replace"))
