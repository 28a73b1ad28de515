"""Files that start containers or build images, launch scripts and compose files, read into one shape."""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import BuildCommand, Fact, Launch, Origin, Slip
from envdoctor.targets.result import Span, Workload


class Start(NamedTuple):
    """One container that a file starts. `build` and `inline` (the text of a Dockerfile) are of a compose service.
    `written` is the image as a script has it, where its name is known only at run time."""

    label: str
    image: Fact[str]
    launch: Launch
    origin: Origin
    slips: tuple[Slip, ...] = ()
    platform: str | None = None
    build: BuildCommand | None = None
    inline: str | None = None
    written: str = ""


class Starter(NamedTuple):
    """`directory` and `boundary` are real paths: where the file lies, and outside which nothing is read for it.
    `from_context`: a Dockerfile's path counts from the build context (compose), not from where the command runs.
    `changes` is the compose file that this one is put on top of."""

    label: str
    directory: str
    boundary: str
    starts: tuple[Start, ...] = ()
    builds: tuple[BuildCommand, ...] = ()
    spans: tuple[Span, ...] = ()
    notices: tuple[str, ...] = ()
    from_context: bool = False
    changes: str = ""

    def spans_of(self, origin: Origin) -> tuple[Span, ...]:
        """A comment above a launch speaks for the whole workload."""
        return tuple(span._replace(whole=span.first == origin.line) for span in self.spans)

    def workload(self, label: str, origin: Origin) -> Workload:
        return Workload(label, None, None, self.spans_of(origin), self.notices)
