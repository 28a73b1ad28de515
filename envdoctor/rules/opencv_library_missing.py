"""OpenCV's wheel needs a system library that the image does not hold: `import cv2` fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package, Packages, Statement
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import opencv
from envdoctor.judging.evidence import of, of_package
from envdoctor.judging.images import split
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, numbers

_SOURCES = (
    "https://github.com/opencv/opencv-python#installation-and-usage",
    "https://stackoverflow.com/questions/55313610/importerror-libgl-so-1-cannot-open-shared-object-file-no-such-file-or-directo",
)
_GONE = "libgl1-mesa-glx"
_LONGEST = 2000  # characters of a word
# Not libglib and libglu; `playwright install-deps` and rosdep ask apt for whatever they know of
_MAY_BRING = lazily(r"libgl(?!ib|u)|^install-deps$|^--with-deps$|(?:^|/)rosdep$", re.IGNORECASE)
_IN_EVERY_IMAGE = frozenset({"libz.so.1"})  # dpkg needs zlib1g
# What python:3.11 and buildpack-deps hold besides, through imagemagick and its headers.
# Source: https://github.com/docker-library/buildpack-deps , and Debian's package index
_IN_BUILDPACK = frozenset(
    "libglib-2.0.so.0 libgthread-2.0.so.0 libxcb.so.1 libX11.so.6 libXext.so.6 libXrender.so.1 libSM.so.6 libICE.so.6".split()
)
_NO_GRAPHICS = lazily(
    r"(?:libcudnn|libnccl|libnvinfer|cuda-|libcu|python3?[.-]|python3?$|pip$|g\+\+-|gcc-|lib.*-perl$)"
)


class _Supply(NamedTuple):
    """What of the needed libraries is there. `doubt` says what else may bring one."""

    there: frozenset[str]
    doubt: str = ""


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    wheels = [item for item in opencv.providers(facts, matrix) if opencv.is_wheel(item, matrix)]
    if not wheels:
        raise FactAbsent("no wheel of OpenCV is installed")
    yield from _name_gone(facts, matrix)
    needing = {item.name: (item, _needed(item, matrix)) for item in wheels}
    if not any(needed for _, needed in needing.values()):
        raise FactAbsent("the wheel of OpenCV needs no library of the system")
    supply = _supply(facts, matrix, _held(facts))
    told: set[tuple[str, ...]] = set()
    for item, needed in needing.values():
        missing = tuple(soname for soname in needed if soname not in supply.there)
        if missing and missing not in told:
            told.add(missing)
            mixed = any(set(others) < set(needed) for _, others in needing.values())
            yield _finding(item, missing, supply, mixed, facts, matrix)


def _needed(item: Package, matrix: Matrix) -> tuple[str, ...]:
    return tuple(soname for soname in opencv.needs(item, matrix) if soname not in _IN_EVERY_IMAGE)


def _held(facts: Facts) -> frozenset[str]:
    """The libraries that the base image holds. Raises FactAbsent for one that may hold any, FactUnknown for a stranger."""
    image = facts.image
    family, flavor = image.family.get(), image.flavor.get() or ""
    slim = re.search(r"slim|minimal", flavor)
    if image.os_id.get() not in (None, "debian", "ubuntu"):
        raise FactAbsent(f"what {image.os_id.get()} images hold of graphics libraries is not in the matrix")
    if family in ("nvidia/cuda", "pytorch") or slim:
        return _IN_EVERY_IMAGE
    if family == "plain":
        repository, tag, _ = split(image.reference.need())
        if "alpine" in tag or repository not in ("python", "debian", "ubuntu", "buildpack-deps"):
            raise FactAbsent(f"what {repository} images hold of graphics libraries is not in the matrix")
        full = repository in ("python", "buildpack-deps") and "slim" not in tag
        return _IN_EVERY_IMAGE | _IN_BUILDPACK if full else _IN_EVERY_IMAGE
    if image.reference.is_known and family is None:
        raise FactUnknown(f"whether {image.reference.need()} holds the libraries that OpenCV needs is not known")
    raise FactAbsent("no image is named that is known to lack graphics libraries")


def _supply(facts: Facts, matrix: Matrix, held: frozenset[str]) -> _Supply:
    packages = facts.packages.get() or Packages()
    there, doubt = set(held), ""
    build = facts.build.get()
    statements = build.statements if build else ()
    for item in packages.items:
        if item.manager == "conda" and item.name not in ("python", "pip", "pytorch", "cudatoolkit"):
            doubt = doubt or f"conda's {item.name}"
        if item.manager != "apt":
            continue
        row = matrix.system_brings(item.name)
        there.update(row.libraries if row else ())
        if row and row.recommended and _brings_recommended(item, statements):
            there.update(row.recommended)
        there.update(_holding(item.name, facts, matrix))
        if row is None and not _NO_GRAPHICS.match(item.name) and not _holding(item.name, facts, matrix):
            doubt = doubt or item.name
    return _Supply(frozenset(there), doubt or _unread(facts, packages))


def _brings_recommended(item: Package, statements: tuple[Statement, ...]) -> bool:
    """apt takes along what a package recommends, unless told otherwise: an X library comes with gcc and git so."""
    line = item.origin.line or 0
    there = [each for each in statements if each.origin.path == item.origin.path and (each.origin.line or 0) <= line]
    asked = [each for each in there if "install" in each.words and (each.words[0] or "").startswith("apt")]
    start = max((each.origin.line or 0 for each in asked), default=0)
    words = [word or "" for each in asked if (each.origin.line or 0) == start for word in each.words]
    return not any(word == "--no-install-recommends" or _NO_RECOMMENDED.search(word[:200]) for word in words)


_NO_RECOMMENDED = lazily(r"Install-Recommends=\W?(?:false|0|no)", re.IGNORECASE)
_SONAMES = (*sorted(_IN_BUILDPACK), "libGL.so.1")


def _holding(name: str, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """The libraries that a package of that name holds in the image's release; of an unknown one in any."""
    os, version = facts.image.os_id.get() or "", facts.image.os_version.get() or ""
    found = ((soname, matrix.system_packages(soname, os, version)) for soname in _SONAMES)
    return tuple(soname for soname, rows in found if any(name in (row.package, *row.also) for row in rows))


