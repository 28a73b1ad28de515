"""The workload decodes or encodes video on the GPU, and the container does not get the driver's libraries for it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Packages
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import video
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import cdi_devices, needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading

_SOURCES = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html",
    "https://trac.ffmpeg.org/wiki/HWAccelIntro",
)
_BY_CDI = "29"


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    uses = video.in_use(facts)
    _hook_mounts(facts)
    _image_holds(facts)
    given = video.capabilities(facts)
    if given.video:
        return
    names = video.named(uses)
    kept = ",".join(sorted({*given.values, "video"} - {"gpu"}))
    yield Finding(
        message=(
            f"The workload uses {names}, but {given.words} lacks video: the container does not get {video.libraries(uses)}, although nvidia-smi and CUDA work."
        ),
        severity=Severity.WARNING if _perhaps_cdi(facts) else Severity.ERROR,
        remedy=(
            f"docker run -e {video.VARIABLE}={kept} …",
            f"or in the Dockerfile: ENV {video.VARIABLE}={kept}",
            "or in compose: capabilities: [gpu, compute, utility, video] (gpu and video alone drop compute)",
        ),
        verify="docker run --rm --gpus all IMAGE sh -c \"ldconfig -p | grep -E 'nvcuvid|nvidia-encode'\"",
        at=given.origin,
        evidence=(
            of("uses", facts.uses),
            Evidence(given.fact, ",".join(sorted(given.values)), str(given.origin)),
        ),
        sources=_SOURCES,
    )


def _hook_mounts(facts: Facts) -> None:
    """Raises FactAbsent where something else than the container runtime's hook decides which libraries are there: CDI's
    specifications list all of them; on WSL and Jetson they come with the system."""
    host, launch = facts.host, facts.launch
    seen = facts.observed.get("nvcuvid")
    if isinstance(seen, dict) and seen.get("loadable") is True:
        raise FactAbsent("libnvcuvid was loaded in the container")
    named = "nvidia.com/" in (launch.gpus.get() or "") or cdi_devices(launch)
    reserved = any(reservation.driver == "cdi" for reservation in launch.reservations)
    if named or reserved or "cdi" in (host.toolkit_mode.get() or ""):
        raise FactAbsent("with CDI the container gets all of the driver's libraries")
    if host.is_windows or host.l4t.is_known or (facts.image.family.get() or "").startswith("l4t/"):
        raise FactAbsent("on Windows, WSL and Jetson the libraries for video come with the system")


def _image_holds(facts: Facts) -> None:
    """Raises FactAbsent where the driver's own packages put them into the image: driver-in-image tells what comes of that."""
    packages = facts.packages.get() or Packages()
    for item in packages.items:
        if item.manager == "apt" and item.name.startswith(("libnvidia-encode", "libnvidia-decode", "nvidia-driver-")):
            raise FactAbsent(f"{item.name} puts the driver's libraries for video into the image")


def _perhaps_cdi(facts: Facts) -> bool:
    """From Docker 29 on --gpus goes by CDI where the host has a specification. Source: https://github.com/moby/moby/pull/50228"""
    host = facts.host
    version = leading(host.engine_version.get() or "")
    newer = version is not None and at_least(version, _BY_CDI) is True
    return newer and host.engine.get() == "docker" and host.toolkit_mode.get() != "legacy"


RULE = Rule(
    id="video-capability-missing",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="video is decoded or encoded on the GPU, and NVIDIA_DRIVER_CAPABILITIES lacks video",
    seen=(
        "Cannot load libnvcuvid.so.1",
        "Cannot load libnvidia-encode.so.1",
        "libnvcuvid.so.1: cannot open shared object file: No such file or directory",
    ),
    why=(
        "The container runtime mounts the driver's libraries by capability, and the default is compute,utility. NVDEC (libnvcuvid) and NVENC (libnvidia-encode) belong to"
        " video. What the GPU request of compose or --gpus names replaces the variable."
    ),
    remedy=("set NVIDIA_DRIVER_CAPABILITIES=compute,utility,video in the image or at the launch",),
    sources=_SOURCES,
    check=check,
)
