"""What of a workload asks for an NVIDIA GPU: a component that needs CUDA, the launch, or what the user says it uses."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Origin
from envdoctor.findings import Evidence
from envdoctor.judging.components import cuda_components
from envdoctor.judging.evidence import of
from envdoctor.judging.launching import asked_for_gpu
from envdoctor.matrix import Matrix

# Of what was only inferred "torch" is left out: its CPU builds count there too.
_NEEDS_GPU = frozenset({"onnxruntime-cuda", "onnxruntime-tensorrt", "nvdec", "nvenc"})
_NEEDS_GPU_IF_STATED = _NEEDS_GPU | {"torch", "nccl"}


class Demand(NamedTuple):
    """`label` fits in front of "needs one": "torch 2.4.0", "the launch (--gpus all)"."""

    label: str
    origin: Origin
    evidence: tuple[Evidence, ...]


def gpu_demand(facts: Facts, matrix: Matrix) -> Demand:
    """The first thing that asks for a GPU. Raises FactAbsent if nothing is known to, FactUnknown if that depends on
    contents that cannot be read."""
    unread: FactUnknown | None = None
    try:
        components = cuda_components(facts, matrix)
    except FactUnknown as missing:
        components, unread = (), missing
    if components:
        return Demand(components[0].label, components[0].origin, components[0].evidence)
    found = _of_launch(facts) or _of_uses(facts) or _assumed(facts)
    if found:
        return found
    if unread:
        raise unread
    raise FactAbsent("nothing in the workload is known to need CUDA")


def _of_launch(facts: Facts) -> Demand | None:
    asked = asked_for_gpu(facts.launch)
    if asked is None:
        return None
    return Demand(f"the launch ({asked.shown})", asked.origin, (Evidence(asked.fact, asked.value, str(asked.origin)),))


def _of_uses(facts: Facts) -> Demand | None:
    counted = _NEEDS_GPU_IF_STATED if facts.uses_stated else _NEEDS_GPU
    used = sorted(counted & (facts.uses.get() or frozenset()))
    return Demand(used[0], facts.uses.origin, (of("uses", facts.uses),)) if used else None


def _assumed(facts: Facts) -> Demand | None:
    """A document that describes a host alone is judged by the launch that is assumed."""
    parts = (facts.image.reference, facts.image.cuda)
    rest = (facts.packages, facts.libraries, facts.uses)
    if any(fact.is_known for fact in parts) or not all(fact.is_unknown for fact in rest):
        return None
    if facts.launch.stated or facts.build.is_known or facts.observed:
        return None
    origin = facts.launch.gpus.origin
    return Demand("a launch with --gpus all", origin, (Evidence("launch.gpus", "all", "assumed: it is not stated"),))
