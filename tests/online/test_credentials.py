"""Stored registry logins: Docker's own file and its helper programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from envdoctor.online.credentials import Login, login_for
from envdoctor.online.transport import AskError

AUTH = "YWxpY2U6czNjcmV0"  # alice:s3cret
ALICE = Login("alice", "s3cret")


def login(folder: Path, host: str, config: object, path: str = "") -> Login | None:
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text)
    return login_for(host, {"DOCKER_CONFIG": str(folder), "PATH": path})


def test_no_file_no_entry_and_an_empty_entry(tmp_path: Path) -> None:
    assert login_for("registry.example", {"DOCKER_CONFIG": str(tmp_path)}) is None
    assert login(tmp_path, "registry.example", {}) is None
    assert login(tmp_path, "registry.example", {"auths": {"other.example": {"auth": AUTH}}}) is None
    assert login(tmp_path, "registry.example", {"auths": {"registry.example": {}}}) is None


@pytest.mark.parametrize(
    "key", ["registry.example:5000", "https://registry.example:5000", "https://registry.example:5000/v2/"]
)
def test_the_ways_a_host_is_written(tmp_path: Path, key: str) -> None:
    assert login(tmp_path, "registry.example:5000", {"auths": {key: {"auth": AUTH}}}) == ALICE
    assert login(tmp_path, "registry.example", {"auths": {key: {"auth": AUTH}}}) is None


def test_docker_hub_has_an_address_of_its_own(tmp_path: Path) -> None:
    config = {"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}}
    assert login(tmp_path, "registry-1.docker.io", config) == ALICE
    assert login(tmp_path, "docker.io.example", config) is None


def test_user_name_and_password_apart_and_in_the_home_directory(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(
        json.dumps({"auths": {"h": {"username": "alice", "password": "s3cret"}}})
    )
    assert login_for("h", {"HOME": str(tmp_path)}) == ALICE


@pytest.mark.parametrize(
    "config",
    [
        "{",
        '{"auths":' * 1000,
        {"auths": {"h": {"auth": "no base64!"}}},
        {"auths": {"h": {"auth": "//79"}}},
        {"auths": {"h": {"username": 7, "password": "s3cret"}}},
        {"auths": {"h": {"identitytoken": "s3cret"}}},
        {"credsStore": "does-not-exist"},
        {"credsStore": "../../bin/sh"},
    ],
)
def test_a_login_that_cannot_be_used_says_why_and_not_what(tmp_path: Path, config: object) -> None:
    with pytest.raises(AskError) as raised:
        login(tmp_path, "h", config)
    assert "s3cret" not in raised.value.reason


def test_a_login_never_shows_itself() -> None:
    assert "s3cret" not in f"{ALICE!r} {ALICE}"


def helper(folder: Path, body: str) -> str:
    """A credential helper "test" on a PATH of its own."""
    program = folder / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"


@pytest.mark.skipif(os.name == "nt", reason="not on this system: the helper is a shell script")
class TestHelper:
    def test_it_is_asked_for_the_one_host(self, tmp_path: Path) -> None:
        path = helper(tmp_path, 'read h; printf \'{"ServerURL":"x","Username":"%s","Secret":"s3cret"}\' "$h"')
        assert login(tmp_path, "h.example", {"credsStore": "test"}, path) == Login("h.example", "s3cret")
        hub = login(tmp_path, "registry-1.docker.io", {"credsStore": "test"}, path)
        assert hub == Login("https://index.docker.io/v1/", "s3cret")

    def test_one_for_a_single_registry(self, tmp_path: Path) -> None:
        path = helper(tmp_path, 'echo \'{"Username":"alice","Secret":"s3cret"}\'')
        assert login(tmp_path, "a.example", {"credHelpers": {"a.example": "test"}}, path) == ALICE
        assert login(tmp_path, "b.example", {"credHelpers": {"a.example": "test"}}, path) is None

    def test_one_that_knows_nothing_or_says_nonsense(self, tmp_path: Path) -> None:
        path = helper(tmp_path, "echo credentials not found in native keychain; exit 1")
        assert login(tmp_path, "h", {"credsStore": "test"}, path) is None
        for nonsense in ("echo hello", "printf '\\377'", 'echo \'{"Username":"<token>","Secret":"s3cret"}\''):
            path = helper(tmp_path, nonsense)
            with pytest.raises(AskError) as raised:
                login(tmp_path, "h", {"credsStore": "test"}, path)
            assert "s3cret" not in raised.value.reason

    def test_one_that_hangs_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("envdoctor.online.credentials._HELPER_DEADLINE_S", 0.2)
        path = helper(tmp_path, "exec sleep 60")
        with pytest.raises(AskError, match="did not answer"):
            login(tmp_path, "h", {"credsStore": "test"}, path)

    def test_one_that_never_stops_talking_is_ended(self, tmp_path: Path) -> None:
        path = helper(tmp_path, "exec yes")
        with pytest.raises(AskError):
            login(tmp_path, "h", {"credsStore": "test"}, path)
