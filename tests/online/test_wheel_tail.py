"""Metadata inside wheels, read by ranges: wheels made by zipfile, and what only looks like one."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from envdoctor.online import wheel_tail
from envdoctor.online.transport import AskError, Transport
from tests.online.servers import Reply, Request, Server, ranges, serving

METADATA = b"Metadata-Version: 2.1\nName: torch\nVersion: 2.4.0\nRequires-Dist: nvidia-cudnn-cu12==9.1.0.70\n"


def wheel(
    *, files: int = 3, size: int = 100, method: int = zipfile.ZIP_DEFLATED, name: str = "torch-2.4.0.dist-info/METADATA"
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for number in range(files):
            archive.writestr(f"torch/include/some/header/of/the/library/{number}.h", b"x" * size)
        archive.writestr(name, METADATA)
        archive.writestr("torch-2.4.0.dist-info/RECORD", "")
    return made.getvalue()


def read(server: Server) -> bytes:
    async def ask() -> bytes:
        async with Transport(first_pause_s=0.001) as transport:
            return await wheel_tail.read(transport, f"{server.url}/torch.whl", None)

    return asyncio.run(ask())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize(("files", "size"), [(1, 10), (3, 200_000), (3000, 1)])
def test_small_large_and_with_a_long_directory(method: int, files: int, size: int) -> None:
    with serving(ranges(wheel(files=files, size=size, method=method))) as server:
        assert read(server) == METADATA
    assert len(server.asked) == (3 if files == 3000 else 2)


def test_only_a_part_of_a_large_wheel_is_fetched() -> None:
    content = wheel(files=1, size=20_000_000, method=zipfile.ZIP_STORED)
    sent: list[int] = []

    def answer(request: Request) -> Reply:
        reply = ranges(content)(request)
        sent.append(len(reply.body))
        return reply

    with serving(answer) as server:
        assert read(server) == METADATA
    assert sum(sent) < 100_000


def refused(answer: Callable[[Request], Reply]) -> AskError:
    with serving(answer) as server, pytest.raises(AskError) as raised:
        read(server)
    return raised.value


def test_a_server_without_ranges_is_not_read_to_the_end() -> None:
    assert refused(lambda request: Reply(200, {}, wheel())).kind == "unsupported"


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "unauthorized"), (404, "not-found"), (416, "unsupported"), (500, "unsupported")]
)
def test_a_server_that_does_not_give_it(status: int, kind: str) -> None:
    assert refused(lambda request: Reply(status)).kind == kind


@pytest.mark.parametrize("place", ["", "bytes 0-9/10", "bytes */100", "bytes 5-1/9", "bytes 0-99999999999999999999/1"])
def test_a_range_that_is_another_than_its_header_says(place: str) -> None:
    content = wheel()
    assert refused(lambda request: Reply(206, {"Content-Range": place}, content)).kind == "unsupported"


def changed(content: bytes, signature: bytes, offset: int, form: str, value: int, *, last: bool = False) -> bytes:
    """A field of a structure in the archive overwritten."""
    at = (content.rfind(signature) if last else content.find(signature)) + offset
    return content[:at] + struct.pack(form, value) + content[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"PK\5\6",
        b"no archive at all" * 1000,
        wheel()[:-30],
        wheel(name="torch-2.4.0.dist.info/METADATA"),  # as torch-1.7.0-cp36-cp36m-win_amd64.whl of PyPI has it
        wheel(name="other/torch-2.4.0.dist-info/METADATA"),
        changed(wheel(), b"PK\5\6", 10, "<H", 65_535),  # more entries than there are
        changed(wheel(), b"PK\5\6", 12, "<L", 2**31),  # size of the directory
        changed(wheel(), b"PK\5\6", 16, "<L", 2**31),  # where it starts
        changed(wheel(files=0), b"PK\1\2", 16, "<L", 7),  # the checksum
        changed(wheel(files=0), b"PK\1\2", 24, "<L", 5),  # the size unpacked
        changed(wheel(files=0), b"PK\1\2", 24, "<L", 2**31),
        changed(wheel(files=0), b"PK\1\2", 10, "<H", 99),  # a method of compression
        changed(wheel(files=0), b"PK\1\2", 42, "<L", 9),  # where the file starts
        changed(wheel(files=0), b"PK\3\4", 26, "<H", 60_000),  # the length of its name
    ],
)
def test_an_archive_that_is_none_or_says_what_is_not_so(content: bytes) -> None:
    assert refused(ranges(content)).kind in ("invalid", "unsupported")
