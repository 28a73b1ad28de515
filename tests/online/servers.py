"""HTTP servers on this machine for one test each: what they answer is a function of the request."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple


class Request(NamedTuple):
    path: str
    headers: Mapping[str, str]  # lower-case names
    write: Callable[[bytes], object]  # for what no Reply can say: raw bytes onto the connection


class Reply(NamedTuple):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Server:
    """Its address and the requests that it got."""

    def __init__(self, url: str, asked: list[Request]) -> None:
        self.url = url
        self.asked = asked

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]


@contextmanager
def serving(answer: Callable[[Request], Reply | None], host: str = "127.0.0.1") -> Iterator[Server]:
    """`answer` returns None where it has written the bytes itself."""
    asked: list[Request] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, self.wfile.write)
            asked.append(request)
            try:
                reply = answer(request)
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                self.close_connection = True  # the other side has heard enough

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Server(f"http://{host}:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ranges(content: bytes) -> Callable[[Request], Reply]:
    """A server of one file that answers ranges as RFC 9110 says."""

    def answer(request: Request) -> Reply:
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers["range"])
        assert match is not None
        first, last = match.groups()
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last), len(content) - 1) if first else len(content) - 1
        place = f"bytes {start}-{end}/{len(content)}"
        return Reply(206, {"Content-Range": place}, content[start : end + 1])

    return answer
