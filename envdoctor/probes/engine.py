"""The container engine of this host, or what a container tells of it.

Sources, on a host: the programs dockerd and podman in the usual folders, the snap's folder, the package list, if asked to
`docker info` and `--version`, the sockets, daemon.json; in a container: /run/.containerenv, /.dockerenv.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from envdoctor.facts import Fact, Origin, absent, known, unknown
from envdoctor.probes import cgroup, container, docker_info, programs, system_packages
from envdoctor.probes.files import listed, read_text
from envdoctor.probes.presence import LIVE, exists

_T = TypeVar("_T")
_NOT_SEEN = "envdoctor runs in a container, from where the engine cannot be seen"
_SNAP = "/snap/docker/current"
_DAEMON = ("/etc/docker/daemon.json", "/var/snap/docker/current/config/daemon.json")
_PACKAGES = {"docker": ("docker-ce", "docker.io", "moby-engine"), "podman": ("podman",)}


class EngineFacts(NamedTuple):
    name: Fact[str] = unknown("the container engine is not known")
    version: Fact[str] = unknown("the container engine's version is not known")
    rootless: Fact[bool] = unknown("whether the engine is rootless is not known")
    snap: Fact[bool] = unknown("whether the engine is a snap is not known")
    runtimes: Fact[tuple[str, ...]] = unknown("the engine's runtimes are not known")
    default_runtime: Fact[str] = unknown("the engine's default runtime is not known")
    cgroup_driver: Fact[str] = unknown("the cgroup driver is not known")
    cgroup_version: Fact[int] = unknown("the cgroup version is not known")


def probe(root: str = LIVE, ask: bool = False) -> EngineFacts:
    """`ask`: programs may be started. A recording has their answers at hand."""
    ask = ask or root != LIVE
    blank = EngineFacts(cgroup_version=cgroup.version(root))
    if container.in_container(root):
        return _from_inside(root, blank)
    name = _name(root)
    if name.get() == "docker":
        return _docker(root, blank._replace(name=name), ask)
    if name.get() == "podman":
        return _podman(root, blank._replace(name=name), ask)
    return blank._replace(name=name)


def _name(root: str) -> Fact[str]:
    """Docker Desktop's client in WSL points into its own distribution: the engine is there, not here."""
    if exists(root, _SNAP):
        return known("docker", Origin(_SNAP))
    for name, program in (("docker", "dockerd"), ("docker", "dockerd-rootless.sh"), ("podman", "podman")):
        path = programs.where(root, program)
        if path:
            return known(name, Origin(path))
    if not listed(root, "/usr/bin"):
        return unknown("/usr/bin cannot be listed", Origin("/usr/bin"))
    for other in ("docker", "nerdctl", "containerd", "crio", "k3s", "apptainer", "singularity"):
        path = programs.where(root, other)
        if path:
            return unknown(f"{path} is there, and neither dockerd nor podman", Origin(path))
    return unknown("neither dockerd nor podman lies in the usual folders", Origin("/usr/bin"))


def _from_inside(root: str, blank: EngineFacts) -> EngineFacts:
    unseen = blank._replace(
        **{name: unknown(_NOT_SEEN) for name in ("name", "version", "rootless", "snap", "runtimes", "default_runtime")},
        cgroup_driver=cgroup.driver(root),
    )
    told = container.podman(root)
    if not told.is_known:
        return unseen._replace(name=known("docker", Origin("/.dockerenv"))) if exists(root, "/.dockerenv") else unseen
    fields, origin = told.need(), told.origin
    name, _, version = fields.get("engine", "podman").partition("-")
    return unseen._replace(
        name=known(name, origin),
        version=known(version, origin) if version else unseen.version,
        rootless=known(fields["rootless"] == "1", origin) if "rootless" in fields else unseen.rootless,
    )


def _docker(root: str, engine: EngineFacts, ask: bool) -> EngineFacts:
    snap = exists(root, _SNAP)
    daemon = _daemon(root)
    told = docker_info.ask(root) if ask else {}
    return engine._replace(
        version=_snap_version(root) if snap else _version(root, "docker", engine.name.origin.label, ask),
        rootless=_first(docker_info.rootless(told), _rootless_docker(root)),
        snap=known(snap, Origin(_SNAP)),
        runtimes=_first(docker_info.runtimes(told), _runtimes(daemon)),
        default_runtime=_first(docker_info.default_runtime(told), _default_runtime(daemon)),
        cgroup_driver=_first(docker_info.cgroup_driver(told), _cgroup_driver(root, daemon, engine.cgroup_version)),
    )


