"""HTTP GET from a server that may be slow, down, hostile or asking to be left alone.

Bounded: the size of an answer (also after decompression), the time of each request as a whole, redirects (to https, or
within this machine, or within the address that the user named), tries, and how many requests one host gets at once.
A host that cannot be reached or asks for a long pause is given up for the rest of the run: what is not asked of it is a
failure with that reason. Credentials go to the host they were given for and to no other.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from envdoctor.readers.indexes import redacted

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 5
_TRIES = 3
_LONGEST_PAUSE_S = 30.0  # a longer Retry-After ends the talk with that host
_CONNECT_S = 10.0
_PASSING = (429, 502, 503, 504)


class AskError(Exception):
    """There is no answer to use. `kind`: unreachable, unauthorized, not-found, rate-limited, invalid, unsupported."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Answer(NamedTuple):
    """`url` is the address that answered, after redirects. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Transport:
    """Use as `async with Transport() as transport`. `timeout_s` is for one request from its start to its last byte."""

    def __init__(
        self, *, timeout_s: float = 30.0, jobs: int = 4, ca_file: str | None = None, first_pause_s: float = 0.5
    ) -> None:
        self._timeout_s = timeout_s
        self._jobs = max(1, jobs)
        self._ca_file = ca_file
        self._first_pause_s = first_pause_s
        self._places: dict[str, asyncio.Semaphore] = {}
        self._given_up: dict[str, AskError] = {}
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Transport:
        self._client = _client(self._timeout_s, self._ca_file)
        return self

    async def __aexit__(self, *raised: object) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def get(
        self,
        url: str,
        *,
        most: int,
        accept: str = "*/*",
        authorization: str | None = None,
        byte_range: str | None = None,
    ) -> Answer:
        """The answer, whatever its status, but for what says "later": that is tried again. `most` is in bytes; a
        server that ignores `byte_range` ("0-99", "-100": the last ones) answers 200, whose body is then not read.
        Raises AskError."""
        asked = url
        for _ in range(_MOST_REDIRECTS + 1):
            headers = {"Accept": accept}
            if byte_range is not None:
                headers |= {"Range": f"bytes={byte_range}", "Accept-Encoding": "identity"}
            if authorization and origin(url) == origin(asked):
                headers["Authorization"] = authorization
            answer = await self._tried(url, headers, most)
            if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                return answer
            url = _redirected(url, answer.headers["location"], asked)
        raise AskError("invalid", f"{host_of(asked)} redirects more than {_MOST_REDIRECTS} times")

    async def _tried(self, url: str, headers: dict[str, str], most: int) -> Answer:
        host = host_of(url)
        for turn in range(_TRIES):
            if host in self._given_up:
                raise self._given_up[host]
            try:
                answer = await self._once(url, headers, most)
            except AskError as error:
                if error.kind != "unreachable":
                    raise
                pause, failed = self._first_pause_s * 2**turn, error
            else:
                if answer.status not in _PASSING:
                    return answer
                pause, failed = _pause_asked_for(answer, self._first_pause_s * 2**turn), _later(host, answer)
            if turn == _TRIES - 1 or pause > _LONGEST_PAUSE_S:
                break
            await asyncio.sleep(pause * random.uniform(1.0, 1.2))  # noqa: S311  # so that jobs do not return as one
        self._given_up[host] = failed
        raise failed

    async def _once(self, url: str, headers: dict[str, str], most: int) -> Answer:
        place = self._places.setdefault(host_of(url), asyncio.Semaphore(self._jobs))
        async with place:
            try:
                return await asyncio.wait_for(self._exchange(url, headers, most), self._timeout_s)
            except (asyncio.TimeoutError, TimeoutError):
                raise AskError(
                    "unreachable", f"{host_of(url)} did not answer in full within {self._timeout_s:g} s"
                ) from None

    async def _exchange(self, url: str, headers: dict[str, str], most: int) -> Answer:
        import httpx

        assert self._client is not None, "Transport is used within `async with`"
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                found = {name.lower(): value for name, value in response.headers.items()}
                ignored = "Range" in headers and response.status_code == 200
                body = b"" if ignored else await _body(response, most, host_of(url))
                return Answer(response.status_code, found, body, url)
        except httpx.TimeoutException:
            raise AskError("unreachable", f"{host_of(url)} did not answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise AskError("unreachable", f"{host_of(url)}: {_told(error)}") from error


def origin(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an address. Raises AskError for what is none, or what two parsers could read apart."""
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " \\"):
        raise AskError("invalid", f"{redacted(url[:200])!r} is no address")
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        raise AskError("invalid", f"{redacted(url[:200])!r} is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AskError("invalid", f"{redacted(url[:200])!r} was read as an address, expected https://HOST/…")
    return parts.scheme, parts.hostname, port


def host_of(url: str) -> str:
    """For messages and for counting: the host, with its port where one is written."""
    scheme, host, port = origin(url)
    shown = f"[{host}]" if ":" in host else host
    return shown if port == {"https": 443, "http": 80}[scheme] else f"{shown}:{port}"


def is_loopback(host: str) -> bool:
    """This machine itself, by name or by number."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _redirected(source: str, location: str, asked: str) -> str:
    """Where a redirect leads, if it may: https; http only from this machine to itself or within the asked origin."""
    from urllib.parse import urljoin

    try:
        target = urljoin(source, location)
        to_scheme, to_host, _ = origin(target)
    except ValueError:
        raise AskError("invalid", f"{host_of(source)} redirects to what is no address") from None
    local = is_loopback(origin(source)[1])
    if "@" in urlsplit(target).netloc:
        raise AskError("invalid", f"{host_of(source)} redirects to an address with a user name in it")
    if is_loopback(to_host) and not local:
        raise AskError("invalid", f"{host_of(source)} redirects to this machine ({to_host}), which is not followed")
    if to_scheme != "https" and not (local and is_loopback(to_host)) and origin(target) != origin(asked):
        raise AskError(
            "invalid", f"{host_of(source)} redirects to {host_of(target)} without https, which is not followed"
        )
    return target


async def _body(response: httpx.Response, most: int, host: str) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip"):
        raise AskError(
            "invalid", f"{host} answers with the content encoding {encoding[:40]!r}, which was not asked for"
        )
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += unpack.decompress(chunk, most - len(body) + 1) if unpack else chunk
        except zlib.error:
            raise AskError("invalid", f"{host} sent damaged gzip") from None
        if len(body) > most:
            raise AskError("invalid", f"the answer of {host} is larger than {most:,} bytes, the most that is read")
    return bytes(body)


def _pause_asked_for(answer: Answer, otherwise: float) -> float:
    """Retry-After in seconds: a number or a date (RFC 9110, 10.2.3)."""
    import email.utils
    import time

    asked = answer.headers.get("retry-after", "").strip()[:64]
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _later(host: str, answer: Answer) -> AskError:
    asked = answer.headers.get("retry-after", "").strip()[:40]
    pause = f", and asks to wait {asked}{' s' if asked.isdigit() else ''}" if asked else ""
    if answer.status == 429:
        return AskError(
            "rate-limited", f"{host} limits how often it is asked (429{pause}); logging in may raise the limit"
        )
    return AskError("unreachable", f"{host} is not available ({answer.status}{pause})")


def _told(error: Exception) -> str:
    text = redacted(str(error))[:200] or type(error).__name__
    return "the connection failed" if text == "All connection attempts failed" else text


def _client(timeout_s: float, ca_file: str | None) -> httpx.AsyncClient:
    """With the proxies of the environment, but straight to this machine; no cookies; our own redirects."""
    import http.cookiejar
    import ssl

    import httpx

    from envdoctor import __version__

    try:
        context = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
    except (OSError, ssl.SSLError) as error:
        raise AskError(
            "invalid", f"the certificates in {ca_file or 'SSL_CERT_FILE'} cannot be read: {error}"
        ) from error
    straight: Any = {
        f"all://{host}": httpx.AsyncHTTPTransport(verify=context, trust_env=False)
        for host in ("127.0.0.1", "localhost", "[::1]")
    }
    no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        verify=context,
        follow_redirects=False,
        mounts=straight,
        cookies=no_cookies,
        timeout=httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s), pool=None),
        headers={"User-Agent": f"envdoctor/{__version__}", "Accept-Encoding": "gzip"},
    )
