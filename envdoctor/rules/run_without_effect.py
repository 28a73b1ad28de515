"""A RUN of which nothing is left: the next one starts with a new shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from envdoctor.facts import FactAbsent, Facts, Slip, Statement
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.secret_names import names_a_secret
from envdoctor.judging.shell_words import program
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/reference/dockerfile/#run",
    "https://docs.docker.com/reference/dockerfile/#env",
)
# What later commands are called by, where it matters which environment they belong to
_OF_AN_ENVIRONMENT = lazily(r"pip[0-9.]*|python[0-9.]*|uv|conda|mamba|micromamba")
_DECIDES_BUILDS = lazily(
    r"\b(?:CUDA_HOME|CUDA_PATH|TORCH_CUDA_ARCH_LIST|FORCE_CUDA|LD_LIBRARY_PATH|LIBRARY_PATH|CPATH|PATH|MAX_JOBS|CMAKE_ARGS|CUDACXX|CC|CXX|PIP_[A-Z_]+|UV_[A-Z_]+)="
)
_MOST = 20  # findings
_ENVIRONMENT_FOLDER = lazily(r"/envs/[^/:]+/bin|venv[^/:]*/bin", re.IGNORECASE)
_NAME = lazily(r"(?:export\s+)?([A-Za-z_]\w{0,60})=([^\s;&$'\"]{0,60})")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.need()
    found = [slip for slip in facts.slips if slip.kind == "no-effect"]
    if not (found or build.statements or build.other_statements):
        raise FactAbsent("the build runs no commands")
    path = (facts.image.env.get() or {}).get("PATH", "")
    for slip in found[:_MOST]:
        on_path = _ENVIRONMENT_FOLDER.search(path[:4000]) is not None  # so pip and python are the environment's anyway
        yield _finding(slip, None if on_path else _following(slip, (*build.statements, *build.other_statements)))


def _following(slip: Slip, statements: tuple[Statement, ...]) -> Statement | None:
    """The next command of the same file that the lost environment was meant for."""
    for before, statement in pairwise((statements[0], *statements)) if statements else ():
        origin = statement.origin
        later = origin.path == slip.origin.path and (origin.line or 0) > (slip.origin.line or 0)
        if any("activate" in (word or "") for word in before.words[:3]) and before.origin != slip.origin:
            continue  # in an environment of its own
        if later and "/" not in (statement.words[0] or "/") and _OF_AN_ENVIRONMENT.fullmatch(program(statement)):
            return statement
    return None


def _finding(slip: Slip, following: Statement | None) -> Finding:
    message, remedy, severity = _told(slip, following)
    return Finding(
        message=message,
        severity=severity,
        remedy=remedy,
        verify="docker build --progress=plain --no-cache .",
        at=slip.origin,
        evidence=(Evidence("build.statements", slip.shown, str(slip.origin)),),
        sources=_SOURCES,
    )


def _told(slip: Slip, following: Statement | None) -> tuple[str, tuple[str, ...], Severity]:
    if slip.command == "activate":
        return _activation(slip, following)
    if slip.command == "export":
        matters = _DECIDES_BUILDS.search(slip.shown) is not None
        name = _NAME.search(slip.shown)
        variable, value = (name.group(1), name.group(2) or "VALUE") if name else ("NAME", "VALUE")
        lasting = f"write ENV {variable}={value}"
        if names_a_secret(variable):  # in ENV it would stay in the image
            lasting = f"pass it to the container when it is started, docker run --env {variable} …, and replace it: it stands in the image's history"
        return (
            f"The variable is gone when this RUN ends: neither the commands behind it nor the container see {variable}.",
            (lasting, "or set it in the RUN that needs it, with &&"),
            Severity.WARNING if matters else Severity.NOTE,
        )
    if slip.command == "cd":
        return (
            "The folder is left again when this RUN ends: the next one starts where WORKDIR says.",
            ("write WORKDIR in its place", "or join it with && to the command that is meant"),
            Severity.NOTE,
        )
    return (
        f"RUN {slip.shown} starts a shell that has nothing to read, and ends at once: it does nothing, not in the build and not when the container is started.",
        ("leave it out", 'or, if the container should start with a shell: CMD ["/bin/bash"]'),
        Severity.NOTE,
    )


def _activation(slip: Slip, following: Statement | None) -> tuple[str, tuple[str, ...], Severity]:
    effect = (
        f"{program(following)} at {following.origin} runs in the environment that was active before, and installs there"
        if following is not None
        else "nothing of it is left for the commands behind it, nor for the program that the container starts"
    )
    return (
        f"The environment is active only until this RUN ends: {effect}.",
        (
            "put its folder first on the path instead: ENV PATH=/opt/conda/envs/NAME/bin:$PATH (for a virtual environment /opt/venv/bin)",
            "or join it with && to the commands that are meant for it",
            'or, for conda: SHELL ["conda", "run", "--no-capture-output", "-n", "NAME", "/bin/bash", "-c"]',
        ),
        Severity.WARNING if following is not None else Severity.NOTE,
    )


RULE = Rule(
    id="run-without-effect",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="a RUN leaves nothing behind: an environment, a variable or a folder that is lost when it ends",
    seen=(
        "ModuleNotFoundError: No module named 'torch'",
        "CondaError: Run 'conda init' before 'conda activate'",
    ),
    why=(
        "Each RUN is a shell of its own; what lasts is what it writes to files. After RUN conda activate NAME, or RUN source venv/bin/activate, the next RUN pip install goes into the Python that was there"
        " before, often the base image's own. After RUN export TORCH_CUDA_ARCH_LIST=…, an extension is compiled for the default GPUs."
    ),
    remedy=("set PATH or the variable with ENV", "or join the commands with &&"),
    sources=_SOURCES,
    check=check,
)
