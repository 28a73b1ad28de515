"""`apt-get update` where only the key is known that NVIDIA retired in April 2022: of the base image, or fetched by the build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Statement
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.images import split
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import numbers

_SOURCES = (
    "https://developer.nvidia.com/blog/updating-the-cuda-linux-gpg-repository-key/",
    "https://forums.developer.nvidia.com/t/notice-cuda-linux-repository-key-rotation/212772",
    "https://github.com/pytorch/builder/issues/1025",
    "https://github.com/NVIDIA/nvidia-docker/issues/1632",
)
# pytorch/pytorch devel images rest on nvidia/cuda, and those of 1.11.0 and older were built before 27 April 2022
_TORCH_DEVEL = lazily(r"(1\.\d{1,2}(?:\.\d{1,2})?)-cuda[\d.]+-cudnn\d-devel", re.ASCII)
_LAST_WITH_OLD_KEY = (1, 11, 0)
_LAST_CUDA = (11, 6)  # 11.7.0 came after the change
_INSECURE = lazily(r"allow-?insecure|allow-?unauthenticated", re.IGNORECASE)
_LONGEST = 2000  # characters of a word
_NVIDIA_LISTS = lazily(
    r"sources\.list\.d(/\*|/?$|/.*(cuda|nvidia))|3bf863cc|cuda-keyring|A4B469963BF863CC", re.IGNORECASE
)
_OLD_KEY = lazily(r"compute/cuda/repos/([a-z0-9]{1,20}/[a-z0-9_]{1,20})/7fa2af80\.pub", re.IGNORECASE)
_NEW_KEY = lazily(r"3bf863cc|cuda-keyring|A4B469963BF863CC|trusted=yes", re.IGNORECASE)
_LISTED = lazily(
    r"deb\s.{0,200}/compute/cuda/repos/|^https?://\S{0,100}/compute/cuda/repos/[^/\s]+/[^/\s]+/?$|cuda-repo-",
    re.IGNORECASE,
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    certain = _was_never_rebuilt(facts)
    if not certain and not _may_be_an_old_copy(facts):
        yield from _fetched(facts)
        return
    statements = facts.build.need().statements
    updates = [place for place, each in enumerate(statements) if _is_update(each) and not _is_caught(place, statements)]
    if not updates:
        return
    place = updates[0]
    if any(_mends(each) for each in statements[:place]):
        return
    yield _finding(statements[place], certain, facts)


def _fetched(facts: Facts) -> Iterator[Finding]:
    """The build lists NVIDIA's repository itself, and fetches the key of before the change. On nvidia/cuda images the new key
    is there; apt in Ubuntu 16.04 warns only. compute/machine-learning has kept the old key."""
    build = facts.build.get()
    statements = build.statements if build is not None else ()
    key = next((each for each in statements if _matches(each, _OLD_KEY)), None)
    if key is None:
        raise FactAbsent("the build is not known to rely on NVIDIA's retired key")
    system = f"{facts.image.os_id.get()}{facts.image.os_version.get()}"
    listed = [place for place, each in enumerate(statements) if _matches(each, _LISTED)]
    if (
        facts.image.family.get() != "plain"
        or system == "ubuntu16.04"
        or not listed
        or any(map(_brings_key, statements))
    ):
        return
    for place, each in enumerate(statements):
        if place > listed[0] and _is_update(each) and not _is_caught(place, statements):
            yield _of_fetched(key, each)
            return


def _matches(statement: Statement, pattern: re.Pattern[str]) -> bool:
    return any(word is not None and pattern.search(word[:_LONGEST]) for word in statement.words)


def _brings_key(statement: Statement) -> bool:
    """The new key, a list that is taken as it is, or a script that may do either."""
    first = (statement.words[0] or "") if statement.words else ""
    if not first or first.endswith(".sh") or first in ("bash", "sh", "source", "."):
        return True
    return _matches(statement, _NEW_KEY) or (first == "rm" and _matches(statement, _NVIDIA_LISTS))


def _of_fetched(key: Statement, update: Statement) -> Finding:
    address = next(word for word in key.words if word and _OLD_KEY.search(word[:_LONGEST]))
    match = _OLD_KEY.search(address[:_LONGEST])
    folder = match.group(1) if match else "ubuntu2204/x86_64"
    return Finding(
        message=(
            "7fa2af80 is the key that NVIDIA retired on 27 April 2022: its CUDA repository, which the build lists, is signed by another one, and apt-get update at"
            f' {update.origin} stops with "NO_PUBKEY A4B469963BF863CC … is not signed".'
        ),
        severity=Severity.ERROR,
        remedy=(
            f"install the new key as NVIDIA packages it: RUN curl -fsSLO https://developer.download.nvidia.com/compute/cuda/repos/{folder}/cuda-keyring_1.1-1_all.deb && dpkg -i cuda-keyring_1.1-1_all.deb",
            f"or fetch 3bf863cc in its place: https://developer.download.nvidia.com/compute/cuda/repos/{folder}/3bf863cc.pub",
        ),
        verify="docker build --no-cache .",
        at=key.origin,
        evidence=(
            Evidence("build.command", " ".join(word or "…" for word in key.words)[:120], str(key.origin)),
            Evidence("build.command", " ".join(word or "…" for word in update.words)[:80], str(update.origin)),
        ),
        sources=_SOURCES[:2],
    )


def _was_never_rebuilt(facts: Facts) -> bool:
    repository, tag, _ = split(facts.image.reference.get() or "")
    match = _TORCH_DEVEL.fullmatch(tag)
    return repository == "pytorch/pytorch" and match is not None and numbers(match.group(1)) <= _LAST_WITH_OLD_KEY


def _may_be_an_old_copy(facts: Facts) -> bool:
    """A tag of nvidia/cuda that is gone from the registry (image-tag-removed tells so) comes from a mirror or a cache. What
    was superseded before the change may have been rebuilt after it or not. apt in Ubuntu 16.04 warns only."""
    image = facts.image
    released = numbers(image.cuda.get() or "")
    system = f"{image.os_id.get()}{image.os_version.get()}"
    gone = image.family.get() == "nvidia/cuda" and image.status.get() == "removed"
    return gone and bool(released) and released[:2] <= _LAST_CUDA and system in ("ubuntu18.04", "ubuntu20.04")


def _is_update(statement: Statement) -> bool:
    if statement.conditional or not statement.words:
        return False
    name = (statement.words[0] or "").rpartition("/")[2]
    insecure = any(_INSECURE.search((word or "")[:_LONGEST]) for word in statement.words)
    return name in ("apt-get", "apt") and "update" in statement.words[1:] and not insecure


def _is_caught(place: int, statements: tuple[Statement, ...]) -> bool:
    """`apt-get update || true`"""
    following = statements[place + 1 : place + 2]
    return any(each.conditional and each.origin == statements[place].origin for each in following)


def _mends(statement: Statement) -> bool:
    """Takes NVIDIA's lists away, or brings the new key; a script that is not read may do so."""
    first = (statement.words[0] or "") if statement.words else ""
    if first in ("bash", "sh", "source", ".") or first.endswith(".sh"):
        return True
    return any(word is None or _NVIDIA_LISTS.search(word[:_LONGEST]) for word in statement.words)


