"""Reads one target into a workload with the reader of its kind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts import Facts, Origin, known
from envdoctor.readers.declared import Declared
from envdoctor.targets.files import BuildContext, Unreadable, is_within, read_stdin, read_text, repository_root
from envdoctor.targets.kinds import EXPECTED, Kind, by_content, is_environment_document
from envdoctor.targets.resolve import Item


class Misunderstood(ValueError):
    """The target was read and is not of a kind that can be judged: a usage error."""


class Options(NamedTuple):
    """`stage` is --target: the stage of a Dockerfile that is the workload."""

    build_args: Mapping[str, str] = {}
    stage: str | None = None


class Span(NamedTuple):
    """An ignore comment and the lines of the instruction it stands above; `whole` if it speaks for the whole file
    (it stands above the FROM that the image rests on, or the file has none)."""

    rule: str
    reason: str
    first: int
    last: int
    whole: bool


class Workload(NamedTuple):
    """Either `declared` (a Dockerfile, requirements, an image) or `facts` (an environment document) is there.
    `context` are the real paths of the files that a Dockerfile installs from."""

    label: str
    declared: Declared | None = None
    facts: Facts | None = None
    ignores: tuple[Span, ...] = ()
    notices: tuple[str, ...] = ()
    context: frozenset[str] = frozenset()


def read(item: Item, options: Options) -> Workload:
    """Raises Unreadable or Misunderstood."""
    if item.kind is Kind.IMAGE:
        return _image(item.label)
    if item.kind is Kind.LOCAL:
        return _local(item)
    text = read_stdin() if item.kind is Kind.STDIN else read_text(item.label)
    kind = item.kind or by_content(item.label, text)
    if kind in (Kind.DOCKERFILE, Kind.STDIN):
        return _dockerfile(item, text, options)
    if kind is Kind.REQUIREMENTS:
        return _requirements(item, text)
    if kind is Kind.ENVIRONMENT:
        return _environment(item, text)
    raise Misunderstood(f"its name and content tell nothing that is known here; expected {EXPECTED}")


def _image(reference: str) -> Workload:
    return Workload(reference, Declared(label=reference, image=known(reference, Origin(reference))))


def _local(item: Item) -> Workload:
    """What `envdoctor probe` prints here, judged as any environment document."""
    import json

    from envdoctor.observation import observe

    document = observe().document
    if not document["observed"].get("container"):
        raise Unreadable(
            "this machine is no container that could be judged; name a Dockerfile or an image (and --host local for this machine)"
        )
    return _environment(item, json.dumps(document))


def _dockerfile(item: Item, text: str, options: Options) -> Workload:
    from envdoctor.readers.dockerfile import DockerfileError
    from envdoctor.readers.stages import read_dockerfile

    context = _context(item)
    try:
        declared = read_dockerfile(
            text, item.label, build_args=options.build_args, target=options.stage, read_file=context.read_file
        )
    except DockerfileError as error:
        raise Unreadable(str(error)) from error
    return Workload(item.label, declared, None, _spans(declared, text), declared.problems, frozenset(context.read))


def read_dockerfile_at(path: str) -> Declared:
    """The workload of a Dockerfile, whatever its name. Raises Unreadable."""
    workload = _dockerfile(Item(path, Kind.DOCKERFILE), read_text(path), Options())
    assert workload.declared is not None
    return workload.declared


def _requirements(item: Item, text: str) -> Workload:
    from envdoctor.readers.requirements import read_requirements

    declared = read_requirements(text, item.label, _context(item).read_file, item.label)
    ignores = tuple(Span(ignore.rule, ignore.reason, ignore.line, ignore.line, True) for ignore in declared.ignores)
    return Workload(item.label, declared, None, ignores, declared.problems)


def _environment(item: Item, text: str) -> Workload:
    from envdoctor.readers.environment import EnvironmentDocumentError, read_environment

    try:
        facts, notices = read_environment(text, item.label)
    except EnvironmentDocumentError as error:
        ours = is_environment_document(text.encode("utf-8", "replace"))
        raise (Unreadable(str(error)) if ours else Misunderstood(str(error))) from error
    return Workload(item.label, None, facts._replace(workload=item.label), (), notices)


def _context(item: Item) -> BuildContext:
    """Up to the repository's root; without one, up to the directory that the user named or stands in."""
    directory = "." if item.kind is Kind.STDIN else os.path.dirname(item.label) or "."
    boundary = repository_root(directory)
    if boundary is None:
        named = os.path.realpath(item.directory or ".")
        boundary = named if is_within(os.path.realpath(directory), named) else directory
    return BuildContext(directory, boundary)


def _spans(declared: Declared, text: str) -> tuple[Span, ...]:
    """Where each ignore comment holds: the whole instruction that begins at its line, or that one line inside one."""
    if not declared.ignores:
        return ()
    from envdoctor.readers.dockerfile import parse

    ends = {instruction.line: instruction.end_line for instruction in parse(text, declared.label).instructions}
    from_line = declared.image.origin.line
    return tuple(
        Span(ignore.rule, ignore.reason, ignore.line, ends.get(ignore.line, ignore.line), ignore.line == from_line)
        for ignore in declared.ignores
    )
