"""Hosts that are put together as alike are alike to every rule."""

from __future__ import annotations

import random

from envdoctor.doctor import diagnose
from envdoctor.facts import Facts, Host, Package, Packages, known
from envdoctor.findings import Diagnosis
from envdoctor.readers.declared import Declared
from envdoctor.rules import RULES
from envdoctor.suggest.fleet import alike, groups
from envdoctor.suggest.problem import HERE
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import CUDNN8_12_2, CUDNN_12_4, CUDNN_13_0, MATRIX, PYTHON
from tests.suggest.ask import hosts

_GPUS = (
    "T4",
    "L4",
    "RTX 3090",
    "RTX 3080",
    "A10",
    "A100",
    "H100",
    "V100",
    "GTX 1080 Ti",
    "GTX 1070",
    "RTX 5090",
    "TITAN V",
)
_WORKLOADS = (
    (CUDNN_12_4, ("onnxruntime-gpu==1.20.0",)),
    (CUDNN8_12_2, ("torch==2.2.2",)),
    (CUDNN_13_0, ("onnxruntime-gpu==1.31.1", "torch==2.11.0")),
    ("nvidia/cuda:11.8.0-cudnn8-devel-ubuntu22.04", ("onnxruntime-gpu==1.18.1",)),
    ("nvidia/cuda:10.2-base", ()),
    ("nvcr.io/nvidia/pytorch:23.10-py3", ()),
    ("nvcr.io/nvidia/pytorch:25.03-py3", ()),
    (PYTHON, ("torch==2.7.1",)),
    (PYTHON, ("torch==1.12.1",)),
)


def _drivers() -> list[str]:
    """Every driver that a toolkit came with, one older and one newer."""
    found = set()
    for row in MATRIX.toolkits_all():
        if row.driver_linux:
            first, second, *rest = (int(part) for part in row.driver_linux.split("."))
            found |= {f"{first}.{max(0, second + step):02d}.{(rest or [1])[0]:02d}" for step in (-1, 0, 1)}
    return sorted(found)


def _fleet() -> list[Host]:
    draw = random.Random(7)
    drivers = draw.sample(_drivers(), 90)
    return [hosts(f"name=n{n},driver={driver},gpu={draw.choice(_GPUS)}")[0] for n, driver in enumerate(drivers * 3)]


def _told(diagnosis: Diagnosis) -> list[tuple[object, ...]]:
    return [(each.rule, each.outcome, each.severity, len(each.findings)) for each in diagnosis.results]


def _facts(image: str, pins: tuple[str, ...], host: Host) -> Facts:
    packages = tuple(Package(pin.partition("==")[0], pin.partition("==")[2], origin=HERE) for pin in pins)
    declared = Declared("w", known(image, HERE), packages=Packages(packages))
    return assemble(declared, host, MATRIX, Stated())


def test_hosts_of_one_kind_get_the_same_outcome_from_every_rule() -> None:
    kinds = [group for group in groups(_fleet(), MATRIX).values() if len(group) > 1]
    assert len(kinds) > 20
    for group in kinds:
        first, last = group[0], group[-1]
        for image, pins in _WORKLOADS:
            told = [_told(diagnose(_facts(image, pins, host), MATRIX, RULES)) for host in (first, last)]
            assert told[0] == told[1], (first.name, first.driver, last.driver, image)


def test_what_a_rule_can_tell_apart_is_kept_apart() -> None:
    base = "driver=535.104.05,gpu=T4"
    others = (
        "driver=525.60.13,gpu=T4",
        "driver=535.104.05,gpu=RTX 2080",
        "driver=535.104.05,gpu=T4,mode=cdi",
        "driver=535,gpu=T4",
    )
    for other in others:
        assert len(alike(hosts(base, other), MATRIX)) == 2, other


def test_floors_are_bracketed() -> None:
    texts = [
        f"name=n{n},driver={driver},gpu=T4"
        for n, driver in enumerate(("525.60.11", "525.60.12", "525.60.13", "525.60.14", "525.85.12"))
    ]
    listed = alike(hosts(*texts), MATRIX)
    assert [host.driver.get() for host in listed][:2] == ["525.60.11", "525.60.13"]


def test_names_memory_and_order_do_not_count() -> None:
    listed = hosts("name=a,driver=535.104.05,gpu=T4", "name=b,driver=535.104.05,gpu=T4,gpu=T4")
    assert len(alike(listed, MATRIX)) == 1
