"""The container runtime refuses to start the image on this host: `requirement error: unsatisfied condition: cuda>=12.8`."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Gpu, Origin, known
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import nearest_known
from envdoctor.judging.evidence import of
from envdoctor.judging.jetpack import FIRST_WITH_SERVER_BUILDS
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.judging.requirement import Device, RequirementError, admits, parse
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import major

_BRANDS = ("geforce", "titan", "tesla", "quadro", "nvs", "grid", "unknown")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})  # Go's strconv.ParseBool, which the toolkit uses
_NOT_ENFORCED = frozenset({"cdi", "jit-cdi"})
_SPECIAL = frozenset({"NVIDIA_REQUIRE_CUDA", "NVIDIA_REQUIRE_JETPACK", "NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS"})
_SOURCES = (
    "https://github.com/NVIDIA/libnvidia-container/blob/main/src/cli/dsl.c",
    "https://github.com/NVIDIA/nvidia-container-toolkit/issues/1470",
)
_FIRST_IN_CSV = 34  # L4T of JetPack 5.0, whose runtime is the toolkit's
_CSV_SOURCES = (
    "https://github.com/NVIDIA/nvidia-container-toolkit/blob/main/internal/requirements/constraints/factory.go",
    "https://github.com/NVIDIA/nvidia-container-toolkit/blob/main/internal/modifier/csv.go",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    if _runs_here(facts):
        raise FactAbsent("the container runs on this host: its gate let it in")
    expressions = _expressions(facts, matrix)
    if _disabled(facts):
        raise FactAbsent("NVIDIA_DISABLE_REQUIRE switches the gate off")
    mode = facts.host.toolkit_mode.get()
    if mode in _NOT_ENFORCED:
        raise FactAbsent(f"the gate is not enforced in {mode} mode")
    if all(term.strip().lower() in ("", "cuda>=9.0") for term in expressions) and not facts.host.driver.is_known:
        raise FactAbsent("the image's gate admits every driver in use (cuda>=9.0)")
    facts = _with_jetson(facts, matrix)
    if not facts.host.l4t.is_known:
        facts.host.driver.need()
    answers = {gpu: _admitted(expressions, facts, gpu) for gpu in _gpus(facts)}
    refused = [label for label, answer in answers.items() if answer is False]
    if not refused:
        if None in answers.values():
            raise FactUnknown(_undecided(expressions, facts, matrix))
        return
    certain = len(refused) == len(answers) or facts.host.gpus.is_known
    yield _finding(facts, expressions, refused, mode, certain)
    if not certain:
        raise FactUnknown("the start gate refuses some GPUs on this driver and admits others; state the GPU")


def _runs_here(facts: Facts) -> bool:
    """Seen by `envdoctor probe` in a container, together with the host it runs on."""
    here = facts.host.driver.origin.path
    return facts.observed.get("container") is True and here is not None and here == facts.image.env.origin.path


def _undecided(expressions: tuple[str, ...], facts: Facts, matrix: Matrix) -> str:
    driver = facts.host.driver.get()
    if is_jetson(facts.host):
        return (
            f"the start gate asks for {_short(expressions[0].split()[0])} or for certain driver numbers: of L4T"
            f" {facts.host.l4t.get()} CUDA {facts.host.driver_cuda.get()} is known, and not the number of its driver"
        )
    text = "whether the start gate admits this host depends on what is not known of its driver"
    if driver and matrix.branch(driver, facts.host.is_windows) is None:
        return text + nearest_known.driver(driver, matrix)
    return text


def _expressions(facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """The possible gates of the image, one of which applies. A container's NVIDIA_REQUIRE_CUDA replaces the image's; the
    other NVIDIA_REQUIRE_* variables must hold besides (joined here by " && ", which no expression can contain)."""
    env = _environment(facts)
    others = [value for name, value in env.items() if name.startswith("NVIDIA_REQUIRE_") and name not in _SPECIAL]
    if "NVIDIA_REQUIRE_CUDA" in env:
        return (" && ".join([env["NVIDIA_REQUIRE_CUDA"], *others]),)
    if others and facts.image.gate.is_absent:
        return (" && ".join(others),)
    return tuple(" && ".join([gate, *others]) for gate in facts.image.gate.need().split("\n"))


def _with_jetson(facts: Facts, matrix: Matrix) -> Facts:
    """On a Jetson the gate sees the CUDA of the L4T release's driver."""
    host = facts.host
    if not is_jetson(host) or host.driver_cuda.is_known:
        return facts
    row = matrix.l4t(host.l4t.need())
    if row is None:
        near = nearest_known.l4t(host.l4t.need(), matrix)
        raise FactUnknown(f"the matrix does not know L4T {host.l4t.get()}{near}")
    return facts._replace(host=host._replace(driver_cuda=known(row.cuda, Origin(f"L4T {host.l4t.get()} (matrix)"))))


