"""What the matrix knows nearest to what it does not know, for the reason why a rule could not decide.

Something newer than the matrix is no fault of the workload: the reason names the row that comes closest.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from envdoctor.facts import Facts, FactUnknown, Gpu, Package
from envdoctor.judging.builds import platform_of
from envdoctor.matrix import Matrix
from envdoctor.versions import leading, numbers

_NEWEST = "999999"  # sorts behind every release


def release(asked: str, known: Iterable[str], name: str = "") -> str:
    """ " (nearest known: CUDA 13.5)": the newest that is not newer than what was asked, else the oldest. Empty where
    nothing is known, and where a known release is within what was asked."""
    wanted = numbers(leading(asked) or "")
    listed = tuple(known)
    if not listed or not wanted or any(numbers(each)[: len(wanted)] == wanted for each in listed):
        return ""
    return f" (nearest known: {name}{' ' if name else ''}{around(asked, listed)[0]})"


def around(asked: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known release before what was asked and the one after, as far as there are such."""
    wanted = numbers(leading(asked) or "")
    listed = sorted(set(known), key=numbers)
    older = [each for each in listed if numbers(each) < wanted]
    newer = [each for each in listed if numbers(each) > wanted]
    return (*older[-1:], *newer[:1])


def driver(asked: str, matrix: Matrix) -> str:
    """The nearest driver branch, "R615"."""
    wanted = (numbers(asked) or (0,))[0]
    branches = [row.branch for row in matrix.branches()]
    near = min(branches, key=lambda branch: (abs(branch - wanted), branch), default=None)
    return "" if near is None or near == wanted else f" (nearest known: R{near})"


def capability(asked: str, matrix: Matrix) -> str:
    return release(asked, (each for row in matrix.architectures() for each in row.capabilities))


def needed_capability(gpu: Gpu, matrix: Matrix) -> str:
    """The GPU's compute capability. Raises FactUnknown if it is not stated or the matrix does not know it: what code a GPU
    of a later architecture runs is not for today's rules to say."""
    stated = gpu.compute_capability.need()
    if matrix.architecture(stated) is None:
        raise FactUnknown(f"the matrix does not know compute capability {stated}{capability(stated, matrix)}")
    return stated


def toolkit(asked: str, matrix: Matrix) -> str:
    """The nearest CUDA release whose GPUs are known."""
    known = [str(getattr(row, "cuda", "")) for row in matrix.tables["windows"].rows()]
    return release(asked, known, "CUDA")


def l4t(asked: str, matrix: Matrix) -> str:
    known = [str(getattr(row, "l4t", "")) for row in matrix.tables["l4t"].rows()]
    return release(asked, known, "L4T")


def package(asked: Package, facts: Facts, matrix: Matrix) -> str:
    """The nearest release of PyTorch, ONNX Runtime, torchvision or torchaudio; of a range the newest."""
    if asked.version is None and not asked.specifier:
        return ""
    return _package(asked.name, asked.version or _NEWEST, platform_of(facts), matrix)


@lru_cache(maxsize=1024)
def _package(name: str, version: str, platform: str, matrix: Matrix) -> str:
    """Remembered: several rules ask, most of them to be told that the release is known."""
    if name == "torch":
        known = [row.version for row in matrix.torch(platform)]
    elif name == "onnxruntime-gpu":
        known = [row.version for row in matrix.onnxruntime(platform)]
    else:
        known = [row.version for row in matrix.companions(name)]
    return release(version, known, name)
