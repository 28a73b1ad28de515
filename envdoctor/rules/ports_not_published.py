"""Ports that the launch publishes, and that are not published as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Launch
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/engine/network/drivers/host/",
    "https://docs.docker.com/engine/network/port-publishing/",
    "https://github.com/moby/moby/issues/5725",
)
# [ADDRESS:]HOST:CONTAINER[/PROTOCOL] with single ports; ranges, IPv6 and variables are left alone.
_PORT = lazily(
    r"(?:(?P<address>\d{1,3}(?:\.\d{1,3}){3}):)?(?P<host>\d{1,5}):(?P<container>\d{1,5})(?:/(?P<protocol>tcp|udp|sctp))?",
    re.ASCII,
)
_OF_ANOTHER = ("container:", "service:")


class _Port(NamedTuple):
    address: str
    host: int
    container: int
    protocol: str
    shown: str


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    texts = launch.ports.get()
    if not texts:
        raise FactAbsent("the launch publishes no ports")
    network = launch.network.get() or ""
    ports = [port for text in texts[:200] if (port := _port(text)) is not None]
    if network == "host":
        yield _discarded(ports, launch)
    elif network.startswith(_OF_ANOTHER):
        yield _refused(network, launch)
    else:
        yield from _twice(ports, launch)


def _port(text: str) -> _Port | None:
    found = _PORT.fullmatch(text.strip())
    if found is None:
        return None
    address = found["address"] or "0.0.0.0"  # noqa: S104 - where Docker listens by default
    return _Port(address, int(found["host"]), int(found["container"]), found["protocol"] or "tcp", text.strip())


def _discarded(ports: list[_Port], launch: Launch) -> Finding:
    moved = next((port for port in ports if port.host != port.container), None)
    effect = "the container uses the host's ports as they are, and the published ones are discarded with a warning"
    if moved:
        effect += (
            f". What listens on {moved.container} is reached at {moved.container}, and nothing answers at {moved.host}"
        )
    return Finding(
        message=f"The launch publishes {_listed(launch)} together with the host's network: {effect}.",
        severity=Severity.WARNING if moved else Severity.NOTE,
        remedy=(
            "leave the ports out, and let the program listen on the port that is wanted",
            "or leave the host's network out (--net=host; compose: network_mode: host)",
        ),
        at=launch.ports.origin,
        evidence=(of("launch.network", launch.network), of("launch.ports", launch.ports)),
        sources=_SOURCES,
    )


def _refused(network: str, launch: Launch) -> Finding:
    name = network.partition(":")[2]
    return Finding(
        message=f"The launch publishes {_listed(launch)}, and its network is that of {name}: the engine refuses it (port publishing conflicts with the container type network mode).",
        severity=Severity.ERROR,
        remedy=(f"publish the ports where {name} is started", "or give the container a network of its own"),
        at=launch.ports.origin,
        evidence=(of("launch.network", launch.network), of("launch.ports", launch.ports)),
        sources=_SOURCES,
    )


def _twice(ports: list[_Port], launch: Launch) -> Iterator[Finding]:
    """Two ports of the container at one port of the host."""
    first: dict[tuple[str, int, str], _Port] = {}
    for port in ports:
        other = first.setdefault((port.address, port.host, port.protocol), port)
        if other.container == port.container or port.host == 0:
            continue
        yield Finding(
            message=f"The launch publishes two ports at port {port.host} of the host ({other.shown} and {port.shown}): the second is refused (port is already allocated), and the container does not start.",
            severity=Severity.ERROR,
            remedy=("give each its own port of the host",),
            at=launch.ports.origin,
            evidence=(of("launch.ports", launch.ports),),
            sources=_SOURCES,
        )


def _listed(launch: Launch) -> str:
    """The first ports, as they are written."""
    texts = launch.ports.get() or ()
    shown = ", ".join(text[:60] for text in texts[:3])
    return f"{shown} and {len(texts) - 3} more" if len(texts) > 3 else shown


RULE = Rule(
    id="ports-not-published",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="ports are published that the network of the container cannot publish, or two at one port of the host",
    seen=(
        "WARNING: Published ports are discarded when using host network mode",
        "docker: Error response from daemon: conflicting options: port publishing and the container type network mode.",
        "Bind for 0.0.0.0:8080 failed: port is already allocated",
    ),
    why=(
        "A container with the host's network has no address of its own to which a port could be passed on: its programs listen on the host's ports, under the numbers they choose"
        " themselves. One that joins another container's network has that one's ports."
    ),
    remedy=("leave the ports out with --net=host", "publish each port of the host once"),
    sources=_SOURCES,
    check=check,
)