def _environment(facts: Facts) -> dict[str, str]:
    """The image's ENV with the launch's on top. Raises FactUnknown where the gate's variables rest on the base image's."""
    env = {**(facts.image.env.get() or {}), **(facts.launch.env.get() or {})}
    for name, value in env.items():
        if name.startswith(("NVIDIA_REQUIRE_", "NVIDIA_DISABLE_REQUIRE")) and "${" in value:
            raise FactUnknown(f"the value of {name} depends on a variable of the base image")
    return env


def _disabled(facts: Facts) -> bool:
    return _environment(facts).get("NVIDIA_DISABLE_REQUIRE") in _TRUE


def _gpus(facts: Facts) -> list[str | Gpu]:
    """The GPUs, or one stand-in per brand that the gate can see if none is stated."""
    gpus = facts.host.gpus
    if gpus.is_known:
        return list(gpus.need()) or [""]
    return list(_BRANDS)


def _admitted(expressions: tuple[str, ...], facts: Facts, gpu: str | Gpu) -> bool | None:
    """Every possible expression must agree; an image with several NVIDIA_REQUIRE_* needs all of them to hold."""
    answers = {_all_of(expression, facts, gpu) for expression in expressions}
    return answers.pop() if len(answers) == 1 else None


def _all_of(expression: str, facts: Facts, gpu: str | Gpu) -> bool | None:
    answers = [_one(part, facts, gpu) for part in expression.split(" && ")]
    return False if False in answers else (None if None in answers else True)


def _one(expression: str, facts: Facts, gpu: str | Gpu) -> bool | None:
    brands: tuple[str | None, ...]
    if isinstance(gpu, Gpu):
        arch = gpu.compute_capability.get()
        brands = (gpu.brand.get(),) if gpu.brand.is_known else _BRANDS
    else:
        arch, brands = None, (gpu or None,)
    host = facts.host
    try:
        if _in_csv_mode(facts):
            parse(expression)
            expression = _seen_in_csv_mode(expression)
        answers = {
            admits(expression, Device(host.driver_cuda.get(), host.driver.get(), arch, brand)) for brand in brands
        }
    except RequirementError:
        return False
    return answers.pop() if len(answers) == 1 else None


def _in_csv_mode(facts: Facts) -> bool:
    """The runtime's own choice on a Jetson with JetPack 5 or 6; from JetPack 7 on its driver is of the desktop's kind."""
    mode, l4t = facts.host.toolkit_mode.get(), facts.host.l4t.get()
    return mode == "csv" or (
        mode is None and l4t is not None and _FIRST_IN_CSV <= major(l4t) < FIRST_WITH_SERVER_BUILDS
    )


def _seen_in_csv_mode(expression: str) -> str:
    """That mode knows CUDA and the GPU's capability alone, and passes over the other conditions of a term. What it makes of
    an expression without either is not known to us: it stays as it is."""
    terms = (
        ",".join(factor for factor in term.split(",") if factor.lower().startswith(("cuda", "arch")))
        for term in expression.split()
    )
    return " ".join(term for term in terms if term) or expression


