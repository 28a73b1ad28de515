"""conda, mamba and micromamba: specs such as `pytorch=2.1.0=py3.10_cuda12.1*`, channels, environment files.

Sources: https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html ,
https://pytorch.org/get-started/previous-versions/ (pytorch-cuda, cudatoolkit and cpuonly beside pytorch)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.facts import Origin, Package
from envdoctor.readers.arguments import Argument, Arguments, Grammar, Option, parse
from envdoctor.readers.collected import Collected
from envdoctor.readers.conda_file import read_conda_file
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.pip_packages import packages_of
from envdoctor.readers.requirements import parse_requirements
from envdoctor.readers.shell import Command

GRAMMAR = Grammar(
    frozenset(
        "--name --prefix --channel --file --solver --clone --root-prefix --rc-file --platform --subdir --repodata-fn"
        " --override-channels-enabled --category --revision --log-level".split()
    ),
    {
        "n": "--name",
        "p": "--prefix",
        "c": "--channel",
        "f": "--file",
        "y": "--yes",
        "q": "--quiet",
        "r": "--root-prefix",
    },
)
_SPEC = re.compile(
    r"(?:([\w./:-]+)::)?([A-Za-z0-9_.-]+?)"
    r"(?:\s*(==|>=|<=|!=|~=|=|>|<)\s*([^\s=]*)(?:=(\S*))?|\s+([0-9]\S*)(?:\s+(\S+))?|(?=$|[^A-Za-z0-9_.-]))"
)
_PYPI_NAMES = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch"}
_CUDA_PACKAGES = ("pytorch-cuda", "cudatoolkit", "cuda-version")
_BUILD_CUDA = re.compile(r"cuda_?([0-9]+)\.?([0-9])(?![0-9])")
_BUILT_FOR_CUDA = frozenset({"torch", "torchvision", "torchaudio"})


class Spec(NamedTuple):
    """One conda spec. `version` may be partial; `specifier` is in pip's form as far as it has one."""

    name: str
    version: str | None = None
    specifier: str = ""
    build: str = ""
    channel: str | None = None


def parse_spec(text: str) -> Spec | None:
    """`pytorch=2.1`, `nvidia::cuda-toolkit=12.1`, `numpy>=1.20,<2`; None for what is no spec."""
    text = text.strip()
    match = _SPEC.match(text) if len(text) <= 300 else None
    if match is None:
        return None
    channel, name, operator, version, build, spaced_version, spaced_build = match.groups()
    name = _PYPI_NAMES.get(name.lower(), name.lower())
    if spaced_version:
        return Spec(name, spaced_version, "", spaced_build or "", channel)
    rest = text[match.end() :]
    if operator is None:
        return Spec(name, channel=channel) if not rest else None
    if operator not in ("=", "==") or "," in version or "|" in version:
        return Spec(name, None, text[match.start(3) :].replace(" ", ""), "", channel)
    exact = version.removesuffix(".*").rstrip("*").rstrip(".")
    if not exact:
        return Spec(name, None, "", build or "", channel)
    loose = (operator == "=" or version != exact) and exact.count(".") < 2  # 2.1.0 has no releases of its own
    return Spec(name, exact, f"=={exact}.*" if loose else "", build or "", channel)


def read_conda(command: Command, into: Collected) -> None:
    arguments = parse(command, 1, GRAMMAR)
    actions = [word.value for word in arguments.words[:2]]
    if actions[:1] in (["install"], ["create"], ["update"], ["upgrade"]):
        _install(arguments, arguments.words[1:], command, into)
    elif actions in (["env", "create"], ["env", "update"]):
        _install(arguments, arguments.words[2:], command, into)
    elif actions[:1] in (["remove"], ["uninstall"]):
        names = [_PYPI_NAMES.get(word.value, word.value) for word in arguments.words[1:] if word.value]
        into.remove(names, command)
    elif actions[:1] == [None]:
        into.unread(command.lines[0], " ".join(command.texts))


