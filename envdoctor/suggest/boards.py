"""What is said of Jetson boards besides: why an image suits a board, and where to go on when the matrix knows nothing."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Host
from envdoctor.judging import jetpack
from envdoctor.judging.images import l4t_release
from envdoctor.judging.jetson import is_jetson
from envdoctor.matrix import Matrix
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Candidate, Problem
from envdoctor.versions import major

# Sources: https://forums.developer.nvidia.com/t/jetpack-6-1-install-pytorch-2-5-1/318629/7 for the index,
# https://forums.developer.nvidia.com/t/pytorch-for-jetson/72048 for JetPack 4 and 5
_INDEX = "https://pypi.jetson-ai-lab.io"
_FORUM = "https://forums.developer.nvidia.com/t/pytorch-for-jetson/72048"


def reasons(candidate: Candidate, problem: Problem, matrix: Matrix) -> Iterator[str]:
    """One line for each L4T release among the hosts."""
    image = candidate.base.image
    stated, made_for = jetpack.named(image, matrix), l4t_release(image, matrix)
    for release in sorted({host.l4t.get() or "" for host in _boards(problem)} - {""}):
        if made_for:
            among = "" if made_for == release else f", and runs on the releases of its line, L4T {release} among them"
            yield f"made for L4T {made_for}{among}"
        elif stated and candidate.base.torch:
            boards = ", ".join(jetpack.capabilities(image, matrix))
            yield (
                f"NVIDIA names JetPack {stated} for it, whose boards are of compute capability {boards}; L4T {release} is"
                f" {jetpack.of_host(release, matrix)}"
            )
        elif candidate.torch and major(release) >= jetpack.FIRST_WITH_SERVER_BUILDS:
            yield f"L4T {release}, as JetPack 7 does, runs the wheels for Arm servers (SBSA)"


def advice(problem: Problem) -> tuple[str, ...]:
    """Where nothing is known for a board: the matrix holds images for Jetson, and none of the wheels built for it."""
    boards = list(_boards(problem))
    if not boards:
        return ()
    return tuple(_advice(problem, boards))


def _advice(problem: Problem, boards: list[Host]) -> Iterator[str]:
    if not all(host.l4t.is_known for host in boards):
        yield "state the L4T release (--host l4t=36.4.3,gpu=...): `cat /etc/nv_tegra_release` on the board prints it"
    if TORCH in problem.parts:
        yield f"NVIDIA's PyTorch for Jetson, by JetPack: {jetpack.TABLE} (JetPack 4 and 5: {_FORUM})"
    if ONNXRUNTIME in problem.parts:
        yield "PyPI's onnxruntime-gpu is not built for Jetson; for inference with PyTorch ask with --for training"
    yield (
        f"wheels that are built per JetPack: {_INDEX} (jp6/cu126 for JetPack 6.1 and 6.2). The matrix has no rows for them, so"
        " check cannot judge them: test one on the board with torch.cuda.get_arch_list() or an inference session"
    )


def _boards(problem: Problem) -> Iterator[Host]:
    return (host for host in problem.hosts if is_jetson(host))