def _finding(statement: Statement, certain: bool, facts: Facts) -> Finding:
    name = facts.image.reference.get()
    who = f"{name} was" if certain else f"A copy of {name}, from a mirror or a cache, can have been"
    system = f"ubuntu{(facts.image.os_version.get() or '18.04').replace('.', '')}"
    newer = "pytorch/pytorch:1.12.1-cuda11.3-cudnn8-devel or later" if certain else "a tag that is still published"
    return Finding(
        message=(
            f"{who} built before NVIDIA changed the key of its package repositories (27 April 2022), which the image lists: apt-get update stops with"
            ' "NO_PUBKEY A4B469963BF863CC … is not signed".'
        ),
        severity=Severity.ERROR if certain else Severity.WARNING,
        remedy=(
            "before apt-get update: RUN rm -f /etc/apt/sources.list.d/cuda.list /etc/apt/sources.list.d/nvidia-ml.list",
            f"or, if packages of NVIDIA are to be installed: RUN apt-key adv --fetch-keys https://developer.download.nvidia.com/compute/cuda/repos/{system}/x86_64/3bf863cc.pub",
            f"or start from {newer}",
        ),
        verify=f"docker run --rm {name} apt-get update",
        at=statement.origin,
        evidence=(
            Evidence("build.command", " ".join(word or "…" for word in statement.words)[:80], str(statement.origin)),
            of("image.reference", facts.image.reference),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="apt-key-retired",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="apt-get update runs where only NVIDIA's retired key is known",
    seen=(
        "W: GPG error: https://developer.download.nvidia.com/compute/cuda/repos/ubuntu1804/x86_64 InRelease: NO_PUBKEY A4B469963BF863CC",
        "E: The repository 'https://developer.download.nvidia.com/compute/cuda/repos/ubuntu1804/x86_64 InRelease' is not signed.",
    ),
    why=(
        "NVIDIA changed the key that signs its apt repositories on 27 April 2022. Images from before list those repositories with the old key, and apt refuses them. nvidia/cuda tags were rebuilt or"
        " removed; pytorch/pytorch devel images up to 1.11.0 were not rebuilt. A build that adds the repository to another image and fetches"
        " 7fa2af80.pub, as guides of before told, stops in the same way."
    ),
    remedy=(
        "remove /etc/apt/sources.list.d/cuda.list and nvidia-ml.list before apt-get update",
        "or fetch the new key, 3bf863cc",
    ),
    sources=_SOURCES,
    check=check,
)
