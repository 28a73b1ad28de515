"""A GPU as people type it: "RTX 4090", "2x T4", "A100-SXM4-80GB", "8.9", "sm_89"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envdoctor.facts import Gpu, Origin, known
from envdoctor.hosts.errors import HostError
from envdoctor.readers.json_document import shown

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

_COUNT_FIRST = r"([0-9]{1,4})\s*[x×*]\s*(\S.*)"
_COUNT_LAST = r"(.*\S)\s+[x×*]\s*([0-9]{1,4})"
_CAPABILITY = r"([1-9][0-9]?)\.([0-9])"
_TARGET = r"(?:sm|compute)_?([1-9][0-9]?)([0-9])[af]?"
_LONGEST = 200
_MOST = 1024


def read_gpus(texts: tuple[str, ...], origin: Origin, matrix: Matrix) -> tuple[Gpu, ...]:
    """The GPUs of one host, numbered from 0. Raises HostError for a GPU that is not known."""
    gpus: list[Gpu] = []
    for text in texts:
        try:
            count, name = _counted(text)
            gpu = _gpu(name, origin, matrix)
        except HostError as error:
            raise HostError(f"{origin}: {error}") from error
        if len(gpus) + count > _MOST:
            raise HostError(
                f"{origin}: {shown(text)} makes more than {_MOST} GPUs in one host; state at most that many"
            )
        gpus += [gpu._replace(index=len(gpus) + offset) for offset in range(count)]
    return tuple(gpus)


def _counted(text: str) -> tuple[int, str]:
    """ "2x T4" or "T4 x2" -> (2, "T4")."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        raise HostError(
            f'{shown(text)} is not a GPU; expected a product name such as "RTX 4090" or a compute capability ("8.9")'
        )
    first = re.fullmatch(_COUNT_FIRST, text) if text[0].isdecimal() else None
    last = re.fullmatch(_COUNT_LAST, text) if text[-1].isdecimal() else None
    if first:
        count, name = int(first.group(1)), first.group(2)
    elif last:
        count, name = int(last.group(2)), last.group(1)
    else:
        return 1, text
    if count == 0:
        raise HostError(f"{shown(text)} is no GPU at all; leave the option out")
    return count, name


def _gpu(name: str, origin: Origin, matrix: Matrix) -> Gpu:
    capability = re.fullmatch(_CAPABILITY if name[0].isdecimal() else _TARGET, name.lower())
    if capability:
        number = f"{capability.group(1)}.{capability.group(2)}"
        _check_capability(number, name, matrix)
        return Gpu(0, compute_capability=known(number, origin))
    if not matrix.gpus_named(name):
        nearest = matrix.nearest_gpus(name)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else "."
        raise HostError(
            f"{shown(name)} is not a GPU that the matrix knows{hint} One that is missing can be stated by its compute"
            " capability, such as 8.9"
        )
    return Gpu(0, name=known(name, origin))


def _check_capability(number: str, name: str, matrix: Matrix) -> None:
    """A capability that no architecture has is a slip, unless it is newer than all that the matrix knows."""
    if matrix.architecture(number) is not None:
        return
    known_ones = [
        f"{major}.{minor}" for major in range(1, 30) for minor in range(10) if matrix.architecture(f"{major}.{minor}")
    ]
    if known_ones and int(number.partition(".")[0]) > int(known_ones[-1].partition(".")[0]):
        return
    raise HostError(f"{shown(name)}: no GPU has compute capability {number}; expected one of {', '.join(known_ones)}")
