"""pip installs into an NGC image, under the constraints that NVIDIA put there."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of, of_package
from envdoctor.judging.images import ngc_release
from envdoctor.judging.pip_commands import commands_of
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import numbers

_SOURCES = (
    "https://github.com/crickett-hpe/hpc-ai-envs/pull/29",
    "https://github.com/cresset-template/cresset/issues/230",
    "https://pip.pypa.io/en/stable/user_guide/#constraints-files",
)
_FROM = (25, 3)  # the release from which on the file is reported to hold every package of the image, some 300
_FILE = "/etc/pip/constraint.txt"
_SHOWN = 4


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    release = ngc_release(facts.image.reference.get())
    if release is None or numbers(release) < _FROM:
        raise FactAbsent("the image is not an NGC PyTorch image of 25.03 or later")
    held = [item for item in facts.packages.need().items if item.manager == "pip" and not _is_lifted(item, facts)]
    if not held:
        raise FactAbsent("pip installs nothing under the image's constraints")
    yield _finding(held, release, facts)


def _is_lifted(item: Package, facts: Facts) -> bool:
    """`ENV PIP_CONSTRAINT=""`, `export PIP_CONSTRAINT=` or a file of one's own, for the command at that line."""
    if (facts.image.env.get() or {}).get("PIP_CONSTRAINT", _FILE) != _FILE:
        return True
    there = commands_of(item, facts.build.get())
    return bool(there) and all(each.settings.get("PIP_CONSTRAINT", _FILE) != _FILE for each in there)


def _finding(held: list[Package], release: str, facts: Facts) -> Finding:
    names = list(dict.fromkeys(item.name for item in held))
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return Finding(
        message=(
            f"The image sets PIP_CONSTRAINT=/etc/pip/constraint.txt, which holds pip to the versions of the image's own packages: if {shown} or what it requires asks for another, pip stops"
            ' with "ResolutionImpossible" or takes an older release of it.'
        ),
        severity=Severity.NOTE,
        remedy=(
            "pin releases that the image's versions satisfy; the file is /etc/pip/constraint.txt",
            "or lift it for one command and what it installs: RUN PIP_CONSTRAINT= pip install …, and see that torch stays NVIDIA's own",
        ),
        verify=f"docker run --rm nvcr.io/nvidia/pytorch:{release}-py3 cat /etc/pip/constraint.txt",
        at=held[0].origin,
        evidence=(of_package(held[0]), of("image.reference", facts.image.reference)),
        sources=_SOURCES,
    )


RULE = Rule(
    id="ngc-pip-constraint",
    kind=Kind.COMPATIBILITY,
    severity=Severity.NOTE,
    title="pip installs into an NGC image under NVIDIA's constraints file",
    seen=("ERROR: ResolutionImpossible … The user requested (constraint) …",),
    why=(
        "NGC PyTorch images (reported from 25.03 on) set PIP_CONSTRAINT to a file that pins what is in the image, some 300 packages, so that pip does not replace NVIDIA's builds. It holds for every pip in"
        " the image, in virtual environments too."
    ),
    remedy=("pin what the image's versions satisfy", "or set PIP_CONSTRAINT= for the one command that needs it"),
    sources=_SOURCES,
    check=check,
)
