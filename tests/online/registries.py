"""Debian's docker-registry on this machine: open, with a password, or with a token server that signs what it grants.

Images are pushed through the registry's own API: a config with the variables of the real image, and no layer to
speak of.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.online.servers import Reply, Request, Server, serving

USER, PASSWORD = "alice", "s3cret"
# htpasswd -Bbn alice s3cret
_HTPASSWD = "alice:$2y$05$fE6m2YHcDkhdpayom29r4exZ.mZhMYZNNtNwilUH3ZsShWS1cI.9O\n"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

_CONFIG = "application/vnd.docker.container.image.v1+json"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
_OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_OCI_INDEX = "application/vnd.oci.image.index.v1+json"


@contextmanager
def registry(folder: Path, auth: str = "") -> Iterator[str]:
    """Its host and port. `auth` is the YAML of the configuration's auth section, indented by two."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed (Debian package docker-registry)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {folder / 'data'}}}\n"
        f"http:\n  addr: 127.0.0.1:{port}\n" + (f"auth:\n{auth}" if auth else "")
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
    try:
        _wait_for(port, process, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.025)
    raise AssertionError(f"docker-registry does not answer on port {port}: {log.read_text()}")


@contextmanager
def with_password(folder: Path) -> Iterator[str]:
    (folder / "htpasswd").write_text(_HTPASSWD)
    with registry(folder, f"  htpasswd: {{realm: test, path: {folder / 'htpasswd'}}}\n") as host:
        yield host


@contextmanager
def with_tokens(folder: Path) -> Iterator[tuple[str, Server]]:
    """Everyone may pull what lies under public/, alice may do anything. Its host, and the token server."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed (Debian package openssl)")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=envdoctor-test"]
    subprocess.run([openssl, *made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    der = subprocess.run(
        [openssl, "x509", "-in", certificate, "-outform", "DER"], check=True, capture_output=True
    ).stdout

    def answer(request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        login = request.headers.get("authorization")
        if login is not None and login != BASIC:
            return Reply(401)
        access = []
        for scope in query.get("scope", []):
            kind, name, actions = scope.split(":")
            if login == BASIC or (name.startswith("public/") and actions == "pull"):
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
        token = _signed(openssl, key, der, query["service"][0], access)
        return Reply(headers={"Content-Type": "application/json"}, body=json.dumps({"token": token}).encode())

    with serving(answer) as tokens:
        auth = (
            f"  token:\n    realm: {tokens.url}/token\n    service: test\n    issuer: envdoctor-test\n"
            f"    rootcertbundle: {certificate}\n"
        )
        with registry(folder, auth) as host:
            yield host, tokens


def granted(tokens: Server, repository: str) -> str:
    """The Authorization with which alice may push to a repository."""
    asked = {"service": "test", "scope": f"repository:{repository}:pull,push"}
    answer = httpx.get(f"{tokens.url}/token", params=asked, headers={"Authorization": BASIC}, trust_env=False)
    return f"Bearer {answer.json()['token']}"


def _signed(openssl: str, key: Path, der: bytes, audience: str, access: list[dict[str, object]]) -> str:
    """A JSON web token with the certificate in its header, as docker-registry verifies it (RS256)."""
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
    claims = {"iss": "envdoctor-test", "sub": "", "aud": audience, "exp": now + 300, "nbf": now - 5, "iat": now}
    signed = ".".join(
        _base64url(json.dumps(part).encode())
        for part in (header, {**claims, "jti": str(uuid.uuid4()), "access": access})
    )
    run = subprocess.run(
        [openssl, "dgst", "-sha256", "-sign", key], input=signed.encode(), check=True, capture_output=True
    )
    return f"{signed}.{_base64url(run.stdout)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def push(
    host: str,
    repository: str,
    tag: str,
    env: Mapping[str, str],
    *,
    architectures: tuple[str, ...] = ("amd64",),
    labels: Mapping[str, str] | None = None,
    oci: bool = False,
    one_platform: bool = False,
    authorization: str | None = None,
) -> str:
    """An index of one image per architecture, or the only image itself. Returns the digest of what the tag names."""
    headers = {"Authorization": authorization} if authorization else {}
    with httpx.Client(base_url=f"http://{host}/v2/{repository}/", headers=headers, trust_env=False) as client:
        manifests = []
        layer = _blob(client, gzip.compress(b"\0" * 1024, mtime=0))
        for arch in architectures:
            config = {
                "architecture": arch,
                "os": "linux",
                "created": "2024-05-01T00:00:00Z",
                "config": {
                    "Env": [f"{name}={value}" for name, value in env.items()],
                    "Labels": dict(labels or {}),
                    "Entrypoint": ["/opt/nvidia/nvidia_entrypoint.sh"],
                    "Cmd": ["/bin/bash"],
                    "User": "",
                },
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(bytes(1024)).hexdigest()}"]},
            }
            kind = _OCI_MANIFEST if oci else _MANIFEST
            gzipped = (
                "application/vnd.oci.image.layer.v1.tar+gzip"
                if oci
                else "application/vnd.docker.image.rootfs.diff.tar.gzip"
            )
            manifest = {
                "schemaVersion": 2,
                "mediaType": kind,
                "config": {"mediaType": _OCI_CONFIG if oci else _CONFIG, **_blob(client, json.dumps(config).encode())},
                "layers": [{"mediaType": gzipped, **layer}],
            }
            body = json.dumps(manifest).encode()
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            _put(client, f"manifests/{tag if one_platform else digest}", body, kind)
            manifests.append(
                {
                    "mediaType": kind,
                    "digest": digest,
                    "size": len(body),
                    "platform": {"architecture": arch, "os": "linux"},
                }
            )
        if one_platform:
            return str(manifests[0]["digest"])
        kind = _OCI_INDEX if oci else _LIST
        body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": manifests}).encode()
        _put(client, f"manifests/{tag}", body, kind)
        return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _blob(client: httpx.Client, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    upload = client.post("blobs/uploads/")
    assert upload.status_code == 202, upload.text
    place = httpx.URL(upload.headers["Location"]).copy_merge_params({"digest": digest})
    done = client.put(place, content=content, headers={"Content-Type": "application/octet-stream"})
    assert done.status_code == 201, done.text
    return {"digest": digest, "size": len(content)}


def _put(client: httpx.Client, path: str, body: bytes, kind: str) -> None:
    done = client.put(path, content=body, headers={"Content-Type": kind})
    assert done.status_code == 201, done.text
