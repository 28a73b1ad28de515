"""What to type for a suggestion: the pip lines, and a Dockerfile that builds and runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.facts import Package
from envdoctor.suggest.bases import WITH_DNF
from envdoctor.suggest.companions import beside
from envdoctor.suggest.constraints import written
from envdoctor.suggest.problem import ORT_FEEDS, Candidate, Problem, Suggestion
from envdoctor.versions import at_least

_DEFAULT_CAPABILITIES = "compute,utility"  # of the container toolkit, where nothing is said
_OLDEST_PYTHON = "3.10"  # that envdoctor runs on
# Microsoft's feeds hold ONNX Runtime alone: what it requires comes from PyPI first. https://onnxruntime.ai/docs/install/
_FEED_NEEDS = "pip install coloredlogs flatbuffers numpy packaging protobuf sympy"
# Up to Python 3.8 venv brings a pip before 20.3 (Ubuntu 20.04: 20.0.2), which does not know names such as
# manylinux_2_28. https://pip.pypa.io/en/stable/news/#v20-3 , https://packages.ubuntu.com/focal/python3-pip
_NEWEST_WITH_OLD_PIP = "3.8"


class _Python(NamedTuple):
    """What the system's packages bring: their names, the program, and its release where it is known."""

    packages: tuple[str, ...]
    program: str
    release: str | None


def pip_lines(suggestion: Suggestion, problem: Problem) -> tuple[str, ...]:
    """One `pip install` for each index; what needs none of its own goes in one line."""
    return lines_for(installed(suggestion, problem))


def lines_for(packages: Iterable[Package]) -> tuple[str, ...]:
    by_index: dict[str | None, list[str]] = {}
    for package in packages:
        by_index.setdefault(package.index, []).append(_quoted(package))
    lines = []
    for index, names in by_index.items():
        if index in ORT_FEEDS.values():
            lines.append(_FEED_NEEDS)
        option = f" --index-url {index}" if index else ""
        lines.append(f"pip install {' '.join(names)}{option}")
    return tuple(lines)


def installed(suggestion: Suggestion, problem: Problem) -> tuple[Package, ...]:
    wheels = tuple(wheel.package() for wheel in suggestion.candidate.wheels)
    others = beside(suggestion.companions, problem)
    return (*wheels, *(package for package in others if package.manager in ("pip", "uv")))


def _quoted(package: Package) -> str:
    """Quotes where the shell would read `<` or `>` as a redirection."""
    extras = f"[{','.join(package.extras)}]" if package.extras else ""
    text = written(package._replace(name=f"{package.name}{extras}"))
    return f'"{text}"' if any(sign in text for sign in "<>!~;[] ") else text


def dockerfile(suggestion: Suggestion, problem: Problem) -> str:
    return "\n".join(_lines(suggestion, problem)) + "\n"


def _lines(suggestion: Suggestion, problem: Problem) -> Iterator[str]:
    candidate = suggestion.candidate
    base = candidate.base
    yield f"FROM {base.image}"
    system = [package.name for package in beside(suggestion.companions, problem) if package.manager == "apt"]
    python = _system_python(candidate) if _needs_python(base.image) else None
    yield from _system_lines(candidate, [*(python.packages if python else ()), *system])
    if python is not None:
        yield from _environment_lines(python)
    lines = pip_lines(suggestion, problem)
    if lines:
        yield ""
    for line in lines:
        yield f"RUN {line.replace('pip install', 'pip install --no-cache-dir', 1)}"
    if problem.video:
        yield ""
        yield "# NVDEC and NVENC: without video the driver's codec libraries are not mounted."
        yield f"ENV NVIDIA_DRIVER_CAPABILITIES={_DEFAULT_CAPABILITIES},video"
    release = python.release if python is not None else base.python
    if release is not None and at_least(release, _OLDEST_PYTHON):
        yield ""
        yield "# Healthy only while the GPU stack that this image needs works."
        yield "RUN pip install --no-cache-dir envdoctor-gpu"
        yield "HEALTHCHECK --interval=30s --timeout=65s --start-period=120s --retries=3 \\"
        yield '    CMD ["envdoctor", "selftest", "--deep-first"]'


def _environment_lines(python: _Python) -> Iterator[str]:
    yield "# An environment of its own: pip leaves the distribution's Python alone (PEP 668)."
    yield f"RUN {python.program} -m venv /opt/venv"
    yield "ENV PATH=/opt/venv/bin:$PATH"
    if python.release is not None and at_least(_NEWEST_WITH_OLD_PIP, python.release):
        yield "# Its own pip is too old for the names of today's wheels (manylinux_2_28)."
        yield "RUN pip install --no-cache-dir --upgrade pip"


def _system_python(candidate: Candidate) -> _Python:
    """Of Red Hat's line the release stands in the names, but from 10 on, where it is the system's own."""
    release = candidate.base.python
    if not _has_dnf(candidate.base.os or ""):
        return _Python(("python3", "python3-venv"), "python3", release)
    if (candidate.base.os or "").lstrip("abcdefghijklmnopqrstuvwxyz").startswith("10"):
        return _Python(("python3", "python3-pip"), "python3", release)
    return _Python((f"python{release}", f"python{release}-pip"), f"python{release}", release)


def _has_dnf(system: str) -> bool:
    return system.startswith(WITH_DNF)


def _system_lines(candidate: Candidate, names: list[str]) -> Iterator[str]:
    if not names:
        return
    yield ""
    if _has_dnf(candidate.base.os or ""):
        yield f"RUN dnf install -y {' '.join(names)} \\"
        yield "    && dnf clean all"
        return
    yield "RUN apt-get update \\"
    yield f"    && apt-get install -y --no-install-recommends {' '.join(names)} \\"
    yield "    && rm -rf /var/lib/apt/lists/*"


def _needs_python(image: str) -> bool:
    return image.startswith(("nvidia/cuda:", "ubuntu:", "debian:"))
