"""What a Dockerfile does that the new base image would not let it do: commands that are not there, pip that refuses.

Refused rather than patched: the diff would apply, and the build would fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envdoctor.facts import Image, known
from envdoctor.judging.images import described, split
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Statement
from envdoctor.readers.shell.wrappers import program
from envdoctor.suggest.install_calls import Reading
from envdoctor.suggest.problem import HERE, Base
from envdoctor.versions import numbers

_CALLED = re.compile(r"(?:pip|python|conda|mamba)[0-9.]*")
_FETCHED = re.compile(r"(?:mini|ana)conda|miniforge|mambaforge|get-pip|pyenv|install\.sh", re.IGNORECASE)
_MANAGERS = {
    "apk": frozenset({"apk"}),
    "apt-get": frozenset({"apt", "apt-get", "aptitude", "dpkg"}),
    "dnf": frozenset({"dnf", "microdnf", "yum", "rpm"}),
}
_OF_SYSTEM = {"alpine": "apk", "ubuntu": "apt-get", "debian": "apt-get"}
# Whose Python refuses pip outside a virtual environment (PEP 668), since which release.
# https://discourse.ubuntu.com/t/lunar-lobster-release-notes/31910 ,
# https://www.debian.org/releases/bookworm/release-notes/ch-information.en.html
_MANAGED = {"ubuntu": (23, 4), "debian": (12,)}
_WITHOUT_PYTHON = frozenset({"nvidia/cuda", "nvcr.io/nvidia/cuda", "ubuntu", "debian"})
_LEVELS = ("base", "runtime", "devel")


def unbuildable(reading: Reading, base: Base, matrix: Matrix) -> Iterator[str]:
    """One sentence each."""
    before = described(reading.declared.image, matrix)
    after = described(known(base.image, HERE), matrix)
    if before.family.get() == after.family.get() and after.family.get() in ("nvidia/cuda", "pytorch"):
        yield from _smaller(reading, before, after, base)
    yield from _without_manager(reading, before, after, base)
    if split(base.image)[0] in _WITHOUT_PYTHON and before.family.get() != "nvidia/cuda":
        yield from _without_python(reading, base)
    if _is_managed(base.image, after) and not _is_managed(reading.declared.image.get() or "", before):
        yield from _managed(reading, base)


def flavor_of(image: Image) -> str | None:
    """ "cudnn-devel" of an nvidia/cuda image with cuDNN and a compiler; "devel" of a pytorch/pytorch image with one."""
    flavor = image.flavor.get()
    if flavor is None:
        return None
    tag = split(image.reference.get() or "")[1]
    in_front = image.family.get() == "nvidia/cuda" and "cudnn" in tag and flavor != "base"
    return f"cudnn-{flavor}" if in_front else flavor


def _smaller(reading: Reading, before: Image, after: Image, base: Base) -> Iterator[str]:
    old, new = flavor_of(before), flavor_of(after)
    if old is None or new is None:
        return
    levels = [_LEVELS.index(flavor.removeprefix("cudnn-")) for flavor in (old, new)]
    if levels[1] < levels[0]:
        yield (
            f"{reading.path}:{reading.declared.image.origin.line} rests on a {old} image, and {base.image} lacks what that brings (nvcc and headers are in devel images"
            f" alone, the CUDA libraries not in base images)"
        )


def _without_manager(reading: Reading, before: Image, after: Image, base: Base) -> Iterator[str]:
    old, new = _manager(before, ""), _manager(after, base.image)
    if new is None or old == new:
        return
    for statement in reading.declared.statements:
        name = program(statement.words[0]) if statement.words else ""
        if any(name in programs for manager, programs in _MANAGERS.items() if manager != new):
            yield f"{statement.origin} runs {name}, and {base.image} has {new}"
            return


def _manager(image: Image, reference: str) -> str | None:
    system = image.os_id.get()
    if system is not None:
        return _OF_SYSTEM.get(system, "dnf")
    repository, tag, _ = split(reference or image.reference.get() or "")
    if repository == "python":
        return "apk" if "alpine" in tag else "apt-get"
    return "apt-get" if image.family.get() in ("ngc/pytorch", "pytorch") else None


def _without_python(reading: Reading, base: Base) -> Iterator[str]:
    for statement in reading.declared.statements:
        if _brings_python(statement):
            return
        name = program(statement.words[0]) if statement.words else ""
        if _CALLED.fullmatch(name):
            yield f"{statement.origin} runs {name}, which {base.image} does not have"
            return
    for instruction in reading.dockerfile.instructions:
        first = program(instruction.words[0]) if instruction.words else ""
        if instruction.keyword in ("CMD", "ENTRYPOINT") and _CALLED.fullmatch(first):
            yield f"{reading.path}:{instruction.line} starts {first}, which {base.image} does not have"
            return


def _brings_python(statement: Statement) -> bool:
    words = [word or "" for word in statement.words]
    name = program(words[0]) if words else ""
    if any(name in programs for programs in _MANAGERS.values()):
        return any(word == "pip" or word.startswith(("python", "py3-pip")) for word in words[1:])
    return name == "uv" or any(_FETCHED.search(word) for word in words)


def _is_managed(reference: str, image: Image) -> bool:
    """Is its Python the distribution's, and marked so that pip leaves it alone?"""
    system, version = image.os_id.get() or "", image.os_version.get() or ""
    return split(reference)[0] in _WITHOUT_PYTHON and system in _MANAGED and numbers(version) >= _MANAGED[system]


def _managed(reading: Reading, base: Base) -> Iterator[str]:
    if _has_environment(reading):
        return
    built = {statement.origin.line for statement in reading.declared.statements}  # other stages keep their image
    for call in (call for call in reading.calls if call.line in built):
        words = [word.value or word.text for word in call.words]
        if words[0] in ("pip", "pip3", "python", "python3", "uv") and not _apart(words):
            yield (
                f"{reading.path}:{call.line} installs with {words[0]} outside a virtual environment, which the Python of"
                f" {base.image} refuses (externally-managed-environment, PEP 668); keep the system of the file with --os"
            )
            return


def _apart(words: Sequence[str]) -> bool:
    """Does the command say where it installs, or that it may?"""
    own = ("--break-system-packages", "--target", "-t", "--prefix", "--root")
    return any(word.partition("=")[0] in own for word in words)


def _has_environment(reading: Reading) -> bool:
    declared = reading.declared
    if {"VIRTUAL_ENV", "PIP_BREAK_SYSTEM_PACKAGES", "UV_BREAK_SYSTEM_PACKAGES"} & set(declared.env):
        return True
    if re.search(r"venv|conda|pyenv", declared.env.get("PATH", "")):
        return True
    managers = frozenset().union(*_MANAGERS.values())
    words = (
        word or ""
        for statement in declared.statements
        if program(statement.words[0]) not in managers
        for word in statement.words
    )
    return any(re.search(r"venv|conda|pyenv|EXTERNALLY-MANAGED|break-system-packages", word) for word in words)
