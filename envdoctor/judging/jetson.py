"""Jetson boards: their GPU driver is part of the L4T release, and its numbers are of no desktop branch."""

from __future__ import annotations

from envdoctor.facts import FactAbsent, Host


def is_jetson(host: Host) -> bool:
    return host.l4t.is_known or any(gpu.is_tegra for gpu in host.gpus.get() or ())


def not_by_driver_number(host: Host) -> None:
    """Raises FactAbsent on a Jetson, for the rules that compare driver numbers."""
    if is_jetson(host):
        raise FactAbsent("a Jetson is judged by its L4T release, not by a driver number")
