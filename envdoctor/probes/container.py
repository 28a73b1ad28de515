"""Is this a container, and which engine says so?

Sources: /.dockerenv; /run/.containerenv, which podman fills for privileged containers only
(https://docs.podman.io/en/latest/markdown/podman-run.1.html); Kubernetes' service account; /run/systemd/container
(https://systemd.io/CONTAINER_INTERFACE/); a root file system that is an overlay.
"""

from __future__ import annotations

import re

from envdoctor.facts import Fact, known, unknown
from envdoctor.probes.files import read_text
from envdoctor.probes.presence import exists

_PODMAN = "/run/.containerenv"
_MARKS = ("/.dockerenv", _PODMAN, "/var/run/secrets/kubernetes.io", "/run/systemd/container")


def in_container(root: str) -> bool:
    if any(exists(root, mark) for mark in _MARKS):
        return True
    # 612 590 0:52 / / rw,relatime - overlay overlay rw,lowerdir=…
    lines = (read_text(root, "/proc/self/mountinfo").get() or "").splitlines()
    return any(line.split(" ")[4:5] == ["/"] and " - overlay " in line for line in lines)


def podman(root: str) -> Fact[dict[str, str]]:
    """What podman tells: engine, image, rootless; empty where it tells nothing."""
    text = read_text(root, _PODMAN)
    if not text.is_known:
        return unknown(text.reason, text.origin)
    return known(parse_containerenv(text.need()), text.origin)


# engine="podman-4.9.3"
# image="docker.io/library/ubuntu:22.04"
# rootless=1
def parse_containerenv(text: str) -> dict[str, str]:
    return dict(re.findall(r'^(engine|image|rootless)="?([^"\n]{1,300})"?$', text[:10_000], re.MULTILINE))
