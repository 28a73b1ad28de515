"""The constraints of a problem, one by one: which of them conflict, and which single change would unlock more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from envdoctor.facts import Host, Origin, Package, known, unknown
from envdoctor.hosts import complete_host
from envdoctor.matrix import Matrix
from envdoctor.suggest.fleet import groups
from envdoctor.suggest.problem import FAMILIES, TORCH, Problem
from envdoctor.suggest.ranking import newest_first
from envdoctor.suggest.search import Found, Search
from envdoctor.versions import at_least, numbers

_WITH_DRIVER = "with driver"
_MOST_HOSTS = 6  # kinds of hosts for which a change is tried one by one


class Constraint(NamedTuple):
    """`text` is what the user stated. `apply` puts it on a problem that does not have it."""

    text: str
    apply: Callable[[Problem], Problem]


class Change(NamedTuple):
    """One thing that could be different, and what would then be best. `found` is empty where nothing would fit."""

    text: str
    found: tuple[Found, ...]


def constraints(problem: Problem, matrix: Matrix) -> tuple[Constraint, ...]:
    listed = [_host_constraint(group) for group in groups(problem.hosts, matrix).values()]
    for package in (*problem.wanted.values(), *problem.carried):
        if package.version or package.specifier or package in problem.carried:
            listed.append(_package_constraint(package, problem))
    if problem.python is not None:
        listed.append(Constraint(f"--python {problem.python}", lambda free: free._replace(python=problem.python)))
    if problem.os is not None:
        listed.append(Constraint(f"--os {problem.os}", lambda free: free._replace(os=problem.os)))
    if problem.families != FAMILIES:
        text = " ".join(f"--family {family}" for family in problem.families)
        listed.append(Constraint(text, lambda free: free._replace(families=problem.families)))
    for part in sorted(problem.parts):
        listed.append(_part_constraint(part))
    return tuple(listed)


def _host_constraint(group: Sequence[Host]) -> Constraint:
    more = f" and {len(group) - 1} like it" if len(group) > 1 else ""
    return Constraint(f"host {group[0].name}{more}", lambda free: free._replace(hosts=(*free.hosts, group[0])))


def _part_constraint(part: str) -> Constraint:
    return Constraint(f"{part} is needed", lambda free: free._replace(parts=free.parts | {part}))


def _package_constraint(package: Package, problem: Problem) -> Constraint:
    if package in problem.carried:
        return Constraint(written(package), lambda free: free._replace(carried=(*free.carried, package)))
    return Constraint(written(package), lambda free: free._replace(wanted={**free.wanted, package.name: package}))


def written(package: Package) -> str:
    """As pip takes it."""
    exact = f"=={package.version}" if package.version else ""
    return f"{package.name}{package.specifier or exact}"


def conflict(problem: Problem, matrix: Matrix) -> tuple[Constraint, ...]:
    """A set of constraints that nothing satisfies and of which none can be left out (QuickXplain)."""
    free = problem._replace(hosts=(), wanted={}, carried=(), python=None, os=None, families=FAMILIES, parts=frozenset())

    def fits(chosen: Iterable[Constraint]) -> bool:
        made = free
        for constraint in chosen:
            made = constraint.apply(made)
        search = Search(made, matrix)
        return search.exists() if not made.hosts else bool(search.best(1))

    return tuple(_explain((), False, constraints(problem, matrix), fits))


def _explain(
    kept: tuple[Constraint, ...],
    grown: bool,
    rest: tuple[Constraint, ...],
    fits: Callable[[Iterable[Constraint]], bool],
) -> tuple[Constraint, ...]:
    """Source of the algorithm: U. Junker, QuickXplain: Preferred Explanations and Relaxations for Over-Constrained
    Problems, AAAI 2004."""
    if grown and not fits(kept):
        return ()
    if len(rest) == 1:
        return rest
    half = len(rest) // 2
    second = _explain((*kept, *rest[:half]), True, rest[half:], fits)
    first = _explain((*kept, *second), bool(second), rest[:half], fits)
    return (*first, *second)


def changes(problem: Problem, matrix: Matrix, today: tuple[Found, ...]) -> Iterator[Change]:
    """The single changes after which something newer fits (or anything, where nothing does today), the least first."""
    before = _newest(today, problem)
    raised = before
    for text, changed in _relaxed(problem, matrix):
        found = Search(changed, matrix).best(len(changed.families))
        best = _newest(found, changed)
        beaten = raised if text.startswith(_WITH_DRIVER) else before
        if best is None or (beaten is not None and best >= beaten):
            continue
        if text.startswith(_WITH_DRIVER):
            raised = best  # a still newer driver has to unlock still more
        yield Change(text, (min(found, key=lambda each: _age(each, changed)),))


def _newest(found: tuple[Found, ...], problem: Problem) -> tuple[int, ...] | None:
    return min((_age(each, problem) for each in found), default=None)


def _age(found: Found, problem: Problem) -> tuple[int, ...]:
    """Of minors: a patch release is no reason to change a fleet."""
    candidate = found[0]
    runtime = candidate.onnxruntime.version if candidate.onnxruntime else None
    torch = newest_first(candidate.torch_version)[:2] if TORCH in problem.parts else ()
    return (*torch, *newest_first(runtime)[:2])


def _relaxed(problem: Problem, matrix: Matrix) -> Iterator[tuple[str, Problem]]:
    """Options first (they cost a word), then a driver, then a host."""
    if problem.python is not None:
        yield f"without --python {problem.python}", problem._replace(python=None)
    if problem.os is not None:
        yield f"without --os {problem.os}", problem._replace(os=None)
    if problem.families != FAMILIES:
        yield "with every --family", problem._replace(families=FAMILIES)
    for name, package in problem.wanted.items():
        if package.version or package.specifier:
            freed = {**problem.wanted, name: package._replace(version=None, specifier="", cuda=None)}
            yield f"without {written(package)}", problem._replace(wanted=freed)
    for package in problem.carried:
        rest = tuple(each for each in problem.carried if each is not package)
        yield f"without {written(package)}", problem._replace(carried=rest)
    yield from _newer_drivers(problem, matrix)
    kinds = list(groups(problem.hosts, matrix).values())
    if 1 < len(kinds) <= _MOST_HOSTS:
        for group in kinds:
            left = tuple(host for host in problem.hosts if host not in group)
            yield f"without host {', '.join(host.name for host in group[:3])}", problem._replace(hosts=left)


def _newer_drivers(problem: Problem, matrix: Matrix) -> Iterator[tuple[str, Problem]]:
    """Every older driver raised to the floor of the next CUDA major, or to the newest branch."""
    floors = [row.driver_linux for row in matrix.major_floors()]
    newest = next((row.first_release for row in reversed(matrix.branches()) if row.first_release), None)
    for floor in (*floors, newest):
        if floor is None:
            continue
        raised = tuple(_raised(host, floor, matrix) for host in problem.hosts)
        older = [host.name for host, new in zip(problem.hosts, raised, strict=True) if new is not host]
        if older:
            places = ", ".join(older[:3]) + (f" and {len(older) - 3} more" if len(older) > 3 else "")
            yield f"{_WITH_DRIVER} {floor} or newer on {places}", problem._replace(hosts=raised)


def _raised(host: Host, floor: str, matrix: Matrix) -> Host:
    """The host with that driver, or itself where its driver is newer, not a number of Linux, or Jetson's."""
    driver = host.driver.get()
    if driver is None or not numbers(driver) or host.is_windows or host.l4t.is_known or at_least(driver, floor):
        return host
    here = Origin("a newer driver")
    nothing = Host()
    raised = host._replace(
        driver=known(floor, here), driver_cuda=unknown("not asked"), kernel_module=nothing.kernel_module
    )
    return complete_host(raised, matrix)