def _unread(facts: Facts, packages: Packages) -> str:
    """Where more of apt's packages may come from: a list that is made at run time, a part of the build that was not read."""
    build = facts.build.get()
    for statement in build.statements if build else ():
        words = statement.words
        program = (words[0] or "").rpartition("/")[2] if words else ""
        named = program in ("apt", "apt-get", "aptitude", "xargs", "dpkg") and None in words
        if named or any(word is not None and _MAY_BRING.search(word[:_LONGEST]) for word in words):
            return f"what {statement.origin} installs"
    copied = next((path for path in (build.copied if build else ()) if "libGL." in path), None)
    if copied is not None:
        return f"the copy to {copied[:80]}"
    return f"what could not be read ({packages.gaps[0]})" if packages.gaps else ""


def _finding(
    item: Package, missing: tuple[str, ...], supply: _Supply, mixed: bool, facts: Facts, matrix: Matrix
) -> Finding:
    """`mixed`: a package of OpenCV that needs less overwrites this one, or is overwritten by it."""
    where = facts.image.reference.get() or f"a {facts.image.flavor.get()} image"
    unless = f", unless it comes from {supply.doubt}" if supply.doubt else ""
    unless += ", unless the other package of OpenCV was written last" if mixed else ""
    names = ", ".join(missing)
    sure = Severity.WARNING if mixed else Severity.ERROR
    return Finding(
        message=(
            f'{item.name}{_by(item)} needs the system\'s {names}, and {where} is without{unless}: import cv2 stops with "ImportError: {missing[0]}: cannot open shared object file".'
        ),
        severity=Severity.NOTE if supply.doubt else sure,
        remedy=_remedy(item, missing, facts, matrix),
        verify='docker run --rm IMAGE python -c "import cv2"',
        at=item.origin,
        evidence=(
            of_package(item),
            of("image.reference", facts.image.reference),
            of("image.flavor", facts.image.flavor),
        ),
        sources=_SOURCES,
    )


