"""The hosts that workloads are judged against: stated in words, in a document, in the settings, or this machine.

To add a key to `--host key=value`: a reader in stated.py and its line in the table there. To add what follows from
other facts of a host: identify.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from envdoctor.facts import Gpu, Host
from envdoctor.hosts.errors import HostError, HostUnreadable

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

__all__ = [
    "HostError",
    "HostUnreadable",
    "complete_host",
    "identify_gpu",
    "resolve_hosts",
    "this_machine",
]

Named = Mapping[str, Mapping[str, object]]


def resolve_hosts(
    *,
    hosts: Sequence[str],
    driver: str | None,
    gpus: Sequence[str],
    named: Named,
    matrix: Matrix,
    notices: list[str] | None = None,
) -> tuple[Host, ...]:
    """The hosts of --host (each "local", a name of the settings, `key=value,…` or a document's path), or the one of
    --driver and --gpu, or all that the settings name; empty if none is stated. What a document holds and was left out
    is appended to `notices`. Raises HostError and HostUnreadable."""
    from envdoctor.hosts import stated

    one = driver is not None or bool(gpus)
    if hosts and one:
        raise HostError(
            "--host and --driver/--gpu were both given; state the host once (one among several: --host driver=…,gpu=…)"
        )
    if one:
        return (stated.from_options(driver, tuple(gpus), matrix),)
    if hosts:
        return tuple(_host(text, named, matrix, notices) for text in hosts)
    return tuple(stated.from_table(name, table, matrix) for name, table in named.items())


def _host(text: str, named: Named, matrix: Matrix, notices: list[str] | None) -> Host:
    from envdoctor.hosts import document, stated

    if text in named:
        return stated.from_table(text, named[text], matrix)
    if text == "local":
        from envdoctor.hosts.machine import local_host

        return local_host(matrix)
    if "=" in text and not document.is_file(text):
        return stated.from_words(text, matrix)
    return document.host_of_file(text, tuple(named), matrix, notices)


def this_machine(matrix: Matrix) -> Host | None:
    """This machine as a host, or None if it has no NVIDIA driver. Where it plainly has none this costs about a
    millisecond, because nearly nothing is imported."""
    from envdoctor.probes.presence import driver_is_plausible, jetson_is_plausible

    if not driver_is_plausible() and not jetson_is_plausible():
        return None
    from envdoctor.hosts import machine

    return machine.this_machine(matrix)


def complete_host(host: Host, matrix: Matrix) -> Host:
    """The host with all that follows from what is stated of it."""
    from envdoctor.hosts import identify

    return identify.complete_host(host, matrix)


def identify_gpu(gpu: Gpu, matrix: Matrix) -> Gpu:
    """The GPU with the compute capability, gate brand and eligibility for forward compatibility that its name tells."""
    from envdoctor.hosts import identify

    return identify.identify_gpu(gpu, matrix)
