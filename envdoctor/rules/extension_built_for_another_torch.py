"""A compiled extension of PyTorch (flash-attn, mamba-ssm, torch-scatter …) whose wheel was built for another torch, ABI, CUDA or Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Package
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.each import each
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.pip_commands import commands_of
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, numbers

_SOURCES = (
    "https://github.com/Dao-AILab/flash-attention/issues/836",
    "https://github.com/Dao-AILab/flash-attention/issues/1644",
    "https://github.com/pytorch/pytorch/pull/142064",
)
# 2.7.4.post1+cu12torch2.6cxx11abiFALSE (flash-attn, causal-conv1d, mamba-ssm), 2.1.2+pt26cu124 (torch-scatter and its kin)
_TORCH_LOCAL = lazily(r"cu(\d{2,3})torch(\d+\.\d+)(?:\.\d+)?(?:cxx11abi(true|false))?", re.ASCII | re.IGNORECASE)
_PT_LOCAL = lazily(r"pt(\d)(\d{1,2})cu(\d{2,3})", re.ASCII)
_WHEEL = lazily(r"([^/]+)-cp(3)(\d{1,2})-[a-z0-9_]+-(?:[a-z0-9]+_)*?(x86_64|aarch64|amd64)\.whl", re.ASCII)
_LONGEST = 300  # characters of a file's name
# On PyPI they are source alone, compiled (or fetched ready-made) for the torch that is there; see their setup.py
_COMPILED = frozenset({"flash-attn", "causal-conv1d", "mamba-ssm"})


class _Built(NamedTuple):
    """What a wheel's version says it was built for. `cuda` is a major."""

    torch: str
    cuda: int
    abi: bool | None


class _Torch(NamedTuple):
    """The torch in use: its minor release, CUDA major and C++ ABI, None where not known."""

    package: Package
    minor: str
    cuda: int | None
    abi: bool | None


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = facts.packages.need()
    built = [item for item in packages.items if _built(item) is not None]
    unsaid = [item for item in packages.named(*_COMPILED) if item.installed and item.version and _built(item) is None]
    if not built and not unsaid:
        raise FactAbsent("no wheel that says which torch it was built for")
    torch = _torch(facts, matrix)
    yield from each(built, lambda item: _judge(item, torch, facts))
    for item in unsaid:
        if torch is not None and item.manager != "image" and torch.package.manager != "image":
            yield _unsaid(item, torch)


def _built(item: Package) -> _Built | None:
    local = (item.version or "").partition("+")[2]
    match = _TORCH_LOCAL.match(local)
    if match is not None:
        abi = match.group(3)
        return _Built(match.group(2), _major(match.group(1)), None if abi is None else abi.lower() == "true")
    match = _PT_LOCAL.match(local)
    if match is not None:
        return _Built(f"{match.group(1)}.{match.group(2)}", _major(match.group(3)), None)
    return None


def _major(digits: str) -> int:
    """ "12", "122" and "118" are CUDA 12, 12.2 and 11.8; "92" is 9.2."""
    return int(digits[:2]) if int(digits[:2]) < 90 else int(digits[0])


def _torch(facts: Facts, matrix: Matrix) -> _Torch | None:
    """None where it is not known which torch is there. NVIDIA's own builds have the new ABI; see flash-attention's publish.yml."""
    found = (facts.packages.need()).named("torch")
    if len(found) != 1:
        return None
    item = found[0]
    if item.manager == "image":
        minor = _minor(item.version or "")
        ngc = (facts.image.family.get() or "").startswith("ngc/")
        return _Torch(item, minor, _cuda_major(facts.image.cuda.get()), True if ngc else None) if minor else None
    rows = builds.torch_builds(item, facts, matrix)
    minors = {_minor(row.version) for row in rows} or {_minor(item.version or "")}
    cudas = {_cuda_major(row.cuda) for row in rows} or {_cuda_major(builds.variant(item))}
    platform = builds.platform_of(facts)
    abis = {matrix.torch_cxx11_abi(row.version, row.cuda, platform) for row in rows} or {None}
    if len(minors) != 1 or "" in minors:
        return None
    return _Torch(item, minors.pop(), cudas.pop() if len(cudas) == 1 else None, abis.pop() if len(abis) == 1 else None)


def _minor(version: str) -> str:
    """ "2.1.0a0+32f93b1" -> "2.1"; "" where no minor is stated."""
    found = numbers(leading(version) or "")
    return f"{found[0]}.{found[1]}" if len(found) > 1 else ""


def _cuda_major(text: str | None) -> int | None:
    found = numbers(leading(text or "") or "")
    return found[0] if found else None


def _judge(item: Package, torch: _Torch | None, facts: Facts) -> Iterator[Finding]:
    built = _built(item)
    if built is None:
        return
    wheel = _wheel(item, facts)
    if wheel is not None:
        yield wheel
    if torch is None:
        raise FactUnknown(f"which torch {item.name} {item.version} meets is not known")
    reason = _reason(built, torch, facts)
    if reason is not None:
        yield _finding(item, torch, reason, facts)


def _reason(built: _Built, torch: _Torch, facts: Facts) -> str | None:
    """Why the import fails. The extension finds the CUDA of another major only where the image's system has it."""
    if built.torch != torch.minor:
        return f"was built against torch {built.torch}"
    if built.abi is not None and torch.abi is not None and built.abi != torch.abi:
        theirs, ours = ("new", "old") if built.abi else ("old", "new")
        return (
            f"was built for the {theirs} C++ ABI (cxx11abi{str(built.abi).upper()}), and this torch has the {ours} one,"
        )
    system = _cuda_major(facts.image.cuda.get())
    if torch.cuda is not None and built.cuda != torch.cuda and built.cuda != system:
        return f"was built with CUDA {built.cuda}, and this torch has CUDA {torch.cuda},"
    return None


