"""A cache, an environment or a volume lies in /root, and the container does not run as root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Origin
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.identity import User, user_of
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_TGI = "https://github.com/huggingface/text-generation-inference/issues/3082"
_PADDLE = "https://github.com/PaddlePaddle/PaddleOCR/issues/18175"
_SOURCES = (_TGI, _PADDLE)
_KEEPS_FILES = lazily(r"(?:HOME|CACHE|CACHE_DIR|CACHE_ROOT|CONFIG_?DIR|MODULE_PATH|INSTALL_DIR|VIRTUAL_ENV)$")
_VOLUME_TARGET = lazily(r":(/root/[^:]*)(?::[a-zA-Z,]*)?$")


class _Inside(NamedTuple):
    """What lies in /root: `shown` as it is written, `fact` and `origin` for the evidence."""

    shown: str
    fact: str
    origin: Origin


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    user = user_of(facts)
    if user is None or user.is_root or (user.number is None and "$" in user.name and not user.of_caller):
        raise FactAbsent("the container runs as root, or as whom is not stated")
    if _is_opened(facts):
        raise FactAbsent("the image changes the mode of /root")
    inside = tuple(_inside(facts))
    if not inside:
        raise FactAbsent("nothing is said to lie in /root")
    yield _finding(user, inside)


def _is_opened(facts: Facts) -> bool:
    """A chmod, chown or usermod that names /root, or a script that does."""
    build = facts.build.get()
    if build is None:
        return False
    changes = ("chmod", "chown", "setfacl", "usermod")
    commands = (
        each.words for each in build.statements if (each.words[0] or "").rpartition("/")[2] in changes and each.words
    )
    if any(word is None or word.startswith("/root") for words in commands for word in words[1:]):
        return True
    return any("/root" in script.text and "chmod" in script.text for script in build.scripts)


def _inside(facts: Facts) -> Iterator[_Inside]:
    launch = facts.launch
    own = launch.env.get() or {}
    build = facts.build.get()
    origins: Mapping[str, Origin] = build.env_origins if build is not None else {}
    for name, value in own.items():
        if _is_in_root(name, value):
            yield _Inside(f"{name}={value}", f"launch.env.{name}", launch.place(name, launch.env.origin))
    for name, value in (facts.image.env.get() or {}).items():
        if name not in own and name not in launch.passed and _is_in_root(name, value):
            yield _Inside(f"{name}={value}", f"image.env.{name}", origins.get(name, facts.image.env.origin))
    for volume in launch.volumes.get() or ():
        found = _VOLUME_TARGET.search(volume) if len(volume) < 4_096 else None
        if found is not None:
            yield _Inside(f"the volume {volume}", "launch.volumes", launch.place(volume, launch.volumes.origin))


def _is_in_root(name: str, value: str) -> bool:
    return (value == "/root" or value.startswith("/root/")) and _KEEPS_FILES.search(name) is not None


def _finding(user: User, inside: tuple[_Inside, ...]) -> Finding:
    first = inside[0]
    shown = ", ".join(each.shown[:120] for each in inside[:3])
    return Finding(
        message=(
            f"The container runs as {user.shown}, and /root may be entered by root alone (mode 0700): what is kept below it ({shown}) can neither be read nor written,"
            " mounted volumes included."
        ),
        severity=Severity.WARNING,
        remedy=(
            "put caches and environments where the user may go, such as /opt/cache or /home/USER/.cache, and set the variable or the volume's target to it",
            "or run as root, and map files to you in the entrypoint",
        ),
        verify="docker run --rm --user UID IMAGE ls /root",
        at=first.origin,
        evidence=(
            Evidence(user.fact, user.name, str(user.origin)),
            *(Evidence(each.fact, each.shown[:120], str(each.origin)) for each in inside[:3]),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="root-home-out-of-reach",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="a cache, an environment or a volume lies in /root and the container does not run as root",
    seen=(
        "PermissionError: [Errno 13] Permission denied: '/root/.cache/huggingface'",
        "error while loading shared libraries: libpython3.11.so.1.0: cannot open shared object file",
    ),
    why=(
        "/root has mode 0700 in the images of Debian, Ubuntu and those built on them. A process of another user cannot pass through it, whatever the mode of the files and"
        " volumes below: a model cache fails, a Python that was installed there does not start."
    ),
    remedy=("keep caches and environments outside /root (HF_HOME=/opt/cache, uv: UV_PYTHON_INSTALL_DIR=/opt/python)",),
    sources=_SOURCES,
    check=check,
)
