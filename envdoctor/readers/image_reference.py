"""Image references: [REGISTRY/]REPOSITORY[:TAG][@DIGEST], as Docker reads them.

The grammar is that of https://github.com/distribution/reference/blob/main/reference.go and the short names
("python", "nvidia/cuda") those of its normalize.go.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.indexes import redacted

_MAX_LENGTH = 1024  # of the whole text; a repository with its registry has 255 at most, a tag 128
_MAX_NAME = 255
_EXPECTED = "expected [REGISTRY/]REPOSITORY[:TAG][@DIGEST], such as nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"

_REGISTRY = lazily(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])"
    r"(?::[0-9]+)?"
)
_COMPONENT = lazily(r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*")
_TAG = lazily(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# user:password@ before a registry; a digest has no colon before its @
_USER_INFO = lazily(r"^[^/@\s]{1,256}:[^/@\s]{1,256}@(?!sha256:)", re.ASCII)
_DIGEST = lazily(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_IMAGE_ID = lazily(r"[a-f0-9]{64}")
_FILE_SUFFIXES = (
    ".txt .toml .yml .yaml .json .cfg .ini .lock .sh .bash .py .md .dockerfile .containerfile .in .tar .gz .zip".split()
)


class ReferenceError_(ValueError):
    """The text names no image. The message says what was read and expected. (ReferenceError is Python's own.)"""


class ImageReference(NamedTuple):
    """`registry` is "docker.io" where none is named, `repository` then has its "library/" in front."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """With the registry, without tag and digest: "docker.io/nvidia/cuda"."""
        return f"{self.registry}/{self.repository}"

    @property
    def short_name(self) -> str:
        """As people write it: "python", "nvidia/cuda", "nvcr.io/nvidia/cuda"."""
        return self.repository.removeprefix("library/") if self.registry == "docker.io" else self.name

    @property
    def pulled_tag(self) -> str | None:
        """The tag that is pulled: "latest" where neither tag nor digest is given, None where a digest alone is."""
        return self.tag or (None if self.digest else "latest")

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str) -> ImageReference:
    """Raises ReferenceError_ for anything that Docker would not take as a reference."""
    rest = text.strip()
    if not rest or len(rest) > _MAX_LENGTH:
        raise _refused(text, "nothing" if not rest else f"{len(rest):,} characters", "")
    if _IMAGE_ID.fullmatch(rest):
        raise _refused(text, f"the image ID {rest[:12]}…", "name the image")
    rest, at, digest = rest.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise _refused(text, "", f"{_shown(digest)} is no digest such as sha256:… with 64 digits")
    name, tag = _without_tag(rest)
    if tag is not None and not _TAG.fullmatch(tag):
        raise _refused(text, "", f"{_shown(tag)} is no tag: letters, digits, . _ and - only, 128 at most")
    registry, repository = _split_registry(name)
    if not _REGISTRY.fullmatch(registry):
        raise _refused(text, "", f"{_shown(registry)} is no registry host")
    for component in repository.split("/"):
        if not _COMPONENT.fullmatch(component):
            raise _refused(text, "", _why_no_repository(component))
    if len(name) > _MAX_NAME:
        raise _refused(text, "", f"a repository's name has {_MAX_NAME} characters at most")
    return ImageReference(registry, repository, tag, digest or None)


def without_user(text: str) -> str:
    """An image as it is written, without the user and the password before its registry, which Docker does not take."""
    return _USER_INFO.sub("…@", redacted(text)) if "@" in text else text


def looks_like_reference(text: str) -> bool:
    """Is a target that is no file meant as an image? Only with a tag, a digest or a registry host: "nvidia/cuda"
    alone may as well be a folder that does not exist."""
    if text.startswith((".", "/", "~")):
        return False
    try:
        reference = parse_reference(text)
    except ReferenceError_:
        return False
    if reference.digest:
        return True
    if f".{reference.repository.rpartition('.')[2]}" in _FILE_SUFFIXES:
        return False
    return bool(reference.tag) or reference.registry != "docker.io" or text.startswith("docker.io/")


def _without_tag(text: str) -> tuple[str, str | None]:
    """Parts at the last colon, unless a slash follows it: then it stands before a registry's port."""
    name, colon, tag = text.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (text, None)


def _split_registry(name: str) -> tuple[str, str]:
    """The first component is a registry if it has a dot, a colon or an upper-case letter, or is localhost."""
    first, slash, rest = name.partition("/")
    is_registry = slash and (any(mark in first for mark in ".:") or first == "localhost" or first != first.lower())
    registry, repository = (first, rest) if is_registry else ("docker.io", name)
    if registry == "index.docker.io":
        registry = "docker.io"
    if registry == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def _why_no_repository(component: str) -> str:
    if not component.removeprefix("library/"):
        return "a part of the name is empty"
    if component != component.lower():
        return f"{_shown(component)} has upper-case letters, repositories have none"
    return f"{_shown(component)} is no part of a repository's name: lower-case letters, digits, and . _ - between them"


def _shown(text: str) -> str:
    return repr(text[:60])


def _refused(text: str, read: str, why: str) -> ReferenceError_:
    if (
        without_user(text) != text
    ):  # user:password@host: Docker takes no such reference, and the password is not repeated
        return ReferenceError_(f"a user name or password was read in an image reference, {_EXPECTED}; use docker login")
    what = read or _shown(text.strip())
    return ReferenceError_(f"{what} was read as an image reference, {_EXPECTED}" + (f" ({why})" if why else ""))
