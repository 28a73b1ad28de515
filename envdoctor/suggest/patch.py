"""A unified diff that turns a Dockerfile (and the requirements it installs) into a suggestion.

Only the image of its FROM line and the pins and indexes of the chosen packages change; everything else stays as it is,
comments and line ends included. The changed text is read and judged again before it is shown, and what would not build
is refused.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.doctor import diagnose
from envdoctor.facts import Package
from envdoctor.findings import Diagnosis, Severity, Verdict, undecided
from envdoctor.judging.images import described
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Declared
from envdoctor.rules import RULES
from envdoctor.suggest.argument_defaults import Defaults
from envdoctor.suggest.base_line import change_image
from envdoctor.suggest.constraints import written
from envdoctor.suggest.edits import PatchError, Texts
from envdoctor.suggest.index_lines import PYTORCH_NAMES, change_indexes
from envdoctor.suggest.install_calls import TOO_DEEP, Reading, read, reread
from envdoctor.suggest.install_lines import add_beside, change_pin, pins
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Problem, Suggestion
from envdoctor.suggest.recipe import installed, lines_for
from envdoctor.suggest.unbuildable import flavor_of, unbuildable
from envdoctor.suggest.what_stays import what_stays
from envdoctor.targets.files import Unreadable
from envdoctor.targets.read import read_dockerfile_at
from envdoctor.workload import Stated, assemble

__all__ = ["Kept", "PatchError", "family_of", "kept", "patch"]

_FAMILIES = {"nvidia/cuda": "cuda", "ngc/pytorch": "ngc", "pytorch": "pytorch", "plain": "python"}


def family_of(path: str, matrix: Matrix) -> str | None:
    """The family of the image that the Dockerfile rests on. Raises PatchError."""
    return _FAMILIES.get(described(_read(path).image, matrix).family.get() or "")


class Kept(NamedTuple):
    """What a patched file keeps unless something else is asked for: its apt lines and the way it calls pip are made for
    its system, its other pins for its Python, its own compiling for an image with a compiler. `flavor` is the least that
    the new image has to be: base, runtime, cudnn-runtime, devel, cudnn-devel."""

    os: str | None
    python: str | None
    flavor: str | None = None


def kept(path: str, matrix: Matrix) -> Kept:
    """The system of an nvidia/cuda image, the Python of a python image; of other images the choice is free."""
    image = described(_read(path).image, matrix)
    family, python = image.family.get(), image.python.get()
    if family == "nvidia/cuda" and image.os_id.is_known and image.os_version.is_known:
        return Kept(f"{image.os_id.get()}{image.os_version.get()}", None, flavor_of(image))
    return Kept(None, ".".join(python.split(".")[:2]) if family == "plain" and python else None, flavor_of(image))


def patch(path: str, suggestion: Suggestion, problem: Problem, matrix: Matrix) -> tuple[str, list[str]]:
    """The diff, and what the user has to know besides. Raises PatchError."""
    texts = Texts()
    reading = read(path, texts)
    suggestion = _with_compiler(suggestion, reading, matrix)
    base = suggestion.candidate.base
    notices = list(change_image(reading, base, texts))
    for refused in unbuildable(reading, base, matrix):
        raise PatchError(f"{refused}; mend that first, or take --format dockerfile")
    defaults = Defaults(reading.dockerfile, texts.lines(path))
    chosen = [*_chosen(suggestion, problem), *_in_image(reading, suggestion, matrix)]
    absent = [package for package in chosen if not change_pin(reading, package, defaults, texts)]
    absent = [package for package in absent if not _added(reading, package, texts)]
    change_indexes(reading, suggestion, problem, matrix, defaults, texts)
    changed = texts.changed()
    after = reread(path, changed, texts)
    _refuse_other(after, [package for package in chosen if package not in absent], path)
    notices += _judged(after.declared, problem, matrix, path)
    notices += _missing(reading, absent, path)
    notices += what_stays(reading, after, suggestion.candidate, matrix)
    text, folder = texts.diff()
    if folder is not None:
        place = shlex.quote(folder)
        notices.append(f"the diff names files from {folder} on; apply it there: cd {place} && patch -p1")
    if not changed:
        notices.append(f"{path}: nothing had to be changed" if not absent else f"{path}: nothing was changed")
    return text, notices


def _with_compiler(suggestion: Suggestion, reading: Reading, matrix: Matrix) -> Suggestion:
    """Of pytorch/pytorch the devel image of the same release, where the file rests on one."""
    base = suggestion.candidate.base
    if base.family != "pytorch" or flavor_of(described(reading.declared.image, matrix)) != "devel":
        return suggestion
    base = base._replace(image=f"{base.image.removesuffix('-runtime')}-devel")
    return suggestion._replace(candidate=suggestion.candidate._replace(base=base))


def _read(path: str) -> Declared:
    try:
        return read_dockerfile_at(path)
    except RecursionError as error:
        raise PatchError(f"{path}: {TOO_DEEP}") from error
    except Unreadable as error:
        said = str(error)
        raise PatchError(said if said.startswith(path) else f"{path}: {said}") from error


def _chosen(suggestion: Suggestion, problem: Problem) -> list[Package]:
    """What a pin is written for; what the file carries along stays as it stands there. With the CUDA of PyTorch's build,
    for those who write it out (torch==2.7.1+cu128)."""
    torch = suggestion.candidate.torch
    return [
        package._replace(cuda=torch.cuda) if torch is not None and package.name in PYTORCH_NAMES else package
        for package in installed(suggestion, problem)
        if package not in problem.carried
    ]


def _in_image(reading: Reading, suggestion: Suggestion, matrix: Matrix) -> Iterator[Package]:
    """Pins of what the new image holds itself. Those of pytorch/pytorch follow it: pip leaves what is there. NVIDIA's
    builds have numbers that no pin means, and pip would put others over them."""
    base = suggestion.candidate.base
    if base.torch is None:
        return
    for name in PYTORCH_NAMES:
        held = next((each for each in pins(reading, name) if each.version is not None), None)
        if held is None:
            continue
        version = base.torch if name == TORCH else matrix.companion_for(name, base.torch)
        if base.family != "pytorch" or version is None:
            raise PatchError(
                f"{held.origin} installs {written(held)}, which pip would put over the {name} of {base.image}; take it out"
                f" there and ask again, or take another --family"
            )
        yield Package(name, version, f"=={version}", origin=held.origin)


def _added(reading: Reading, package: Package, texts: Texts) -> bool:
    return package.name == "numpy" and add_beside(reading, package, (TORCH, ONNXRUNTIME), texts)


def _missing(reading: Reading, absent: list[Package], path: str) -> Iterator[str]:
    """Raises PatchError for what conda installs."""
    for package in absent:
        for held in reading.declared.packages.named(package.name):
            if held.manager == "conda":
                raise PatchError(
                    f"{held.origin} installs {package.name} with conda, and only lines of pip and uv are changed here; take"
                    f" --format dockerfile"
                )
    if absent:
        names = " and ".join(package.name for package in absent)
        yield f"{path}: no line installs {names}; add: RUN {' && '.join(lines_for(absent))}"


def _refuse_other(after: Reading, chosen: list[Package], path: str) -> None:
    """What was chosen has to be what the changed file installs in the end."""
    for package in chosen:
        for held in after.declared.packages.named(package.name):
            if package.version is not None and (held.version or "").partition("+")[0] not in ("", package.version):
                raise PatchError(
                    f"{held.origin} would still install {written(held)}; make it {written(package)} by hand and ask again,"
                    f" or take --format dockerfile"
                )
    if not after.declared.image.is_known:
        raise PatchError(f"{path}: {after.declared.image.reason}")


def _judged(declared: Declared, problem: Problem, matrix: Matrix, path: str) -> Iterator[str]:
    """Raises PatchError if the changed files do not fit a host after all."""
    for host in problem.hosts:
        diagnosis = diagnose(assemble(declared, host, matrix, Stated()), matrix, RULES)
        if diagnosis.verdict in (Verdict.INCOMPATIBLE, Verdict.DEGRADED):
            raise PatchError(
                f"{path}: changed to the suggestion it would still be {diagnosis.verdict.value} on {host.name}: "
                f"{_first(diagnosis)}; mend that first, or take --format dockerfile"
            )
        if diagnosis.verdict is Verdict.UNKNOWN:
            yield f"{path}: whether the changed file runs on {host.name} is not certain: {_first(diagnosis)}"


def _first(diagnosis: Diagnosis) -> str:
    for result in diagnosis.results:
        for finding in result.findings:
            if finding.severity is not Severity.NOTE:
                return f"{finding.message} ({result.rule})"
    return next((result.reason or "" for result in diagnosis.results if undecided(result)), "")
