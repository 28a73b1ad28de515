"""User name and password for a registry, from the user's own Docker configuration.

`$DOCKER_CONFIG/config.json` or `~/.docker/config.json`: `auths` (base64 of user:password), `credHelpers` and
`credsStore` (a program `docker-credential-NAME`, run without a shell, asked for one registry, with a deadline).
Format: https://docs.docker.com/reference/cli/docker/login/#credential-stores . Nothing of it is ever printed.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from envdoctor.online.transport import AskError
from envdoctor.readers import json_document

_MOST_BYTES = 1024 * 1024
_HELPER_DEADLINE_S = 10.0
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"


class Login(NamedTuple):
    user: str
    password: str

    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")

    def __repr__(self) -> str:
        return "Login(…)"


def login_for(host: str, environ: Mapping[str, str] = os.environ) -> Login | None:
    """The login that the user stored for a registry host ("registry-1.docker.io", "127.0.0.1:5000"); None: none.

    Raises AskError where there is one that cannot be used, so that "unauthorized" is not the only thing said."""
    config = _config(environ)
    helper = _helper_of(config, host)
    if helper is not None:
        return _asked(helper, _DOCKER_HUB_KEY if host in _DOCKER_HUB else host, environ)
    for key, entry in _object(config.get("auths")).items():
        if _host_of_key(key) in (_DOCKER_HUB if host in _DOCKER_HUB else {host}) and isinstance(entry, dict) and entry:
            return _of_entry(entry, host)
    return None


def _config(environ: Mapping[str, str]) -> dict[str, Any]:
    folder = environ.get("DOCKER_CONFIG") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".docker")
    path = os.path.join(folder, "config.json")
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        return {}
    try:
        if len(content) > _MOST_BYTES:
            raise json_document.JsonError(f"it is larger than {_MOST_BYTES:,} bytes")
        return _object(json_document.load(content.decode("utf-8")))
    except ValueError as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise AskError("invalid", f"{path} holds no login that can be read: {why}") from None


def _of_entry(entry: Mapping[str, Any], host: str) -> Login:
    if entry.get("identitytoken"):
        raise AskError(
            "unsupported", f"the login for {host} is an identity token; log in with a password or an access token"
        )
    user, password = entry.get("username"), entry.get("password")
    if isinstance(entry.get("auth"), str) and entry["auth"]:
        try:
            user, _, password = base64.b64decode(entry["auth"], validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise AskError("invalid", f"the login for {host} is damaged; run: docker login {host}") from None
    if not isinstance(user, str) or not isinstance(password, str):
        raise AskError("invalid", f"the login for {host} has no user name and password; run: docker login {host}")
    return Login(user, password.rstrip("\0"))


def _helper_of(config: Mapping[str, Any], host: str) -> str | None:
    for key, name in _object(config.get("credHelpers")).items():
        if _host_of_key(key) in (_DOCKER_HUB if host in _DOCKER_HUB else {host}):
            return name if isinstance(name, str) else None
    store = config.get("credsStore")
    return store if isinstance(store, str) and store else None


def _asked(helper: str, server: str, environ: Mapping[str, str]) -> Login | None:
    """One talk with a credential helper. A helper that knows no login says so with its exit code."""
    import shutil

    program = (
        shutil.which(f"docker-credential-{helper}", path=environ.get("PATH"))
        if _HELPER_NAME.fullmatch(helper)
        else None
    )
    if program is None:
        raise AskError(
            "unsupported", f"Docker's configuration names the credential helper {helper[:64]!r}, which is not on PATH"
        )
    code, output = _run(program, server, environ)
    if code is None:
        raise AskError("unsupported", f"docker-credential-{helper} did not answer within {_HELPER_DEADLINE_S:g} s")
    if code < 0:
        raise AskError("invalid", f"docker-credential-{helper} ended with signal {-code}")
    if code != 0:
        return None
    try:
        found = _object(json_document.load(output.decode("utf-8")))
    except ValueError:
        raise AskError("invalid", f"docker-credential-{helper} answered with what is no JSON") from None
    user, secret = found.get("Username"), found.get("Secret")
    if user == "<token>":
        raise AskError("unsupported", f"docker-credential-{helper} holds an identity token, which is not supported")
    return Login(user, secret) if isinstance(user, str) and isinstance(secret, str) and user else None


def _run(program: str, server: str, environ: Mapping[str, str]) -> tuple[int | None, bytes]:
    """(exit code, output), the code None past the deadline."""
    import subprocess
    import threading

    with subprocess.Popen(
        [program, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
    ) as child:
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(_HELPER_DEADLINE_S, end)
        timer.start()
        try:
            output = _talked(child, server)
            child.wait()
        finally:
            timer.cancel()
            child.kill()
    return (None if late.is_set() else child.returncode), output


def _talked(child: Any, server: str) -> bytes:
    """What it writes, as much as is read; more makes it end on a closed pipe."""
    try:
        child.stdin.write(server.encode())
        child.stdin.close()
    except OSError:
        pass  # it ended without reading; its exit code tells
    output = bytes(child.stdout.read(_MOST_BYTES))
    child.stdout.close()
    return output


def _host_of_key(key: str) -> str:
    """ "https://index.docker.io/v1/" -> "index.docker.io"."""
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0].lower()


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
