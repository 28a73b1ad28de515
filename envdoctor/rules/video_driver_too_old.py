"""ffmpeg is built for a newer NVENC than the host's driver offers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Origin, Statement
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import video
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import VideoSdkRow
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading, numbers

_SOURCES = (
    "https://github.com/FFmpeg/nv-codec-headers",
    "https://trac.ffmpeg.org/wiki/HWAccelIntro",
)
# as distributions, conda and people call nv-codec-headers
_HEADERS = frozenset({"nv-codec-headers", "ffnvcodec-headers", "ffnvcodec", "libffmpeg-nvenc-dev", "video-codec-sdk"})
_TAG = lazily(r"(?:^|/)(?:n|sdk/)(\d{1,2}\.\d{1,2})(?:\.\d{1,4}){0,2}", re.ASCII)


class _Headers(NamedTuple):
    """nv-codec-headers as they are built with. `shown` is for the message, `sure` whether no other version can be meant."""

    shown: str
    row: VideoSdkRow
    origin: Origin
    sure: bool = True


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    if "nvenc" not in video.in_use(facts):
        raise FactAbsent("only NVENC refuses a driver that is older than the headers")
    driver = leading(facts.host.driver.get() or "")
    headers = _headers(facts, matrix, driver)
    if driver is None or headers is None:
        raise FactAbsent("the driver or the nv-codec-headers that ffmpeg is built with are not known")
    floor = _floor(headers.row, facts)
    if at_least(driver, floor) is not False:
        return
    offered = _offered(driver, facts, matrix)
    yield Finding(
        message=(
            f"{headers.shown} makes ffmpeg ask for NVENC API {headers.row.sdk}, which needs driver {floor} or newer; the host has {driver}{offered}."
            " h264_nvenc and its kin do not open."
        ),
        severity=Severity.ERROR if headers.sure else Severity.WARNING,
        remedy=(
            *_older(driver, facts, matrix),
            f"or update the host's driver to {floor} or newer",
        ),
        verify="ffmpeg -f lavfi -i testsrc=d=1 -c:v h264_nvenc -f null -",
        at=headers.origin,
        evidence=(
            of("host.driver.version", facts.host.driver),
            Evidence("packages[nv-codec-headers]", headers.shown, str(headers.origin)),
        ),
        sources=_SOURCES,
    )


def _headers(facts: Facts, matrix: Matrix, driver: str | None) -> _Headers | None:
    """The version of the headers, as a package or the tag that the build takes; without a tag it takes the newest."""
    packages = facts.packages.get()
    for item in packages.items if packages else ():
        if item.name in _HEADERS and item.version:
            version = leading(item.version.partition(":")[2] or item.version) or item.version
            row = _row(version, matrix)
            return _Headers(f"nv-codec-headers {version}", row, item.origin) if row else None
    build = facts.build.get()
    statements = (*build.statements, *build.other_statements) if build else ()
    taken = [
        statement for statement in statements if any("nv-codec-headers" in (word or "") for word in statement.words)
    ]
    tagged = [(tag, statement.origin) for statement in taken if (tag := _tag(statement))]
    if tagged:
        row = _row(tagged[0][0], matrix)
        return _Headers(f"nv-codec-headers {tagged[0][0]}", row, tagged[0][1]) if row else None
    return _newest(taken, statements, facts, matrix, driver)


def _newest(
    taken: list[Statement], statements: tuple[Statement, ...], facts: Facts, matrix: Matrix, driver: str | None
) -> _Headers | None:
    """A clone without a tag, and no checkout of one in any statement. The newest release but one that is known is the
    least that it takes; the newest is what it takes today."""
    clones = [each for each in taken if "clone" in each.words and None not in each.words]
    others = ("checkout", "switch", "reset")
    if not clones or driver is None or any(word in others for each in statements for word in each.words):
        return None
    least, newest = matrix.video_sdks()[-2:]
    sure = at_least(driver, _floor(least, facts)) is False
    return _Headers("nv-codec-headers without a tag, the newest,", least if sure else newest, clones[0].origin, sure)


def _floor(row: VideoSdkRow, facts: Facts) -> str:
    return row.driver_windows if facts.host.is_windows else row.driver_linux


def _tag(statement: Statement) -> str | None:
    """Of `git clone --branch n12.1.14.0 …/nv-codec-headers.git`, an archive of a tag and the like."""
    matches = (_TAG.search(word) for word in statement.words if word)
    return next((match.group(1) for match in matches if match), None)


def _row(version: str, matrix: Matrix) -> VideoSdkRow | None:
    """A major alone ("13") is its oldest release: the driver that every one of them needs at least."""
    asked = numbers(version)[:2]
    return next((row for row in matrix.video_sdks() if asked and numbers(row.sdk)[: len(asked)] == asked), None)


def _offers(driver: str, facts: Facts, matrix: Matrix) -> VideoSdkRow | None:
    windows = facts.host.is_windows
    found = [
        row for row in matrix.video_sdks() if at_least(driver, row.driver_windows if windows else row.driver_linux)
    ]
    return found[-1] if found else None


def _offered(driver: str, facts: Facts, matrix: Matrix) -> str:
    row = _offers(driver, facts, matrix)
    return f", whose NVENC API is {row.sdk}" if row else ""


def _older(driver: str, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    row = _offers(driver, facts, matrix)
    if row is None:
        return ()
    return (
        f"build ffmpeg with nv-codec-headers {row.sdk} (git clone --branch sdk/{row.sdk} https://github.com/FFmpeg/nv-codec-headers)",
    )


RULE = Rule(
    id="video-driver-too-old",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="ffmpeg is built for a newer NVENC than the host's driver offers",
    seen=(
        "Driver does not support the required nvenc API version. Required: 13.0 Found: 12.2",
        "The minimum required Nvidia driver for nvenc is 570.0 or newer",
    ),
    why=(
        "ffmpeg asks NVENC for the API version of the headers it was built with, and a driver knows those up to its own. Newer headers bring nothing that an older build"
        " needed; they only raise the floor."
    ),
    remedy=("build with the headers of the oldest driver in the fleet", "or update the driver"),
    sources=_SOURCES,
    check=check,
)
