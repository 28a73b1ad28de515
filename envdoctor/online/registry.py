"""Images and tags of a registry that speaks the Docker v2 or OCI distribution API, without pulling a layer.

Sources: https://github.com/opencontainers/distribution-spec/blob/main/spec.md (endpoints, tag pages by `Link`),
https://github.com/opencontainers/image-spec/blob/main/config.md (the config blob),
https://distribution.github.io/distribution/spec/manifest-v2-2/ (Docker's media types).
What is read by digest is compared with its digest. `read_image` and `read_tags` are for those who have no event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from envdoctor.online import registry_auth
from envdoctor.online.credentials import Login, login_for
from envdoctor.online.image_config import DIGEST, ImageConfig, described, platforms_of
from envdoctor.online.transport import Answer, AskError, Transport, host_of, is_loopback, origin
from envdoctor.readers import json_document
from envdoctor.readers.image_reference import ImageReference, parse_reference

MOST_MANIFEST = 4 * 1024 * 1024  # bytes, what registries themselves accept
MOST_CONFIG = 8 * 1024 * 1024
_MOST_PAGES = 200
_MOST_TAGS = 100_000
_TAGS_A_PAGE = 1000

_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ACCEPT = ", ".join(_INDEXES + _MANIFESTS)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_NEXT = re.compile(r'<([^<>]{1,2048})>\s*;\s*rel\s*=\s*"?next"?', re.IGNORECASE)
_HOSTS = {"docker.io": "registry-1.docker.io"}

__all__ = ["ImageConfig", "Registry", "read_image", "read_tags"]


class Registry:
    """Asks through one Transport. `mirrors` says which address stands in for a registry: {"docker.io":
    "https://mirror/…"}, https where none is written; a path in it is put before the repository's name, as proxying
    registries want. `login` finds stored logins by host."""

    def __init__(
        self,
        transport: Transport,
        *,
        mirrors: Mapping[str, str] | None = None,
        login: Callable[[str], Login | None] = login_for,
    ) -> None:
        self._transport = transport
        self._mirrors = dict(mirrors or {})
        self._login = login
        self._authorizations: dict[tuple[str, str], str | None] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def tags(self, name: ImageReference) -> tuple[str, ...]:
        """Every tag of a repository, sorted. Raises AskError."""
        base, repository = self._place(name)
        url = f"{base}/v2/{repository}/tags/list?n={_TAGS_A_PAGE}"
        found: set[str] = set()
        asked: set[str] = set()
        while url and url not in asked:
            if len(asked) >= _MOST_PAGES or len(found) > _MOST_TAGS:
                raise AskError(
                    "invalid", f"{host_of(base)} lists more tags of {repository} than are read ({_MOST_TAGS:,})"
                )
            asked.add(url)
            answer = await self._get(url, base, repository, MOST_MANIFEST, "application/json")
            listed = _object(_json(answer, f"the tags of {repository}", MOST_MANIFEST)).get("tags") or []
            if not isinstance(listed, list):
                raise AskError("invalid", f"{host_of(base)} answered without a list of tags for {repository}")
            found.update(tag for tag in listed if isinstance(tag, str) and _TAG.fullmatch(tag))
            url = _next_page(answer, base)
        return tuple(sorted(found))

    async def image(self, reference: ImageReference, arch: str = "amd64") -> ImageConfig:
        """What one platform of an image holds. Raises AskError, "not-found" where the image or the platform is not
        there."""
        base, repository = self._place(reference)
        wanted = reference.digest or reference.pulled_tag or "latest"
        manifest, digest = await self._manifest(base, repository, wanted)
        offered: tuple[str, ...] = ()
        if isinstance(manifest.get("manifests"), list):
            platforms = platforms_of(manifest["manifests"])
            offered = tuple(dict.fromkeys(platform for platform, _ in platforms))
            chosen = next((each for platform, each in platforms if platform == arch), None)
            if chosen is None:
                raise AskError(
                    "not-found", f"{reference} is not there for {arch}, only for {', '.join(offered) or 'no platform'}"
                )
            manifest, digest = await self._manifest(base, repository, chosen)
        config = await self._config(base, repository, manifest)
        return described(reference, digest, manifest, config, arch, offered)

    async def _manifest(self, base: str, repository: str, wanted: str) -> tuple[dict[str, Any], str]:
        url = f"{base}/v2/{repository}/manifests/{wanted}"
        answer = await self._get(url, base, repository, MOST_MANIFEST, ACCEPT)
        named = wanted if ":" in wanted else answer.headers.get("docker-content-digest", "")
        digest = _verified(answer.body, named, f"the manifest {repository}:{wanted}")
        manifest = _object(_json(answer, f"the manifest {repository}:{wanted}", MOST_MANIFEST))
        if manifest.get("schemaVersion") != 2:
            raise AskError("unsupported", f"{repository}:{wanted} has an image format from before 2017 (schema 1)")
        return manifest, digest

    async def _config(self, base: str, repository: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        digest = str(_object(manifest.get("config")).get("digest"))
        if not DIGEST.fullmatch(digest):
            raise AskError("invalid", f"a manifest of {repository} names no config by a sha256 digest")
        answer = await self._get(f"{base}/v2/{repository}/blobs/{digest}", base, repository, MOST_CONFIG, "*/*")
        _verified(answer.body, digest, f"the config of {repository}")
        return _object(_json(answer, f"the config of {repository}", MOST_CONFIG))

    async def _get(self, url: str, base: str, repository: str, most: int, accept: str) -> Answer:
        key = (base, repository)
        async with self._locks.setdefault(key, asyncio.Lock()):  # one request learns how this repository is asked
            if key not in self._authorizations:
                answer = await self._transport.get(url, most=most, accept=accept)
                if answer.status != 401:
                    self._authorizations[key] = None
                    return _there(answer, repository, base)
                self._authorizations[key] = await self._authorized(answer, base, repository)
        used = self._authorizations[key]
        answer = await self._transport.get(url, most=most, accept=accept, authorization=used)
        if answer.status == 401:  # a token lives for minutes: once more with a new one
            async with self._locks[key]:
                if self._authorizations[key] == used:
                    self._authorizations[key] = await self._authorized(answer, base, repository)
            again = self._authorizations[key]
            answer = await self._transport.get(url, most=most, accept=accept, authorization=again)
        return _there(answer, repository, base)

    async def _authorized(self, answer: Answer, base: str, repository: str) -> str:
        host = host_of(base)
        challenge = registry_auth.challenge_of(answer.headers.get("www-authenticate", ""))
        if challenge is None:
            raise AskError("unauthorized", f"{host} wants a login of a kind that is not supported (401)")
        login = await asyncio.to_thread(self._login, host)
        if challenge.scheme == "bearer":
            return await registry_auth.token(
                self._transport, challenge, registry_url=base, repository=repository, login=login
            )
        if login is None:
            raise AskError("unauthorized", f"{host} wants a login; run: docker login {host}")
        return login.basic()

    def _place(self, name: ImageReference) -> tuple[str, str]:
        """(address without a path, repository there)."""
        stated = self._mirrors.get(name.registry)
        if stated is None:
            host = _HOSTS.get(name.registry, name.registry)
            return _with_scheme(host), name.repository
        stated = stated if "://" in stated else _with_scheme(stated)
        scheme, host, _ = origin(stated)
        parts = urlsplit(stated)
        if "@" in parts.netloc:
            raise AskError("invalid", f"the mirror of {name.registry} has a user name in its address; use docker login")
        if scheme != "https" and not is_loopback(host):
            raise AskError(
                "invalid", f"the mirror of {name.registry} is {host_of(stated)} without https; only this machine may be"
            )
        prefix = parts.path.strip("/").removeprefix("v2").strip("/")
        return f"{scheme}://{parts.netloc}", f"{prefix}/{name.repository}" if prefix else name.repository


def _with_scheme(host: str) -> str:
    """https, but for this machine itself. Raises AskError."""
    _, name, _ = origin(f"https://{host}")
    return f"{'http' if is_loopback(name) else 'https'}://{host}"


def read_image(
    reference: str, *, arch: str = "amd64", mirrors: Mapping[str, str] | None = None, timeout_s: float = 30.0
) -> ImageConfig:
    """What one platform of an image holds, by its reference. Raises AskError and image_reference.ReferenceError_."""
    parsed = parse_reference(reference)

    async def ask() -> ImageConfig:
        async with Transport(timeout_s=timeout_s) as transport:
            return await Registry(transport, mirrors=mirrors).image(parsed, arch)

    return asyncio.run(ask())


def read_tags(repository: str, *, mirrors: Mapping[str, str] | None = None, timeout_s: float = 30.0) -> tuple[str, ...]:
    """Every tag of a repository ("nvidia/cuda"). Raises AskError and image_reference.ReferenceError_."""
    parsed = parse_reference(repository)

    async def ask() -> tuple[str, ...]:
        async with Transport(timeout_s=timeout_s) as transport:
            return await Registry(transport, mirrors=mirrors).tags(parsed)

    return asyncio.run(ask())


def _there(answer: Answer, repository: str, base: str) -> Answer:
    if answer.status == 200:
        return answer
    what = f"{host_of(base)} answered {answer.status} for {repository}"
    if answer.status in (401, 403):
        raise AskError("unauthorized", f"{what}: it wants another login, or the repository does not exist")
    if answer.status == 404:
        raise AskError("not-found", f"{what} ({urlsplit(answer.url).path[-80:]})")
    raise AskError("invalid", what)


def _verified(body: bytes, digest: str, what: str) -> str:
    """The digest of the bytes, if it is the one named; one of another algorithm cannot be compared."""
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if digest and digest != found and (digest.startswith("sha256:") or not digest.startswith("sha512:")):
        raise AskError(
            "invalid", f"{what} does not have the digest it is named by: expected {digest[:80]}, read {found}"
        )
    return found


def _json(answer: Answer, what: str, most: int) -> object:
    try:
        return json_document.load(answer.body.decode("utf-8"), most)
    except UnicodeDecodeError:
        raise AskError("invalid", f"{what}: the answer of {host_of(answer.url)} is not UTF-8") from None
    except json_document.JsonError as error:
        raise AskError(
            "invalid", f"{what}: the answer of {host_of(answer.url)} is no JSON that is read: {error}"
        ) from None


def _next_page(answer: Answer, base: str) -> str:
    """The next page of tags, on the same host (RFC 8288); empty: none."""
    match = _NEXT.search(answer.headers.get("link", "")[:8192])
    if not match:
        return ""
    url: str = urljoin(answer.url, match.group(1))
    if origin(url) != origin(base):
        raise AskError("invalid", f"{host_of(base)} continues its tags on {host_of(url)}, which is not followed")
    return url


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
