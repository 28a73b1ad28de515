"""Many hosts made few: those that no rule can tell apart are asked about once.

Rules compare a driver with the matrix's floors and with the numbers of branches, and a GPU by its capability, brand and
eligibility for forward compatibility. Names, memory, kernels and CPU counts change no verdict. The tests hold every rule
to that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from envdoctor.facts import Fact, Host
from envdoctor.matrix import Matrix
from envdoctor.versions import numbers

_WITHOUT_WEIGHT = frozenset({"name", "kernel", "cpus", "gpus", "driver"})


def alike(hosts: Iterable[Host], matrix: Matrix) -> tuple[Host, ...]:
    """One host of each kind, in the order first met."""
    return tuple(group[0] for group in groups(hosts, matrix).values())


def groups(hosts: Iterable[Host], matrix: Matrix) -> Mapping[Hashable, list[Host]]:
    """The hosts of each kind. Finding the floors reads a table, which few hosts are not worth."""
    listed = list(hosts)
    floors = _floors(matrix) if len(listed) > _FEW else None
    found: dict[Hashable, list[Host]] = {}
    for host in listed:
        found.setdefault((_driver(host, floors), _gpus(host), *_rest(host)), []).append(host)
    return found


_FEW = 4


def _rest(host: Host) -> Iterator[Hashable]:
    for name, value in zip(Host._fields, host, strict=True):
        if name not in _WITHOUT_WEIGHT:
            yield _content(value) if isinstance(value, Fact) else value


def _content(fact: Fact[Any]) -> Hashable:
    return fact.state, str(fact.get())


def _driver(host: Host, floors: list[tuple[int, ...]] | None) -> Hashable:
    """The branch and the number of floors it has passed; the version itself where it is partial or not a number."""
    version = numbers(host.driver.get() or "")
    if len(version) < 2 or floors is None:
        return _content(host.driver)
    return version[0], bisect_right(floors, version)


def _floors(matrix: Matrix) -> list[tuple[int, ...]]:
    stated = [(row.driver_linux, row.driver_windows) for row in matrix.toolkits_all()]
    stated += [(row.driver_linux, row.driver_windows) for row in matrix.major_floors()]
    return sorted({numbers(text) for pair in stated for text in pair if text})


def _gpus(host: Host) -> Hashable:
    gpus = host.gpus.get()
    if gpus is None:
        return _content(host.gpus)
    return frozenset(
        (_content(gpu.compute_capability), _content(gpu.brand), _content(gpu.forward_compat), gpu.mig) for gpu in gpus
    )
