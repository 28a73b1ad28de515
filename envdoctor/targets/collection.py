"""One call's files, read in the order that they need: what starts containers, then Dockerfiles, then lists of packages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from envdoctor.findings import TargetError
from envdoctor.targets import Targets
from envdoctor.targets.alone import Alone
from envdoctor.targets.bystanders import bystander, listed
from envdoctor.targets.dockerfiles import Dockerfiles
from envdoctor.targets.files import Unreadable, read_stdin, read_text
from envdoctor.targets.kinds import EXPECTED, Kind, by_content, not_yet
from envdoctor.targets.launching import override_bases, read_starter, with_changes
from envdoctor.targets.linked import Linked, link, unbuilt
from envdoctor.targets.project import Project
from envdoctor.targets.read import boundary_of, context_of, image, local, not_judged, read
from envdoctor.targets.resolve import LISTS, LOOKED_FOR, Item, Resolved
from envdoctor.targets.result import Misunderstood, Options, Workload
from envdoctor.targets.starters import Starter

_STARTING = frozenset({Kind.SCRIPT, Kind.COMPOSE})


class Collection:
    """`usage`, `errors` and `details` grow while the targets are read."""

    def __init__(self, resolved: Resolved, options: Options) -> None:
        self._options = options
        self.items = resolved.items
        self.usage, self.errors, self.notices = resolved.usage, resolved.errors, resolved.notices
        self.details: list[str] = []
        self._texts: dict[str, str] = {}  # of what was opened to see what it is
        self._kinds: dict[str, Kind] = {}
        self._installed: set[str] = set()
        self._bases: dict[str, str] = {}  # of compose files that change another one
        self._bystanders: list[str] = []  # images that are not judged: they have nothing to do with a GPU

    def targets(self) -> Targets:
        workloads = list(self._workloads())
        for workload in workloads:
            self.notices += workload.notices
        if not workloads and not self.usage and not self.errors:
            self._nothing()
        errors = tuple(dict.fromkeys(self.errors))
        return Targets(tuple(workloads), tuple(self.usage), errors, tuple(self.notices), tuple(self.details))

    def _workloads(self) -> Iterator[Workload]:
        for item in self.items:
            self._look_at(item)
        self._bases = override_bases(item.label for item in self.items if self._kind(item) is Kind.COMPOSE)
        starters = with_changes(starter for item in self.items if (starter := self._starter(item)) is not None)
        for starter in starters.values():
            self.notices += starter.notices
        project = Project(starters.values(), self._options)
        paths = {os.path.realpath(item.label): item for item in self.items if self._kind(item) is Kind.DOCKERFILE}
        dockerfiles = Dockerfiles(
            project,
            self._options,
            {path: item.label for path, item in paths.items()},
            {path: boundary_of(item) for path, item in paths.items()},
            {path: self._texts[item.label] for path, item in paths.items() if item.label in self._texts},
        )
        linked = link(starters.values(), project, dockerfiles)
        self.errors += linked.errors
        alone = Alone(project, dockerfiles, self._options, linked.covered, paths)
        for item in self.items:
            for workload in self._of(item, starters.get(item.label), linked, project, alone):
                self._installed |= workload.context
                yield workload

    def _of(
        self, item: Item, starter: Starter | None, linked: Linked, project: Project, alone: Alone
    ) -> Iterator[Workload]:
        """The workloads of one target; what is wrong with it is kept, and the others are read all the same."""
        kind = self._kind(item)
        try:
            if starter is not None:
                yield from self._launched(item, linked.workloads[item.label])
                yield from alone.of_builds(starter)
                yield from unbuilt(starter, project)
            elif kind is Kind.DOCKERFILE:
                found = alone.of_file(item)
                self.details += found.details
                self.errors += found.errors
                yield from found.workloads
            elif kind is Kind.STDIN:
                yield alone.of_text(item.label, read_stdin(), context_of(item))
            elif kind is Kind.IMAGE:
                yield image(item.label)
            elif kind is Kind.LOCAL:
                yield local(item)
            elif kind is not None and kind not in _STARTING:
                yield from self._read(item, kind)
        except Misunderstood as error:
            self.usage.append(TargetError(item.label, str(error)))
        except (Unreadable, RecursionError) as error:
            self.errors.append(TargetError(item.label, str(error)))

    def _launched(self, item: Item, workloads: Iterable[Workload]) -> Iterator[Workload]:
        """In a directory without what has nothing to do with a GPU; in a file that the user names that is judged and said."""
        named: list[str] = []
        for workload in workloads:
            image = bystander(workload, self._options.aliases)
            if image is None or item.directory is None:
                yield workload
            else:
                self._bystanders.append(image)
                self.details.append(
                    f"{workload.label}: not judged: it asks for no GPU, and the image has no use for one"
                )
            if image is not None:
                named.append(image)
        if named and item.directory is None:
            self.notices.append(f"{item.label}: nothing in {listed(named)} is known to need a GPU")

    def _kind(self, item: Item) -> Kind | None:
        return item.kind or self._kinds.get(item.label)

    def _look_at(self, item: Item) -> None:
        """Opens a file whose name does not tell what it is, once: it may be a pipe."""
        if item.kind is not None:
            return
        try:
            text = read_text(item.label)
        except Unreadable as error:
            self.errors.append(TargetError(item.label, str(error)))
            return
        kind = by_content(item.label, text)
        if kind is None:
            later = not_yet(item.label, text)
            why = f"{later}: not supported yet" if later else "its name and content tell nothing that is known here"
            self.usage.append(TargetError(item.label, f"{why}; expected {EXPECTED}"))
            return
        self._kinds[item.label] = kind
        self._texts[item.label] = text

    def _text(self, item: Item, *, strict: bool = True) -> str:
        return self._texts.pop(item.label, None) or read_text(item.label, strict=strict)

    def _starter(self, item: Item) -> Starter | None:
        """None for what is none, and for one that cannot be read or merely changes another compose file."""
        kind = self._kind(item)
        if kind not in _STARTING:
            return None
        if item.label in self._bases:
            self.details.append(f"{item.label}: judged as part of {self._bases[item.label]}, which it changes")
            return None
        try:
            text = self._text(item, strict=kind is Kind.COMPOSE)
            return read_starter(item, kind, text)
        except Misunderstood as error:
            self.usage.append(TargetError(item.label, str(error)))
        except (Unreadable, RecursionError) as error:
            self.errors.append(TargetError(item.label, str(error)))
        return None

    def _read(self, item: Item, kind: Kind) -> Iterator[Workload]:
        """A list of packages or an environment document. In a directory, one that a Dockerfile installs, that bears on no
        GPU or that describes a host is told to the verbose instead; what the user names is always judged."""
        found = item.directory is not None
        if found and kind in LISTS and os.path.realpath(item.label) in self._installed:
            self.details.append(f"{item.label}: judged as part of the Dockerfile that installs it")
            return
        for workload in read(item, kind, self._text(item)):
            why = not_judged(workload, kind) if found else None
            if why is None:
                yield workload
            else:
                self.details.append(f"{workload.label}: {why}")

    def _nothing(self) -> None:
        named = self.items[0].directory or self.items[0].label if self.items else "."
        why = "; ".join(self.details[:3]) or f"looked for {LOOKED_FOR}"
        if self._bystanders:
            why = f"what is started ({listed(self._bystanders)}) asks for no GPU and has no use for one; name a file to have it judged all the same"
        self.errors.append(TargetError(named, f"nothing to check: {why}"))
