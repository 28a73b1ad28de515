"""What Docker's running daemon says of itself, which counts before its settings file: that may have been edited since the
daemon started, and options of its command line are not in it.

Source: `docker info --format '{{json .}}'`, of the system's own socket. Asked only where a daemon runs: a systemd socket would
start it. https://docs.docker.com/reference/cli/docker/system/info/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes import programs
from envdoctor.probes.presence import exists

_SOCKET = "/var/run/docker.sock"
_RUNNING = ("/run/docker.pid", "/var/run/docker.pid")
_ORIGIN = Origin("docker info")
_BUILT_IN = ("runc", "io.containerd.runc.v2", "io.containerd.runtime.v1.linux")


def ask(root: str) -> Mapping[str, Any]:
    """Empty if nothing can be told."""
    path = programs.where(root, "docker")
    if not path or not any(exists(root, pid) for pid in _RUNNING):
        return {}
    try:
        return parse(programs.answer(root, [path, "-H", f"unix://{_SOCKET}", "info", "--format", "{{json .}}"]))
    except OSError:
        return {}


def parse(text: str) -> Mapping[str, Any]:
    """The one line that is an object: warnings may stand before and after it. Without a daemon, or without the right to ask
    it, the client prints an object of its own, which has no ServerVersion."""
    for line in text.splitlines()[:100]:
        if line.startswith("{"):
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(told, dict) and told.get("ServerVersion"):
                return told
    return {}


def version(told: Mapping[str, Any]) -> Fact[str]:
    return _word(told.get("ServerVersion"))


def runtimes(told: Mapping[str, Any]) -> Fact[tuple[str, ...]]:
    named = told.get("Runtimes")
    if not isinstance(named, dict):
        return unknown("docker info names no runtimes", _ORIGIN)
    return known(("runc", *sorted(str(name)[:100] for name in named if name not in _BUILT_IN)[:50]), _ORIGIN)


def default_runtime(told: Mapping[str, Any]) -> Fact[str]:
    return _word(told.get("DefaultRuntime"))


def cgroup_driver(told: Mapping[str, Any]) -> Fact[str]:
    """ "none" is a rootless daemon's without systemd: it limits nothing."""
    return _word(told.get("CgroupDriver") if told.get("CgroupDriver") in ("systemd", "cgroupfs") else None)


def rootless(told: Mapping[str, Any]) -> Fact[bool]:
    options = told.get("SecurityOptions")
    if not isinstance(options, list):
        return unknown("docker info tells no security options", _ORIGIN)
    return known("name=rootless" in options, _ORIGIN)


def _word(value: object) -> Fact[str]:
    fine = isinstance(value, str) and value
    return known(str(value)[:100], _ORIGIN) if fine else unknown("docker info does not tell", _ORIGIN)
