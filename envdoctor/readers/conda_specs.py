"""conda's specs, `pytorch=2.1.0=py3.10_cuda12.1*`, and the packages that they become.

Sources: https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html ,
https://pytorch.org/get-started/previous-versions/ (pytorch-cuda, cudatoolkit and cpuonly beside pytorch)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.facts import Origin, Package
from envdoctor.patterns import lazily
from envdoctor.readers.indexes import redacted

_SPEC = lazily(
    r"(?:([\w./:-]+)::)?([A-Za-z0-9_.-]+?)"
    r"(?:\s*(==|>=|<=|!=|~=|=|>|<)\s*([^\s=]*)(?:=(\S*))?|\s+([0-9]\S*)(?:\s+(\S+))?|(?=$|[^A-Za-z0-9_.-]))"
)
_BRACKETS = lazily(r"([^\[\s]+)\s*\[([^\]]*)\]")
_IN_BRACKETS = lazily(r"\s*(version|build|channel)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,\"']*))\s*")
PYPI_NAMES = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch"}
_CUDA_PACKAGES = ("pytorch-cuda", "cudatoolkit", "cuda-version")
_BUILD_CUDA = lazily(r"cuda_?([0-9]+)\.?([0-9])(?![0-9])")
_MAX_LENGTH = 300
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
    if text.endswith("]") and len(text) <= _MAX_LENGTH:
        text = _without_brackets(text)
    match = _SPEC.match(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        return None
    channel, name, operator, version, build, spaced_version, spaced_build = match.groups()
    if name.lower() == "pytorch-cpu" and not build:
        build = "cpu"
    name = PYPI_NAMES.get(name.lower(), name.lower())
    if spaced_version:
        return Spec(name, spaced_version, "", spaced_build or "", channel)
    rest = text[match.end() :]
    if operator is None:
        return Spec(name, build=build or "", channel=channel) if not rest else None
    if operator not in ("=", "==") or "," in version or "|" in version:
        return Spec(name, None, text[match.start(3) :].replace(" ", ""), build if build == "cpu" else "", channel)
    exact = version.removesuffix(".*").rstrip("*").rstrip(".")
    if not exact:
        return Spec(name, None, "", build or "", channel)
    loose = (operator == "=" or version != exact) and exact.count(".") < 2  # 2.1.0 has no releases of its own
    return Spec(name, exact, f"=={exact}.*" if loose else "", build or "", channel)


def _without_brackets(text: str) -> str:
    """`pytorch[version='2.1.*', build='*cuda*']` -> "pytorch=2.1.*=*cuda*"; as it is, which no spec is, where it has more."""
    match = _BRACKETS.fullmatch(text)
    if match is None:
        return text
    given: dict[str, str] = {}
    for part in re.split(r",(?=\s*\w+\s*=)", match.group(2)):
        found = _IN_BRACKETS.fullmatch(part)
        if found is None:
            return text
        given[found.group(1)] = (found.group(2) or found.group(3) or found.group(4) or "").strip()
    version = given.get("version", "")
    build = given.get("build", "")
    channel = f"{given['channel']}::" if given.get("channel") else ""
    if version[:1] in "<>!~" and version:
        return f"{channel}{match.group(1)}{version}"
    if build:
        return f"{channel}{match.group(1)}={version.lstrip('=') or '*'}={build}"
    return f"{channel}{match.group(1)}" + (f"={version.lstrip('=')}" if version else "")


def conda_packages(specs: Iterable[tuple[Spec, Origin]], channels: tuple[str, ...]) -> list[Package]:
    """The packages of one solve. PyTorch's CUDA is that of pytorch-cuda, cudatoolkit or its own build string."""
    listed = _once_each(specs)
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


def _once_each(specs: Iterable[tuple[Spec, Origin]]) -> list[tuple[Spec, Origin]]:
    """`pytorch=2.1` and `pytorch-gpu` beside it are one package: the one with a version."""
    found: dict[str, tuple[Spec, Origin]] = {}
    for spec, origin in specs:
        before = found.get(spec.name)
        if before is None or (before[0].version is None and spec.version is not None):
            found[spec.name] = (spec, origin)
        if before is not None and spec.build == "cpu":
            kept = found[spec.name]
            found[spec.name] = (kept[0]._replace(build=kept[0].build or "cpu"), kept[1])
    return list(found.values())


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
