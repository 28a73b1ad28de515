"""Two workloads side by side, mostly one image and the one that shall replace it: what changes, and for which hosts.

`compare` asks everything; `text`, `markdown` and `document` tell it. To add a row: one function in `rows.py` and its line
in ROWS there. A row whose value is not known on a side is never called the same or different.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import Fact, Facts, Host
from envdoctor.findings import Finding, Verdict
from envdoctor.gate import Silence
from envdoctor.workload import Stated, assemble, from_environment

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix
    from envdoctor.targets import Workload

SAME, DIFFERENT, UNKNOWN = "same", "different", "unknown"
DROPS_OUT, DEGRADES, STAYS, IMPROVES, GAINED, UNDECIDED = (
    "drops-out",
    "degrades",
    "stays",
    "improves",
    "gained",
    "undecided",
)


class Side(NamedTuple):
    """`label` is what the user calls it: the image, or the file. `silences` are the ignore comments of its file."""

    label: str
    workload: Workload
    silences: tuple[Silence, ...] = ()

    def facts(self, host: Host, matrix: Matrix, stated: Stated) -> Facts:
        if self.workload.declared is not None:
            return assemble(self.workload.declared, host, matrix, stated)
        assert self.workload.facts is not None
        return from_environment(self.workload.facts, host, matrix, stated)


class Row(NamedTuple):
    """`name` is the row's key in the JSON document, `change` is same, different or unknown."""

    name: str
    label: str
    a: Fact[str]
    b: Fact[str]
    change: str


class Served(NamedTuple):
    """How a side fares on a GPU: `rule` and `message` of the finding that decides, both empty where all is well; `message`
    alone, the reason, where it could not be decided."""

    verdict: Verdict
    rule: str
    message: str


class GpuChange(NamedTuple):
    """A compute capability, with A and with B. `on_any_host`: a side fails whatever the GPU, and that decides."""

    capability: str
    architecture: str
    examples: tuple[str, ...]
    a: Served
    b: Served
    on_any_host: bool = False

    @property
    def change(self) -> str:
        return change_of(self.a.verdict, self.b.verdict)

    @property
    def why(self) -> Served:
        """The worse side."""
        if self.change in (GAINED, IMPROVES):
            return self.a
        return self.b if self.b.message and self.b.verdict is not Verdict.COMPATIBLE else self.a


class Told(NamedTuple):
    rule: str
    finding: Finding


class HostChange(NamedTuple):
    """`appear` are the findings with B that A has not, `vanish` the reverse; `remain` those that decide on both, `changed`
    those of A and B by one rule with other numbers. `not_counted` are findings on A that take nothing away. `undecided`
    are the reasons where a side could not be decided. Without `stated` it is what holds on any host."""

    host: str
    stated: bool
    a: Verdict
    b: Verdict
    change: str
    appear: tuple[Told, ...]
    vanish: tuple[Told, ...]
    remain: tuple[Told, ...]
    changed: tuple[tuple[Told, Told], ...]
    not_counted: tuple[Told, ...]
    undecided: tuple[str, ...]
    crashed: bool = False

    @property
    def is_loss(self) -> bool:
        return self.change in (DROPS_OUT, DEGRADES)


class Comparison(NamedTuple):
    """`drivers` says in sentences which driver versions drop out or come back, whatever the hosts. `matrix` is its date."""

    a: str
    b: str
    dockerfile: str | None
    rows: tuple[Row, ...]
    gpus: tuple[GpuChange, ...]
    drivers: tuple[str, ...]
    hosts: tuple[HostChange, ...]
    notices: tuple[str, ...]
    matrix: str

    @property
    def lost(self) -> tuple[HostChange, ...]:
        return tuple(change for change in self.hosts if change.is_loss)


def change_of(a: Verdict, b: Verdict) -> str:
    """From A to B. B that certainly does not run is a loss even where A could not be decided."""
    if a is b:
        return UNDECIDED if a is Verdict.UNKNOWN else STAYS
    if b is Verdict.INCOMPATIBLE:
        return DROPS_OUT
    if Verdict.UNKNOWN in (a, b):
        return UNDECIDED
    if a is Verdict.INCOMPATIBLE:
        return GAINED
    return DEGRADES if b is Verdict.DEGRADED else IMPROVES


def compare(
    a: Side, b: Side, hosts: Sequence[Host], matrix: Matrix, stated: Stated, silences: Sequence[Silence] = ()
) -> Comparison:
    from envdoctor.comparison.capabilities import fail_anywhere, gpu_changes
    from envdoctor.comparison.drivers import sentences
    from envdoctor.comparison.hosts import Asked, host_changes
    from envdoctor.comparison.rows import View, rows, told_gpus, view

    views: tuple[View, View] = (view(a, matrix, stated), view(b, matrix, stated))
    asked = (Asked(a, matrix, stated, silences), Asked(b, matrix, stated, silences))
    gpus = gpu_changes(*views)
    found = rows(*views, gpus)
    return Comparison(
        a=a.label,
        b=b.label,
        dockerfile=None,
        rows=found,
        gpus=told_gpus(fail_anywhere(gpus, *asked), found),
        drivers=tuple(sentences(*views)),
        hosts=tuple(host_changes(*asked, hosts)),
        notices=(),
        matrix=matrix.date,
    )
