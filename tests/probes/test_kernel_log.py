"""Xid errors in the kernel log: what is none, what is one, and where the log cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.probes import kernel_log
from envdoctor.probes.kernel_log import Xid, address, parse

START = "5,0,0,-;Linux version 5.15.0-83-generic"
LOST = "3,9,90000999999,-;NVRM: Xid (PCI:0000:65:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."


@pytest.mark.parametrize(
    "record",
    [
        "",
        "4,820,5300120,-;NVRM: loading NVIDIA UNIX x86_64 Kernel Module  535.104.05",
        "6,8,1,-;NVRM: GPU at PCI:0000:65:00: GPU-bc0fa0b9-cac2-f507-b715-9bebdb69c71e",
        "12,9,1,-;NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.",  # written by a program
        " NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.",  # a continuation line
        "6,8,1,-;app: NVRM: Xid (PCI:0000:65:00): 79, quoted",
        "4,8,1,-;NVRM: Xid (PCI:0000:65:00): none",
        "4,8,1,-;nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress",
        "4,8," + "1" * 10_000,
    ],
)
def test_what_is_no_xid(record: str) -> None:
    assert parse([START, record]).need() == ()


def test_a_log_that_no_longer_reaches_back_proves_nothing() -> None:
    fact = parse(["6,4433,18957901184,-;eth0: link up"])
    assert (fact.is_unknown, "no longer reaches back to the boot" in fact.reason) == (True, True)
    assert parse([]).need() == ()


@pytest.mark.parametrize(
    ("record", "xid"),
    [
        (LOST, Xid(79, "0000:65:00", 1, 90000)),
        ("3,1,2000000,-;NVRM: Xid (PCI:0000:3b:00 GPU-I:05): 43, pid=1, name=x, Ch 8", Xid(43, "0000:3b:00", 1, 2)),
        ("3,1,2000000,c,caller=T12;NVRM: Xid (PCI:0000:0F:00): 119, Timeout", Xid(119, "0000:0f:00", 1, 2)),
        ("3,1,2000000,-;NVRM: Xid (0000:01:00): 31, Ch 0000000b", Xid(31, "0000:01:00", 1, 2)),
    ],
)
def test_xids(record: str, xid: Xid) -> None:
    assert parse(["6,4433,1,-;eth0: link up", record]).need() == (xid,)


def test_repeated_ones_are_counted_and_the_newest_is_last() -> None:
    fault = "3,{},{}000000,-;NVRM: Xid (PCI:0000:65:00): 31, pid=1"
    log = [fault.format(1, 10), LOST, fault.format(11, 95000)]
    assert parse(log).need() == (Xid(79, "0000:65:00", 1, 90000), Xid(31, "0000:65:00", 2, 95000))
    many = [f"3,{number},1,-;NVRM: Xid (PCI:0000:65:00): {number}, x" for number in range(1, 5000)]
    assert len(parse(many).need()) == 100


def test_addresses_as_nvml_and_the_log_write_them() -> None:
    assert address("00000000:0F:00.0") == address("0000:0f:00") == address("0000:0f:00.0") == "0000:0f:00"


def test_a_recording(tmp_path: Path) -> None:
    assert kernel_log.probe(str(tmp_path)).reason == "there is no /dev/kmsg"
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "kmsg").write_text(f"{START}\n SUBSYSTEM=x\n{LOST}\n")
    assert kernel_log.probe(str(tmp_path)).need() == (Xid(79, "0000:65:00", 1, 90000),)


def test_this_machine_is_known_or_says_why_not() -> None:
    fact = kernel_log.probe()
    assert fact.is_known or "/dev/kmsg" in fact.reason or "kernel log" in fact.reason


@given(st.lists(st.text(), max_size=5), st.text())
def test_any_text(records: list[str], inner: str) -> None:
    parse([*records, f"3,1,2,-;NVRM: Xid ({inner}): {inner}"])
    address(inner)