def _finding(item: Package, torch: _Torch, reason: str, facts: Facts) -> Finding:
    own = torch.package.manager == "image"
    which = f"NVIDIA's own torch {torch.package.version} of the image" if own else described(torch.package)
    return Finding(
        message=(
            f"{item.name} {item.version} {reason} while the container has {which}: `import {item.name.replace('-', '_')}` fails with an undefined symbol or a missing library."
        ),
        severity=Severity.ERROR,
        remedy=(
            _remedy(item, torch, own),
            f"or compile it for the torch that is there: pip install --no-build-isolation --no-binary {item.name} {item.name} (needs nvcc: a devel image)",
        ),
        verify=f'python -c "import torch, {item.name.replace("-", "_")}; print(torch.__version__, torch._C._GLIBCXX_USE_CXX11_ABI)"',
        at=item.origin,
        evidence=(of_package(item), of_package(torch.package), of("image.reference", facts.image.reference)),
        sources=_SOURCES,
    )


def _remedy(item: Package, torch: _Torch, own: bool) -> str:
    if own and item.name == "flash-attn":
        return "leave flash-attn out: NGC PyTorch images hold one that was built for their torch"
    abi = "" if torch.abi is None else f" and cxx11abi{str(torch.abi).upper()}"
    return f"take a wheel of {item.name} for torch {torch.minor}{abi}, or the torch that this wheel was built for"


def _wheel(item: Package, facts: Facts) -> Finding | None:
    """What the file's name says of Python and CPU: pip refuses a wheel for others."""
    build = facts.build.get()
    installs = commands_of(item, build)
    for install in installs:
        if install.conditional:
            continue
        for tags in (_tags(word or "", item) for word in install.words):
            if tags is not None:
                return _other_platform(item, tags, install.python or builds.python_of(facts), facts)
    return None


def _tags(word: str, item: Package) -> tuple[str, str] | None:
    """The Python ("3.10") and CPU of a wheel of that package; None for other words, and for wheels of the stable ABI."""
    name = word.rpartition("/")[2].partition("#")[0].replace("%2B", "+").replace("%2b", "+")
    if not name.endswith(".whl") or len(name) > _LONGEST or "-abi3-" in name:
        return None
    match = _WHEEL.fullmatch(name)
    if match is None or (item.version or "") not in match.group(1):
        return None
    return f"{match.group(2)}.{match.group(3)}", match.group(4)


def _other_platform(item: Package, tags: tuple[str, str], ours: str | None, facts: Facts) -> Finding | None:
    python, cpu = tags
    if ours is not None and "." in ours and ours[:1].isdigit() and ours != python:
        return _refused(item, f"Python {python}", f"the image has Python {ours}", facts)
    arches = facts.image.arch.get()
    if facts.host.arch.get() == "aarch64" and cpu != "aarch64" and (not arches or "arm64" in arches):
        return _refused(item, cpu, "the host is aarch64", facts)
    return None


def _refused(item: Package, wants: str, has: str, facts: Facts) -> Finding:
    return Finding(
        message=f'The wheel of {item.name} is for {wants}, and {has}: pip stops with "is not a supported wheel on this platform".',
        severity=Severity.ERROR,
        remedy=("take the wheel for the image's Python and CPU, or leave the choice to pip",),
        verify="docker run --rm IMAGE python3 -m pip debug --verbose",
        at=item.origin,
        evidence=(of_package(item), of("image.python", facts.image.python)),
        sources=("https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",),
    )


def _unsaid(item: Package, torch: _Torch) -> Finding:
    abi = "" if torch.abi is None else f", whose C++ ABI is the {'new' if torch.abi else 'old'} one"
    return Finding(
        message=(
            f"{described(item)} is compiled against one release of torch and one C++ ABI, and its version does not say which: one that was built for another than {described(torch.package)}{abi},"
            " fails with an undefined symbol."
        ),
        severity=Severity.NOTE,
        remedy=(f"install a wheel of {item.name} for torch {torch.minor}, or compile it for the torch that is there",),
        verify=f'python -c "import torch, {item.name.replace("-", "_")}"',
        at=item.origin,
        evidence=(of_package(item), Evidence("torch", torch.minor, str(torch.package.origin))),
        sources=_SOURCES,
    )


RULE = Rule(
    id="extension-built-for-another-torch",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a compiled extension was built for another torch, C++ ABI, CUDA or Python",
    seen=(
        "ImportError: …flash_attn_2_cuda….so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs",
        "ERROR: flash_attn-…whl is not a supported wheel on this platform.",
    ),
    why=(
        "flash-attn, mamba-ssm, causal-conv1d, torch-scatter and others link to torch's C++ library. A wheel fits one minor release of torch, one CUDA major, one Python and one C++ ABI, and says so in its"
        " name. PyTorch's own wheels have the old ABI up to 2.5 (2.6: all but cu126) and the new one from 2.7 on; NVIDIA's NGC images have always had the new one."
    ),
    remedy=("take the wheel whose name fits the torch that is there", "or compile it in a devel image"),
    sources=_SOURCES,
    check=check,
)
