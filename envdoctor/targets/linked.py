"""Launches joined with what they start: the Dockerfile that builds their image, or the image of a registry.

A Dockerfile that a launch starts is judged with that launch, one that another rests on with that other, and neither once
more alone unless the user names it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from envdoctor.facts import BuildCommand, Fact, unknown
from envdoctor.findings import TargetError
from envdoctor.readers.declared import Declared
from envdoctor.targets.dockerfiles import Dockerfiles, Reading, with_commands
from envdoctor.targets.files import BuildContext, Unreadable
from envdoctor.targets.project import NOBODY, Project, Variant
from envdoctor.targets.result import Workload
from envdoctor.targets.starters import Start, Starter


class Linked(NamedTuple):
    """`workloads` are those of each starter, by its label. `covered` are the Dockerfiles that are judged in them."""

    workloads: dict[str, list[Workload]]
    covered: set[Variant]
    errors: list[TargetError]


def link(starters: Iterable[Starter], project: Project, dockerfiles: Dockerfiles) -> Linked:
    linked = Linked({}, set(), [])
    for starter in starters:
        found = linked.workloads.setdefault(starter.label, [])
        labels: dict[str, int] = {}
        for start in starter.starts:
            workload = _Launch(starter, start, project, dockerfiles).workload(linked)
            labels[workload.label] = labels.get(workload.label, 0) + 1
            found.append(_numbered(workload, labels[workload.label]))
    return linked


def _numbered(workload: Workload, number: int) -> Workload:
    """One line that starts a container in two ways, with and without a GPU say, is two workloads."""
    if number == 1 or workload.declared is None:
        return workload
    label = f"{workload.label} ({number})"
    return workload._replace(label=label, declared=workload.declared._replace(label=label))


def unbuilt(starter: Starter, project: Project) -> Iterator[Workload]:
    """Build commands whose Dockerfile is not there: what they hand over can be judged all the same."""
    for built in project.built[starter.label]:
        if built.variant is None:
            origin = built.command.origin
            image: Fact[str] = unknown(f"what {origin} builds is not known: {built.missing}", origin)
            declared = Declared(str(origin), image, path=starter.label)
            declared = with_commands(declared, (built.command,))
            yield starter.workload(str(origin), origin)._replace(declared=declared)


class _Launch:
    def __init__(self, starter: Starter, start: Start, project: Project, dockerfiles: Dockerfiles) -> None:
        self.starter = starter
        self.start = start
        self.project = project
        self.dockerfiles = dockerfiles

    def workload(self, linked: Linked) -> Workload:
        start = self.start
        if start.inline is not None:
            return self._with(self._inline(start.inline, linked))
        own = NOBODY if self.dockerfiles.is_stated(start.image.get()) else self.project.own(self.starter, start)
        if own.reason is not None:
            declared = Declared("", unknown(own.reason, start.origin), path=self.starter.label)
            return self._with(with_commands(declared, (own.built.command,) if own.built else ()))
        variant = own.built.variant if own.built else self._builder()
        if variant is None:
            image = self.dockerfiles.image(start.image, self.starter.directory)
            return self._with(Declared("", image, path=self.starter.label), start.image.get())
        return self._of_dockerfile(variant, linked)

    def _builder(self) -> Variant | None:
        named = self.dockerfiles.builder(self.start.image, self.starter.directory)
        return named or self.project.alike(self.starter, self.start)

    def _of_dockerfile(self, variant: Variant, linked: Linked) -> Workload:
        label = self.dockerfiles.label(variant.path)
        try:
            reading = self.dockerfiles.read(variant)
        except Unreadable as error:
            linked.errors.append(TargetError(label, str(error)))
            image: Fact[str] = unknown(
                f"what is started is not known: {label}, which builds it, cannot be read", self.start.origin
            )
            return self._with(Declared("", image, path=self.starter.label), label)
        linked.covered.update((variant, *reading.bases))
        return self._with(reading, label)

    def _inline(self, text: str, linked: Linked) -> Reading | Declared:
        starter, build = self.starter, self.start.build or BuildCommand(self.start.origin)
        variant = self.project.variant(build, os.path.join(starter.directory, "dockerfile_inline"))
        context = BuildContext(
            starter.directory, starter.boundary, os.path.join(starter.directory, build.context or ".")
        )
        try:
            reading = self.dockerfiles.read_text(text, f"{self.start.label}, dockerfile_inline", context, variant)
        except Unreadable as error:
            return Declared("", unknown(str(error), self.start.origin), path=starter.label)
        linked.covered.update(reading.bases)
        return reading._replace(declared=with_commands(reading.declared, (build,)))

    def _with(self, what: Reading | Declared, shown: str | None = None) -> Workload:
        """The image or Dockerfile as this launch starts it."""
        start, starter = self.start, self.starter
        reading = what if isinstance(what, Reading) else Reading(what)
        label = start.label if shown is None or starter.from_context else f"{start.label} -> {shown}"
        declared = reading.declared
        declared = declared._replace(
            label=label,
            launch=start.launch,
            slips=(*start.slips, *declared.slips),
            platform=start.platform or declared.platform,
        )
        spans = tuple(dict.fromkeys((*starter.spans_of(start.origin), *reading.spans)))
        return Workload(label, declared, None, spans, (*starter.notices, *declared.problems), reading.context)
