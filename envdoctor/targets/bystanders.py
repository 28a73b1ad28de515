"""Containers that stand beside a GPU workload in scripts and compose files, and have nothing to do with a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from envdoctor.facts import Launch
from envdoctor.targets.result import Workload

_SHOWN = 5
_TOO_SMALL = frozenset({"alpine", "busybox"})  # musl and busybox run none of NVIDIA's libraries


def bystander(workload: Workload, aliases: Mapping[str, str]) -> str | None:
    """The image of a launch that asks for no GPU, where no file builds it and nothing in it can use one. None for any other
    workload, for an image that --image-alias speaks of, and for a launch whose command is faulty: that is told, whatever it
    starts."""
    declared = workload.declared
    if declared is None or declared.build.is_known or declared.slips or not declared.launch.stated:
        return None
    image = declared.image.get()
    if image is None or _may_pass_gpu(declared.launch):
        return None
    from envdoctor.judging.images.no_gpu import holds_no_gpu_software
    from envdoctor.judging.images.reference import PLAIN, split
    from envdoctor.judging.launched_program import needs_no_gpu
    from envdoctor.matrix import Matrix
    from envdoctor.workload import aliased

    if aliased(declared.image, aliases) is not declared.image:
        return None
    repository, tag, _ = split(image)
    plain = repository in _TOO_SMALL or (repository in PLAIN and needs_no_gpu(declared.launch))
    return image if plain or holds_no_gpu_software(repository, tag, Matrix.load()) else None


def _may_pass_gpu(launch: Launch) -> bool:
    from envdoctor.judging.launching import asked_for_gpu, by_hand

    return asked_for_gpu(launch) is not None or bool(launch.reservations) or by_hand(launch)


def listed(images: Iterable[str]) -> str:
    """ "postgres:16, redis:7 and 3 more"."""
    found = list(dict.fromkeys(images))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
