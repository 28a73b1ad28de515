"""What can be observed here, as the environment document that `check` reads. Nothing in it follows from the matrix.

To add something: its probe in `envdoctor.probes`, its field in the schema, and a line in the family it belongs to
(`FAMILIES`). A family is asked in a child with a deadline, so that one that hangs or crashes costs only itself; for a
recording all is read here. What could not be told is null in the document, with its reason in `reasons`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.observation import asked, host, surroundings, workload
from envdoctor.observation.fitting import fitted
from envdoctor.observation.plain import plain
from envdoctor.probes.child import hear_of_children
from envdoctor.probes.presence import LIVE

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

SCHEMA = "envdoctor.environment/1"
_SECONDS = 10.0
_SECONDS_OF_HOST = 30.0  # NVML alone may take 20
_RECORDED = "a recording answers nothing"

# The dotted place in the document, and what observes it.
FAMILIES: dict[str, Callable[[str], object]] = {
    "host": host.host,
    "image": workload.described_image,
    "packages": workload.packages,
    "libraries": workload.libraries,
    "launch": workload.launched,
    "observed.container": workload.in_container,
    "observed.user": surroundings.user,
    "observed.cgroup": surroundings.control_group,
    "observed.cpus": surroundings.cpus,
    "observed.shared_memory": surroundings.shared_memory,
    "observed.disk": surroundings.disks,
    "observed.display": surroundings.screen,
    "observed.ffmpeg": surroundings.ffmpeg_build,
}


class Observation(NamedTuple):
    """`reasons`: why a value is null, by its dotted path."""

    document: dict[str, Any]
    reasons: dict[str, str]


def observe(root: str = LIVE, deep: bool = False) -> Observation:
    """`deep`: PyTorch, ONNX Runtime and OpenCV are imported and used too, on this machine."""
    if root == LIVE:
        hear_of_children()
    document: dict[str, Any] = {"schema": SCHEMA, "observed": {}}
    reasons: dict[str, str] = {}
    for name, family in FAMILIES.items():
        value, told = _in_child(name, family) if root == LIVE and hasattr(os, "fork") else _here(name, family, root)
        _put(document, name, value)
        reasons.update(told)
    answers = asked.ask() if root == LIVE and hasattr(os, "fork") else asked.nothing(_RECORDED)
    for name, answer in answers.items():
        document["observed"][name] = plain(answer, f"observed.{name}", reasons)
    if deep and root == LIVE and hasattr(os, "fork"):
        _add_deep(document["observed"], reasons)
    document["observed"] = document.pop("observed")  # last, as the contract has it
    return Observation(fitted(document, reasons), reasons)


_KIND = "observation"  # of a child that hangs in files: no selftest asks for it, only a driver's counts there


def _add_deep(observed: dict[str, Any], reasons: dict[str, str]) -> None:
    """What was seen to happen wins over what the files say."""
    from envdoctor.observation import deep

    for name, seen in deep.ask().items():
        before = observed.get(name)
        told = plain(seen, f"observed.{name}", reasons)
        observed[name] = {**(before if isinstance(before, dict) else {}), **(told if isinstance(told, dict) else {})}


def _put(document: dict[str, Any], name: str, value: object) -> None:
    above, _, last = name.rpartition(".")
    (document[above] if above else document)[last] = value


def _here(name: str, family: Callable[[str], object], root: str) -> tuple[object, dict[str, str]]:
    reasons: dict[str, str] = {}
    try:
        return plain(family(root), name, reasons), reasons
    except Exception as error:  # one family that fails must not cost the others
        return None, {name: f"could not be observed: {type(error).__name__}: {error}"[:300]}


def _in_child(name: str, family: Callable[[str], object]) -> tuple[object, dict[str, str]]:
    from envdoctor.probes import child, stamp

    seconds = _SECONDS_OF_HOST if name == "host" else _SECONDS
    answers = child.ask(partial(_say, name=name, family=family), time.monotonic() + seconds)
    if answers.stuck is not None:
        stamp.remember(answers.stuck, stamp.DRIVER if name == "host" else _KIND)
    told = answers.told.get("answer")
    if isinstance(told, dict):
        return told["value"], told["reasons"]
    return None, {name: f"could not be observed: {answers.ending}"}


def _say(say: Say, name: str, family: Callable[[str], object]) -> None:
    value, reasons = _here(name, family, LIVE)
    say("answer", {"value": value, "reasons": reasons})
