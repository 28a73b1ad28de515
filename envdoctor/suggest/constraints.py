"""The constraints of a problem, one by one: which of them conflict, and which single change would unlock more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from envdoctor.facts import Host, Origin, Package, known, unknown
from envdoctor.hosts import complete_host
from envdoctor.matrix import Matrix
from envdoctor.suggest.companions import PAIRED
from envdoctor.suggest.fleet import groups
from envdoctor.suggest.judge import Memory
from envdoctor.suggest.problem import FAMILIES, ONNXRUNTIME, TORCH, Problem
from envdoctor.suggest.ranking import newest_first
from envdoctor.suggest.search import Found, Search
from envdoctor.versions import at_least, numbers

_MOST_ANSWERS = 1500  # of the rules, for each attempt
_MOST_HOSTS = 6  # kinds of hosts for which a change is tried one by one


class Constraint(NamedTuple):
    """`text` is what the user stated. `apply` puts it on a problem that does not have it."""

    text: str
    apply: Callable[[Problem], Problem]


class Change(NamedTuple):
    """One thing that could be different, and what would then be best."""

    text: str
    found: tuple[Found, ...]


def constraints(problem: Problem, matrix: Matrix) -> tuple[Constraint, ...]:
    """Each once. A part is one of its own only where no requirement implies it."""
    listed = [_host_constraint(group) for group in groups(problem.hosts, matrix).values()]
    stated = [each for each in problem.wanted.values() if each.version or each.specifier or each.name in PAIRED]
    for package in (*stated, *problem.carried):
        listed.append(_package_constraint(package, problem))
    if problem.python is not None:
        listed.append(Constraint(f"--python {problem.python}", lambda free: free._replace(python=problem.python)))
    if problem.os is not None:
        listed.append(Constraint(f"--os {problem.os}", lambda free: free._replace(os=problem.os)))
    if problem.families != FAMILIES:
        text = " ".join(f"--family {family}" for family in problem.families)
        listed.append(Constraint(text, lambda free: free._replace(families=problem.families)))
    implied = {_part_of(package.name) for package in stated}
    for part in sorted(problem.parts - implied):
        listed.append(_part_constraint(part))
    return tuple(listed)


def _host_constraint(group: Sequence[Host]) -> Constraint:
    more = f" and {len(group) - 1} like it" if len(group) > 1 else ""
    return Constraint(f"host {group[0].name}{more}", lambda free: free._replace(hosts=(*free.hosts, group[0])))


def _part_constraint(part: str) -> Constraint:
    return Constraint(f"{part} is needed", lambda free: free._replace(parts=free.parts | {part}))


def _part_of(name: str) -> str | None:
    """What a requirement on a package asks for besides: torchvision is nothing without torch."""
    return TORCH if name in (TORCH, *PAIRED) else ONNXRUNTIME if name == ONNXRUNTIME else None


def _package_constraint(package: Package, problem: Problem) -> Constraint:
    if package in problem.carried:
        return Constraint(written(package), lambda free: free._replace(carried=(*free.carried, package)))
    part = _part_of(package.name)
    parts = frozenset({part} if part else ())
    return Constraint(
        written(package),
        lambda free: free._replace(wanted={**free.wanted, package.name: package}, parts=free.parts | parts),
    )


def written(package: Package) -> str:
    """As pip takes it."""
    exact = f"=={package.version}" if package.version else ""
    return f"{package.name}{package.specifier or exact}"


def conflict(problem: Problem, matrix: Matrix, memory: Memory) -> tuple[Constraint, ...]:
    """A set of constraints that nothing satisfies and of which none can be left out (QuickXplain)."""
    free = freed(problem)

    def fits(chosen: Iterable[Constraint]) -> bool:
        made = free
        for constraint in chosen:
            made = constraint.apply(made)
        return bool(Search(made, matrix, memory, _MOST_ANSWERS).best(1))

    return tuple(_explain((), False, constraints(problem, matrix), fits))


def freed(problem: Problem) -> Problem:
    """Without any constraint; what is no constraint (CPU architectures, video) stays. Requirements without a version are
    none either, they say what goes along."""
    return problem._replace(
        hosts=(), wanted=_unpinned(problem), carried=(), python=None, os=None, families=FAMILIES, parts=frozenset()
    )


def _unpinned(problem: Problem) -> dict[str, Package]:
    return {
        name: package
        for name, package in problem.wanted.items()
        if not (package.version or package.specifier) and name not in PAIRED
    }


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


def changes(problem: Problem, matrix: Matrix, today: tuple[Found, ...], memory: Memory) -> Iterator[Change]:
    """The single changes after which something newer fits (or anything, where nothing does today), the least first. Of
    drivers a still newer one is named only where it unlocks still more."""
    before = _newest(today, problem)
    for text, changed in _relaxed(problem, matrix):
        yield from _unlocked(text, changed, matrix, before, memory)
    for text, changed in _newer_drivers(problem, matrix):
        for change in _unlocked(text, changed, matrix, before, memory):
            before = _newest(change.found, changed)
            yield change
    yield from _without_a_host(problem, matrix, _newest(today, problem), memory)


def _unlocked(
    text: str, changed: Problem, matrix: Matrix, before: tuple[object, ...] | None, memory: Memory
) -> Iterator[Change]:
    found = Search(changed, matrix, memory, _MOST_ANSWERS).best(len(changed.families))
    best = _newest(found, changed)
    if best is not None and (before is None or best < before):
        yield Change(text, (min(found, key=lambda each: _age(each, changed)),))


def _newest(found: tuple[Found, ...], problem: Problem) -> tuple[Any, ...] | None:
    return min((_age(each, problem) for each in found), default=None)


def _age(found: Found, problem: Problem) -> tuple[Any, ...]:
    """Of minors: a patch release is no reason to change a fleet."""
    candidate = found[0]
    runtime = candidate.onnxruntime
    torch = newest_first(candidate.torch_version)[:2] if TORCH in problem.parts else ()
    return torch, (runtime.index is not None, newest_first(runtime.version)[:2]) if runtime else ()


def _relaxed(problem: Problem, matrix: Matrix) -> Iterator[tuple[str, Problem]]:
    """Options and requirements: they cost a word."""
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


def _without_a_host(
    problem: Problem, matrix: Matrix, before: tuple[object, ...] | None, memory: Memory
) -> Iterator[Change]:
    kinds = list(groups(problem.hosts, matrix).values())
    if 1 < len(kinds) <= _MOST_HOSTS:
        for group in kinds:
            left = tuple(host for host in problem.hosts if host not in group)
            text = f"without host {', '.join(host.name for host in group[:3])}"
            yield from _unlocked(text, problem._replace(hosts=left), matrix, before, memory)


def _newer_drivers(problem: Problem, matrix: Matrix) -> Iterator[tuple[str, Problem]]:
    """Every older driver raised to the floor of a CUDA major or to a later branch: start gates ask for branches."""
    for floor in _driver_steps(matrix):
        raised = tuple(_raised(host, floor, matrix) for host in problem.hosts)
        older = [host.name for host, new in zip(problem.hosts, raised, strict=True) if new is not host]
        if older:
            places = ", ".join(older[:3]) + (f" and {len(older) - 3} more" if len(older) > 3 else "")
            yield f"with driver {floor} or newer on {places}", problem._replace(hosts=raised)


def _driver_steps(matrix: Matrix) -> list[str]:
    """The floors of the CUDA majors, and of each branch the driver that a toolkit came with (else its first), oldest first."""
    steps = {numbers(row.driver_linux)[0]: row.driver_linux for row in matrix.major_floors()}
    for row in matrix.toolkits_all():
        if row.driver_linux:
            steps.setdefault(numbers(row.driver_linux)[0], row.driver_linux)
    for branch in matrix.branches():
        if branch.first_release and branch.branch > max(steps):
            steps[branch.branch] = branch.first_release
    passing = {branch.branch for branch in matrix.branches() if branch.kind == "NFB"}  # new features, for a few months
    floors = {numbers(row.driver_linux)[0] for row in matrix.major_floors()}
    return [steps[branch] for branch in sorted(steps) if branch in floors or branch not in passing]


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
