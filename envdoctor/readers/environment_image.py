"""The parts of an environment document that describe the workload: image, packages, launch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envdoctor.facts import Fact, Image, Launch, Package, absent, known, unknown
from envdoctor.patterns import lazily
from envdoctor.readers.part import Part
from envdoctor.readers.size import size_in_bytes

_CUDA_TAG = lazily(r"cu([0-9]{1,2})([0-9])")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def image_of(part: Part) -> Image:
    blank = Image()
    system = part.part("os")
    return blank._replace(
        reference=part.text_fact("reference", blank.reference),
        digest=part.text_fact("digest", blank.digest),
        arch=_architectures(part, blank.arch),
        os_id=system.text_fact("id", blank.os_id),
        os_version=system.text_fact("version_id", blank.os_version),
        env=part.mapping_fact("env", blank.env),
        labels=part.mapping_fact("labels", blank.labels),
        user=part.text_fact("user", blank.user),
        cuda=part.release_fact("cuda", blank.cuda, "there is no CUDA in the image"),
        cudnn=part.release_fact("cudnn", blank.cudnn, "there is no cuDNN in the image"),
        tensorrt=part.release_fact("tensorrt", blank.tensorrt, "there is no TensorRT in the image"),
        python=_python(part, blank.python),
        flavor=part.text_fact("flavor", blank.flavor),
        compat=part.release_fact("cuda_compat", blank.compat, "there is no cuda-compat package in the image"),
    )


def _architectures(part: Part, default: Fact[tuple[str, ...]]) -> Fact[tuple[str, ...]]:
    single = part.fields.get("arch")
    names = (single,) if isinstance(single, str) else part.texts("arch")
    if not names:
        return default
    return known(tuple(_MACHINES.get(name, name) for name in names), part.origin("arch"))


def _python(part: Part, default: Fact[str]) -> Fact[str]:
    """A free-threaded build ("3.13t") is another interpreter for wheels: its version alone would mislead."""
    text = part.string("python") or ""
    if re.search(r"[0-9]t\b", text):
        return unknown(f"which wheels fit the free-threaded Python {text[:20]!r} is not known", part.origin("python"))
    return part.release_fact("python", default, "there is no Python in the image")


def package_of(part: Part) -> Package:
    """A package of a document is installed, whatever version it states. `index` "default" is no index of its own."""
    name, _, extras = str(part.fields["name"]).strip().rstrip("]").partition("[")
    manager, index = part.string("manager"), part.string("index")
    return Package(
        name=_normalised(name, manager),
        version=part.string("version"),
        specifier=part.string("specifier") or "",
        cuda=_cuda(part.string("cuda")),
        manager=manager,
        index=None if index == "default" else index,
        extras=tuple(extra.strip().lower() for extra in extras.split(",") if extra.strip()),
        installed=True,
        origin=part.origin("name")._replace(label=f"{part.path}: {part.where}"),
    )


def _normalised(name: str, manager: str | None) -> str:
    """PEP 503 for Python packages; Debian's names keep their dots ("python3.10")."""
    name = name.strip().lower()
    return name if manager == "apt" else re.sub(r"[-_.]+", "-", name)


def _cuda(text: str | None) -> str | None:
    """ "cu118" is CUDA 11.8."""
    tag = _CUDA_TAG.fullmatch(text or "")
    return f"{tag.group(1)}.{tag.group(2)}" if tag else text


def launch_of(part: Part) -> Launch:
    blank = Launch()
    if not part.fields:
        return blank
    return blank._replace(
        stated=True,
        how="document",
        origin=part.origin("gpus")._replace(label=f"{part.path}: {part.where}"),
        gpus=_gpu_request(part, blank.gpus),
        runtime=part.text_fact("runtime", blank.runtime, "the engine's default runtime is used"),
        env=part.mapping_fact("env", blank.env),
        privileged=part.truth_fact("privileged", blank.privileged),
        devices=part.texts_fact("devices", blank.devices),
        shm_size=_bytes(part, "shm_size", blank.shm_size),
        ipc=part.text_fact("ipc", blank.ipc),
        network=part.text_fact("network", blank.network),
        ulimits=_limits(part, blank.ulimits),
        user=part.text_fact("user", blank.user),
        volumes=part.texts_fact("volumes", blank.volumes),
        cpuset_cpus=part.text_fact("cpuset_cpus", blank.cpuset_cpus),
    )


def _bytes(part: Part, name: str, default: Fact[int]) -> Fact[int]:
    """A size as `docker run` takes it: "64m", "1.5g", or a number of bytes."""
    text = part.string(name)
    if text is None:
        return default
    number = size_in_bytes(text)
    if number is None:
        return unknown(f"the size {text[:30]!r} is not understood; expected one such as 64m", part.origin(name))
    return known(number, part.origin(name))


def _limits(part: Part, default: Fact[Mapping[str, int]]) -> Fact[Mapping[str, int]]:
    value = part.fields.get("ulimits")
    if not isinstance(value, dict):
        return default
    soft = {name: limit.get("soft") if isinstance(limit, dict) else limit for name, limit in value.items()}
    return known({name: limit for name, limit in soft.items() if isinstance(limit, int)}, part.origin("ulimits"))


def _gpu_request(part: Part, default: Fact[str]) -> Fact[str]:
    """The value of --gpus; a list is one of devices, and false or an empty one says that it is not given."""
    devices = part.texts("gpus")
    if devices:
        return known("device=" + ",".join(devices), part.origin("gpus"))
    if devices == () or part.refused("gpus"):
        return absent("the container is started without --gpus", part.origin("gpus"))
    return part.text_fact("gpus", default)
