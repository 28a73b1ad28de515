"""The base images of each family, best first, from the rows of the matrix. Whether one fits is not asked here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.judging.jetpack import FIRST_WITH_SERVER_BUILDS
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CudaTagRow, NgcRow
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Base, Problem
from envdoctor.suggest.ranking import newest_first, of_base
from envdoctor.suggest.wheels import admits_build
from envdoctor.versions import major, numbers

_SIZES = {"base": 0, "runtime": 1, "cudnn-runtime": 2, "devel": 3, "cudnn-devel": 4}
# Red Hat's line: what stands beside the system's own Python; from 10 on the system's own.
# https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/installing_and_using_dynamic_programming_languages/assembly_introduction-to-python_installing-and-using-dynamic-programming-languages
WITH_DNF = ("rockylinux", "ubi", "oraclelinux", "almalinux")
_DNF_PYTHONS = {"8": ("3.12", "3.11"), "9": ("3.12", "3.11"), "10": ("3.12",)}
_LEVELS = {"base": 0, "runtime": 1, "devel": 2}
_TAG = re.compile(r"([\d.]+)-(?:(cudnn)\d?-)?(base|runtime|devel)-([a-z]+[\d.]*)", re.ASCII)


def bases(family: str, problem: Problem, matrix: Matrix) -> tuple[Base, ...]:
    """By grade, then the PyTorch inside, then `order`."""
    found = _FAMILIES[family](problem, matrix)
    kept = (base for base in found if _fits(base, problem))
    return tuple(
        sorted(kept, key=lambda base: (base.grade, of_base(base) if TORCH in problem.parts else (), base.order))
    )


def _fits(base: Base, problem: Problem) -> bool:
    if problem.os is not None and base.os != problem.os:
        return False
    return problem.python is None or base.python == problem.python


def _cuda(problem: Problem, matrix: Matrix) -> Iterator[Base]:
    """Ubuntu alone unless another system is asked for: there the Python of the distribution is known."""
    flavors = _flavors(problem)
    wanted = f"-{problem.os or 'ubuntu'}"
    for tag in matrix.cuda_tag_names():
        match = _TAG.fullmatch(tag) if wanted in tag else None
        if match is None:
            continue
        flavor = "-".join(filter(None, match.group(2, 3)))
        system = match.group(4)
        if flavor not in flavors or (system != problem.os if problem.os else not system.startswith("ubuntu")):
            continue
        row = matrix.cuda_tag(tag)
        if row is not None and row.status == "published" and _for_arches(row.arch, problem):
            for python in pythons(system, matrix):
                yield _of_cuda_tag(row, flavor, system, python)


def _flavors(problem: Problem) -> frozenset[str]:
    """torch's wheels bring their own CUDA; ONNX Runtime takes the system's; of other packages that is not known here. A
    least flavor says two things: how much of CUDA is there, and whether cuDNN is."""
    if not (problem.carried or problem.flavor):
        return frozenset({"cudnn-runtime"} if ONNXRUNTIME in problem.parts else {"base"})
    least = problem.flavor or "base"
    return frozenset(
        flavor
        for flavor in _SIZES
        if _LEVELS[flavor.removeprefix("cudnn-")] >= _LEVELS[least.removeprefix("cudnn-")]
        and ("cudnn" in flavor or "cudnn" not in least)
    )


def _of_cuda_tag(row: CudaTagRow, flavor: str, system: str, python: str) -> Base:
    order = (newest_first(row.cuda), _SIZES[flavor], newest_first(row.os_version), newest_first(python), system)
    grade = {True: 0, None: 1, False: 2}[row.supported]
    cudnn = str(major(row.cudnn)) if row.cudnn else None
    return Base("cuda", f"nvidia/cuda:{row.tag}", python, system, row.cuda, cudnn, grade, order)


def pythons(system: str, matrix: Matrix) -> tuple[str, ...]:
    """The Pythons that the system's own packages bring, newest first; none where that is not known."""
    match = re.fullmatch(r"([a-z]+)([\d.]+)", system, re.ASCII)
    if match is None:
        return ()
    if match.group(1) in WITH_DNF:
        return _DNF_PYTHONS.get(match.group(2).partition(".")[0], ())
    own = matrix.system_python(*match.groups())
    return (own,) if own else ()


def _for_arches(arch: tuple[str, ...] | None, problem: Problem) -> bool:
    """Images are for amd64 where nothing is known."""
    return problem.arches <= set(arch or ("amd64",))


def _ngc(problem: Problem, matrix: Matrix) -> Iterator[Base]:
    if _boards(problem):
        yield from _l4t(problem, matrix)
    for release in matrix.ngc_releases():
        row = matrix.ngc(release)
        if row is None or row.torch is None or not _for_arches(row.arch, problem):
            continue
        if TORCH not in problem.parts or admits_build(problem.wanted.get(TORCH), row.torch, None):
            yield from _of_ngc(row, release, problem, matrix)


