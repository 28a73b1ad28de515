"""What a compose service asks of GPUs: `gpus`, device reservations, CDI devices.

Moby's NVIDIA driver takes a request that names `gpu`, `nvidia` or one of the driver's capabilities, and hands the
driver's capabilities on as NVIDIA_DRIVER_CAPABILITIES.
Sources: https://docs.docker.com/compose/how-tos/gpu-support/ ,
https://github.com/compose-spec/compose-spec/blob/main/deploy.md#devices ,
https://github.com/moby/moby/blob/v28.2.2/daemon/nvidia_linux.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, Reservation, absent, known, unknown
from envdoctor.readers.compose.fields import Fields, text_of
from envdoctor.readers.compose.tree import Node
from envdoctor.readers.docker_gpus import cdi_request

_DEVICE = frozenset({"gpu", "nvidia"})
_ASKS_FOR_GPU = _DEVICE | {"compat32", "compute", "display", "graphics", "utility", "video"}


class GpuFacts(NamedTuple):
    gpus: Fact[str]
    capabilities: Fact[tuple[str, ...]]
    reservations: tuple[Reservation, ...]


class _Request(NamedTuple):
    """`gpus`: "all", a number or "device=0,1"; None: known only at run time."""

    gpus: str | None
    capabilities: tuple[str, ...]
    origin: Origin


def gpu_facts(fields: Fields) -> GpuFacts:
    reserved = [(item, _reservation(fields, item)) for item in _entries(fields)]
    requests = [*_of_gpus(fields)]
    requests += [_request(item, entry) for item, entry in reserved if _for_gpu(entry)]
    requests += _of_devices(fields)
    reservations = tuple(entry for _, entry in reserved)
    if not requests:
        gpus = _none(fields, reservations)
        return GpuFacts(gpus, absent(f"service {fields.name} asks for no GPU", gpus.origin), reservations)
    origin = requests[0].origin
    named = tuple(dict.fromkeys(word for request in requests for word in request.capabilities))
    capabilities: Fact[tuple[str, ...]] = absent("the GPU request names no driver capabilities", origin)
    if named:
        capabilities = known(named, origin)
    if any(request.gpus is None for request in requests):
        reason = f"how many GPUs service {fields.name} asks for is known only at run time"
        return GpuFacts(unknown(reason, origin), capabilities, reservations)
    return GpuFacts(known(_together([request.gpus or "" for request in requests]), origin), capabilities, reservations)


def _none(fields: Fields, reservations: tuple[Reservation, ...]) -> Fact[str]:
    if any("$" in word for entry in reservations for word in entry.capabilities or ()):
        return unknown("the capabilities of a device reservation are known only at run time", reservations[0].origin)
    generic = _below(fields, "generic_resources")
    if generic is not None:
        return unknown("generic_resources leave GPUs to the swarm's configuration", generic.origin)
    if reservations:
        return absent("no device reservation asks for an NVIDIA GPU", reservations[0].origin)
    return absent(f"service {fields.name} asks for no GPU", fields.node.origin)


def _together(asked: list[str]) -> str:
    """Several requests are one in the container: all, else these devices, else that many."""
    if "all" in asked or len(asked) == 1:
        return "all" if "all" in asked else asked[0]
    devices = [item.removeprefix("device=") for item in asked if item.startswith("device=")]
    if devices:
        return f"device={','.join(devices)}"
    return str(sum(int(item) for item in asked))


def _below(fields: Fields, name: str) -> Node | None:
    """deploy.resources.reservations.NAME"""
    node: Node | None = fields.get("deploy")
    for key in ("resources", "reservations", name):
        if node is None or node.is_null:
            return None
        if node.kind != "map":
            fields.wrong(node, f"what holds {key}", "a map")
            return None
        node = node.fields.get(key)
    return None if node is None or node.is_null else node


def _entries(fields: Fields) -> Iterator[Node]:
    node = _below(fields, "devices")
    if node is None:
        return
    if node.kind != "list":
        fields.wrong(node, "deploy.resources.reservations.devices", "a list of maps")
    for item in (node,) if node.kind == "map" else node.items:
        if item.kind == "map":
            yield item
        else:
            fields.wrong(item, "a reserved device", "a map with driver, count and capabilities")


def _reservation(fields: Fields, item: Node) -> Reservation:
    count = item.fields.get("count")
    text = count.text.strip() if count is not None and count.is_scalar else None
    if text is not None and count is not None and count.kind == "text" and _count(text) is None:
        fields.problems.add(count.origin, f"count of a device is {text[:40]!r}, expected all or a number")
    return Reservation(
        item.origin,
        text_of(item, "driver"),
        "all" if text == "-1" else text or None,
        _words(fields, item, "device_ids"),
        _words(fields, item, "capabilities"),
    )


def _words(fields: Fields, item: Node, key: str) -> tuple[str, ...] | None:
    value = item.fields.get(key)
    if value is None or value.is_null:
        return None
    if value.kind != "list" or any(not each.is_scalar for each in value.items):
        fields.wrong(value, f"{key} of a device", "a list of texts")
    return tuple(each.text for each in ((value,) if value.is_scalar else value.items) if each.is_scalar and each.text)


def _for_gpu(entry: Reservation) -> bool:
    if entry.driver == "cdi":
        return cdi_request(entry.device_ids or ()) is not None
    return entry.driver in (None, "nvidia") and not _ASKS_FOR_GPU.isdisjoint(entry.capabilities or ())


def _request(item: Node, entry: Reservation) -> _Request:
    if entry.driver == "cdi":
        return _Request(cdi_request(entry.device_ids or ()), (), entry.origin)
    named = tuple(word for word in entry.capabilities or () if word not in _DEVICE)
    return _Request(_asked(item, entry), named, entry.origin)


def _asked(item: Node, entry: Reservation) -> str | None:
    """Neither count nor device_ids is all of them; both, which Docker refuses, is told as `--gpus` would be."""
    count = _count(entry.count) if entry.count is not None else None
    if entry.count is not None and count is None:
        return None
    if not entry.device_ids:
        return count or "all"
    held = item.fields.get("device_ids")
    if held is not None and any(each.kind == "open" for each in (held, *held.items)):
        return None
    return f"device={','.join(entry.device_ids)}" + (f",count={count}" if count else "")


def _count(text: str) -> str | None:
    """None for what is known only at run time, or is no count."""
    if text in ("all", "-1"):
        return "all"
    return str(int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _of_gpus(fields: Fields) -> Iterator[_Request]:
    """`gpus: all`, or a list of requests, each with the capability gpu of its own accord."""
    value = fields.get("gpus")
    if value is None:
        return
    if value.is_scalar:
        if value.kind == "text" and _count(value.text) != "all":
            fields.wrong(value, "gpus", "all or a list of requests")
        yield _Request(_count(value.text) if value.kind == "text" else None, (), value.origin)
        return
    if value.kind != "list":
        fields.wrong(value, "gpus", "all or a list of requests")
    for item in value.items:
        if item.kind == "map":
            yield _request(item, _reservation(fields, item)._replace(origin=value.origin))
        else:
            fields.wrong(item, "an entry of gpus", "a map with driver, count or device_ids")


def _of_devices(fields: Fields) -> list[_Request]:
    """`devices: [nvidia.com/gpu=all]`"""
    value = fields.get("devices")
    if value is None or value.kind != "list":
        return []
    asked = cdi_request([item.text for item in value.items if item.is_scalar])
    return [] if asked is None else [_Request(asked, (), value.origin)]
