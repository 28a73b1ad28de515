"""What explains a driver that does not work: device nodes, process 1, the kernel module, libcuda's provenance. Files only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from envdoctor.probes import device_nodes, libcuda_origin
from envdoctor.probes.container import in_container
from envdoctor.probes.kernel_module import kernel_module


class Surroundings(NamedTuple):
    nodes: Sequence[str]
    uid: int | None  # of process 1, whose access counts
    groups: Sequence[int]
    refused: Sequence[str]  # device nodes that process 1 may not open
    kernel_module: str
    libcuda_kind: str  # a word of libcuda_origin
    libcuda_package: str
    container: bool


def probe(root: str, libcuda: str) -> Surroundings:
    nodes = device_nodes.nodes(root)
    person = device_nodes.first_process(root)
    module = kernel_module(root)
    kind, package = libcuda_origin.origin(root, libcuda) if libcuda else ("", "")
    return Surroundings(
        nodes=nodes,
        uid=person.need().uid if person.is_known else None,
        groups=person.need().groups if person.is_known else (),
        refused=device_nodes.refused(root, nodes, person.need()) if person.is_known else (),
        kernel_module=module.need().version if module.is_known else "",
        libcuda_kind=kind,
        libcuda_package=package,
        container=in_container(root),
    )