def _of_ngc(row: NgcRow, release: str, problem: Problem, matrix: Matrix) -> Iterator[Base]:
    """The image for servers and workstations, and, for the boards alone, the one for Jetson where there is one. Boards
    below JetPack 7 run no other, and none that is named for another JetPack."""
    system = f"ubuntu{row.ubuntu}" if row.ubuntu else None
    suffixes: tuple[str, ...] = ("-py3", "-py3-igpu") if _boards(problem) else ("-py3",)
    if _boards_alone(problem):
        suffixes = ("-py3-igpu",) if _of_their_jetpack(row, problem, matrix) else ()
    for suffix in suffixes:
        if suffix == "-py3" or f"{release}{suffix}" in row.tags:
            image = f"nvcr.io/nvidia/pytorch:{release}{suffix}"
            order = (newest_first(release), suffix)
            cudnn = str(major(row.cudnn)) if row.cudnn and numbers(row.cudnn) else None
            yield Base("ngc", image, row.python, system, row.cuda, cudnn, 0, order, row.torch, row.cuda)


def _boards(problem: Problem) -> bool:
    return any(gpu.is_tegra for host in problem.hosts for gpu in host.gpus.get() or ())


def _boards_alone(problem: Problem) -> bool:
    """Is one of the hosts a Jetson that the builds for servers are not made for?"""
    lines = [host.l4t.get() for host in problem.hosts]
    return any(line is not None and major(line) < FIRST_WITH_SERVER_BUILDS for line in lines)


def _of_their_jetpack(row: NgcRow, problem: Problem, matrix: Matrix) -> bool:
    """May the image be for them? What names no JetPack is judged, for the words."""
    found = (matrix.jetpack(host.l4t.get() or "") for host in problem.hosts)
    return row.jetpack is None or {major(each) for each in found if each} == {major(row.jetpack)}


def _l4t(problem: Problem, matrix: Matrix) -> Iterator[Base]:
    """What NVIDIA builds for Jetson boards, of a line of L4T each."""
    for row in matrix.l4t_images():
        if TORCH in problem.parts and (
            row.torch is None or not admits_build(problem.wanted.get(TORCH), row.torch, None)
        ):
            continue
        system = f"ubuntu{row.ubuntu}" if row.ubuntu else None
        cudnn = str(major(row.cudnn)) if row.cudnn else None
        order = (newest_first(row.l4t), row.image)
        yield Base("ngc", row.image, row.python, system, row.cuda, cudnn, 0, order, row.torch, row.cuda)


def _pytorch(problem: Problem, matrix: Matrix) -> Iterator[Base]:
    """Only tags that a row names: that a version and a CUDA exist does not say that such a tag does."""
    if problem.arches != {"amd64"}:
        return
    for row in matrix.torch_images():
        system = f"{row.os}{row.os_version}" if row.os and row.os_version else None
        numpy2 = next((each.numpy2 for each in matrix.torch() if each.version == row.torch), None)
        for variant in row.variants or ():
            cuda = variant.partition("-")[0].removeprefix("cuda")
            if TORCH in problem.parts and not admits_build(problem.wanted.get(TORCH), row.torch, cuda):
                continue
            image = f"pytorch/pytorch:{row.torch}-{variant}-runtime"
            order = (newest_first(row.torch), newest_first(cuda), image)
            yield Base("pytorch", image, row.python, system, None, None, 0, order, row.torch, cuda, numpy2)


def _python(problem: Problem, matrix: Matrix) -> Iterator[Base]:
    """python:X.Y-slim, one in its first year after the others; with --os ubuntu22.04 or debian12 the distribution's own image and Python."""
    if problem.os is not None:
        match = re.fullmatch(r"(ubuntu|debian)([\d.]+)", problem.os, re.ASCII)
        own = next(iter(pythons(problem.os, matrix)), None)
        if match and own:
            image = f"{match.group(1)}:{match.group(2)}" + ("-slim" if match.group(1) == "debian" else "")
            yield Base("python", image, own, problem.os, None, None, 0, (newest_first(own), image))
        return
    today = matrix.date
    year_ago = f"{int(today[:4]) - 1}{today[4:]}"
    for row in matrix.pythons():
        if row.released and row.released <= today:
            ended = row.end_of_life is not None and row.end_of_life < today
            grade = (
                2 if ended else int(row.released > year_ago)
            )  # in its first year many packages have no wheels for it
            yield Base(
                "python", f"python:{row.python}-slim", row.python, None, None, None, grade, (newest_first(row.python),)
            )


_FAMILIES = {"ngc": _ngc, "cuda": _cuda, "pytorch": _pytorch, "python": _python}
