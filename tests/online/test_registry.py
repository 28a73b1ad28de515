"""Images and tags of Debian's docker-registry, and of servers that only pretend to be one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from envdoctor.online.registry import ACCEPT, ImageConfig, Registry, read_image, read_tags
from envdoctor.online.transport import AskError, Transport
from envdoctor.readers.image_reference import parse_reference
from tests.online import registries
from tests.online.servers import Reply, Request, Server, serving

ENV = {
    "CUDA_VERSION": "12.4.1",
    "NV_CUDNN_VERSION": "9.1.0.70-1",
    "NVIDIA_REQUIRE_CUDA": "cuda>=12.4 brand=tesla,driver>=470,driver<471",
}
TAG = "12.4.1-cudnn-runtime-ubuntu22.04"


@pytest.fixture(autouse=True)
def no_stored_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An open registry with the look-alike of an nvidia/cuda image."""
    with registries.registry(tmp_path_factory.mktemp("open")) as found:
        labels = {"maintainer": "NVIDIA CORPORATION"}
        registries.push(found, "nvidia/cuda", TAG, ENV, architectures=("amd64", "arm64"), labels=labels)
        registries.push(found, "oci/image", "1", ENV, architectures=("arm64",), oci=True)
        registries.push(found, "one/platform", "1", ENV, one_platform=True)
        for number in range(5):
            registries.push(found, "many/tags", f"v{number}", {}, one_platform=True)
        yield found


def refused(reference: str, **how: Any) -> AskError:
    with pytest.raises(AskError) as raised:
        read_image(reference, **how)
    return raised.value


def test_an_image_of_two_platforms(host: str) -> None:
    image = read_image(f"{host}/nvidia/cuda:{TAG}")
    assert image.env == ENV
    assert (image.arch, image.os, image.architectures) == ("amd64", "linux", ("amd64", "arm64"))
    assert image.labels == {"maintainer": "NVIDIA CORPORATION"}
    assert (image.entrypoint, image.cmd, image.user) == (("/opt/nvidia/nvidia_entrypoint.sh",), ("/bin/bash",), "")
    assert image.created == "2024-05-01T00:00:00Z"
    assert 0 < image.size < 10_000
    assert image.digest.startswith("sha256:")


def test_the_other_platform_and_one_that_is_not_there(host: str) -> None:
    assert read_image(f"{host}/nvidia/cuda:{TAG}", arch="arm64").arch == "arm64"
    error = refused(f"{host}/nvidia/cuda:{TAG}", arch="ppc64le")
    assert (error.kind, "only for amd64, arm64" in error.reason) == ("not-found", True)


def test_by_digest_of_the_index_and_of_the_platform(host: str) -> None:
    platform = read_image(f"{host}/nvidia/cuda:{TAG}").digest
    assert read_image(f"{host}/nvidia/cuda@{platform}").env == ENV
    assert read_image(f"{host}/nvidia/cuda:{TAG}@{platform}").digest == platform


def test_oci_media_types_and_an_image_without_an_index(host: str) -> None:
    assert read_image(f"{host}/oci/image:1", arch="arm64").env == ENV
    assert read_image(f"{host}/one/platform:1").architectures == ("amd64",)
    assert "only for amd64" in refused(f"{host}/one/platform:1", arch="arm64").reason


def test_what_is_not_there(host: str) -> None:
    assert refused(f"{host}/nvidia/cuda:nothing").kind == "not-found"
    assert refused(f"{host}/nobody/nothing:1").kind == "not-found"


def test_a_mirror_stands_in_for_docker_hub_with_and_without_a_scheme(host: str) -> None:
    for mirror in (host, f"http://{host}", f"http://{host}/v2/"):
        assert read_image(f"nvidia/cuda:{TAG}", mirrors={"docker.io": mirror}).env == ENV


def test_a_path_of_a_mirror_is_put_before_the_repository(host: str) -> None:
    """Proxying registries keep Docker Hub's repositories under a project of theirs."""
    registries.push(host, "hub-proxy/library/python", "3.12", {"PYTHON_VERSION": "3.12.7"})
    mirrors = {"docker.io": f"http://{host}/hub-proxy"}
    assert read_image("python:3.12", mirrors=mirrors).env == {"PYTHON_VERSION": "3.12.7"}


