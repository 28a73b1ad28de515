"""Why a suggestion: what holds on every host, and which newer choice of its family lost, for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envdoctor.facts import Host
from envdoctor.judging import jetpack
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.suggest import boards
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Candidate, Judgement, Problem, Rejection
from envdoctor.suggest.ranking import newest_first
from envdoctor.versions import major, numbers


def reasons(
    candidate: Candidate, judgement: Judgement, problem: Problem, matrix: Matrix, lost: Iterable[Rejection]
) -> tuple[str, ...]:
    return tuple(_reasons(candidate, judgement, problem, matrix, list(lost)))


def _reasons(
    candidate: Candidate, judgement: Judgement, problem: Problem, matrix: Matrix, lost: list[Rejection]
) -> Iterator[str]:
    yield from _driver(candidate, judgement, problem, matrix)
    yield from boards.reasons(candidate, problem, matrix)
    if not jetpack.named(candidate.base.image, matrix) or not any(is_jetson(host) for host in problem.hosts):
        yield from _code(candidate, problem)
    if candidate.onnxruntime is not None and candidate.base.cudnn is not None:
        base, runtime = candidate.base, candidate.onnxruntime
        yield f"onnxruntime-gpu {runtime.version} loads CUDA {major(runtime.cuda)} and cuDNN {runtime.cudnn}, and the image holds CUDA {base.cuda} and cuDNN {base.cudnn}"
    if candidate.base.family == "pytorch":
        yield "the tag is as PyTorch's release scripts name it; it was not compared with Docker Hub"
    if judgement.tier:
        yield f"with a remark: {judgement.message}"
    yield from _newer(candidate, lost)


def _driver(candidate: Candidate, judgement: Judgement, problem: Problem, matrix: Matrix) -> Iterator[str]:
    """The oldest driver against the floor of the newest CUDA that the parts load."""
    if judgement.tier:
        return  # the remark tells how it runs
    used = [wheel.cuda for wheel in candidate.wheels]
    if TORCH in problem.parts and candidate.torch is None and candidate.base.torch_cuda:
        used.append(candidate.base.torch_cuda)
    majors = [numbers(cuda)[0] for cuda in used if numbers(cuda)]
    floor = matrix.major_floor(max(majors)) if majors else None
    drivers = [host for host in problem.hosts if not host.is_windows and numbers(host.driver.get() or "")]
    if floor is None or not drivers:
        return
    oldest = min(drivers, key=lambda host: numbers(host.driver.get() or ""))
    whose = "the driver here is" if len(drivers) == 1 else f"the oldest driver, on {oldest.name}, is"
    yield f"CUDA {floor.cuda_major}.x runs on driver {floor.driver_linux} or newer; {whose} {oldest.driver.get()}"


def _code(candidate: Candidate, problem: Problem) -> Iterator[str]:
    capabilities = sorted(
        {gpu.compute_capability.get() or "" for host in problem.hosts for gpu in host.gpus.get() or ()}, key=numbers
    )
    parts = []
    if candidate.torch_version and TORCH in problem.parts:
        parts.append(f"torch {candidate.torch_version}")
    if candidate.onnxruntime:
        parts.append(f"onnxruntime-gpu {candidate.onnxruntime.version}")
    if parts and all(capabilities):
        verb = "holds" if len(parts) == 1 else "hold"
        yield f"{' and '.join(parts)} {verb} machine code for compute capability {', '.join(capabilities)}"


def _newer(candidate: Candidate, lost: list[Rejection]) -> Iterator[str]:
    """The newest of each sort that lost, one line each; what was refused before what is only not known."""
    runtime = candidate.onnxruntime.version if candidate.onnxruntime else None
    chosen = {TORCH: candidate.torch_version, ONNXRUNTIME: runtime, "image": candidate.base.image.partition(":")[2]}
    for part, version in chosen.items():
        newer = [
            each
            for each in lost
            if (each.family, each.part) == (candidate.base.family, part)
            and version is not None
            and newest_first(each.version) < newest_first(version)
        ]
        if newer:
            best = min(newer, key=lambda each: (each.judgement.undecided, newest_first(each.version)))
            yield f"newer, but lost: {told(best)}"


def told(rejection: Rejection) -> str:
    judgement = rejection.judgement
    why = "not known: " if judgement.undecided else ""
    return f"{rejection.subject}: {why}{judgement.message} ({judgement.rule})"


def label(hosts: Iterable[Host], most: int = 4) -> str:
    listed = [host.name for host in hosts]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more
