"""`# syntax=docker/dockerfile:experimental`: a reader of Dockerfiles that has not changed since 2020."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://github.com/moby/buildkit/pull/1805",
    "https://github.com/docker/cli/pull/3204",
    "https://docs.docker.com/build/buildkit/frontend/",
)
_FROZEN = lazily(r"(?:(?:index\.)?docker\.io/)?docker/dockerfile:(?:[\d.]{1,12}-)?experimental", re.ASCII)
_NOW = "# syntax=docker/dockerfile:1"


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.need()
    if build.syntax is None:
        raise FactAbsent("the Dockerfile names no syntax")
    written = build.syntax.strip()[:100]
    if _FROZEN.fullmatch(written) is None:
        return
    yield Finding(
        message=(
            f"{written} is no longer updated: the experimental channel became labs at the end of 2020, and RUN --mount, for which most files name it, is in the stable syntax. Each build fetches this old"
            " version, which knows neither here-documents (RUN <<EOF) nor COPY --link, --mount=type=secret,env= or later mends."
        ),
        severity=Severity.NOTE,
        remedy=(f"write {_NOW} in its place", "or leave the line out: BuildKit reads RUN --mount by itself"),
        verify="docker build --check .",
        at=build.syntax_origin,
        evidence=(Evidence("build.syntax", written, str(build.syntax_origin)),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="dockerfile-syntax-frozen",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="the Dockerfile is read by a version of the syntax that has not changed since 2020",
    seen=("dockerfile parse error line 10: unknown instruction: SET",),
    why=(
        "docker/dockerfile:experimental was needed for RUN --mount until 2020. The channel was renamed to labs and its features went into the stable one; the tag still exists and stays what it was."
        " What came later (here-documents, COPY --link, secrets as variables) stops the build with a parse error."
    ),
    remedy=(f"write {_NOW}", "or leave the line out"),
    sources=_SOURCES,
    check=check,
)