@pytest.mark.parametrize("mirror", ["http://registry.example", "https://user:secret@registry.example", "ftp://x"])
def test_a_mirror_that_is_not_asked(mirror: str) -> None:
    error = refused("nvidia/cuda:1", mirrors={"docker.io": mirror})
    assert error.kind == "invalid"
    assert "secret" not in error.reason


def test_a_host_that_is_none() -> None:
    assert refused("[:::]/team/image:1").kind in ("invalid", "unreachable")


def test_every_tag(host: str) -> None:
    assert read_tags(f"{host}/many/tags") == ("v0", "v1", "v2", "v3", "v4")


def test_every_tag_of_several_pages(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envdoctor.online.registry._TAGS_A_PAGE", 2)
    assert read_tags(f"{host}/many/tags") == ("v0", "v1", "v2", "v3", "v4")


def test_many_questions_share_one_client(host: str) -> None:
    async def ask() -> list[ImageConfig]:
        async with Transport(jobs=2) as transport:
            registry = Registry(transport)
            names = [parse_reference(f"{host}/many/tags:v{number}") for number in range(5)]
            return list(await asyncio.gather(*(registry.image(name) for name in names)))

    assert len(asyncio.run(ask())) == 5


# --- logins ---


def stored(folder: Path, host: str, user: str = registries.USER, password: str = registries.PASSWORD) -> None:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def test_basic_with_the_stored_login_without_one_and_with_a_wrong_one(tmp_path: Path) -> None:
    with registries.with_password(tmp_path) as host:
        registries.push(host, "team/image", "1", ENV, authorization=registries.BASIC)
        error = refused(f"{host}/team/image:1")
        assert (error.kind, f"docker login {host}" in error.reason) == ("unauthorized", True)
        stored(tmp_path, host)
        assert read_image(f"{host}/team/image:1").env == ENV
        assert read_tags(f"{host}/team/image") == ("1",)
        stored(tmp_path, host, password="wrong")
        error = refused(f"{host}/team/image:1")
        assert (error.kind, "wrong" in error.reason) == ("unauthorized", False)


def test_bearer_without_and_with_a_login(tmp_path: Path) -> None:
    with registries.with_tokens(tmp_path) as (host, tokens):
        for name in ("public/image", "team/image"):
            registries.push(host, name, "1", ENV, authorization=registries.granted(tokens, name))
        tokens.asked.clear()
        assert read_image(f"{host}/public/image:1").env == ENV
        assert [request.headers.get("authorization") for request in tokens.asked] == [None]
        assert "scope=repository:public/image:pull" in tokens.paths[0]
        assert refused(f"{host}/team/image:1").kind == "unauthorized"
        stored(tmp_path, f"http://{host}/v2/")
        assert read_image(f"{host}/team/image:1").env == ENV
        assert read_tags(f"{host}/team/image") == ("1",)
        stored(tmp_path, host, password="wrong")
        error = refused(f"{host}/team/image:1")
        assert (error.kind, "refuses the stored login" in error.reason) == ("unauthorized", True)


# --- servers that only pretend ---


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def pretending(config: bytes, *, named: str | None = None, manifest: bytes | None = None) -> Callable[[Request], Reply]:
    """A registry with one image whose config is these bytes; `named` is the digest under which it is offered."""
    name = named or digest(config)
    body = (
        manifest
        or json.dumps({"schemaVersion": 2, "config": {"digest": name, "size": len(config)}, "layers": []}).encode()
    )

    def answer(request: Request) -> Reply:
        return Reply(200, {}, config if "/blobs/" in request.path else body)

    return answer


def of(server: Server) -> AskError:
    return refused(f"{server.host}/a/b:1")


def test_all_four_media_types_are_accepted() -> None:
    with serving(pretending(b'{"architecture":"amd64","os":"linux","config":{}}')) as server:
        read_image(f"{server.host}/a/b:1")
    assert server.asked[0].headers["accept"] == ACCEPT
    assert ACCEPT.count("application/vnd.") == 4


def test_a_blob_that_does_not_have_its_digest() -> None:
    with serving(pretending(b"{}", named=digest(b"other"))) as server:
        error = of(server)
    assert (error.kind, "does not have the digest" in error.reason) == ("invalid", True)


@pytest.mark.parametrize("named", ["sha256:" + "0" * 64, "sha256:../../x", "nonsense"])
def test_a_manifest_that_does_not_have_the_digest_in_its_header(named: str) -> None:
    with serving(lambda request: Reply(200, {"Docker-Content-Digest": named}, b'{"schemaVersion":2}')) as server:
        assert "does not have the digest" in of(server).reason


@pytest.mark.parametrize(
    "manifest",
    [
        b"[]",
        b"null",
        b"\xff",
        b"{",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"schemaVersion":2,"config":{"digest":"sha256:../../../x"}}',
        b'{"schemaVersion":2,"manifests":[1,{"platform":[]},{"digest":7}]}',
    ],
)
def test_a_manifest_that_is_none(manifest: bytes) -> None:
    with serving(pretending(b"{}", manifest=manifest)) as server:
        assert of(server).kind in ("invalid", "not-found", "unsupported")


