"""How a registry wants to be asked: the WWW-Authenticate of its 401, and the token it sends one to fetch.

Docker's token scheme: https://distribution.github.io/distribution/spec/auth/token/ . The scope asked for is always
to pull the one repository, whatever the registry suggests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from envdoctor.online.credentials import Login
from envdoctor.online.transport import AskError, Transport, host_of, is_loopback, origin
from envdoctor.readers import json_document

_MOST_HEADER = 8192  # characters
_MOST_TOKEN = 64 * 1024
_SCHEME = re.compile(r"(?:^|,)\s*(basic|bearer)\s+", re.IGNORECASE)
_PARAMETER = re.compile(r'([A-Za-z_]{1,40})\s*=\s*(?:"([^"\\]*)"|([^\s,"]+))')
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")


class Challenge(NamedTuple):
    scheme: str  # "basic", "bearer"
    parameters: Mapping[str, str]


def challenge_of(header: str) -> Challenge | None:
    """The Bearer challenge of a WWW-Authenticate header, else its Basic one; None for other schemes (RFC 9110,
    11.6.1)."""
    header = header[:_MOST_HEADER]
    starts = list(_SCHEME.finditer(header))
    found: dict[str, Challenge] = {}
    ends = [*(start.start() for start in starts[1:]), len(header)]
    for start, end in zip(starts, ends, strict=False):  # without a scheme there is one end too many
        text = header[start.end() : end]
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(text)}
        found.setdefault(start.group(1).lower(), Challenge(start.group(1).lower(), parameters))
    return found.get("bearer") or found.get("basic")


async def token(
    transport: Transport, challenge: Challenge, *, registry_url: str, repository: str, login: Login | None
) -> str:
    """The Authorization value for pulling that repository. Raises AskError."""
    realm = challenge.parameters.get("realm", "")
    scheme, host, _ = origin(realm)
    if "@" in urlsplit(realm).netloc:
        raise AskError("invalid", f"{host_of(registry_url)} names a token server with a user name in its address")
    local = is_loopback(origin(registry_url)[1]) and is_loopback(host)
    if not local and (scheme != "https" or is_loopback(host)):
        raise AskError(
            "invalid", f"{host_of(registry_url)} sends one to {host_of(realm)} for a token, expected an https address"
        )
    asked = {"scope": f"repository:{repository}:pull"}
    if challenge.parameters.get("service"):
        asked = {"service": challenge.parameters["service"], **asked}
    url = realm.partition("#")[0]
    url += ("&" if "?" in url else "?") + urlencode(asked, quote_via=quote, safe=":/")
    answer = await transport.get(
        url, most=_MOST_TOKEN, accept="application/json", authorization=login.basic() if login else None
    )
    if answer.status in (401, 403):
        why = "refuses the stored login" if login else "gives no token without a login"
        raise AskError("unauthorized", f"{host_of(realm)} {why} for {repository} ({answer.status})")
    if answer.status != 200:
        raise AskError("invalid", f"{host_of(realm)} gave no token ({answer.status})")
    return f"Bearer {_token_in(answer.body, host_of(realm))}"


def _token_in(body: bytes, host: str) -> str:
    try:
        found = json_document.load(body.decode("utf-8"))
    except ValueError:
        raise AskError("invalid", f"{host} answered with what is no JSON, expected a token") from None
    value = (found.get("token") or found.get("access_token")) if isinstance(found, dict) else None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise AskError("invalid", f"{host} answered without a token that can be sent")
    return value
