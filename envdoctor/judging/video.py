"""Video on the GPU: who decodes and encodes, and which of the driver's libraries the container gets.

The container runtime mounts libnvcuvid (NVDEC) and libnvidia-encode (NVENC) only where NVIDIA_DRIVER_CAPABILITIES holds
`video` or `all`. Sources:
https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html ,
https://github.com/moby/moby daemon/nvidia_linux.go (capabilities of a GPU request become the variable)
"""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Origin
from envdoctor.judging.launching import setting

VARIABLE = "NVIDIA_DRIVER_CAPABILITIES"
_DRIVER_CAPABILITIES = frozenset({"compute", "compat32", "graphics", "utility", "video", "display", "ngx", "all"})
_DEFAULT = "utility,compute"
_NAMES = {"nvdec": "NVDEC", "nvenc": "NVENC"}
_LIBRARIES = {"nvdec": "libnvcuvid.so.1", "nvenc": "libnvidia-encode.so.1"}


class Capabilities(NamedTuple):
    """What the container gets of the driver. `words` is how the user said it, `fact` its path in an environment document."""

    values: frozenset[str]
    words: str
    fact: str
    origin: Origin

    @property
    def video(self) -> bool:
        return not self.values.isdisjoint(("video", "all"))


def in_use(facts: Facts) -> tuple[str, ...]:
    """ "nvdec" and "nvenc", those the workload uses. Raises FactAbsent if neither."""
    used = facts.uses.get() or frozenset()
    found = tuple(name for name in _NAMES if name in used)
    if not found:
        raise FactAbsent("the workload is not known to decode or encode video on the GPU")
    return found


def named(uses: tuple[str, ...]) -> str:
    """ "NVDEC and NVENC"."""
    return " and ".join(_NAMES[use] for use in uses)


def libraries(uses: tuple[str, ...]) -> str:
    return " and ".join(_LIBRARIES[use] for use in uses)


def capabilities(facts: Facts) -> Capabilities:
    """Of the GPU request, else of the launch's environment, else of the image's, else the runtime's default.

    Raises FactAbsent where the value is known only at run time or no image is named, FactUnknown for a strange image."""
    return _of_request(facts) or _of_variable(facts) or _of_image(facts)


def _of_request(facts: Facts) -> Capabilities | None:
    """What a request names besides gpu becomes the variable, in place of the launch's and the image's."""
    launch = facts.launch
    requests = [(each.capabilities or (), each.origin) for each in launch.reservations if each.driver != "cdi"]
    requests.append((launch.gpu_capabilities.get() or (), launch.gpu_capabilities.origin))
    for names, origin in requests:
        parts = _DRIVER_CAPABILITIES & frozenset(names)
        if parts:
            words = f"the GPU request (capabilities {', '.join(names)})"
            return Capabilities(parts, words, "launch.gpu_capabilities", origin)
    return None


def _of_variable(facts: Facts) -> Capabilities | None:
    found = setting(facts, VARIABLE)
    if found is None:
        return None
    if "$" in found.value:
        raise FactAbsent(f"{VARIABLE} depends on a variable")
    where = "the launch" if found.fact.startswith("launch") else "the image"
    return Capabilities(
        _split(found.value), f"{VARIABLE}={found.value[:60] or '(empty)'} of {where}", found.fact, found.origin
    )


def _split(value: str) -> frozenset[str]:
    """An empty value is the default."""
    return frozenset(part.strip() for part in (value or _DEFAULT).split(",") if part.strip())


def _of_image(facts: Facts) -> Capabilities:
    """nvidia/cuda images set compute,utility and NVIDIA's framework images compute,utility,video; plain images and those of
    PyTorch set none, which is utility,compute. Sources: https://gitlab.com/nvidia/container-images/cuda ,
    https://github.com/pytorch/pytorch/issues/5070"""
    family, reference, fact = facts.image.family.get() or "", facts.image.reference, f"image.env.{VARIABLE}"
    if family.startswith(("ngc/", "l4t/")):
        return Capabilities(_split("compute,utility,video"), "what NGC images set", fact, reference.origin)
    if family == "nvidia/cuda":
        return Capabilities(
            _split("compute,utility"), f"{VARIABLE}=compute,utility of nvidia/cuda", fact, reference.origin
        )
    if family in ("plain", "pytorch"):
        return Capabilities(_split(_DEFAULT), f"the default {_DEFAULT}", fact, reference.origin)
    if not reference.is_known:
        raise FactAbsent(reference.reason)
    raise FactUnknown(f"whether the image sets {VARIABLE} is not known")