def _install(arguments: Arguments, words: Iterable[Argument], command: Command, into: Collected) -> None:
    if arguments.has("--dry-run", "--clone"):
        if arguments.has("--clone"):
            into.unread(command.lines[0], " ".join(command.texts))
        return
    channels = tuple(redacted(option.value) for option in arguments.values("--channel") if option.value)
    specs: list[tuple[Spec, Origin]] = []
    for word in words:
        spec = parse_spec(word.value) if word.value is not None else None
        if spec is None:
            into.unread(word.line, f"conda {word.text}")
        else:
            specs.append((spec, into.origin_at(word.line)))
    for option in arguments.values("--file") or _default_file(arguments, command):
        specs += _file(option, command, into, channels)
    into.add(conda_packages(specs, channels), command)


def _default_file(arguments: Arguments, command: Command) -> list[Option]:
    """`conda env create` alone reads environment.yml."""
    name = "environment.yml"
    return [Option("--file", name, name, command.lines[0])] if arguments.words[0].value == "env" else []


def conda_packages(specs: Iterable[tuple[Spec, Origin]], channels: tuple[str, ...]) -> list[Package]:
    """The packages of one solve. PyTorch's CUDA is that of pytorch-cuda, cudatoolkit or its own build string."""
    listed = list(specs)
    cuda = _cuda_of(spec for spec, _ in listed)
    return [
        Package(
            spec.name,
            spec.version,
            spec.specifier,
            (_cuda_of_build(spec.build) or cuda) if spec.name in _BUILT_FOR_CUDA else None,
            "conda",
            index=redacted(spec.channel) if spec.channel else None,
            extra_indexes=channels,
            origin=origin,
        )
        for spec, origin in listed
    ]


def _cuda_of(specs: Iterable[Spec]) -> str | None:
    found = {spec.name: spec.version for spec in specs}
    if "cpuonly" in found:
        return "cpu"
    versions = [found[name] for name in _CUDA_PACKAGES if found.get(name)]
    return ".".join((versions[0] or "").split(".")[:2]) if versions else None


def _cuda_of_build(build: str) -> str | None:
    """ "py3.10_cuda12.1_cudnn8.9.2_0" -> "12.1", "cuda118py310h…" -> "11.8", "py3.10_cpu_0" -> "cpu"."""
    match = _BUILD_CUDA.search(build)
    if match is not None:
        return f"{match.group(1)}.{match.group(2)}"
    return "cpu" if re.search(r"(?:^|_)cpu", build) else None


def _file(option: Option, command: Command, into: Collected, channels: tuple[str, ...]) -> list[tuple[Spec, Origin]]:
    """`--file`: an environment.yml with its pip part, or a list of specs, one a line."""
    name = option.value
    place = into.place(command, name) if name and "://" not in name else None
    text = into.read_file(place) if place is not None else None
    if name is None or place is None or text is None:
        shown = redacted(option.text)[:80]
        into.gap(option.line, f"installs the conda environment file {shown}, which cannot be read here")
        return []
    found = read_conda_file(text, name)
    specs = []
    for item in found.specs:
        origin = Origin(f"{name}:{item.line}", place, item.line)
        spec = parse_spec(item.text)
        if spec is None:
            into.gaps[f"{origin} installs what cannot be read here ({redacted(item.text)[:60]})"] = None
        else:
            specs.append((spec, origin))
    if found.channels and specs:
        into.add(conda_packages(specs, (*channels, *(redacted(channel) for channel in found.channels))), command)
        specs = []
    _pip_part(found.pip, name, place, command, into)
    into.gaps.update(dict.fromkeys(found.gaps))
    return specs


def _pip_part(text: str, name: str, place: str, command: Command, into: Collected) -> None:
    """The `- pip:` list, which conda hands to pip as a requirements file."""
    if not text.strip():
        return
    found = parse_requirements(text, place, into.read_file, label=name, folder=posixpath.dirname(place))
    indexes = Indexes.of(found.index, found.extra_indexes, found.find_links, no_index=found.no_index)
    into.gaps.update(dict.fromkeys(found.gaps))
    into.problems.update(dict.fromkeys(found.problems))
    into.add(packages_of(found.entries, found.constraints, indexes, "pip"), command)
