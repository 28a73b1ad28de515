"""From what the user names to workloads: Dockerfiles, launches, lists of packages, environment documents, images.

A target that cannot be read becomes a problem in the result and never hides the others. All files of one call are read as
one repository (`project`): a launch is judged with the Dockerfile that builds its image. To add a kind of declaration: its
reader in `envdoctor.readers`, its name or first words in `kinds`, and one line in `read` (or `launching`, for what starts
containers).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.findings import TargetError
from envdoctor.targets.result import Options, Workload

__all__ = ["Options", "Targets", "Workload", "collect"]


class Targets(NamedTuple):
    """`usage` are targets that cannot be understood (exit 2), `errors` those that could not be read (exit 3);
    `details` are notices for the verbose."""

    workloads: tuple[Workload, ...]
    usage: tuple[TargetError, ...]
    errors: tuple[TargetError, ...]
    notices: tuple[str, ...]
    details: tuple[str, ...]


def collect(targets: Iterable[str], options: Options) -> Targets:
    """Every workload of every target, in the order named."""
    from envdoctor.targets.collection import Collection
    from envdoctor.targets.resolve import resolve

    return Collection(resolve(targets), options).targets()
