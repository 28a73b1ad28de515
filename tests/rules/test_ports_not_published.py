"""Ports beside the host's network, another container's, and two at one port."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, does_not_apply, fires, silent, workload

RULE = "ports-not-published"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])


def published(*ports: str, network: str | None = None, how: str = "docker run") -> Facts:
    options = {"ports": list(ports), **({"network": network} if network else {})}
    return launched(TORCH, how, **options)


@pytest.mark.parametrize(
    "ports",
    [("8080:80",), ("80", "80"), ("8080:80", "8081:80"), ("127.0.0.1:80:80", "192.168.0.2:80:81"), ("53:53/udp", "53:54/tcp"),
     ("80:80", "80:80"), ("8000-8002:8000-8002", "8000:81"), ("$PORT:80", "$PORT:81"), ("[::1]:80:80", "[::1]:80:81"), ("0:80", "0:81")],
)  # fmt: skip
def test_ports_that_can_be_published(ports: tuple[str, ...]) -> None:
    silent(RULE, published(*ports))
    silent(RULE, published(*ports, network="bridge"))


def test_no_ports() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, network="host"))


def test_the_same_port_of_the_host_is_a_note() -> None:
    found = fires(RULE, published("8080:8080", "9000:9000", network="host"))
    assert (found.severity, "discarded" in found.message) == (Severity.NOTE, True)
    assert fires(RULE, published("$PORT:80", network="host", how="compose")).severity is Severity.NOTE


def test_another_port_of_the_host_is_not_there() -> None:
    found = fires(RULE, published("8080:80", network="host"))
    assert (found.severity, "nothing answers at 8080" in found.message) == (Severity.WARNING, True)


@pytest.mark.parametrize(("network", "how"), [("container:vpn", "docker run"), ("service:vpn", "compose")])
def test_the_network_of_another_container(network: str, how: str) -> None:
    found = fires(RULE, published("8080:80", network=network, how=how))
    assert (found.severity, "vpn" in found.message) == (Severity.ERROR, True)


@pytest.mark.parametrize("second", ["8080:81", "0.0.0.0:8080:81", "8080:81/tcp"])
def test_two_at_one_port(second: str) -> None:
    found = fires(RULE, published("8080:80", "9000:90", second))
    assert (found.severity, "already allocated" in found.message) == (Severity.ERROR, True)


def test_many_ports_are_told_shortly() -> None:
    found = fires(RULE, published(*(f"{port}:{port}" for port in range(8000, 8010)), network="host"))
    assert "and 7 more" in found.message
