"""Command line and settings file made one: the command line wins where both say something."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from envdoctor.commands import UsageError
from envdoctor.config import Config, ConfigError, discover, load
from envdoctor.facts import Launch, Origin, Package
from envdoctor.gate import Silence
from envdoctor.workload import Stated


class Settings(NamedTuple):
    targets: tuple[str, ...]
    config: Config
    build_args: Mapping[str, str]
    stated: Stated
    silences: tuple[Silence, ...]
    fail_on: str
    strict: bool


def settings(args: argparse.Namespace) -> Settings:
    """Raises UsageError."""
    targets = tuple(args.targets) or (".",)
    config = config_of(args, targets)
    return Settings(
        targets=targets,
        config=config,
        build_args={**config.build_args, **_build_args(args.build_arg)},
        stated=_stated(args, config),
        silences=_silences(args.ignore, config),
        fail_on=args.fail_on or config.fail_on or "error",
        strict=args.strict or config.strict,
    )


def config_of(args: argparse.Namespace, targets: tuple[str, ...]) -> Config:
    """The settings file that --config names, or the nearest to the first target. Raises UsageError."""
    try:
        return _config(args, targets)
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _config(args: argparse.Namespace, targets: tuple[str, ...]) -> Config:
    if args.no_config and args.config is not None:
        raise UsageError("--config and --no-config contradict each other; give one of them")
    if args.no_config:
        return Config()
    if args.config is not None:
        return load(args.config)
    first = next((target for target in targets if os.path.lexists(target)), ".")
    return discover(first if os.path.isdir(first) else os.path.dirname(first) or ".")


def _build_args(stated: Iterable[str]) -> dict[str, str]:
    """KEY=VALUE, or KEY alone for the value of that environment variable, as docker build has it. Values may be
    secrets and are in no message."""
    found: dict[str, str] = {}
    for text in stated:
        key, sign, value = text.partition("=")
        if not key:
            raise UsageError("--build-arg without a name; expected KEY=VALUE")
        if sign:
            found[key] = value
        elif key in os.environ:
            found[key] = os.environ[key]
    return found


def _stated(args: argparse.Namespace, config: Config) -> Stated:
    packages = [read_package(text, Origin(f"{config.source}: package")) for text in config.packages]
    packages += [read_package(text, Origin("--package")) for text in args.package]
    last = {package.name: package for package in packages}  # the command line's after the file's
    uses = _uses(args.uses) if args.uses is not None else config.uses
    return Stated(
        packages=tuple(last.values()),
        uses=None if uses is None else _known_uses(uses),
        aliases={**config.image_alias, **_aliases(args.image_alias)},
        launch=_launch(args, config),
    )


def _launch(args: argparse.Namespace, config: Config) -> Launch | None:
    """--launch, or the settings'; the whole of one of them."""
    given = getattr(args, "launch", None)
    text = config.launch if given is None else given
    if text is None:
        return None
    from envdoctor.readers.launch_options import LaunchOptionsError, read_launch_options

    try:
        return read_launch_options(text)
    except LaunchOptionsError as error:
        raise UsageError(str(error) if given is not None else f"{config.source}: launch: {error}") from error


def read_package(text: str, origin: Origin) -> Package:
    """A requirement as pip takes it: `onnxruntime-gpu==1.19.0`, `torch==2.4.0+cu121`, `torch>=2.4`."""
    from envdoctor.readers.requirement import RequirementError, parse_requirement

    try:
        requirement = parse_requirement(text)
    except RequirementError as error:
        raise UsageError(f"{origin}: {error}, such as onnxruntime-gpu==1.19.0") from error
    if requirement is None:
        raise UsageError(f"{origin}: a path or address does not tell what it holds; expected onnxruntime-gpu==1.19.0")
    return Package(
        name=requirement.name,
        version=requirement.version,
        specifier=requirement.specifier,
        cuda=requirement.cuda,
        extras=requirement.extras,
        installed=not requirement.known,
        origin=origin,
    )


def _uses(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("--uses is empty; expected a list such as torch,onnxruntime-cuda")
    return names


def _known_uses(names: tuple[str, ...]) -> frozenset[str]:
    from envdoctor.nearest import did_you_mean
    from envdoctor.readers.environment import uses_names

    known = uses_names()
    for name in names:
        if name not in known:
            guess = did_you_mean(name, known) or ";"
            raise UsageError(f"--uses: {name[:60]!r} is not known{guess} the names are {', '.join(known)}")
    return frozenset(names)


def _aliases(stated: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in stated:
        name, _, reference = text.partition("=")
        if not name or not reference:
            example = "my_base=nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04"
            raise UsageError(f"--image-alias {text[:80]!r}: expected NAME=IMAGE, such as {example}")
        found[name] = reference
    return found


def _silences(ignored: Iterable[str], config: Config) -> tuple[Silence, ...]:
    from envdoctor.commands.explain import named

    found = [Silence(named(rule).id, "", "--ignore") for rule in dict.fromkeys(ignored)]
    for entry in config.ignores:
        try:
            named(entry.rule)
        except UsageError as error:
            raise UsageError(f"{config.source}: ignore: {error}") from error
        found.append(Silence(entry.rule, entry.reason, str(config.source)))
    return tuple(found)
