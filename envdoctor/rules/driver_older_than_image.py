"""An NGC image on a driver older than its release notes ask for, on a GPU without forward compatibility."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.components import below_floor
from envdoctor.judging.evidence import of
from envdoctor.judging.jetson import not_by_driver_number
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading, minor

_SOURCES = (
    "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",
    "https://docs.nvidia.com/deeplearning/frameworks/support-matrix/index.html",
)

_VERIFY = 'docker run --rm --gpus all IMAGE python -c "import torch; print(torch.ones(1).cuda())"'


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    if not (facts.image.family.get() or "").startswith("ngc/"):
        raise FactAbsent("the image is not an NGC framework image")
    not_by_driver_number(facts.host)
    cuda = leading(facts.image.cuda.need()) or ""
    ours = facts.host.driver_cuda.need()
    enough = at_least(ours, minor(cuda) or cuda)
    if enough is not False:
        return
    below, _ = below_floor(facts.host.driver.need(), (cuda,), facts.host.is_windows, matrix)
    if below:
        raise FactAbsent("the driver is below the floor of the CUDA major: driver-too-old judges it")
    wrong = [gpu for gpu in facts.host.gpus.need() if gpu.forward_compat.get() is not True]
    if not wrong:
        return
    yield Finding(
        message=(
            f"This image is built on CUDA {cuda} and the driver reports {ours}. Its own entrypoint, where it runs, prints an ERROR that the driver is too old and that"
            f" compatibility mode is unavailable on {wrong[0].label}, and starts all the same. Minor-version compatibility then runs what has machine"
            " code for the GPU; what is compiled from PTX by the driver, or calls newer driver functions, fails."
        ),
        severity=Severity.WARNING,
        remedy=(
            f"upgrade the host's driver to one that reports CUDA {minor(cuda)} or newer",
            f"or use an earlier release of the image, with CUDA {ours} or older",
        ),
        verify=_VERIFY if facts.image.family.get() == "ngc/pytorch" else "docker run --rm --gpus all IMAGE nvidia-smi",
        at=facts.image.reference.origin,
        evidence=(
            of("image.cuda", facts.image.cuda),
            of("host.driver.version", facts.host.driver),
            of("host.driver.cuda", facts.host.driver_cuda),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="driver-older-than-image",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="an NGC image runs on this driver only by minor-version compatibility, on a GPU without forward compatibility",
    seen=(
        "ERROR: This container was built for NVIDIA Driver Release 560.35 or later, but version 535.104.05 was detected and compatibility mode is"
        " UNAVAILABLE.",
        "the provided PTX was compiled with an unsupported toolchain (cudaErrorUnsupportedPtxVersion, 222)",
    ),
    why=(
        "Within one CUDA major, machine code (SASS) built by a newer toolkit runs on an older driver. PTX does not: a driver only compiles PTX of its"
        " own CUDA version or older. NVIDIA's release notes ask for the newer driver, except on data center GPUs, where the image's cuda-compat"
        " libraries help. PyTorch in these images holds SASS for the usual GPUs, so training runs; run-time compilation is the risk."
    ),
    remedy=("upgrade the driver", "use an earlier release of the image"),
    sources=_SOURCES,
    check=check,
)
