"""Which GPUs each side has code for: the rules are asked, once for every compute capability that a product has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from envdoctor.comparison import GpuChange, Served
from envdoctor.comparison.hosts import Asked, deciding, without_removal
from envdoctor.doctor import ask, verdict
from envdoctor.facts import NOWHERE, TEGRA_CAPABILITIES, Facts, Gpu, Host, known
from envdoctor.findings import Diagnosis, RuleResult, Severity, Verdict, undecided
from envdoctor.judging.code import capability_of
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import GpuRow
from envdoctor.rules import RULES

if TYPE_CHECKING:
    from envdoctor.comparison.rows import View

_NAMES = frozenset({"gpu-not-in-cuda", "gpu-not-in-cudnn", "gpu-not-in-torch", "gpu-not-in-onnxruntime"})
_ASKED = tuple(rule for rule in RULES if rule.id in _NAMES)
_MAIN_GEFORCE = re.compile(r"GeForce (?:RTX|GTX) ([0-9]{3,4})", re.ASCII)


def gpu_changes(a: View, b: View) -> tuple[GpuChange, ...]:
    """Every capability, oldest first, also where nothing changes. Jetsons are left out: desktop images are not for them."""
    products: dict[str, list[GpuRow]] = {}
    for row in a.matrix.tables["gpus"].rows():
        assert isinstance(row, GpuRow)
        if not row.tegra and row.capability not in TEGRA_CAPABILITIES:
            products.setdefault(row.capability, []).append(row)
    ordered = sorted(products, key=capability_of)
    return tuple(_change(capability, products[capability], a, b) for capability in ordered)


def fail_anywhere(gpus: Sequence[GpuChange], a: Asked, b: Asked) -> tuple[GpuChange, ...]:
    """No GPU is gained by a side that fails on any host, nor lost by one that failed already."""
    sides = (_anywhere(without_removal(a.on(Host()))[0]), _anywhere(b.on(Host())))
    capped = (gpu._replace(a=sides[0] or gpu.a, b=sides[1] or gpu.b) for gpu in gpus)
    return tuple(gpu._replace(on_any_host=gpu.why in sides) for gpu in capped)


def _anywhere(diagnosis: Diagnosis) -> Served | None:
    worst = next(iter(deciding(diagnosis)), None)
    if worst is None or worst.finding.severity is not Severity.ERROR:
        return None
    return Served(Verdict.INCOMPATIBLE, worst.rule, worst.finding.message)


def _change(capability: str, products: list[GpuRow], a: View, b: View) -> GpuChange:
    architecture = a.matrix.architecture(capability)
    name = architecture.name if architecture else products[0].architecture
    examples = _examples(products)
    before, after = (_served(capability, examples[0], seen.facts, seen.matrix) for seen in (a, b))
    return GpuChange(capability, name, examples, before, after)


def _served(capability: str, name: str, facts: Facts, matrix: Matrix) -> Served:
    """The first error decides, and nobody is asked after it: remedies, which are not told here, cost most of the time."""
    gpu = Gpu(0, name=known(name, NOWHERE), compute_capability=known(capability, NOWHERE))
    facts = facts._replace(host=Host(gpus=known((gpu,), NOWHERE)))
    results: list[RuleResult] = []
    for rule in _ASKED:
        results.append(ask(rule, facts, matrix))
        if results[-1].severity is Severity.ERROR:
            break
    for severity in (Severity.ERROR, Severity.WARNING):
        for result in results:
            told = next((finding for finding in result.findings if finding.severity is severity), None)
            if told is not None:
                return Served(verdict(results), result.rule, told.message)
    open_ = next((result for result in results if undecided(result)), None)
    return Served(verdict(results), "", (open_.reason or "") if open_ else "")


def _examples(products: list[GpuRow]) -> tuple[str, ...]:
    """Three at most, of different kinds: the data center product with most variants, the GeForce with the highest number,
    and a workstation one."""
    names = [row.name for row in products]
    kinds = (
        [row for row in products if row.forward_compat],
        [row for row in products if _MAIN_GEFORCE.fullmatch(row.name)],
        [row for row in products if row.brand in ("titan", "quadro") or row.name.startswith("RTX ")],
    )
    best = [max(rows, key=lambda row: _known_by(row.name, names)).name for rows in kinds if rows]
    return tuple(dict.fromkeys(best)) or tuple(names[:1])


def _known_by(name: str, names: list[str]) -> tuple[int, int, int, str]:
    """The highest GeForce number; else how many names begin with this one; of those the shortest, and B200 before B100."""
    match = _MAIN_GEFORCE.fullmatch(name)
    return int(match.group(1)) if match else 0, sum(other.startswith(name) for other in names), -len(name), name
