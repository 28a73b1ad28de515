"""The image's cuda-compat libraries do not fit this GPU (error 804) or this driver (error 803)."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Gpu
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.forward_compat import by_entrypoint, not_activated
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading, major, minor

_SOURCES = (
    "https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html",
    "https://github.com/NVIDIA/nvidia-container-toolkit/blob/main/CHANGELOG.md",
)
_OFF_THE_PATH = "take the compat folder out of LD_LIBRARY_PATH: the container toolkit adds it where it is needed"
_SWITCHED_OFF = (
    "or remove the package in the Dockerfile: RUN rm -rf /usr/local/cuda*/compat && ldconfig",
    "or switch it off on the host: nvidia-ctk config --in-place --set nvidia-container-runtime.modes.legacy.cuda-compat-mode=disabled",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    if facts.host.is_windows:
        raise FactAbsent("under Windows and WSL the host's libcuda is used")
    not_by_driver_number(facts.host)
    if facts.host.driver.is_absent:
        facts.host.driver.need()
    if by_entrypoint(facts) and not _forced(facts):
        raise FactAbsent("the entrypoint of NGC images tries the compatibility libraries before it uses them")
    compat, how = _compat(facts)
    ours = facts.host.driver_cuda.need()
    newer = at_least(ours, minor(compat) or compat)
    if newer is None:
        raise FactUnknown(f"whether the driver's CUDA {ours} is older than cuda-compat {compat} cannot be told")
    if newer:
        yield from _older_than_driver(facts, compat, ours)
        return
    if not facts.host.gpus.is_known:
        raise FactUnknown(
            f"{how}, newer than the driver's CUDA {ours}: it helps on data center GPUs and fails with error 804 on GeForce; state the GPU"
        )
    wrong = [gpu for gpu in facts.host.gpus.need() if gpu.forward_compat.get() is False]
    if wrong and (_forced(facts) or not not_activated(facts)):
        yield _wrong_gpu(facts, wrong[0], compat, ours, how)


def _forced(facts: Facts) -> bool:
    """An LD_LIBRARY_PATH that names the compat folder takes its libcuda whatever the container toolkit does."""
    env = {**(facts.image.env.get() or {}), **(facts.launch.env.get() or {})}
    return any(part.rstrip("/").endswith("/compat") for part in env.get("LD_LIBRARY_PATH", "").split(":"))


def _older_than_driver(facts: Facts, compat: str, ours: str) -> Iterator[Finding]:
    """The toolkit never takes compat libraries older than the driver; only LD_LIBRARY_PATH does."""
    if not _forced(facts) or minor(compat) == minor(ours):
        return
    yield Finding(
        message=(
            f"LD_LIBRARY_PATH puts the image's cuda-compat {compat} in front of the driver's own libcuda, which is of CUDA {ours}: an older libcuda does not fit a newer"
            " kernel driver, and CUDA fails with error 803 (system has unsupported display driver / cuda driver combination)."
        ),
        severity=Severity.ERROR,
        remedy=(_OFF_THE_PATH,),
        verify="docker run --rm --gpus all IMAGE sh -c 'echo $LD_LIBRARY_PATH'",
        at=facts.image.env.origin,
        evidence=(of("host.driver.cuda", facts.host.driver_cuda), of("image.compat", facts.image.compat)),
        sources=_SOURCES,
    )


def _compat(facts: Facts) -> tuple[str, str]:
    """The cuda-compat version in the image; for an image of unknown making, what it would be."""
    compat = facts.image.compat
    if compat.is_known or compat.is_absent:
        return compat.need(), f"the image holds cuda-compat {compat.get()}"
    cuda = leading(facts.image.cuda.need()) or ""
    return cuda, f"an image of CUDA {cuda} built on nvidia/cuda holds cuda-compat {minor(cuda) or cuda}"


def _wrong_gpu(facts: Facts, gpu: Gpu, compat: str, ours: str, how: str) -> Finding:
    upgrade = f"upgrade the host's driver to one that reports CUDA {minor(compat) or compat} or newer"
    first = f"{how[0].upper()}{how[1:]}, newer than the driver's CUDA {ours}."
    fails = f"CUDA fails on {gpu.label} with error 804 (forward compatibility was attempted on non supported HW)"
    without = "; without it, minor-version compatibility runs" if major(compat) == major(ours) else ""
    text = f"Where the container toolkit activates it, {fails}{without}."
    if _forced(facts):
        text = f"LD_LIBRARY_PATH puts it in front of the driver's own libcuda, and {fails}."
    return Finding(
        message=f"{first} {text}",
        severity=Severity.ERROR if _forced(facts) else Severity.WARNING,
        remedy=(_OFF_THE_PATH, f"or {upgrade}") if _forced(facts) else (upgrade, *_SWITCHED_OFF),
        verify='docker run --rm --gpus all IMAGE sh -c "ldconfig -p | grep libcuda.so"',
        at=facts.image.reference.origin,
        evidence=(
            of("host.driver.cuda", facts.host.driver_cuda),
            of("image.cuda", facts.image.cuda),
            of("host.gpus", gpu.name),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="forward-compat-mismatch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image's cuda-compat libraries do not fit this GPU (error 804) or this driver (error 803)",
    seen=(
        "Error 804: forward compatibility was attempted on non supported HW",
        "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
        "Error 803: system has unsupported display driver / cuda driver combination",
    ),
    why=(
        "nvidia/cuda images hold a cuda-compat package: a newer libcuda for older drivers. It works on data center GPUs only. On GeForce and TITAN"
        " CUDA would run without it (minor-version compatibility), but a container toolkit that puts it in front makes every call fail with 804."
        " Toolkits up to 1.17.3 mount it, 1.17.4 does not, later ones add it through ldconfig without looking at the kind of GPU. An LD_LIBRARY_PATH that names"
        " the compat folder overrides all of this. 803 is the same story with libraries that do not fit the kernel driver."
    ),
    remedy=(
        "upgrade the driver",
        "remove /usr/local/cuda*/compat from the image",
        "set the toolkit's cuda-compat-mode to disabled",
    ),
    sources=_SOURCES,
    check=check,
)
