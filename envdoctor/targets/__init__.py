"""From what the user names to workloads: Dockerfiles, requirements, environment documents, image references.

A target that cannot be read becomes a problem in the result and never hides the others. To add a kind of declaration:
its reader in `envdoctor.readers`, its name or first words in `kinds`, and one line in `read`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.findings import TargetError
from envdoctor.targets.files import Unreadable
from envdoctor.targets.kinds import Kind
from envdoctor.targets.read import Misunderstood, Options, Workload, read
from envdoctor.targets.resolve import Item, resolve

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
    items, usage, errors, notices = resolve(targets)
    workloads: list[Workload] = []
    details: list[str] = []
    installed: set[str] = set()
    for item in items:
        if _is_part_of_another(item, installed):
            details.append(f"{item.label}: judged as part of the Dockerfile that installs it")
            continue
        try:
            workload = read(item, options)
        except Misunderstood as error:
            usage.append(TargetError(item.label, str(error)))
        except (Unreadable, RecursionError) as error:
            errors.append(TargetError(item.label, str(error)))
        else:
            if _is_a_host(item, workload):
                details.append(f"{item.label}: describes a host and no workload; give it to --host")
                continue
            workloads.append(workload)
            installed |= workload.context
            notices += workload.notices
    if not workloads and not usage and not errors and details:
        errors.append(
            TargetError(
                items[0].directory or items[0].label, "nothing to check: only descriptions of hosts, for --host"
            )
        )
    return Targets(tuple(workloads), tuple(usage), tuple(errors), tuple(notices), tuple(details))


def _is_part_of_another(item: Item, installed: set[str]) -> bool:
    """Only for requirements found in a directory; what the user names is always judged."""
    return item.directory is not None and item.kind is Kind.REQUIREMENTS and os.path.realpath(item.label) in installed


def _is_a_host(item: Item, workload: Workload) -> bool:
    """What `envdoctor probe > edge.json` leaves in a project; one that the user names is judged all the same."""
    facts = workload.facts
    if item.directory is None or facts is None:
        return False
    stated = (*facts.image, facts.packages, facts.libraries, facts.uses)
    return not facts.launch.stated and all(fact.is_unknown for fact in stated)
