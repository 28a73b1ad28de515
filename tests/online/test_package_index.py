"""Projects and wheels of an index on this machine, of hostile ones, and of the index that this machine is
configured with."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from envdoctor.online.index_page import Link
from envdoctor.online.index_settings import index_settings
from envdoctor.online.package_index import Metadata, PackageIndex, Project, Wheel, parse_metadata, parse_wheel
from envdoctor.online.transport import AskError, Transport
from tests.online.indexes import File, as_directory, index
from tests.online.servers import Reply, serving

Answer = TypeVar("Answer")

TORCH = (
    File(
        "torch-2.3.0-cp311-cp311-manylinux1_x86_64.whl", ("nvidia-cudnn-cu12==8.9.2.26 ; platform_system == 'Linux'",)
    ),
    File("torch-2.4.0-cp311-cp311-manylinux_2_28_x86_64.manylinux2014_x86_64.whl", ("sympy",)),
    File("torch-2.4.0-cp311-cp311-win_amd64.whl", offered=False),
    File("torch-2.4.1-cp312-cp312-manylinux2014_aarch64.whl", yanked="broken on arm", damaged=True),
    File("torch-2.5.0rc1.tar.gz", offered=False),
    File("torch.zip", offered=False),
)


def ask(url: str, question: Callable[[PackageIndex], Coroutine[Any, Any, Answer]]) -> Answer:
    async def asked() -> Answer:
        async with Transport(first_pause_s=0.001) as transport:
            return await question(PackageIndex(transport, url))

    return asyncio.run(asked())


def project(url: str, name: str = "torch") -> Project:
    return ask(url, lambda index: index.project(name))


def same_files(found: Project) -> None:
    assert [(wheel.version, wheel.python, wheel.platforms, wheel.yanked) for wheel in found.wheels] == [
        ("2.3.0", ("3.11",), ("linux_x86_64",), False),
        ("2.4.0", ("3.11",), ("linux_x86_64",), False),
        ("2.4.0", ("3.11",), ("win_amd64",), False),
        ("2.4.1", ("3.12",), ("linux_aarch64",), True),
    ]
    assert found.source_versions == ("2.5.0rc1",)
    assert found.unread == 1
    assert found.versions() == ("2.3.0", "2.4.0", "2.5.0rc1")
    assert {wheel.requires_python for wheel in found.wheels} == {">=3.8"}
    assert [wheel.metadata is not None for wheel in found.wheels] == [True, True, False, True]


@pytest.mark.parametrize("form", ["json", "html"])
def test_json_and_html_say_the_same(form: str) -> None:
    with index({"torch": TORCH}, form=form) as server:
        found = project(f"{server.url}/simple/")
    same_files(found)
    assert {wheel.size for wheel in found.wheels} == ({1234} if form == "json" else {None})
    assert found.wheels[0].url.startswith(f"{server.url}/files/torch-2.3.0")


def test_an_index_that_is_a_directory(tmp_path: Path) -> None:
    url = as_directory(tmp_path, {"torch": TORCH})
    same_files(project(url))
    with pytest.raises(AskError, match="does not exist"):
        project(url, "nothing")
    assert ask(url, first_metadata).requires[0].startswith("nvidia-cudnn-cu12==8.9.2.26")


async def first_metadata(index: PackageIndex) -> Metadata:
    return await index.metadata((await index.project("torch")).wheels[0])


@pytest.mark.parametrize("form", ["json", "html"])
def test_metadata_apart_from_the_wheel(form: str) -> None:
    with index({"torch": TORCH}, form=form) as server:
        found = ask(f"{server.url}/simple", first_metadata)
    assert found.requires == ("nvidia-cudnn-cu12==8.9.2.26 ; platform_system == 'Linux'",)


@pytest.mark.parametrize(("which", "why"), [(2, "does not have a wheel"), (3, "does not have the hash")])
def test_metadata_that_is_not_offered_or_was_changed(which: int, why: str) -> None:
    async def read(index: PackageIndex) -> Metadata:
        return await index.metadata((await index.project("torch")).wheels[which])

    with index({"torch": TORCH}) as server, pytest.raises(AskError, match=why):
        ask(f"{server.url}/simple", read)


def test_metadata_inside_the_wheel_where_it_is_not_offered_apart() -> None:
    inside = File("torch-2.3.0-cp311-cp311-manylinux1_x86_64.whl", ("sympy", "numpy"), offered=False, inside=True)
    with index({"torch": (inside,)}) as server:
        assert ask(f"{server.url}/simple", first_metadata).requires == ("sympy", "numpy")


def test_names_are_normalised_as_pep_503_does() -> None:
    with index({"onnxruntime-gpu": ()}) as server:
        assert project(f"{server.url}/simple", "ONNXRuntime_GPU").name == "onnxruntime-gpu"


def test_a_login_in_the_address_is_sent_and_not_shown() -> None:
    wanted = "Basic " + base64.b64encode(b"me:p@ss").decode()
    with index({"torch": TORCH}, login=wanted) as server:
        address = f"{server.url}/simple".replace("://", "://me:p%40ss@")
        found = project(address)
        assert (found.address, len(found.wheels)) == (f"{server.url}/simple", 4)
        assert ask(address, first_metadata).requires
        with pytest.raises(AskError) as raised:
            project(f"{server.url}/simple".replace("://", "://me:wr0ng@"))
    assert (raised.value.kind, "wr0ng" in raised.value.reason) == ("unauthorized", False)


def test_a_login_is_not_sent_to_where_the_files_lie() -> None:
    with serving(lambda request: Reply(200, {}, TORCH[0].metadata)) as files:
        page = {"files": [{"filename": TORCH[0].name, "url": f"{files.url}/{TORCH[0].name}", "core-metadata": True}]}
        reply = Reply(200, {"Content-Type": "application/vnd.pypi.simple.v1+json"}, json.dumps(page).encode())
        with serving(lambda request: reply) as server:
            ask(f"{server.url}/simple".replace("://", "://me:secret@"), first_metadata)
    assert "authorization" in server.asked[0].headers
    assert "authorization" not in files.asked[0].headers


def test_a_page_cannot_make_one_read_a_file_of_this_machine() -> None:
    page = {"files": [{"filename": TORCH[0].name, "url": "file:///etc/passwd", "core-metadata": True}]}
    reply = Reply(200, {"Content-Type": "application/json"}, json.dumps(page).encode())
    with serving(lambda request: reply) as server, pytest.raises(AskError, match="expected https"):
        ask(server.url, first_metadata)


def test_a_project_that_is_not_there() -> None:
    with index({}) as server, pytest.raises(AskError) as raised:
        project(f"{server.url}/simple")
    assert raised.value.kind == "not-found"


HTML = "text/html"
JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/pdf", b""),
        (JSON, b"[]"),
        (JSON, b'{"files":{}}'),
        (JSON, b'{"meta":{"api-version":"2.0"},"files":[]}'),
        (JSON, b"\xff"),
        (JSON, b'{"files":' + b"[" * 100_000),
        (HTML, b"<a " + b"x" * 1_000_000),
        (HTML, b"<!--" * 200_000),
        (HTML, b"<a href='" + b"&" * 1_000_000),
        (HTML, b"<a href=x>" * 200_000),
        (HTML, b"<![CDATA[" * 100_000),
    ],
)
def test_a_page_that_is_no_index(kind: str, body: bytes) -> None:
    with serving(lambda request: Reply(200, {"Content-Type": kind}, body)) as server, pytest.raises(AskError):
        project(server.url)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON, b'{"files":[7,{},{"filename":1,"url":2},{"filename":"torch-1.whl","url":"http://[::1"}]}'),
        (HTML, b"<a>no address</a><a href='http://[::1'>x</a><a href=\"\">y</a>"),
        (HTML, b"\xff\xfe\x00"),
    ],
)
def test_entries_that_say_nothing_are_counted_or_passed_over(kind: str, body: bytes) -> None:
    with serving(lambda request: Reply(200, {"Content-Type": kind}, body)) as server:
        assert project(server.url).wheels == ()


@pytest.mark.parametrize("url", ["", "pypi.org/simple", "ftp://pypi.example/simple", "https://me:secret@/simple"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(AskError) as raised:
        project(url)
    assert "secret" not in raised.value.reason


def wheel(filename: str) -> Wheel | None:
    return parse_wheel(Link(filename, "", None, False, None, None))


def test_wheel_names() -> None:
    cuda = wheel("torch-2.4.0+cu124-cp312-cp312-linux_x86_64.whl")
    assert cuda is not None
    assert (cuda.version, cuda.local, cuda.python, cuda.platforms) == ("2.4.0", "cu124", ("3.12",), ("linux_x86_64",))
    threaded = wheel("torch-2.6.0-cp313-cp313t-win_amd64.whl")
    assert threaded is not None
    assert (threaded.free_threaded, threaded.platforms) == (True, ("win_amd64",))
    opencv = wheel("opencv_python-4.10.0.84-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert opencv is not None
    assert (opencv.python, opencv.abi3, opencv.platforms) == (("3.7",), True, ("linux_x86_64",))
    built = wheel("torch-1.13.0-1-cp310-cp310-manylinux2014_aarch64.whl")
    assert built is not None
    assert (built.version, built.platforms) == ("1.13.0", ("linux_aarch64",))
    mac = wheel("torch-2.4.0-cp312-none-macosx_11_0_arm64.whl")
    assert mac is not None
    assert mac.platforms == ()


@pytest.mark.parametrize(
    "name", ["torch.whl", "torch-x-cp311-cp311-win_amd64.whl", "torch-2.0-cp311-win_amd64.whl", "a-1-2-3-4-5-6.whl", ""]
)
def test_names_that_are_no_wheel(name: str) -> None:
    assert wheel(name) is None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"Requires-Dist: torch\n", b"\n" * 100_000])
def test_metadata_that_names_no_project(body: bytes) -> None:
    with pytest.raises(AskError):
        parse_metadata(body, "x.whl")


@pytest.mark.parametrize("name", ["opencv-python", "onnxruntime"])
def test_the_index_that_this_machine_is_configured_with(name: str) -> None:
    """A look at the real thing through pip's own configuration."""
    settings = index_settings()

    async def asked() -> Project:
        async with Transport(ca_file=settings.ca_file) as transport:
            return await PackageIndex(transport, settings.indexes[0]).project(name)

    try:
        found = asyncio.run(asked())
    except AskError as error:
        if error.kind in ("unreachable", "rate-limited", "unauthorized"):
            pytest.skip(f"no package index is reachable: {error.reason}")
        raise
    linux = [wheel for wheel in found.wheels if "linux_x86_64" in wheel.platforms]
    assert len(found.versions()) > 20
    assert len(linux) > 20
    assert found.unread == 0
