"""Whether /dev/char links to NVIDIA's devices, as systemd needs it to let a container keep them."""

from __future__ import annotations

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes import container
from envdoctor.probes.files import listed


def probe(root: str) -> Fact[bool]:
    """/dev/char/195:0 and the like. Where they are missing and systemd drives the cgroups, containers lose their GPUs at
    the next `systemctl daemon-reload`: https://github.com/NVIDIA/nvidia-container-toolkit/issues/48"""
    if container.in_container(root):
        return unknown("envdoctor runs in a container, from where the host's /dev/char cannot be seen")
    names = listed(root, "/dev/char")
    if not names:
        return unknown("/dev/char cannot be listed", Origin("/dev/char"))
    return known(any(name.startswith(("195:", "195_")) for name in names), Origin("/dev/char"))
