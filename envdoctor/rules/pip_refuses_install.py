"""The image's pip refuses the command: an externally managed Python, an option it does not know, a Python too old for get-pip.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Statement
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.pip_commands import PipInstall, pip_installs, system_pip_is_used
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import DistributionRow
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import parse

_EXTERNAL = (
    "https://peps.python.org/pep-0668/",
    "https://packaging.python.org/en/latest/specifications/externally-managed-environments/",
)
_OPTION = (
    "https://pip.pypa.io/en/stable/news/#v23-0-1",
    "https://github.com/ros2/ros2_documentation/issues/5020",
)
_GET_PIP = ("https://github.com/openvinotoolkit/openvino/pull/35989", "https://github.com/pypa/get-pip/pull/237")
_BREAKS = "--break-system-packages"
_KNOWS_BREAKS = (23, 0, 1)  # pip's changelog, 23.0.1
_GET_PIP_OLDEST = (3, 10)  # get-pip.py refuses older ones; each has a script of its own, …/pip/3.9/get-pip.py
_GET_PIP_URL = lazily(r"https?://bootstrap\.pypa\.io/get-pip\.py", re.ASCII)
_ELSEWHERE = ("--target", "-t", "--prefix", "--root", "--dry-run", "--python", "--help")
_PYTHON = lazily(r"(?:.*/)?python(3(?:\.\d{1,2})?)?", re.ASCII)
_GIVES_UP_QUIETLY = frozenset({"true", ":", "echo", "exit", "pip", "pip3", "python3", "python"})


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.need()
    installs = [each for each in pip_installs(build.statements) if not _is_caught(each, build.statements)]
    system = _system(facts, matrix)
    if system is not None:
        yield from _of_system(installs, system, facts)
    old = _get_pip(build.statements, facts)
    if old is not None:
        yield old
    elif system is None:
        raise FactAbsent("pip is not that of a distribution's own Python, as far as is known")


def _system(facts: Facts, matrix: Matrix) -> DistributionRow | None:
    """The distribution whose pip the commands call; None where another Python may be meant. python and conda images bring a
    Python of their own, and NVIDIA's framework images set PIP_BREAK_SYSTEM_PACKAGES."""
    image = facts.image
    if image.family.get() not in ("nvidia/cuda", "plain") or not image.os_id.is_known or image.python.is_unknown:
        return None
    row = matrix.distribution(image.os_id.need(), image.os_version.get() or "")
    if row is None or row.python is None or "python" in (image.reference.get() or "").rpartition("/")[2]:
        return None
    return row if image.python.get() == row.python and system_pip_is_used(facts, row.python) else None


def _is_caught(install: PipInstall, statements: tuple[Statement, ...]) -> bool:
    """Runs only under a condition, or goes on with `|| true` or another try."""
    following = statements[install.place + 1 : install.place + 2]
    quiet = any(each.conditional and (each.words[0] or "") in _GIVES_UP_QUIETLY for each in following if each.words)
    return install.conditional or (quiet and following[0].origin == install.origin)


def _of_system(installs: list[PipInstall], system: DistributionRow, facts: Facts) -> Iterator[Finding]:
    """The build stops at the first one."""
    own = [each for each in installs if each.python in (None, system.python) and None not in each.words[:1]]
    refused = [each for each in own if system.externally_managed and _is_refused(each)]
    if refused:
        yield _externally_managed(refused, system, facts)
        return
    unknown_option = [each for each in own if each.tool == "pip" and each.has(_BREAKS)]
    upgraded = [
        each.place for each in own if "pip" in each.words or any((word or "").startswith("pip=") for word in each.words)
    ]
    first = next((each for each in unknown_option if not any(place < each.place for place in upgraded)), None)
    if first is not None and system.pip is not None and parse(system.pip) < _KNOWS_BREAKS:
        yield _does_not_know(first, system, facts)


def _is_refused(install: PipInstall) -> bool:
    if install.has(_BREAKS, *_ELSEWHERE) or None in install.words:
        return False
    if install.tool == "uv":
        return "--system" in install.words and "UV_BREAK_SYSTEM_PACKAGES" not in install.settings
    return install.settings.get("PIP_BREAK_SYSTEM_PACKAGES", "") == ""


