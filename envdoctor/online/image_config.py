"""What a registry's documents say of an image: the platforms of an index, and the config of one of them.

Sources: https://github.com/opencontainers/image-spec/blob/main/image-index.md and config.md beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from envdoctor.online.transport import AskError
from envdoctor.readers.image_reference import ImageReference

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ImageConfig(NamedTuple):
    """One platform of an image as its registry describes it. `digest` is of that platform's manifest, `size` the
    bytes that a pull fetches (layers are compressed). `architectures` are all that the reference offers on Linux."""

    reference: str
    digest: str
    arch: str
    os: str
    env: Mapping[str, str]
    labels: Mapping[str, str]
    user: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    created: str | None
    size: int
    architectures: tuple[str, ...]


def platforms_of(manifests: list[Any]) -> list[tuple[str, str]]:
    """(architecture, digest) of the Linux images in an index. Attestations are of "unknown" platform."""
    found = []
    for each in map(_object, manifests):
        platform, digest = _object(each.get("platform")), str(each.get("digest"))
        arch = platform.get("architecture")
        if platform.get("os") == "linux" and isinstance(arch, str) and arch != "unknown" and DIGEST.fullmatch(digest):
            found.append((arch[:40], digest))
    return found


def described(
    reference: ImageReference,
    digest: str,
    manifest: Mapping[str, Any],
    config: Mapping[str, Any],
    wanted: str,
    offered: tuple[str, ...],
) -> ImageConfig:
    inner = _object(config.get("config"))
    arch, system = _text(config.get("architecture")) or wanted, _text(config.get("os")) or "linux"
    if arch != wanted and not offered:
        raise AskError("not-found", f"{reference} is not there for {wanted}, only for {arch}")
    blobs = [_object(manifest.get("config")), *map(_object, _list(manifest.get("layers")))]
    sizes = [blob["size"] for blob in blobs if type(blob.get("size")) is int and 0 <= blob["size"] < 2**50]
    return ImageConfig(
        reference=str(reference),
        digest=digest,
        arch=arch,
        os=system,
        env=dict(each.split("=", 1) for each in _texts(inner.get("Env")) or () if "=" in each),
        labels={key: value for key, value in _object(inner.get("Labels")).items() if isinstance(value, str)},
        user=_text(inner.get("User")) or "",
        entrypoint=_texts(inner.get("Entrypoint")),
        cmd=_texts(inner.get("Cmd")),
        created=_text(config.get("created")),
        size=sum(sizes),
        architectures=offered or (arch,),
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