def _by(item: Package) -> str:
    _, required, by = str(item.origin).partition(", required by ")
    return f", which {by} requires," if required else ""


def _remedy(item: Package, missing: tuple[str, ...], facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    os, version = facts.image.os_id.get() or "ubuntu", facts.image.os_version.get() or "22.04"
    rows = [matrix.system_package(soname, os, version) for soname in missing]
    names = dict.fromkeys(row.package for row in rows if row) or {"libgl1": None, "libglib2.0-0": None}
    apt = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"
    windowless = item.name if item.name.endswith("-headless") else f"{item.name}-headless"
    if item.name == windowless:
        return (apt, f"or take a release of {item.name} that does not need it: 4.13.0.92 or newer")
    if "required by" in str(item.origin):
        return (apt, f"or, where no window is opened: pip uninstall -y {item.name} && pip install {windowless}")
    return (f"where no window is opened: {windowless} in place of {item.name}", f"or {apt}")


def _name_gone(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    """libgl1-mesa-glx was a transitional package; from Ubuntu 24.04 and Debian 13 on there is none."""
    asked = next((item for item in (facts.packages.get() or Packages()).items if item.name == _GONE), None)
    if asked is None or asked.manager != "apt":
        return
    os, version = facts.image.os_id.get() or "", facts.image.os_version.get() or ""
    row = matrix.system_package("libGL.so.1", os, version)
    if row is not None and _GONE in (row.package, *row.also):
        return
    if row is not None:
        told, severity = f"{os.capitalize()} {version} has no package {_GONE}", Severity.ERROR
    elif _moves_with_debian(facts):
        told = f"{facts.image.reference.get()} moves with Debian, and since August 2025 that is Debian 13, which has no package {_GONE}"
        severity = Severity.WARNING
    else:
        return
    yield Finding(
        message=f'{told}: apt-get install stops the build with "has no installation candidate" or "Unable to locate package".',
        severity=severity,
        remedy=("apt-get install -y --no-install-recommends libgl1",),
        verify=f"docker run --rm {facts.image.reference.get() or 'IMAGE'} sh -c 'apt-get update && apt-cache policy {_GONE}'",
        at=asked.origin,
        evidence=(of_package(asked), of("image.reference", facts.image.reference)),
        sources=("https://github.com/docker-library/python/issues/1070", *_SOURCES[:1]),
    )


def _moves_with_debian(facts: Facts) -> bool:
    """python:3.11-slim, which names no release of Debian. python:3.8 and older are built no more.
    Source: https://github.com/docker-library/python/issues/1070"""
    repository, tag, digest = split(facts.image.reference.get() or "")
    release = numbers(leading(tag) or "")
    codenamed = any(part.isalpha() and part not in ("slim", "latest") for part in tag.split("-"))
    return (
        repository == "python"
        and not digest
        and not codenamed
        and (not release or release >= (3, 9) or release == (3,))
    )


RULE = Rule(
    id="opencv-library-missing",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="OpenCV's wheel needs a system library that the image does not hold",
    seen=(
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        "ImportError: libgthread-2.0.so.0: cannot open shared object file: No such file or directory",
        "ImportError: libxcb.so.1: cannot open shared object file: No such file or directory",
        "E: Package 'libgl1-mesa-glx' has no installation candidate",
    ),
    why=(
        "opencv-python and opencv-contrib-python are built with windows (Qt) and load libGL and GLib of the system when cv2 is imported. Slim images, nvidia/cuda and"
        " pytorch/pytorch have neither; apt's ffmpeg brings both. The headless packages need nothing but zlib."
    ),
    remedy=("opencv-python-headless, where no window is opened", "or apt-get install libgl1 libglib2.0-0"),
    sources=_SOURCES,
    check=check,
)
