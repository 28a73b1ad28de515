"""HTTP within bounds, against servers that are slow, down, hostile or asking to be left alone."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time

import pytest

from envdoctor.online.transport import Answer, AskError, Transport, host_of, is_loopback, origin
from tests.online.servers import Reply, Request, serving


def get(
    url: str, *, most: int = 1000, timeout_s: float = 10.0, authorization: str | None = None, times: int = 1
) -> Answer:
    async def ask() -> Answer:
        async with Transport(timeout_s=timeout_s, first_pause_s=0.001) as transport:
            for _ in range(times - 1):
                with pytest.raises(AskError):
                    await transport.get(url, most=most)
            return await transport.get(url, most=most, authorization=authorization)

    return asyncio.run(ask())


def refused(url: str, **how: object) -> AskError:
    with pytest.raises(AskError) as raised:
        get(url, **how)  # type: ignore[arg-type]
    return raised.value


def test_an_answer_with_its_status_headers_and_body() -> None:
    with serving(lambda request: Reply(404, {"X-Thing": "1"}, b"no such image")) as server:
        answer = get(f"{server.url}/v2/")
    assert (answer.status, answer.headers["x-thing"], answer.body) == (404, "1", b"no such image")


def test_gzip_is_unpacked() -> None:
    with serving(lambda request: Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b"[1,2]"))) as server:
        assert get(server.url).body == b"[1,2]"


def test_no_cookie_is_sent_back() -> None:
    with serving(lambda request: Reply(200, {"Set-Cookie": "session=1; Path=/"})) as server:

        async def twice() -> None:
            async with Transport() as transport:
                await transport.get(server.url, most=10)
                await transport.get(server.url, most=10)

        asyncio.run(twice())
    assert [request.headers.get("cookie") for request in server.asked] == [None, None]


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    with serving(lambda request: Reply(200, {}, b"here")) as server:
        assert get(server.url).body == b"here"


def test_a_redirect_within_this_machine_is_followed() -> None:
    with (
        serving(lambda request: Reply(200, {}, b"blob")) as storage,
        serving(lambda request: Reply(307, {"Location": f"{storage.url}/data?signature=1"})) as registry,
    ):
        answer = get(f"{registry.url}/v2/a/blobs/b")
    assert (answer.body, answer.url) == (b"blob", f"{storage.url}/data?signature=1")


def test_credentials_do_not_follow_a_redirect_to_another_host_or_port() -> None:
    with (
        serving(lambda request: Reply(200, {}, b"blob")) as storage,
        serving(lambda request: Reply(302, {"Location": f"{storage.url}/data"})) as registry,
    ):
        get(f"{registry.url}/v2/", authorization="Basic c2VjcmV0")
    assert registry.asked[0].headers["authorization"] == "Basic c2VjcmV0"
    assert "authorization" not in storage.asked[0].headers


def test_credentials_follow_a_redirect_within_the_host() -> None:
    def answer(request: Request) -> Reply:
        return Reply(301, {"Location": "/v2/new"}) if request.path == "/v2/old" else Reply(200)

    with serving(answer) as server:
        get(f"{server.url}/v2/old", authorization="Basic c2VjcmV0")
    assert server.asked[1].headers["authorization"] == "Basic c2VjcmV0"


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://registry.example/v2/", "registry.example without https"),
        ("file:///etc/passwd", "expected https"),
        ("https://user:secret@registry.example/", "user name in it"),
        ("https://registry.example\\@127.0.0.1/", "no address"),
    ],
)
def test_a_redirect_that_is_not_followed(location: str, why: str) -> None:
    with serving(lambda request: Reply(302, {"Location": location})) as server:
        error = refused(server.url)
    assert (error.kind, why in error.reason) == ("invalid", True), error.reason
    assert "secret" not in error.reason
    assert len(server.asked) == 1


def test_a_redirect_to_what_cannot_be_parsed() -> None:
    with serving(lambda request: Reply(302, {"Location": "http://[::1"})) as server:
        assert refused(server.url).kind == "unreachable"


def test_redirects_end() -> None:
    with serving(lambda request: Reply(302, {"Location": request.path + "x"})) as server:
        assert "redirects more than 5 times" in refused(f"{server.url}/").reason
    assert len(server.asked) == 6


def test_an_endless_body_is_read_up_to_the_bound() -> None:
    def answer(request: Request) -> None:
        request.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            request.write(b"x" * 65536)  # ends with an OSError when the client hangs up

    with serving(answer) as server:
        error = refused(server.url, most=1_000_000)
    assert (error.kind, "larger than 1,000,000 bytes" in error.reason) == ("invalid", True)


def test_a_gzip_bomb_is_unpacked_up_to_the_bound() -> None:
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    with serving(lambda request: Reply(200, {"Content-Encoding": "gzip"}, bomb)) as server:
        assert "larger than 1,000 bytes" in refused(server.url).reason


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no gzip"), ("br", b""), ("gzip, gzip", b"")])
def test_an_encoding_that_is_damaged_or_was_not_asked_for(encoding: str, body: bytes) -> None:
    with serving(lambda request: Reply(200, {"Content-Encoding": encoding}, body)) as server:
        assert refused(server.url).kind == "invalid"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_drip_ends_with_the_time_of_the_whole_request(head: bytes) -> None:
    """Each byte comes in time, the answer never: neither in the headers nor in the body."""

    def answer(request: Request) -> None:
        request.write(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            request.write(b"x")
            time.sleep(0.05)

    with serving(answer) as server:
        error = refused(server.url, timeout_s=0.3)
    assert (error.kind, "within 0.3 s" in error.reason) == ("unreachable", True)


def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = refused(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert error.kind == "unreachable"


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n", b""])
def test_what_is_no_http(garbage: bytes) -> None:
    def answer(request: Request) -> None:
        request.write(garbage)

    with serving(answer) as server:
        assert refused(server.url).kind == "unreachable"


def test_too_many_requests_are_tried_again_after_the_pause_asked_for() -> None:
    answers = [Reply(429, {"Retry-After": "0"}), Reply(503), Reply(200, {}, b"now")]
    with serving(lambda request: answers.pop(0)) as server:
        assert get(server.url).body == b"now"


def test_a_host_that_keeps_refusing_is_given_up_and_not_asked_again() -> None:
    with serving(lambda request: Reply(429, {"Retry-After": "0"})) as server, pytest.raises(AskError) as raised:
        get(server.url, times=4)
    assert raised.value.kind == "rate-limited"
    assert len(server.asked) == 3


@pytest.mark.parametrize("pause", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_long_pause_is_told_and_not_waited_for(pause: str) -> None:
    with serving(lambda request: Reply(429, {"Retry-After": pause})) as server:
        error = refused(server.url)
    assert (error.kind, pause in error.reason) == ("rate-limited", True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("pause", ["-1", "soon", "9" * 5000, "\u0663"])
def test_a_pause_that_is_no_number(pause: str) -> None:
    def answer(request: Request) -> None:
        request.write(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\nRetry-After: " + pause.encode() + b"\r\n\r\n")

    with serving(answer) as server:
        assert refused(server.url).kind == "unreachable"


def test_one_host_gets_no_more_requests_at_once_than_agreed() -> None:
    under_way: list[int] = [0, 0]

    def answer(request: Request) -> Reply:
        under_way[0] += 1
        under_way[1] = max(under_way)
        time.sleep(0.02)
        under_way[0] -= 1
        return Reply()

    async def many(url: str) -> None:
        async with Transport(jobs=3) as transport:
            await asyncio.gather(*(transport.get(url, most=10) for _ in range(20)))

    with serving(answer) as server:
        asyncio.run(many(server.url))
    assert len(server.asked) == 20
    assert under_way[1] <= 3


@pytest.mark.parametrize(
    "url", ["ftp://host/", "https://", "nothing", "https://h:99999/", "https://a b/", "https://h\n/", "https://ü/"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(AskError):
        origin(url)


def test_an_address_loses_its_login_in_messages() -> None:
    assert host_of("https://user:secret@index.example:8443/simple") == "index.example:8443"
    with pytest.raises(AskError) as raised:
        origin("ftp://user:secret@index.example/")
    assert "secret" not in raised.value.reason


def test_this_machine_by_name_and_number() -> None:
    assert [
        host for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1") if not is_loopback(host)
    ] == []
    assert [host for host in ("localhost.example", "10.0.0.1", "registry", "0.0.0.0") if is_loopback(host)] == []


def test_certificates_that_cannot_be_read() -> None:
    async def enter() -> None:
        async with Transport(ca_file="/nonexistent/ca.pem"):
            pass

    with pytest.raises(AskError, match="certificates"):
        asyncio.run(enter())
