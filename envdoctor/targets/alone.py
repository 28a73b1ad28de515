"""Dockerfiles that no launch starts: by themselves, or as the commands build them that are known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

from envdoctor.findings import TargetError
from envdoctor.targets.dockerfiles import Dockerfiles, Reading, with_commands
from envdoctor.targets.files import BuildContext, Unreadable
from envdoctor.targets.project import Project, Variant
from envdoctor.targets.resolve import Item
from envdoctor.targets.result import Options, Workload
from envdoctor.targets.starters import Starter


class Found(NamedTuple):
    workloads: tuple[Workload, ...] = ()
    details: tuple[str, ...] = ()
    errors: tuple[TargetError, ...] = ()


class Alone:
    """`covered` are judged with a launch. `items` are the Dockerfiles among the targets, by their real paths."""

    def __init__(
        self,
        project: Project,
        dockerfiles: Dockerfiles,
        options: Options,
        covered: set[Variant],
        items: Mapping[str, Item],
    ) -> None:
        self._project = project
        self._dockerfiles = dockerfiles
        self._options = options
        self._covered = covered
        self._items = items
        self._resting: dict[Variant, Set[Variant]] | None = None

    def of_file(self, item: Item) -> Found:
        """One that is found in a directory is judged as often as it is built in another way; what the user names is
        always judged, whatever starts it. Raises Unreadable."""
        path = os.path.realpath(item.label)
        variants = self._variants(path)
        if item.directory is None:
            return Found((self._named(item, path, variants),))
        left = [variant for variant in variants if not self._is_part(variant)]
        if not left:
            return Found((), (f"{item.label}: judged as part of what starts it or rests on it",))
        workloads, errors = [], []
        for variant in left:
            try:
                reading = self._dockerfiles.read(variant)
            except Unreadable as error:
                errors.append(TargetError(item.label, str(error)))
            else:
                workloads.append(_workload(reading, self._label(variant, item.label, len(variants))))
        return Found(tuple(workloads), (), tuple(dict.fromkeys(errors)))

    def of_builds(self, starter: Starter) -> Iterator[Workload]:
        """What a build command makes of a Dockerfile that is no target itself. Raises Unreadable."""
        for built in self._project.built[starter.label]:
            variant = built.variant
            if variant is None or variant.path in self._items or self._is_part(variant):
                continue
            self._covered.add(variant)
            label = self._dockerfiles.label(variant.path)
            yield _workload(self._dockerfiles.read(variant), f"{built.command.origin} -> {label}")

    def of_text(self, label: str, text: str, context: BuildContext) -> Workload:
        """Raises Unreadable."""
        return _workload(self._dockerfiles.read_text(text, label, context, self._plain(os.path.realpath(label))), label)

    def _named(self, item: Item, path: str, variants: list[Variant]) -> Workload:
        reading = self._dockerfiles.read(variants[0] if len(variants) == 1 else self._plain(path))
        commands = tuple(command for variant in variants for command in self._project.commands.get(variant, ()))
        if len(variants) > 1:
            reading = reading._replace(declared=with_commands(reading.declared, commands))
        return _workload(reading, item.label)

    def _label(self, variant: Variant, label: str, ways: int) -> str:
        return label if ways == 1 else f"{self._project.commands[variant][0].origin} -> {label}"

    def _plain(self, path: str) -> Variant:
        return Variant(path, tuple(sorted(self._options.build_args.items())))

    def _variants(self, path: str) -> list[Variant]:
        return self._project.variants.get(path) or [self._plain(path)]

    def _is_part(self, variant: Variant) -> bool:
        """Started by a launch, or what another rests on; of two that rest on each other neither is a part."""
        if variant in self._covered:
            return True
        if self._resting is None:
            self._resting = self._find_resting()
        own = self._bases(variant)
        return any(other not in own for other in self._resting.get(variant, ()) if other != variant)

    def _find_resting(self) -> dict[Variant, Set[Variant]]:
        """Which rest on each: the Dockerfiles among the targets and those that are built."""
        resting: dict[Variant, set[Variant]] = {}
        for path in dict.fromkeys((*self._items, *self._project.variants)):
            for variant in self._variants(path):
                for base in () if variant in self._covered else self._bases(variant):
                    resting.setdefault(base, set()).add(variant)
        return dict(resting)

    def _bases(self, variant: Variant) -> frozenset[Variant]:
        try:
            return self._dockerfiles.read(variant).bases
        except Unreadable:
            return frozenset()


def _workload(reading: Reading, label: str) -> Workload:
    declared = reading.declared
    return Workload(label, declared._replace(label=label), None, reading.spans, declared.problems, reading.context)