def _finding(
    facts: Facts, expressions: tuple[str, ...], refused: list[str | Gpu], mode: str | None, certain: bool
) -> Finding:
    part = next(part for part in expressions[0].split(" && ") if _one(part, facts, refused[0]) is False)
    first = _short(part.split()[0])
    names = ", ".join(dict.fromkeys(gpu.label if isinstance(gpu, Gpu) else f"brand {gpu}" for gpu in refused if gpu))
    cuda = facts.host.driver_cuda.get() or "unknown"
    driver = f"driver {facts.host.driver.get()}" if facts.host.driver.is_known else "the host's driver"
    told = f"unsatisfied condition: {first}" if _is_valid(part) else "invalid expression"
    text = (
        f"The start gate of this image refuses {driver} (CUDA {cuda})"
        + (f" with {names}" if names else "")
        + ": the container does"
        f' not start with "requirement error: {told}".'
    )
    csv = _in_csv_mode(facts)
    if mode is None:
        enforcing = "csv" if csv else "legacy"
        text += (
            f" The {enforcing} runtime mode enforces the gate; in CDI mode it is not enforced and the container starts."
        )
    return Finding(
        message=text,
        severity=_severity(mode, certain),
        remedy=(
            _remedy(first, is_jetson(facts.host))
            if _is_valid(part)
            else f"correct the NVIDIA_REQUIRE_ variable that holds {first!r}: conditions look like cuda>=12.4",
            "or start it past the gate with -e NVIDIA_DISABLE_REQUIRE=1 (CUDA itself then decides)",
        ),
        verify="docker run --rm --gpus all IMAGE nvidia-smi",
        at=facts.image.reference.origin,
        evidence=(
            Evidence("image.env.NVIDIA_REQUIRE_CUDA", _short(expressions[0]), str(facts.image.gate.origin)),
            of("host.driver.version", facts.host.driver),
            of("host.driver.cuda", facts.host.driver_cuda),
            of("host.container_toolkit.mode", facts.host.toolkit_mode),
        ),
        sources=(*_SOURCES, *_CSV_SOURCES) if csv else _SOURCES,
    )


def _is_valid(expression: str) -> bool:
    try:
        parse(expression)
    except RequirementError:
        return False
    return True


def _remedy(condition: str, jetson: bool) -> str:
    """What satisfies the condition that the error text quotes. A Jetson's driver comes with its JetPack."""
    name, _, value = condition.split(",")[0].partition(">=")
    if jetson and name.lower() == "cuda" and value:
        return f"use an image of an older CUDA, or flash a JetPack with CUDA {value} or newer"
    if name.lower() == "cuda" and value:
        return f"upgrade the host's driver to one that reports CUDA {value} or newer"
    if name.lower() == "driver" and value:
        return f"upgrade the host's driver to {value} or newer"
    return f"run it on a host that satisfies {condition}"


def _severity(mode: str | None, certain: bool) -> Severity:
    """Refused for certain in legacy and csv mode; in one of two modes if the mode is unknown; by brand if the GPU is."""
    if not certain:
        return Severity.NOTE
    return Severity.WARNING if mode is None else Severity.ERROR


def _short(expression: str) -> str:
    return expression if len(expression) <= 120 else expression[:117] + "…"


RULE = Rule(
    id="start-gate-refuses",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the container runtime refuses to start the image on this driver (NVIDIA_REQUIRE_CUDA)",
    seen=(
        "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your driver to a newer version, or use an"
        " earlier cuda container",
    ),
    why=(
        "nvidia/cuda images carry NVIDIA_REQUIRE_CUDA. In legacy mode the container runtime evaluates it before the container starts, and it is"
        " stricter than CUDA itself: the driver must report the image's CUDA version or match a clause for its brand and branch. In CDI mode"
        " it is not evaluated. Whether the container starts and whether CUDA runs in it are therefore two answers."
    ),
    remedy=(
        "upgrade the driver",
        "set NVIDIA_DISABLE_REQUIRE=1 (exactly this name; true, TRUE, t and 1 count, yes and on do not)",
        "use an image of an older CUDA minor",
    ),
    sources=_SOURCES,
    check=check,
)
