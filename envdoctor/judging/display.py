"""How a container reaches a display: the X server's socket, TCP, Wayland, or a server in the container itself."""

from __future__ import annotations

from envdoctor.facts import Facts
from envdoctor.judging.several_gpus import command_of
from envdoctor.judging.volumes import has_mount, volumes
from envdoctor.patterns import lazily

SOCKET = "/tmp/.X11-unix"  # noqa: S108 - where X servers listen
_LOCAL = lazily(r"(?:unix)?:\d{1,4}(?:\.\d{1,2})?")
_SERVERS = (
    "xvfb", "xserver-xorg", "xserver-xorg-core", "xorg", "x11vnc", "tigervnc-standalone-server", "tightvncserver",
    "vnc4server", "turbovnc", "xpra", "xdummy", "xserver-xorg-video-dummy", "weston", "novnc", "xrdp", "kasmvncserver",
)  # fmt: skip
_STARTS_SERVER = lazily(r"\b(?:xvfb|xvfb-run|Xvfb|Xorg|vncserver|x11vnc|xpra|weston|startx|kasmvnc)\b")


def is_local(display: str) -> bool:
    """ ":0" is a socket of this machine; "host:0" goes over TCP."""
    return _LOCAL.fullmatch(display) is not None


def has_socket(facts: Facts) -> bool:
    """The X servers' sockets, by a volume on their directory or for one of them."""
    launch = facts.launch
    if has_mount(launch, SOCKET):
        return True
    return any(SOCKET in (volume.source or "") or SOCKET in volume.target for volume in volumes(launch))


def has_wayland(names: frozenset[str], facts: Facts) -> bool:
    return "WAYLAND_DISPLAY" in names or any("wayland" in volume.shown.lower() for volume in volumes(facts.launch))


def has_own_server(facts: Facts) -> bool:
    """Does the container hold or start a server of its own, such as Xvfb or VNC?"""
    packages, build = facts.packages.get(), facts.build.get()
    if packages is not None and packages.named(*_SERVERS):
        return True
    texts = [command_of(facts.launch)]
    if build is not None:
        texts += [" ".join(word for word in (*(build.entrypoint.get() or ()), *(build.cmd.get() or ())))]
        texts += [script.text[:50_000] for script in build.scripts]
    return any(_STARTS_SERVER.search(text) for text in texts)
