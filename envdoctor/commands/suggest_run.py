"""What `envdoctor suggest` does: options and targets -> Problem -> Answer -> text, JSON, Dockerfile or diff."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import NamedTuple

from envdoctor.commands import InputError, UsageError, console
from envdoctor.commands.arguments import columns
from envdoctor.commands.check_hosts import Hosts
from envdoctor.commands.settings import config_of, read_package
from envdoctor.facts import Host, Origin, Package
from envdoctor.matrix import Matrix
from envdoctor.suggest.answer import Answer, solve
from envdoctor.suggest.problem import FAMILIES, ONNXRUNTIME, TORCH, Problem

NONE_FITS = 1
_MOST = 50
_PURPOSES = {
    "training": frozenset({TORCH}),
    "inference": frozenset({ONNXRUNTIME}),
    "both": frozenset({TORCH, ONNXRUNTIME}),
}
_CHOSEN = frozenset({TORCH, ONNXRUNTIME, "torchvision", "torchaudio"})  # versions that we choose
_ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}


class Stated(NamedTuple):
    """The packages of targets and options: `wanted` by name, `carried` as they are."""

    wanted: dict[str, Package]
    carried: tuple[Package, ...]
    notices: tuple[str, ...]


def suggest(args: argparse.Namespace) -> int:
    if not 1 <= args.count <= _MOST:
        raise UsageError(f"-n {args.count}: expected a number from 1 to {_MOST}")
    matrix = Matrix.load()
    problem, notices = _problem(args, matrix)
    answer = solve(problem, matrix, 1 if args.patch or args.format == "dockerfile" else args.count, args.explain)
    text = _rendered(answer, args, matrix, notices)
    if args.output is not None:
        console.write_file(text, args.output)
    else:
        console.write(text)
    if not args.quiet:
        for notice in notices:
            console.tell(notice)
    return 0 if answer.suggestions else NONE_FITS


def _problem(args: argparse.Namespace, matrix: Matrix) -> tuple[Problem, list[str]]:
    config = config_of(args, (*args.targets, *args.dockerfile) or (".",))
    hosts = Hosts(args, config, matrix)
    stated = _stated(args)
    listed = hosts.of(None)
    _refuse_unknown(listed)
    system, python = _kept(args, matrix)
    problem = Problem(
        hosts=listed,
        parts=_parts(args, stated),
        wanted=stated.wanted,
        carried=stated.carried,
        python=python,
        os=system,
        families=_families(args, matrix),
        arches=_arches(args, listed),
        video=args.video,
    )
    return problem, [*hosts.notices, *stated.notices]


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


def _kept(args: argparse.Namespace, matrix: Matrix) -> tuple[str | None, str | None]:
    """The system and the Python that are asked for, or that a patched file keeps."""
    system, python = _system(args.os), _python(args.python)
    if not args.patch or args.family or system or python:
        return system, python
    from envdoctor.suggest.patch import kept

    found = kept(args.patch, matrix)
    return found.os, found.python


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
            raise UsageError(
                f"host {host.name}: {host.gpus.reason or 'it has no GPU'}; state --gpu, for example --gpu T4"
            )


def _parts(args: argparse.Namespace, stated: Stated) -> frozenset[str]:
    """What was asked for, and what the packages name; both where nothing says."""
    named = frozenset(stated.wanted) & _PURPOSES["both"]
    if args.purpose is not None:
        return _PURPOSES[args.purpose] | named
    return named or _PURPOSES["both"]


def _stated(args: argparse.Namespace) -> Stated:
    wanted: dict[str, Package] = {}
    carried: dict[str, Package] = {}
    packages, notices = _of_targets([*args.targets, *args.dockerfile, *([args.patch] if args.patch else [])])
    for package in packages:
        if package.name in _CHOSEN:
            wanted[package.name] = package if args.keep_pins or package.version is None else _free(package)
        elif package.manager != "image":
            carried[package.name] = package
    for text in args.package:
        package = read_package(text, Origin("--package"))
        (wanted if package.name in _CHOSEN else carried)[package.name] = package
    return Stated(wanted, tuple(carried.values()), tuple(notices))


def _free(package: Package) -> Package:
    return Package(package.name, origin=package.origin)


def _of_targets(targets: list[str]) -> tuple[list[Package], list[str]]:
    """The packages that the targets install. A target that cannot be read ends it: the answer would be for less."""
    if not targets:
        return [], []
    from envdoctor.targets import Options, collect

    found = collect(targets, Options())
    for wrong in found.usage:
        raise UsageError(f"{wrong.target}: {wrong.message}")
    for wrong in found.errors:
        raise InputError(f"{wrong.target}: {wrong.message}")
    packages: list[Package] = []
    notices: list[str] = []
    for workload in found.workloads:
        held = workload.declared.packages if workload.declared else (workload.facts and workload.facts.packages.get())
        if held:
            packages += held.items
            notices += [f"{workload.label}: {gap}; the suggestion holds for what is known" for gap in held.gaps]
    return packages, notices


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
    of_hosts = frozenset(_ARCHES.get(host.arch.get() or "", "") for host in hosts) - {""}
    if args.arch is None:
        return of_hosts or frozenset({"amd64"})
    if of_hosts - {args.arch}:
        raise UsageError(f"--arch {args.arch}: a host is {', '.join(sorted(of_hosts - {args.arch}))}")
    return frozenset({args.arch})


def _rendered(answer: Answer, args: argparse.Namespace, matrix: Matrix, notices: list[str]) -> str:
    if args.format == "json" and not args.patch:
        from envdoctor.suggest.document import render

        return render(answer, matrix.date)
    if not answer.suggestions or (args.format == "text" and not args.patch):
        return _text(answer, args)
    best = answer.suggestions[0]
    if args.patch:
        from envdoctor.suggest.patch import PatchError, patch

        try:
            diff, said = patch(args.patch, best, answer.problem, matrix)
        except PatchError as error:
            raise InputError(str(error)) from error
        notices.extend(said)
        return diff
    from envdoctor.suggest.recipe import dockerfile

    return dockerfile(best, answer.problem)


def _text(answer: Answer, args: argparse.Namespace) -> str:
    from envdoctor.formatters.layout import plain
    from envdoctor.suggest.text import lines

    told = lines(answer, columns(120), args.explain)
    if not console.use_color(args.color, to_file=args.output is not None):
        return plain(told)
    from envdoctor.formatters.colored import colored

    return colored(told)
