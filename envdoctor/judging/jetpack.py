"""Which Jetson hosts an image runs on, as far as somebody said so.

An l4t image takes the driver's libraries from the host, so it runs on hosts of its own line. For its monthly PyTorch
image NVIDIA names a JetPack; what is named for one is taken to run on later releases of the same major. From JetPack 7
on a Jetson runs the builds of CUDA 13.0 for Arm servers, PyTorch's wheels among them.
Sources: https://github.com/dusty-nv/jetson-containers/blob/master/jetson_containers/l4t_version.py
(l4t_version_compatible), https://github.com/dusty-nv/jetson-containers/issues/725,
https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform-release-notes/pytorch-jetson-rel.html,
https://developer.nvidia.com/embedded/jetpack/downloads/archive-7.1.md,
https://github.com/pytorch/TensorRT/releases/tag/v2.12.1, https://github.com/OpenRAL/openral/pull/167
"""

from __future__ import annotations

from envdoctor.facts import FactUnknown
from envdoctor.judging.images import NGC_PYTORCH, for_servers, is_integrated, l4t_release, ngc_release, split
from envdoctor.matrix import Matrix
from envdoctor.versions import major, numbers

FIRST_WITH_SERVER_BUILDS = 38  # the L4T of JetPack 7
_OF_JETPACK_7 = 7
TABLE = "https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform-release-notes/pytorch-jetson-rel.html"
# Image and host of these majors: measured, and the maintainer's word
_NEVER = frozenset({(35, 36), (34, 36), (36, 35), (36, 34), (34, 32), (35, 32), (36, 32)})
NEVER_SOURCES = (
    "https://github.com/dusty-nv/jetson-containers/issues/725",
    "https://github.com/dusty-nv/jetson-containers/issues/353",
    "https://github.com/dusty-nv/jetson-containers/issues/149",
)


def never_runs(reference: str | None, host: str, matrix: Matrix) -> str | None:
    """The L4T release that the image is made for, if CUDA is known not to start in it on this host."""
    made_for = l4t_release(reference, matrix)
    return made_for if made_for and (major(made_for), major(host)) in _NEVER else None


def named(reference: str | None, matrix: Matrix) -> str | None:
    """The JetPack that NVIDIA names for an NGC PyTorch image, "6.1". Up to JetPack 6 it is the -igpu tag that is meant;
    Jetsons with JetPack 7 run the server's builds too."""
    row = matrix.ngc(ngc_release(reference) or "")
    if row is None or row.jetpack is None:
        return None
    meant = is_integrated(split(reference or "")[1]) or major(row.jetpack) >= _OF_JETPACK_7
    return row.jetpack if meant else None


def covers(reference: str | None, host: str, matrix: Matrix) -> bool:
    """Does what NVIDIA names for the image cover a host with this L4T release?"""
    stated, ours = named(reference, matrix), matrix.jetpack(host)
    return bool(stated and ours and major(stated) == major(ours) and numbers(stated) <= numbers(ours))


def capabilities(reference: str | None, matrix: Matrix) -> tuple[str, ...]:
    """Of the boards that run the JetPack named for the image; empty where none is named."""
    stated = named(reference, matrix)
    rows = (row for row in matrix.l4t_lines() if stated is not None and row.jetpack == stated)
    return next((row.capabilities for row in rows if row.capabilities), ())


def made_for_host(reference: str | None, host: str, matrix: Matrix) -> None:
    """Raises FactUnknown where nobody says that the image runs on a host with this L4T release."""
    made_for = l4t_release(reference, matrix)
    if made_for and not _same_line(made_for, host, matrix):
        raise FactUnknown(f"{reference} is made for L4T {made_for}; whether it runs on L4T {host} is not known")
    stated = named(reference, matrix)
    if stated and not covers(reference, host, matrix):
        raise FactUnknown(
            f"NVIDIA names JetPack {stated} for {reference}; whether it runs on L4T {host} ({of_host(host, matrix)}) is not known"
        )
    if for_servers(reference) and major(host) < FIRST_WITH_SERVER_BUILDS:
        raise FactUnknown(
            f"{reference} is NVIDIA's build for servers; whether it runs on L4T {host} is not known (for Jetson there are"
            " the -igpu tags)"
        )
    repository, tag, _ = split(reference or "")
    if stated is None and repository == NGC_PYTORCH and is_integrated(tag):
        raise FactUnknown(f"for which JetPack {reference} is made has no source")


def of_host(host: str, matrix: Matrix) -> str:
    """ "JetPack 6.2", and of a partial L4T release, or one between two rows, "JetPack 6.1 or later"."""
    exact = len(numbers(host)) == _EXACT and any(row.l4t == host for row in matrix.l4t_lines())
    return f"JetPack {matrix.jetpack(host)}{'' if exact else ' or later'}"


_EXACT = 3  # numbers of a whole L4T release, 36.4.3


def _same_line(made_for: str, host: str, matrix: Matrix) -> bool:
    """A host stated by its major alone may be of any line of it."""
    if numbers(made_for) == numbers(host):
        return True
    rows = matrix.l4t(made_for), matrix.l4t(host)
    lines = {row.image_line if row else None for row in rows}
    if len(numbers(host)) == 1:
        lines |= {row.image_line for row in matrix.l4t_lines() if major(row.l4t) == major(host)}
    return len(lines) == 1 and None not in lines
