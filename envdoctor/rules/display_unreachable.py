"""A container that is to open windows gets half of what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import display
from envdoctor.judging.evidence import of
from envdoctor.judging.identity import ANY_NAME
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://man7.org/linux/man-pages/man7/network_namespaces.7.html",
    "https://blog.cykerway.com/posts/2021/07/08/run-gui-applications-in-docker.html",
)
_FULL = "docker run -e DISPLAY -v /tmp/.X11-unix:/tmp/.X11-unix … (and once on the host: xhost +local:)"
_USES = ("display", "opencv-gui")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    if not launch.stated or launch.volumes.is_unknown or (launch.network.is_unknown and launch.how != "document"):
        raise FactAbsent("the launch is not stated, or only the run decides what it mounts")
    names = frozenset(launch.env.get() or ()) | launch.passed
    if ANY_NAME in names or (launch.env.is_unknown and "DISPLAY" not in names):
        raise FactAbsent("which variables the launch passes is not known")
    if display.has_wayland(names, facts) or display.has_own_server(facts):
        raise FactAbsent("the container has Wayland or a display of its own")
    has_socket = display.has_socket(facts)
    if "DISPLAY" in names:
        if not has_socket and launch.network.get() != "host":
            yield from _without_socket(facts)
    elif "DISPLAY" not in (facts.image.env.get() or {}):
        if has_socket:
            yield _without_variable(facts)
        elif _is_stated(facts):
            yield _without_any(facts)
        else:
            raise FactAbsent("the launch passes no display")


def _without_socket(facts: Facts) -> Iterator[Finding]:
    launch = facts.launch
    value = (launch.env.get() or {}).get("DISPLAY")
    if value is not None and not display.is_local(value):
        raise FactAbsent("DISPLAY names a display that is reached over the network, or none")
    unless = "" if value else " (unless it names a display over TCP, such as 192.168.0.2:0)"
    yield Finding(
        message=f"The launch passes DISPLAY and not the X server's socket, /tmp/.X11-unix{unless}: no window opens.",
        severity=Severity.WARNING if _is_sure(facts) and (value or _is_stated(facts)) else Severity.NOTE,
        remedy=("add -v /tmp/.X11-unix:/tmp/.X11-unix to the launch", "or leave DISPLAY out, where no window is meant"),
        verify="docker run --rm … IMAGE ls /tmp/.X11-unix",
        at=launch.place("DISPLAY", launch.env.origin if launch.env.is_known else launch.origin),
        evidence=(
            Evidence("launch.env.DISPLAY", value or "passed", str(launch.env.origin)),
            of("launch.volumes", launch.volumes),
        ),
        sources=_SOURCES,
    )


def _without_variable(facts: Facts) -> Finding:
    launch = facts.launch
    return Finding(
        message="The launch mounts the X server's socket, /tmp/.X11-unix, and does not pass DISPLAY: programs do not know which display to open, and no window opens.",
        severity=Severity.WARNING if _is_sure(facts) else Severity.NOTE,
        remedy=(
            "add -e DISPLAY to the launch (compose: environment: [DISPLAY])",
            "or leave the socket out, where no window is meant",
        ),
        verify="docker run --rm … IMAGE sh -c 'echo $DISPLAY'",
        at=next(
            (launch.place(text, launch.volumes.origin) for text in launch.volumes.get() or () if ".X11-unix" in text),
            launch.volumes.origin,
        ),
        evidence=(
            of("launch.volumes", launch.volumes),
            Evidence("launch.env.DISPLAY", "not given", str(launch.origin)),
        ),
        sources=_SOURCES,
    )


def _without_any(facts: Facts) -> Finding:
    return Finding(
        message="The workload opens windows, and the launch gives it no display: neither DISPLAY nor the X server's socket.",
        severity=Severity.WARNING,
        remedy=(_FULL, "or show the frames otherwise: over a web page, or in files"),
        at=facts.launch.origin,
        evidence=(of("uses", facts.uses), Evidence("launch.env.DISPLAY", "not given", str(facts.launch.origin))),
        sources=_SOURCES,
    )


def _is_stated(facts: Facts) -> bool:
    return facts.uses_stated and not (facts.uses.get() or frozenset()).isdisjoint(_USES)


def _is_sure(facts: Facts) -> bool:
    """Is all known that the image holds? One of which nothing is known may set DISPLAY and bring a server."""
    packages = facts.packages.get()
    return _is_stated(facts) or (packages is not None and packages.complete and facts.image.family.is_known)


RULE = Rule(
    id="display-unreachable",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="a container gets DISPLAY without the X server's socket, or the socket without DISPLAY",
    seen=(
        "cv2.error: (-2:Unspecified error) Can't initialize GTK backend in function 'cvInitSystem'",
        'qt.qpa.xcb: could not connect to display :0 … Could not load the Qt platform plugin "xcb"',
        "Error: Can't open display: :0",
    ),
    why=(
        "DISPLAY=:0 means the socket /tmp/.X11-unix/X0 of the machine, or its abstract twin, which belongs to the host's network. A container has a /tmp and a network of its own, so that both have to be"
        " passed: the variable, and the socket (or --net=host). The X server also has to let the container's user in (xhost)."
    ),
    remedy=("pass both: -e DISPLAY -v /tmp/.X11-unix:/tmp/.X11-unix",),
    sources=_SOURCES,
    check=check,
)