def _first(told: Fact[_T], by_files: Fact[_T]) -> Fact[_T]:
    return told if told.is_known else by_files


def _podman(root: str, engine: EngineFacts, ask: bool) -> EngineFacts:
    return engine._replace(
        version=_version(root, "podman", engine.name.origin.label, ask),
        rootless=_rootless_podman(root),
        snap=known(False, engine.name.origin),
    )


def _version(root: str, engine: str, path: str, ask: bool) -> Fact[str]:
    packages = system_packages.installed(root).get() or {}
    for name in _PACKAGES[engine]:
        if name in packages:
            return known(re.sub(r"^[0-9]+:", "", packages[name]), Origin(f"package {name}"))
    if ask and not path.endswith(".sh"):  # dockerd-rootless.sh starts the daemon, whatever it is asked
        told = programs.version(path, root)
        if told:
            return known(told, Origin(f"{path} --version"))
    return unknown(f"which version {path} has is not known")


# version: 28.1.1+1
def _snap_version(root: str) -> Fact[str]:
    text = read_text(root, f"{_SNAP}/meta/snap.yaml")
    match = re.search(r"^version: ['\"]?v?([0-9][0-9.]{0,30})", text.get() or "", re.MULTILINE)
    return known(match.group(1).rstrip("."), text.origin) if match else unknown(text.reason or "not told", text.origin)


def _rootless_docker(root: str) -> Fact[bool]:
    """https://docs.docker.com/engine/security/rootless/: the daemon's socket lies in the user's run folder then."""
    for path in ("/var/run/docker.sock", "/run/docker.sock"):
        if exists(root, path):
            return known(False, Origin(path))
    for path in _of_users(root, "docker.sock"):
        return known(True, Origin(path))
    return unknown("no docker.sock tells whether Docker is rootless")


def _rootless_podman(root: str) -> Fact[bool]:
    """Podman has no daemon: it is rootless for whoever is not root. A user's containers leave a folder."""
    if root == LIVE:
        return known(os.geteuid() != 0, Origin("the user who runs envdoctor"))
    paths = [path for name in ("libpod", "containers", "podman") for path in _of_users(root, name)]
    return known(True, Origin(paths[0])) if paths else unknown("no folder of a user's containers is there")


def _of_users(root: str, name: str) -> list[str]:
    users = [user for user in listed(root, "/run/user")[:1000] if user != "0"]
    return [f"/run/user/{user}/{name}" for user in users if exists(root, f"/run/user/{user}/{name}")]


def _daemon(root: str) -> Fact[Mapping[str, Any]]:
    """Docker's settings; absent if there are none, which means its defaults."""
    for path in _DAEMON:
        text = read_text(root, path)
        if not text.is_absent:
            break
    if not text.is_known:
        return absent(text.reason, text.origin) if text.is_absent else unknown(text.reason, text.origin)
    try:
        settings = json.loads(text.need())
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        return unknown(f"{text.origin} is no JSON object", text.origin)
    return known(settings, text.origin)


def _runtimes(daemon: Fact[Mapping[str, Any]]) -> Fact[tuple[str, ...]]:
    if daemon.is_unknown:
        return unknown(daemon.reason, daemon.origin)
    named = (daemon.get() or {}).get("runtimes")
    added = sorted(str(name)[:100] for name in named if name != "runc")[:50] if isinstance(named, dict) else []
    return known(("runc", *added), daemon.origin)


def _default_runtime(daemon: Fact[Mapping[str, Any]]) -> Fact[str]:
    if daemon.is_unknown:
        return unknown(daemon.reason, daemon.origin)
    name = (daemon.get() or {}).get("default-runtime")
    return known(name[:100] if isinstance(name, str) and name else "runc", daemon.origin)


def _cgroup_driver(root: str, daemon: Fact[Mapping[str, Any]], version: Fact[int]) -> Fact[str]:
    """Unless it is set, systemd on version 2 where systemd runs, else cgroupfs:
    https://docs.docker.com/engine/containers/runmetrics/"""
    options = (daemon.get() or {}).get("exec-opts")
    for option in options[:50] if isinstance(options, list) else ():
        key, _, value = str(option).partition("=")
        if key == "native.cgroupdriver" and value in ("systemd", "cgroupfs"):
            return known(value, daemon.origin)
    if daemon.is_unknown or not version.is_known:
        return unknown(daemon.reason or version.reason, daemon.origin)
    systemd = exists(root, "/run/systemd/system")
    return known("systemd" if systemd and version.get() == 2 else "cgroupfs", Origin("Docker's default"))