def _externally_managed(refused: list[PipInstall], system: DistributionRow, facts: Facts) -> Finding:
    first = refused[0]
    others = "" if len(refused) == 1 else f" ({len(refused)} commands; the build stops at the first)"
    name = f"{system.os.capitalize()} {system.version}"
    return Finding(
        message=(
            f'The pip of {name} installs nothing into the system\'s Python {system.python}: "error: externally-managed-environment", and the build stops{others}.'
        ),
        severity=Severity.ERROR,
        remedy=(
            "make a virtual environment: RUN python3 -m venv /opt/venv, then ENV PATH=/opt/venv/bin:$PATH",
            "or, in an image that is for one program: ENV PIP_BREAK_SYSTEM_PACKAGES=1 before the first pip install"
            if first.tool == "pip"
            else "or, in an image that is for one program: uv pip install --system --break-system-packages",
        ),
        verify="docker run --rm IMAGE sh -c 'ls /usr/lib/python3*/EXTERNALLY-MANAGED'",
        at=first.origin,
        evidence=(_command(first), of("image.os", facts.image.os_version)),
        sources=(*_EXTERNAL, *(each for each in system.source if each.startswith("https://www.debian")))[:3],
    )


def _does_not_know(install: PipInstall, system: DistributionRow, facts: Facts) -> Finding:
    name = f"{system.os.capitalize()} {system.version}"
    return Finding(
        message=(
            f'{name} has pip {system.pip}, which does not know {_BREAKS} (pip 23.0.1 and later): it stops with "no such option: {_BREAKS}".'
        ),
        severity=Severity.ERROR,
        remedy=(
            f"leave {_BREAKS} out: {name} does not ask for it",
            "or, for one Dockerfile over several distributions: ENV PIP_BREAK_SYSTEM_PACKAGES=1, which an older pip leaves alone",
            "or upgrade pip first: RUN pip install --upgrade pip",
        ),
        verify="docker run --rm IMAGE pip --version",
        at=install.origin,
        evidence=(_command(install), of("image.os", facts.image.os_version)),
        sources=(*_OPTION, *system.source[-1:]),
    )


def _get_pip(statements: tuple[Statement, ...], facts: Facts) -> Finding | None:
    """get-pip.py from its address for current Pythons, run by an older one."""
    for place, statement in enumerate(statements):
        if statement.conditional or not any(word and _GET_PIP_URL.fullmatch(word) for word in statement.words):
            continue
        python = _run_by(statements[place + 1 :], facts)
        if python is not None and parse(python)[:2] < _GET_PIP_OLDEST:
            return _too_old(python, statement, facts)
    return None


def _run_by(following: tuple[Statement, ...], facts: Facts) -> str | None:
    """The Python that runs the script: a command that names it, or the next one of a pipe."""
    for number, statement in enumerate(following[:8]):
        match = _PYTHON.fullmatch(statement.words[0] or "") if statement.words else None
        named = any((word or "").endswith("get-pip.py") for word in statement.words[1:])
        if match is None or not (named or (number == 0 and len(statement.words) == 1)):
            continue
        if statement.conditional:
            return None
        release = match.group(1) or "3"
        return release if "." in release else facts.image.python.get()
    return None


def _too_old(python: str, statement: Statement, facts: Facts) -> Finding:
    number = ".".join(python.split(".")[:2])
    return Finding(
        message=f'get-pip.py does not run on Python {number}, and the build stops: "The minimum supported Python version is 3.10".',
        severity=Severity.ERROR,
        remedy=(
            f"fetch https://bootstrap.pypa.io/pip/{number}/get-pip.py",
            "or install python3-pip with apt",
            "or use a newer Python",
        ),
        verify=f"python{number} get-pip.py --help",
        at=statement.origin,
        evidence=(
            Evidence("build.command", _shown(statement.words), str(statement.origin)),
            of("image.python", facts.image.python),
        ),
        sources=_GET_PIP,
    )


def _command(install: PipInstall) -> Evidence:
    return Evidence("build.command", f"{install.tool} install {_shown(install.words)}", str(install.origin))


def _shown(words: tuple[str | None, ...]) -> str:
    text = " ".join(word if word is not None else "…" for word in words)
    return text if len(text) <= 80 else f"{text[:80]}…"


RULE = Rule(
    id="pip-refuses-install",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image's pip refuses an install command, and the build stops",
    seen=(
        "error: externally-managed-environment × This environment is externally managed",
        "no such option: --break-system-packages",
        "ERROR: This script does not work on Python 3.9. The minimum supported Python version is 3.10.",
    ),
    why=(
        "Debian 12 and Ubuntu 24.04 (and with it nvidia/cuda:…-ubuntu24.04) mark their Python as managed by apt: pip and uv install into it only with --break-system-packages, or into a virtual"
        " environment. The option came with pip 23.0.1; Ubuntu 22.04 has 22.0.2. NVIDIA's framework images set PIP_BREAK_SYSTEM_PACKAGES, and python images have a Python that is not marked."
        " get-pip.py drops each Python some months after its end of life."
    ),
    remedy=(
        "make a virtual environment and put it first on PATH",
        "or set ENV PIP_BREAK_SYSTEM_PACKAGES=1, which a pip that does not know it leaves alone",
    ),
    sources=(*_EXTERNAL, *_OPTION),
    check=check,
)
