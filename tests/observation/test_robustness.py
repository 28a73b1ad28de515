"""Whatever a machine's files are or say, there is a valid document: what cannot be told is null, with its reason."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from envdoctor import observation
from envdoctor.cli import main
from envdoctor.observation import observe
from envdoctor.observation.fitting import fitted
from envdoctor.observation.plain import plain
from envdoctor.readers.environment import read_environment, schema

RECORDINGS = Path(__file__).parents[1] / "recordings"
NEEDS_FORK = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")


def checked(root: Path) -> observation.Observation:
    seen = observe(str(root))
    jsonschema.validate(seen.document, schema())
    assert read_environment(json.dumps(seen.document), "seen.json").notices == ()
    json.dumps(seen.document, ensure_ascii=False).encode()  # no half characters
    return seen


def test_nothing_at_all(tmp_path: Path) -> None:
    seen = checked(tmp_path)
    assert seen.document["host"]["kernel"] is None
    assert seen.document["host"]["driver"] == {
        "version": None, "cuda": None, "kernel_module": None, "open_kernel_module": None,
    }  # fmt: skip
    assert seen.document["host"]["gpus"] is None
    assert seen.reasons["host.kernel"] == "there is no /proc/sys/kernel/osrelease"


@pytest.mark.parametrize("name", ["daemon-reload-container", "rootless-podman-container", "h200-open-580"])
@pytest.mark.parametrize("missing", ["proc", "sys", "etc", "dev", "usr", "var"])
def test_a_part_of_the_tree_is_missing(tmp_path: Path, name: str, missing: str) -> None:
    shutil.copytree(RECORDINGS / name, tmp_path / "root", symlinks=True)
    shutil.rmtree(tmp_path / "root" / missing, ignore_errors=True)
    checked(tmp_path / "root")


def as_folder(path: Path) -> None:
    path.mkdir()


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    path.symlink_to(path.name)


def as_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def as_forbidden(path: Path) -> None:
    """A file that nobody may read, for whoever is not root."""
    path.write_bytes(b"secret")
    path.chmod(0)


def as_garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def as_empty(path: Path) -> None:
    path.write_bytes(b"")


def as_one_long_line(path: Path) -> None:
    path.write_bytes(b"a-" * 300_000)


def as_many_lines(path: Path) -> None:
    path.write_bytes(b"Package: x\nc 195:* rw\n1 2 - \n[{\x00\n" * 20_000)


KINDS = [as_folder, as_pipe, as_loop, as_device, as_forbidden, as_garbage, as_empty, as_one_long_line, as_many_lines]


@NEEDS_FORK
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["daemon-reload-container", "rootless-podman-container", "upgraded-without-reboot"])
def test_every_file_is_something_else(tmp_path: Path, name: str, kind: Callable[[Path], None]) -> None:
    root = tmp_path / "root"
    shutil.copytree(RECORDINGS / name, root, symlinks=True)
    for path in [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]:
        path.unlink()
        kind(path)
    checked(root)


@NEEDS_FORK
def test_a_pipe_is_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    os.mkfifo(tmp_path / "proc/sys/kernel/osrelease")
    assert checked(tmp_path).reasons["host.kernel"] == "/proc/sys/kernel/osrelease cannot be read: it is not a file"


def hostile(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    shutil.copytree(RECORDINGS / "rootless-podman-container", root, symlinks=True)
    name = "NVIDIA \x1b[31mH100\x07\u202e " + "x" * 5000
    next(root.glob("proc/driver/nvidia/gpus/*/information")).write_text(f"Model: \t\t {name}\n")
    (root / "etc/os-release").write_text('ID="ubu\x1b]0;title\x07ntu"\nVERSION_ID=' + "9" * 5000 + "\n")
    variables = {
        "PATH": "/opt/venv/bin",
        "CUDA_VERSION": "12.\x1b[2J4",
        "NV_X": "\udcff",
        "A\x1b[31m": "b",
        "CUDA_PATH": "x" * 300_000,
    }
    (root / "proc/1/environ").write_bytes(
        b"\0".join(f"{key}={value}".encode("utf-8", "surrogateescape") for key, value in variables.items())
    )
    (root / "run/.containerenv").write_text('engine="podman-\x1b[31m"\nimage="\x1b[31m\nrootless=maybe\n')
    return root


def test_hostile_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = checked(hostile(tmp_path))
    assert "\x1b" not in json.dumps(seen.document)  # JSON writes it as text
    assert len(json.dumps(seen.document)) < 100_000
    (tmp_path / "seen.json").write_text(json.dumps(seen.document))
    main(["check", str(tmp_path / "seen.json"), "--no-config", "--verbose"])
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "\u202e" not in told.out + told.err


def test_what_the_schema_refuses_becomes_null_with_what_was_seen() -> None:
    document = {
        "schema": "envdoctor.environment/1",
        "host": {"driver": {"version": "banana"}, "gpus": [{"memory_mib": -1, "name": "T4"}], "cpus": 0},
        "observed": {"user": {"writable": {"/a b": "yes"}}},
    }
    reasons: dict[str, str] = {}
    assert fitted(document, reasons) == {
        "schema": "envdoctor.environment/1",
        "host": {"driver": {"version": None}, "gpus": [{"memory_mib": None, "name": "T4"}], "cpus": None},
        "observed": {"user": {"writable": {"/a b": None}}},
    }
    assert '"banana"' in reasons["host.driver.version"]
    assert 'observed.user.writable."/a b"' in reasons


def test_one_odd_key_costs_only_itself() -> None:
    document = {
        "schema": "envdoctor.environment/1",
        "observed": {
            "user": {"uid": -1, "writable": {"/a b": "x", "/ok": True, "/a[0].c": 5}},
            "disk": {"/x y": 7, "/": {"free_bytes": 1}},
            "cgroup": {"version": 99, "cpus": 2},
        },
        "image": {"env": {"A(B": 5, "PATH": "/bin"}},
    }
    assert fitted(document, {}) == {
        "schema": "envdoctor.environment/1",
        "observed": {
            "user": {"uid": None, "writable": {"/a b": None, "/ok": True, "/a[0].c": None}},
            "disk": {"/x y": None, "/": {"free_bytes": 1}},
            "cgroup": {"version": None, "cpus": 2},
        },
        "image": {"env": {"A(B": None, "PATH": "/bin"}},
    }


def test_what_may_not_even_be_null_goes_and_the_document_stays() -> None:
    document = {"schema": "envdoctor.environment/1", "packages": ["torch", {"name": "torch"}], "host": {"cpus": 4}}
    kept = fitted(document, {})
    assert kept["host"] == {"cpus": 4}
    jsonschema.validate(kept, schema())


def test_bytes_that_are_no_text_become_text() -> None:
    assert plain({"a\udcff": ["b\udc80"]}, "", {}) == {"a\ufffd": ["b\ufffd"]}


def hanging(root: str) -> object:
    time.sleep(60)
    return None


def crashing(root: str) -> object:
    os.abort()


def failing(root: str) -> object:
    raise RuntimeError("no \x1b[31mluck")


@NEEDS_FORK
def test_a_family_that_hangs_crashes_or_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "_SECONDS", 0.3)
    families = {"image": hanging, "packages": crashing, "launch": failing, "observed.container": lambda root: True}
    monkeypatch.setattr(observation, "FAMILIES", families)
    seen = observe()
    assert seen.document["observed"]["container"] is True
    assert [seen.document[name] for name in ("image", "packages", "launch")] == [None] * 3
    assert seen.reasons["image"] == "could not be observed: no answer within 0.3 s"
    assert seen.reasons["packages"] == "could not be observed: signal SIGABRT"
    assert seen.reasons["launch"].startswith("could not be observed: RuntimeError")


@NEEDS_FORK
def test_verbose_tells_the_reasons_and_escapes_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(observation, "FAMILIES", {"launch": failing})
    assert main(["probe", "--verbose"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["launch"] is None
    assert "launch: could not be observed: RuntimeError: no" in told.err
    assert "\x1b" not in told.err
    assert main(["probe"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(signal, "SIGCHLD"), reason="needs POSIX: not on this system")
def test_how_a_child_ended_is_told_though_sigchld_was_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "FAMILIES", {"host": crashing})
    monkeypatch.setattr(observation.asked, "ask", dict)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert "SIGABRT" in observe().reasons["host"]
    finally:
        signal.signal(signal.SIGCHLD, before)
