"""From what is typed and from targets to the problem that `envdoctor suggest` solves."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.commands import InputError, UsageError
from envdoctor.commands.check_hosts import Hosts
from envdoctor.commands.settings import config_of, read_package
from envdoctor.facts import Host, Origin, Package
from envdoctor.matrix import Matrix
from envdoctor.suggest.problem import ARCHES, FAMILIES, ONNXRUNTIME, TORCH, Problem
from envdoctor.uses import of_package

if TYPE_CHECKING:
    from envdoctor.targets import Workload

_PURPOSES = {
    "training": frozenset({TORCH}),
    "inference": frozenset({ONNXRUNTIME}),
    "both": frozenset({TORCH, ONNXRUNTIME}),
}
_CHOSEN = frozenset({TORCH, ONNXRUNTIME, "torchvision", "torchaudio"})  # whose versions we choose


class _Stated(NamedTuple):
    """The packages of targets and options: `wanted` by name, `carried` as they are; what images hold of the parts."""

    wanted: dict[str, Package]
    carried: tuple[Package, ...]
    held: frozenset[str]
    notices: tuple[str, ...]


class _Kept(NamedTuple):
    """What is asked for, or what a patched file keeps."""

    os: str | None
    python: str | None
    flavor: str | None = None


def read_problem(args: argparse.Namespace, matrix: Matrix) -> tuple[Problem, list[str]]:
    """With notices. Raises UsageError and InputError."""
    _refuse_contradictions(args)
    hosts = Hosts(args, config_of(args, (*args.targets, *args.dockerfile) or (".",)), matrix)
    stated = _stated(args, matrix)
    listed = hosts.of(None)
    _refuse_unknown(listed)
    kept = _kept(args, matrix)
    parts, notices = _parts(args, stated)
    problem = Problem(
        hosts=listed,
        parts=parts,
        wanted=stated.wanted,
        carried=stated.carried,
        python=kept.python,
        os=kept.os,
        families=_families(args, matrix),
        arches=_arches(args, listed),
        video=args.video or any(of_package(item, matrix) == "nvdec" for item in stated.carried),
        flavor=kept.flavor,
    )
    return problem, [*hosts.notices, *stated.notices, *notices]


def _refuse_contradictions(args: argparse.Namespace) -> None:
    if args.patch and args.format != "text":
        raise UsageError(f"--patch prints a diff; it cannot be --format {args.format} too")
    if args.patch and (args.targets or args.dockerfile):
        raise UsageError("--patch FILE takes what is needed from that file; give no other target beside it")


def _refuse_unknown(hosts: Iterable[Host]) -> None:
    """A driver or a GPU that nobody stated leaves every rule open: nothing could be suggested."""
    for host in hosts:
        if not host.stated:
            raise UsageError(
                'no host: state --driver and --gpu, for example --driver 535.104.05 --gpu "RTX 3090", or --host'
            )
        if not (host.driver.is_known or host.l4t.is_known):
            raise UsageError(
                f"host {host.name}: {host.driver.reason}; state --driver as nvidia-smi prints it (Jetson: l4t=36.4)"
            )
        if not host.gpus.get():
            example = '"gpu=Jetson AGX Orin"' if host.l4t.is_known else "--gpu T4 (or gpu=T4 in --host)"
            raise UsageError(f"host {host.name}: {host.gpus.reason or 'it has no GPU'}; state it: {example}")


def _parts(args: argparse.Namespace, stated: _Stated) -> tuple[frozenset[str], list[str]]:
    """What was asked for, and what the packages and images name; both where nothing says."""
    named = (frozenset(stated.wanted) | stated.held) & _PURPOSES["both"]
    if args.purpose is not None:
        return _PURPOSES[args.purpose] | (frozenset(stated.wanted) & _PURPOSES["both"]), []
    if any(name in stated.wanted for name in ("torchvision", "torchaudio")):
        named |= {TORCH}
    if named:
        return named, []
    return _PURPOSES["both"], [
        "nothing says what it is for: looking for PyTorch and ONNX Runtime together (--for training, --for inference)"
    ]


def _stated(args: argparse.Namespace, matrix: Matrix) -> _Stated:
    wanted: dict[str, Package] = {}
    carried: dict[str, Package] = {}
    held: set[str] = set()
    notices: list[str] = []
    for workload in _workloads([*args.targets, *args.dockerfile, *([args.patch] if args.patch else [])]):
        packages, gaps = _packages(workload)
        held |= _held(workload, matrix)
        notices += [f"{workload.label}: {gap}; the suggestion holds for what is known" for gap in gaps]
        for package in packages:
            if package.name in _CHOSEN:
                wanted[package.name] = package if args.keep_pins or package.version is None else _free(package)
            elif package.manager != "image":
                carried[package.name] = package
    for text in args.package:
        if ";" in text:
            raise UsageError(
                f"--package {text[:80]!r}: a condition after ; is not read here; state the requirement alone"
            )
        package = read_package(text, Origin("--package"))
        (wanted if package.name in _CHOSEN else carried)[package.name] = package
    return _Stated(wanted, tuple(carried.values()), frozenset(held), tuple(notices))


def _free(package: Package) -> Package:
    """The pin is what we choose anew; what stands in brackets is not."""
    return Package(package.name, extras=package.extras, origin=package.origin)


def _workloads(targets: list[str]) -> tuple[Workload, ...]:
    """A target that cannot be read ends it: the answer would be for less."""
    if not targets:
        return ()
    from envdoctor.targets import Options, collect

    found = collect(targets, Options())
    for wrong in found.usage:
        raise UsageError(f"{wrong.target}: {wrong.message}")
    for wrong in found.errors:
        raise InputError(f"{wrong.target}: {wrong.message}")
    return found.workloads


def _packages(workload: Workload) -> tuple[tuple[Package, ...], tuple[str, ...]]:
    held = workload.declared.packages if workload.declared else (workload.facts and workload.facts.packages.get())
    return (held.items, held.gaps) if held else ((), ())


def _held(workload: Workload, matrix: Matrix) -> frozenset[str]:
    """The parts that the base image itself holds."""
    from envdoctor.judging.images import described, image_packages

    image = workload.declared.image if workload.declared else workload.facts and workload.facts.image.reference
    packages = image_packages(described(image, matrix), matrix) if image else None
    return frozenset(package.name for package in packages or ())


def _kept(args: argparse.Namespace, matrix: Matrix) -> _Kept:
    asked = _Kept(_system(args.os), _python(args.python))
    if not args.patch or args.family:
        return asked
    from envdoctor.suggest.patch import PatchError, kept

    try:
        found = kept(args.patch, matrix)
    except PatchError as error:
        raise InputError(str(error)) from error
    flavor: str | None = getattr(found, "flavor", None)
    if asked.os or asked.python:
        return asked._replace(flavor=flavor)
    return _Kept(found.os, found.python, flavor)


def _families(args: argparse.Namespace, matrix: Matrix) -> tuple[str, ...]:
    """A patched file stays within the family of its image unless another is named."""
    if args.patch and not args.family:
        from envdoctor.suggest.patch import PatchError, family_of

        try:
            family = family_of(args.patch, matrix)
        except PatchError as error:
            raise InputError(str(error)) from error
        if family is None:
            raise UsageError(
                f"--patch {args.patch}: its base image is of no family that is known here; name one: --family cuda"
            )
        return (family,)
    return tuple(family for family in FAMILIES if family in args.family) or FAMILIES


def _python(text: str | None) -> str | None:
    if text is None or re.fullmatch(r"[0-9]\.[0-9]{1,2}", text, re.ASCII):
        return text
    raise UsageError(f"--python {text[:40]!r}: expected a minor release such as 3.10")


def _system(text: str | None) -> str | None:
    """ "Ubuntu 22.04", "ubuntu:22.04" and "ubuntu22.04" are one."""
    if text is None:
        return None
    match = re.fullmatch(r"([a-z]{2,20})[-: ]?([0-9]{1,3}(?:\.[0-9]{1,2})?)", text.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(f"--os {text[:40]!r}: expected a system with its version such as ubuntu22.04")
    return match.group(1) + match.group(2)


def _arches(args: argparse.Namespace, hosts: Iterable[Host]) -> frozenset[str]:
    """A host that does not say is taken for amd64, or for what --arch says."""
    stated = {host.name: ARCHES.get(host.arch.get() or "") for host in hosts}
    if args.arch is None:
        return frozenset(arch or "amd64" for arch in stated.values())
    for name, arch in stated.items():
        if arch not in (None, args.arch):
            raise UsageError(f"--arch {args.arch}: host {name} is {arch}")
    return frozenset({args.arch})
