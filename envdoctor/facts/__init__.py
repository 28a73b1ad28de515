"""What is known of a workload and a host. One frozen record, `Facts`, made of `Fact`s.

A fact is known, absent (known not to be there) or unknown, and always says where that comes from.
Rules read a fact with `need()`: it returns the value or raises FactUnknown / FactAbsent, which the
engine (`doctor.diagnose`) turns into the outcome `open` or `notApplicable`. To add a fact: one typed
field in its part here with a default of `unknown(...)`, and the reader or probe that fills it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts.build import SCRIPT_FOLDER, Address, Build, BuildCommand, Script, Slip, Statement, Variable
from envdoctor.facts.fact import NOWHERE, Fact, FactAbsent, FactMissing, FactUnknown, Origin, absent, known, unknown
from envdoctor.facts.host import NO_HOST, TEGRA_CAPABILITIES, Gpu, Host
from envdoctor.facts.image import Image, Library, Package, Packages
from envdoctor.facts.launch import Launch, Reservation

__all__ = [
    "NOWHERE",
    "NO_HOST",
    "SCRIPT_FOLDER",
    "TEGRA_CAPABILITIES",
    "Address",
    "Build",
    "BuildCommand",
    "Fact",
    "FactAbsent",
    "FactMissing",
    "FactUnknown",
    "Facts",
    "Gpu",
    "Host",
    "Image",
    "Launch",
    "Library",
    "Origin",
    "Package",
    "Packages",
    "Reservation",
    "Script",
    "Slip",
    "Statement",
    "Variable",
    "absent",
    "known",
    "unknown",
]


class Facts(NamedTuple):
    """Everything the rules may read about one workload on one host.

    `uses` is what the workload needs, from the contract's list ("torch", "onnxruntime-cuda", …): stated, or inferred
    from the packages and the launch. `build` is absent where no Dockerfile is read (an image reference, a document).
    `slips` are faults of a shell script that change a launch or a build.
    """

    workload: str
    host: Host = Host()
    image: Image = Image()
    packages: Fact[Packages] = unknown("what the image installs is not known")
    libraries: Fact[tuple[Library, ...]] = unknown("the image's libraries are not known")
    launch: Launch = Launch()
    uses: Fact[frozenset[str]] = unknown("what the workload uses is not known")
    uses_stated: bool = False
    observed: Mapping[str, object] = {}
    assumptions: tuple[str, ...] = ()
    build: Fact[Build] = absent("no Dockerfile is read")
    slips: tuple[Slip, ...] = ()
