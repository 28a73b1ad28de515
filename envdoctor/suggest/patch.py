"""A unified diff that turns a Dockerfile (and the requirements it installs) into a suggestion.

Only the image of its FROM line and the pins and indexes of the chosen packages change; everything else stays as it is,
comments and line ends included. The changed text is read and judged again before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from typing import NamedTuple

from envdoctor.doctor import diagnose
from envdoctor.facts import Package
from envdoctor.findings import Diagnosis, Severity, Verdict, undecided
from envdoctor.judging.images import described
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Declared
from envdoctor.rules import RULES
from envdoctor.suggest.constraints import written
from envdoctor.suggest.problem import PYTORCH_INDEX, TORCH, Problem, Suggestion
from envdoctor.suggest.recipe import installed
from envdoctor.targets.files import Unreadable, read_text
from envdoctor.targets.read import read_changed, read_dockerfile_at
from envdoctor.workload import Stated, assemble

_FROM = re.compile(r"(\s*FROM\s+(?:--\S+\s+)*)(\S+)(.*)", re.IGNORECASE | re.DOTALL)
_TORCH_INDEX = re.compile(r"https://download\.pytorch\.org/whl/(?:cu\d{2,3}|cpu)(?![\w-])")
_FAMILIES = {"nvidia/cuda": "cuda", "ngc/pytorch": "ngc", "pytorch": "pytorch", "plain": "python"}
_PYTORCH_NAMES = frozenset({TORCH, "torchvision", "torchaudio"})
_CONTINUED = ("\\", "`")


class PatchError(ValueError):
    """The file cannot be changed as asked: what was read, what was expected, what to do."""


def family_of(path: str, matrix: Matrix) -> str | None:
    """The family of the image that the Dockerfile rests on. Raises PatchError."""
    declared = _read(path)
    return _FAMILIES.get(described(declared.image, matrix).family.get() or "")


class Kept(NamedTuple):
    """What a patched file keeps unless something else is asked for: its apt lines and the way it calls pip are made for
    its system, its other pins for its Python."""

    os: str | None
    python: str | None


def kept(path: str, matrix: Matrix) -> Kept:
    """The system of an nvidia/cuda image, the Python of a python image; of other images the choice is free."""
    image = described(_read(path).image, matrix)
    family, python = image.family.get(), image.python.get()
    if family == "nvidia/cuda" and image.os_id.is_known and image.os_version.is_known:
        return Kept(f"{image.os_id.get()}{image.os_version.get()}", None)
    return Kept(None, ".".join(python.split(".")[:2]) if family == "plain" and python else None)


def patch(path: str, suggestion: Suggestion, problem: Problem, matrix: Matrix) -> tuple[str, list[str]]:
    """The diff, and what the user has to know besides. Raises PatchError."""
    declared = _read(path)
    texts: dict[str, list[str]] = {}
    _change_image(path, declared, suggestion, texts)
    absent = []
    for package in _chosen(suggestion, problem):
        done = [
            _change_pin(held, package, suggestion, texts, path) for held in _held(declared, package)
        ]  # each of them
        if True not in done:
            absent.append(package)
    changed = {name: "".join(lines) for name, lines in texts.items()}
    notices = _judged(path, changed, problem, matrix)
    notices += [f"no line installs {package.name}; add: pip install {written(package)}" for package in absent]
    return "".join(_diff(name, text) for name, text in changed.items()), notices


def _read(path: str) -> Declared:
    try:
        return read_dockerfile_at(path)
    except Unreadable as error:
        raise PatchError(f"{path}: {error}") from error


def _chosen(suggestion: Suggestion, problem: Problem) -> list[Package]:
    """What a pin is written for; what the file carries along stays as it stands there."""
    return [package for package in installed(suggestion, problem) if package not in problem.carried]


def _held(declared: Declared, package: Package) -> Iterator[Package]:
    for held in declared.packages.items:
        if held.name == package.name and held.manager in ("pip", "uv") and held.origin.line:
            yield held


def _lines(name: str, texts: dict[str, list[str]]) -> list[str]:
    if name not in texts:
        try:
            texts[name] = read_text(name).splitlines(keepends=True)
        except Unreadable as error:
            raise PatchError(f"{name}: {error}") from error
    return texts[name]


def _change_image(path: str, declared: Declared, suggestion: Suggestion, texts: dict[str, list[str]]) -> None:
    line = declared.image.origin.line
    lines = _lines(path, texts)
    named = declared.image.is_known and declared.image.origin.path == path
    match = _FROM.fullmatch(lines[line - 1]) if line and named else None
    if match is None or line is None:
        raise PatchError(
            f"{path}: no FROM line was found that names the image it rests on; expected FROM IMAGE on one line"
        )
    lines[line - 1] = f"{match.group(1)}{suggestion.candidate.base.image}{match.group(3)}"


def _change_pin(
    held: Package, package: Package, suggestion: Suggestion, texts: dict[str, list[str]], path: str
) -> bool:
    """On the line that the reader found it on, or on one that continues it."""
    assert held.origin.line is not None
    name = held.origin.path or path
    lines = _lines(name, texts)
    for number in _continued(lines, held.origin.line - 1):
        changed, count = _pin(package.name).subn(lambda match: _written(match, package), lines[number], count=1)
        if count:
            lines[number] = changed
            if package.name in _PYTORCH_NAMES and suggestion.candidate.torch is not None:
                _change_index(lines, number, held, suggestion, name == path)
            return True
    return False


def _continued(lines: list[str], first: int) -> Iterator[int]:
    number = first
    while number < len(lines):
        yield number
        text = lines[number].rstrip()
        if not (text.endswith(_CONTINUED) or text.lstrip().startswith("#")):
            return
        number += 1


def _pin(name: str) -> re.Pattern[str]:
    """`torch`, `"torch==2.4.0"`, `torch[opt]>=2,<3`, `torch == 2.4.0+cu121`, not `torchvision` or `--torch`."""
    spelled = r"[-_.]".join(re.escape(part) for part in name.split("-"))
    release = r"[ \t]?(?:===?|~=|!=|<=?|>=?)[ \t]?[\w.*+!-]{1,60}"
    return re.compile(
        rf"(?<![\w.@/+=-])(?P<quote>[\"']?)(?P<name>{spelled})(?P<extras>\[[\w, .-]{{0,80}}\])?"
        rf"(?P<pin>{release}(?:,{release}){{0,8}})?(?P=quote)(?![\w./=-])",
        re.IGNORECASE | re.ASCII,
    )


def _written(match: re.Match[str], package: Package) -> str:
    quote, extras = match.group("quote"), match.group("extras") or ""
    return f"{quote}{match.group('name')}{extras}=={package.version}{quote}"


def _change_index(lines: list[str], number: int, held: Package, suggestion: Suggestion, in_command: bool) -> None:
    """PyTorch's own index where the command names one; else one beside the default, if the build is not PyPI's."""
    torch = suggestion.candidate.torch
    assert torch is not None
    wanted = f"{PYTORCH_INDEX}/cu{torch.cuda.replace('.', '')}"
    named = [url for url in (held.index, *held.extra_indexes) if url and _TORCH_INDEX.match(url)]
    if named:
        for each, line in enumerate(lines):
            if abs(each - number) <= _NEAR and _TORCH_INDEX.search(line):
                lines[each] = _TORCH_INDEX.sub(wanted, line)
    elif torch.index is not None and wanted not in lines[number] and in_command:
        pinned = _pin(held.name).search(lines[number])
        assert pinned is not None
        lines[number] = f"{lines[number][: pinned.end()]} --extra-index-url {wanted}{lines[number][pinned.end() :]}"
    elif torch.index is not None and not any(wanted in line for line in lines):
        lines.insert(0, f"--extra-index-url {wanted}\n")


_NEAR = 12  # lines around a pin within which its index option stands


def _judged(path: str, changed: Mapping[str, str], problem: Problem, matrix: Matrix) -> list[str]:
    """Raises PatchError if the changed files do not fit a host after all."""
    declared = read_changed(path, changed)
    notices: list[str] = []
    for host in problem.hosts:
        diagnosis = diagnose(assemble(declared, host, matrix, Stated()), matrix, RULES)
        if diagnosis.verdict in (Verdict.INCOMPATIBLE, Verdict.DEGRADED):
            raise PatchError(
                f"{path}: changed to the suggestion it would still be {diagnosis.verdict.value} on {host.name}: "
                f"{_first(diagnosis)}; mend that first, or take --format dockerfile"
            )
        if diagnosis.verdict is Verdict.UNKNOWN:
            notices.append(f"{path}: whether the changed file runs on {host.name} is not certain: {_first(diagnosis)}")
    return notices


def _first(diagnosis: Diagnosis) -> str:
    for result in diagnosis.results:
        for finding in result.findings:
            if finding.severity is not Severity.NOTE:
                return f"{finding.message} ({result.rule})"
    return next((result.reason or "" for result in diagnosis.results if undecided(result)), "")


def _diff(name: str, text: str) -> str:
    before, after = read_text(name).splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(_ended(unified_diff(before, after, f"a/{name}", f"b/{name}")))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    """A last line without a line end is marked as patch wants it."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
