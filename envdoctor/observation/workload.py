"""The parts of the document that describe the container: image, packages, libraries, launch. On a host they are unknown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.observation.plain import or_false
from envdoctor.probes import container, distributions, image, launch, library_folders, variables
from envdoctor.probes.library_folders import BY_VARIABLE, Found
from envdoctor.probes.presence import LIVE, at

_ON_A_HOST: Fact[Any] = unknown("this machine is no container, and is described as a host only")
_MOST_LIBRARIES = 1000
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def environment(root: str) -> Mapping[str, str]:
    return variables.variables(root).get() or {}


def described_image(root: str) -> object:
    if not container.in_container(root):
        return _ON_A_HOST
    variable = variables.variables(root)
    facts = image.probe(root, variable.get() or {}, library_folders.system(root, variable.get() or {}))
    machine = os.uname().machine if root == LIVE else ""
    return {
        "reference": facts.reference,
        "arch": _MACHINES.get(machine) or unknown("the CPU architecture is not known"),
        "os": {"id": facts.os_id, "version_id": facts.os_version},
        "env": variables.shown(variable.need()) if variable.is_known else variable,
        "cuda": or_false(facts.cuda),
        "cudnn": or_false(facts.cudnn),
        "tensorrt": or_false(facts.tensorrt),
        "python": or_false(facts.python),
        "flavor": facts.flavor,
        "cuda_compat": or_false(facts.compat),
    }


def packages(root: str) -> object:
    if not container.in_container(root):
        return _ON_A_HOST
    prefix = environment(root).get("CONDA_PREFIX", "")
    found = distributions.probe(root, [prefix] if prefix.startswith("/") else [])
    return [item._asdict() for item in found.need()] if found.is_known else found


def libraries(root: str) -> object:
    """What the loader finds, then what lies in Python packages, where it does not look."""
    if not container.in_container(root):
        return _ON_A_HOST
    searched = library_folders.system(root, environment(root))
    return [item._asdict() for item in (*searched, *_in_wheels(root, searched))][:_MOST_LIBRARIES]


def _in_wheels(root: str, searched: tuple[Found, ...]) -> Iterator[Found]:
    there = {os.path.realpath(at(root, item.path)) for item in searched if item.origin == BY_VARIABLE}
    for folder, name in distributions.in_wheels(root):
        for item in library_folders.in_folder(root, folder, name):
            if os.path.realpath(at(root, item.path)) not in there:
                yield item


def launched(root: str) -> object:
    if not container.in_container(root):
        return _ON_A_HOST
    facts = launch.probe(root, variables.shown(environment(root)))
    return {
        "env": facts.env,
        "devices": facts.devices,
        "shm_size": facts.shm_size,
        "ulimits": facts.ulimits,
        "user": facts.user,
        "cpuset_cpus": facts.cpuset,
        "privileged": facts.privileged,
    }


def in_container(root: str) -> Fact[bool]:
    return known(container.in_container(root), Origin("/proc/self/mountinfo and the engines' marks"))