@pytest.mark.parametrize(
    "config", [b"[]", b'{"config":7}', b'{"config":{"Env":[1,"A","B=c=d"],"Labels":[],"Cmd":"x","User":7}}']
)
def test_a_config_with_fields_of_other_kinds(config: bytes) -> None:
    with serving(pretending(config)) as server:
        image = read_image(f"{server.host}/a/b:1")
    assert image.env in ({}, {"B": "c=d"})
    assert (image.labels, image.user, image.cmd) == ({}, "", None)


def test_a_config_nested_without_end() -> None:
    with serving(pretending(b'{"config":' + b"[" * 50_000 + b"]" * 50_000 + b"}")) as server:
        assert "nested deeper" in of(server).reason


def test_an_image_of_schema_1() -> None:
    with serving(pretending(b"{}", manifest=b'{"schemaVersion":1,"fsLayers":[]}')) as server:
        assert of(server).kind == "unsupported"


def test_tags_that_continue_on_another_host_and_tags_without_end() -> None:
    away = Reply(200, {"Link": '<https://registry.example/v2/a/b/tags/list?last=x>; rel="next"'}, b'{"tags":["1"]}')
    with serving(lambda request: away) as server, pytest.raises(AskError, match="not followed"):
        read_tags(f"{server.host}/a/b")

    def endless(request: Request) -> Reply:
        return Reply(200, {"Link": f'<{request.path}x>; rel="next"'}, b'{"tags":["1"]}')

    with serving(endless) as server, pytest.raises(AskError, match="more tags"):
        read_tags(f"{server.host}/a/b")
    assert len(server.asked) == 200


def test_names_that_are_no_tags_are_left_out() -> None:
    body = json.dumps({"tags": ["1.0", "../x", "a b", "\u202eevil", 7, None, "x" * 129]}).encode()
    with serving(lambda request: Reply(200, {}, body)) as server:
        assert read_tags(f"{server.host}/a/b") == ("1.0",)


@pytest.mark.parametrize("tags", [b'{"tags":null}', b"{}", b'{"tags":[]}'])
def test_a_repository_without_tags(tags: bytes) -> None:
    with serving(lambda request: Reply(200, {}, tags)) as server:
        assert read_tags(f"{server.host}/a/b") == ()


@pytest.mark.parametrize(
    "realm",
    [
        "http://registry.example/token",
        "https://127.0.0.1/token@x y",
        "file:///etc/passwd",
        "",
        "https://u:p@registry.example/",
    ],
)
def test_a_token_server_that_is_not_asked(realm: str, tmp_path: Path) -> None:
    with serving(lambda request: Reply(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'})) as server:
        stored(tmp_path, server.host)
        error = of(server)
    assert error.kind == "invalid"
    assert registries.PASSWORD not in error.reason


@pytest.mark.parametrize("token", ['"a\\r\\nX-Evil: 1"', '"a b"', "7", '""', "null", '"' + "x" * 70_000 + '"'])
def test_a_token_that_cannot_be_sent(token: str) -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/token"):
            return Reply(200, {}, f'{{"token":{token}}}'.encode())
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="http://{request.headers["host"]}/token"'})

    with serving(answer) as server:
        assert of(server).kind == "invalid"


def test_a_server_that_wants_ever_new_tokens_is_asked_a_few_times() -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/token"):
            return Reply(200, {}, b'{"access_token":"abc"}')
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="http://{request.headers["host"]}/token"'})

    with serving(answer) as server:
        assert of(server).kind == "unauthorized"
    assert len(server.asked) == 5


@pytest.mark.parametrize("header", ["", "Negotiate", "Digest realm=x", "Bearer", "Bearer " + "a=" * 20_000])
def test_a_login_of_another_kind(header: str) -> None:
    with serving(lambda request: Reply(401, {"WWW-Authenticate": header})) as server:
        assert of(server).kind in ("unauthorized", "invalid", "unreachable")
