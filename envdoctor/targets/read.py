"""Reads one target that stands for itself with the reader of its kind: lists of packages, documents, image references."""

from __future__ import annotations

import os

from envdoctor.facts import Origin, known
from envdoctor.readers.declared import Declared
from envdoctor.targets.files import BuildContext, Unreadable, is_within, read_text, repository_root
from envdoctor.targets.kinds import Kind, is_environment_document
from envdoctor.targets.resolve import Item
from envdoctor.targets.result import Misunderstood, Workload, whole_file

_GPU_NAMES = ("cuda", "opencv", "pytorch")  # besides those that a pyproject.toml may bring: OpenCV's and conda's


def read(item: Item, kind: Kind, text: str) -> tuple[Workload, ...]:
    """A pyproject.toml is several workloads if parts of it are optional. Raises Unreadable or Misunderstood."""
    if kind is Kind.REQUIREMENTS:
        return (_requirements(item, text),)
    if kind is Kind.CONDA:
        return (_conda(item, text),)
    if kind is Kind.PYPROJECT:
        return _pyproject(item, text)
    return (environment(item, text),)


def not_judged(workload: Workload, kind: Kind) -> str | None:
    """Why something that was found in a directory is no workload."""
    if kind is Kind.ENVIRONMENT and _is_a_host(workload):
        return "describes a host and no workload; give it to --host"
    if kind in (Kind.CONDA, Kind.PYPROJECT) and not _bears_on_gpus(workload):
        return "lists no package that is known here"
    return None


def _is_a_host(workload: Workload) -> bool:
    """What `envdoctor probe > edge.json` leaves in a project."""
    facts = workload.facts
    if facts is None:
        return False
    stated = (*facts.image, facts.packages, facts.libraries, facts.uses)
    return not facts.launch.stated and all(fact.is_unknown for fact in stated)


def _bears_on_gpus(workload: Workload) -> bool:
    from envdoctor.readers.pyproject import brings_gpu

    packages = workload.declared.packages.items if workload.declared else ()
    return brings_gpu(packages) or any(item.name.startswith(_GPU_NAMES) for item in packages)


def image(reference: str) -> Workload:
    return Workload(reference, Declared(label=reference, image=known(reference, Origin(reference))))


def local(item: Item) -> Workload:
    """What `envdoctor probe` prints here, judged as any environment document."""
    import json

    from envdoctor.observation import observe

    document = observe().document
    if not document["observed"].get("container"):
        raise Unreadable(
            "this machine is no container that could be judged; name a Dockerfile or an image (and --host local for this machine)"
        )
    return environment(item, json.dumps(document))


def read_dockerfile_at(path: str) -> Declared:
    """The workload of a Dockerfile, whatever its name, by itself. Raises Unreadable."""
    from envdoctor.readers.dockerfile import DockerfileError
    from envdoctor.readers.stages import read_dockerfile

    read_file = context_of(Item(path, Kind.DOCKERFILE)).read_file
    try:
        return read_dockerfile(read_text(path), path, build_args={}, target=None, read_file=read_file)
    except DockerfileError as error:
        raise Unreadable(str(error)) from error


def _requirements(item: Item, text: str) -> Workload:
    from envdoctor.readers.requirements import read_requirements

    return _listed(item, read_requirements(text, item.label, context_of(item).read_file, item.label))


def _conda(item: Item, text: str) -> Workload:
    from envdoctor.readers.conda_environment import CondaEnvironmentError, read_conda_environment

    try:
        return _listed(item, read_conda_environment(text, item.label, read_file=context_of(item).read_file))
    except CondaEnvironmentError as error:
        raise Unreadable(str(error)) from error


def _pyproject(item: Item, text: str) -> tuple[Workload, ...]:
    from envdoctor.readers.pyproject import PyprojectError, read_pyproject, read_pyproject_groups

    read_file = context_of(item).read_file
    try:
        base = read_pyproject(text, item.label, read_file=read_file)
        groups = read_pyproject_groups(text, item.label, read_file=read_file)
    except PyprojectError as error:
        raise Unreadable(str(error)) from error
    return tuple(
        _listed(item, declared)._replace(label=declared.label) for declared in (base, *(each for _, each in groups))
    )


def _listed(item: Item, declared: Declared) -> Workload:
    return Workload(item.label, declared, None, whole_file(declared.ignores, item.label), declared.problems)


def environment(item: Item, text: str) -> Workload:
    from envdoctor.readers.environment import EnvironmentDocumentError, read_environment

    try:
        facts, notices = read_environment(text, item.label)
    except EnvironmentDocumentError as error:
        ours = is_environment_document(text.encode("utf-8", "replace"))
        raise (Unreadable(str(error)) if ours else Misunderstood(str(error))) from error
    return Workload(item.label, None, facts._replace(workload=item.label), (), notices)


def context_of(item: Item) -> BuildContext:
    directory = "." if item.kind is Kind.STDIN else os.path.dirname(item.label) or "."
    return BuildContext(directory, boundary_of(item))


def boundary_of(item: Item) -> str:
    """The repository's root; without one, the directory that the user named or stands in."""
    directory = "." if item.kind is Kind.STDIN else os.path.dirname(item.label) or "."
    boundary = repository_root(directory)
    if boundary is None:
        named = os.path.realpath(item.directory or ".")
        boundary = named if is_within(os.path.realpath(directory), named) else os.path.realpath(directory)
    return boundary
