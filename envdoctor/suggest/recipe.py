"""What to type for a suggestion: the pip lines, and a Dockerfile that builds and runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envdoctor.facts import Package
from envdoctor.suggest.companions import beside
from envdoctor.suggest.constraints import written
from envdoctor.suggest.problem import ORT_FEEDS, Problem, Suggestion
from envdoctor.versions import at_least

_DEFAULT_CAPABILITIES = "compute,utility"  # of the container toolkit, where nothing is said
_OLDEST_PYTHON = "3.10"  # that envdoctor runs on
# Microsoft's feeds hold ONNX Runtime alone: what it requires comes from PyPI first. https://onnxruntime.ai/docs/install/
_FEED_NEEDS = "pip install coloredlogs flatbuffers numpy packaging protobuf sympy"


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
    base = suggestion.candidate.base
    yield f"FROM {base.image}"
    system = [package.name for package in beside(suggestion.companions, problem) if package.manager == "apt"]
    if _needs_python(base.image):
        system = ["python3", "python3-venv", *system]
    if system:
        yield ""
        yield "RUN apt-get update \\"
        yield f"    && apt-get install -y --no-install-recommends {' '.join(system)} \\"
        yield "    && rm -rf /var/lib/apt/lists/*"
    if _needs_python(base.image):
        yield "# An environment of its own: pip leaves the distribution's Python alone (PEP 668)."
        yield "RUN python3 -m venv /opt/venv"
        yield "ENV PATH=/opt/venv/bin:$PATH"
    lines = pip_lines(suggestion, problem)
    if lines:
        yield ""
    for line in lines:
        yield f"RUN {line.replace('pip install', 'pip install --no-cache-dir', 1)}"
    if problem.video:
        yield ""
        yield "# NVDEC and NVENC: without video the driver's codec libraries are not mounted."
        yield f"ENV NVIDIA_DRIVER_CAPABILITIES={_DEFAULT_CAPABILITIES},video"
    if base.python is not None and at_least(base.python, _OLDEST_PYTHON):
        yield ""
        yield "# Healthy only while the GPU stack that this image needs works."
        yield "RUN pip install --no-cache-dir envdoctor-gpu"
        yield "HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \\"
        yield '    CMD ["envdoctor", "selftest"]'


def _needs_python(image: str) -> bool:
    return image.startswith(("nvidia/cuda:", "ubuntu:", "debian:"))
