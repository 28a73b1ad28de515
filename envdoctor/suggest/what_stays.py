"""What a patched Dockerfile keeps although it was made for the old PyTorch or the old CUDA: told, not changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import Package, known
from envdoctor.judging.images import described
from envdoctor.matrix import Matrix
from envdoctor.readers.dockerfile import Dockerfile, Instruction
from envdoctor.readers.dockerfile_words import arguments
from envdoctor.readers.expansion import Budget, ExpansionError
from envdoctor.readers.stage_variables import GlobalArguments
from envdoctor.suggest.constraints import written
from envdoctor.suggest.install_calls import Reading
from envdoctor.suggest.problem import HERE, Candidate
from envdoctor.versions import major, numbers

# Compiled against one release of PyTorch, as their own installation pages say.
_TIED = frozenset(
    {
        "apex", "deepspeed", "detectron2", "fbgemm-gpu", "flash-attn", "flashinfer-python", "mmcv", "mmcv-full", "pyg-lib",
        "sglang", "torch-cluster", "torch-scatter", "torch-sparse", "torch-spline-conv", "torch-tensorrt", "torchao",
        "torchcodec", "torchdata", "torchtext", "triton", "vllm", "xformers",
    }
)  # fmt: skip
_OF_CUDA = re.compile(r"(?:[-_](?:cu|cuda)(1[0-9])x?|^nvidia-.{1,40}-cu(1[0-9]))$")
_VARIANT = re.compile(r"(?<![a-z0-9])cu(\d{2})(\d)(?![0-9])")
_PINNED = re.compile(r"(?<![\w.@/+-])(torch|onnxruntime-gpu)(?:\[[\w,.-]{0,80}\])?==([0-9][\w.]{0,30})", re.ASCII)


def what_stays(reading: Reading, changed: Reading, candidate: Candidate, matrix: Matrix) -> Iterator[str]:
    """One sentence each. `reading` is the file as it was."""
    torch, cuda = candidate.torch_version, _cuda(candidate)
    before = {package.name: package.version for package in reading.declared.packages.items}
    moved = torch is not None and before.get("torch") != torch
    chosen = {wheel.name for wheel in candidate.wheels} | {"torchvision", "torchaudio"}
    for package in changed.declared.packages.items:
        if package.name not in chosen:
            yield from _package(package, torch if moved else None, cuda)
    yield from _links(changed, cuda)
    if reading.declared.image.get() != changed.declared.image.get() or moved:
        yield from _stages(changed, candidate, matrix)


def _cuda(candidate: Candidate) -> str | None:
    """Of the choice: the wheels' before the image's."""
    held = [wheel.cuda for wheel in candidate.wheels]
    return next(iter(held), None) or candidate.base.torch_cuda or candidate.base.cuda


def _package(package: Package, torch: str | None, cuda: str | None) -> Iterator[str]:
    named = _OF_CUDA.search(package.name)
    if package.manager not in ("pip", "uv", "conda"):
        return
    if torch and package.name in _TIED and (package.version or package.specifier):
        yield f"{package.origin}: {written(package)} stays, whose builds are each for one PyTorch (pip may put that one back); take the one for torch {torch}"
    elif named and cuda and (named.group(1) or named.group(2)) != str(major(cuda)):
        yield f"{package.origin}: {package.name} stays, which is for another CUDA than {cuda}"


def _links(changed: Reading, cuda: str | None) -> Iterator[str]:
    """Indexes and find-links pages with builds for another CUDA."""
    if cuda is None:
        return
    for call in changed.calls:
        for option in call.options:
            match = _VARIANT.search(option.value) if "://" in option.value else None
            if match is not None and numbers(cuda)[:2] != (int(match.group(1)), int(match.group(2))):
                from envdoctor.readers.indexes import redacted

                stated = f"{match.group(1)}.{match.group(2)}"
                yield (
                    f"{changed.path}:{option.words[-1].line + 1}: {redacted(option.value)[:120]} stays, whose builds are for"
                    f" CUDA {stated}; the choice is for CUDA {cuda}"
                )


def _stages(changed: Reading, candidate: Candidate, matrix: Matrix) -> Iterator[str]:
    """Stages beside the one that is built, on an older CUDA or with an older build in their commands."""
    base = changed.declared.image.origin.line
    built = {wheel.name: wheel.version for wheel in candidate.wheels}
    if candidate.torch_version:
        built["torch"] = candidate.torch_version
    for start, image, body in _images(changed.dockerfile):
        if image is None or start.line == base:
            continue
        cuda = described(known(image, HERE), matrix).cuda.get()
        held = candidate.base.cuda or _cuda(candidate)
        if cuda and held and numbers(cuda)[:2] != numbers(held)[:2]:
            yield f"{changed.path}:{start.line}: this stage stays on {image} (CUDA {cuda}); what it builds is for that"
        for instruction in body:
            for name, version in _PINNED.findall(
                instruction.value + "".join(each.content for each in instruction.heredocs)
            ):
                if name in built and built[name] != version.partition("+")[0]:
                    yield f"{changed.path}:{instruction.line}: {name}=={version} stays in this stage"


def _images(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str | None, list[Instruction]]]:
    """The stages that rest on an image, not on another stage, with it; None where it is not known."""
    given = GlobalArguments({}, dockerfile.escape, Budget())
    names: set[str] = set()
    found: list[tuple[Instruction, str | None, list[Instruction]]] = []
    for instruction in dockerfile.instructions:
        try:
            if instruction.keyword == "FROM":
                image = given.expand(instruction.words[0]).text
                found.append((instruction, None if image is None or image.lower() in names else image, []))
                names |= {word.lower() for word in instruction.words[2:3]}
            elif not found:
                given.declare(arguments(instruction.value, dockerfile.escape))
        except ExpansionError:
            continue
        if found and instruction.keyword == "RUN":
            found[-1][2].append(instruction)
    yield from found
