"""The rows of a comparison: what an image holds and asks for, one function each from a `View` to a fact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from envdoctor.comparison import (
    DIFFERENT,
    SAME,
    STAYS,
    UNDECIDED,
    UNKNOWN,
    GpuChange,
    Row,
    Served,
    Side,
    drivers,
    jetson,
    start_gate,
)
from envdoctor.facts import NOWHERE, Fact, Facts, FactUnknown, Host, Image, Package, Packages, absent, known, unknown
from envdoctor.findings import Verdict
from envdoctor.judging import builds, images
from envdoctor.matrix import Matrix
from envdoctor.versions import numbers
from envdoctor.workload import Stated, aliased

_OPENCV = (
    "opencv",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
_TENSORRT = ("tensorrt", "libnvinfer")
AT_LEAST = drivers.AT_LEAST


class View(NamedTuple):
    """A side without a host. `image` is the base as the matrix describes it, before anything is installed on it."""

    facts: Facts
    image: Image
    matrix: Matrix


def view(side: Side, matrix: Matrix, stated: Stated) -> View:
    facts = side.facts(Host(), matrix, stated)
    return View(facts, images.described(aliased(facts.image.reference, stated.aliases), matrix), matrix)


def rows(a: View, b: View, gpus: Sequence[GpuChange]) -> tuple[Row, ...]:
    found = [_row(name, label, ask(a), ask(b), _one_image(a, b)) for name, label, ask in ROWS]
    served = _gpu_row(a, b, gpus)
    place = next(index for index, row in enumerate(found) if row.name == "cpu_architectures")
    return (*found[:place], served, *found[place:])


def _one_image(a: View, b: View) -> bool:
    return a.image.reference.is_known and a.image.reference.get() == b.image.reference.get()


def _row(name: str, label: str, a: Fact[str], b: Fact[str], one_image: bool) -> Row:
    return Row(name, label, a, b, change_between(name, a, b, one_image))


def change_between(name: str, a: Fact[str], b: Fact[str], one_image: bool) -> str:
    """A partial version ("9") may be the other side's ("9.10.2") or not, unless both are of one and the same image."""
    if a.is_unknown or b.is_unknown:
        return UNKNOWN
    ours, theirs = a.get(), b.get()
    if ours == theirs:
        return UNKNOWN if _is_vague(name, ours or "") and not one_image else SAME
    if ours is None or theirs is None:
        return DIFFERENT
    if name == "tag" and ours.partition(",")[0] == theirs.partition(",")[0] and ("," in ours) != ("," in theirs):
        return UNKNOWN  # whether the one is still supported is not known
    left, right = numbers(ours), numbers(theirs)
    shared = min(len(left), len(right))
    return UNKNOWN if shared and left[:shared] == right[:shared] else DIFFERENT


def _is_vague(name: str, value: str) -> bool:
    return value.startswith(AT_LEAST) or (name == "cudnn" and value.isdigit())


# --- what the image holds ---


def _os(seen: View) -> Fact[str]:
    name, version = seen.facts.image.os_id, seen.facts.image.os_version
    if name.is_known and version.is_known:
        return known(f"{name.need()} {version.need()}", name.origin)
    return name if not name.is_known else unknown(version.reason, version.origin)


def _python(seen: View) -> Fact[str]:
    """The one that pip installs for. Without one in the image it is the system's, which is not known without the system."""
    python, system = seen.facts.image.python, _os(seen)
    return unknown(system.reason, system.origin) if python.is_absent and system.is_unknown else python


def _tensorrt(seen: View) -> Fact[str]:
    """A bare distribution or Python holds none but what is installed on it."""
    held = seen.facts.image.tensorrt
    if not held.is_unknown or seen.image.family.get() != "plain":
        return held
    packages = seen.facts.packages.get() or Packages()
    names = tuple(dict.fromkeys(item.name for item in packages.items if item.name.startswith(_TENSORRT)))
    return _package(seen, names, "TensorRT", lambda item: item.version or item.specifier or "not pinned")


def _torch(seen: View) -> Fact[str]:
    return _package(seen, ("torch",), "torch", lambda item: _torch_told(item, seen))


def _opencv(seen: View) -> Fact[str]:
    """Of the images that hold packages of their own only some are known to hold it, and none is known not to."""
    found = _package(seen, _OPENCV, "OpenCV", lambda item: item.version or item.specifier or "not pinned")
    family = seen.image.family.get()
    if found.is_absent and family not in (None, "nvidia/cuda", "plain"):
        return unknown(f"whether this {family} image holds OpenCV has no source")
    return found


def _package(seen: View, names: tuple[str, ...], what: str, told: Callable[[Package], str]) -> Fact[str]:
    packages = seen.facts.packages.get() or Packages()
    found = packages.named(*names)
    if found:
        if found[0].installed and not found[0].version:
            return unknown(f"the version of {what} is not known", found[0].origin)
        return known(told(found[0]), found[0].origin)
    if seen.facts.packages.is_unknown or packages.gaps:
        reason = packages.gaps[0] if packages.gaps else seen.facts.packages.reason
        return unknown(f"whether {what} is installed is not known: {reason}")
    return absent(f"no {what} is installed")


def _torch_told(package: Package, seen: View) -> str:
    try:
        found = builds.torch_builds(package, seen.facts, seen.matrix)
    except FactUnknown:
        found = ()
    version = package.version or (f"{found[0].version} today" if found else package.specifier or "not pinned")
    cudas = {row.cuda for row in found} or {package.cuda}
    cudnns = {row.cudnn for row in found}
    inside = [f"CUDA {cuda}" for cuda in cudas if cuda and len(cudas) == 1]
    inside += [f"cuDNN {cudnn}" for cudnn in cudnns if cudnn and len(cudnns) == 1]
    return f"{version} ({', '.join(inside)})" if inside else version


def _cpu(seen: View) -> Fact[str]:
    arch = seen.image.arch
    return known(", ".join(arch.need()), arch.origin) if arch.is_known else unknown(arch.reason, arch.origin)


def _status(seen: View) -> Fact[str]:
    """Whether the tag can be pulled, and for nvidia/cuda whether NVIDIA still supports it."""
    status = seen.image.status
    if not status.is_known:
        return unknown(status.reason, status.origin)
    row = None
    if seen.image.family.get() == "nvidia/cuda":
        row = seen.matrix.cuda_tag(images.split(seen.image.reference.get() or "")[1])
    if row is None or row.supported is None or row.status != "published":
        return status
    return known(f"{status.need()}, {'supported' if row.supported else 'end of life'}", status.origin)


def _gpu_row(a: View, b: View, gpus: Sequence[GpuChange]) -> Row:
    sides = (
        _served(a, [(gpu.capability, gpu.a) for gpu in gpus]),
        _served(b, [(gpu.capability, gpu.b) for gpu in gpus]),
    )
    changes = {gpu.change for gpu in gpus}
    if _any_for_boards(a, b):
        change = change_between("gpu_architectures", *sides, _one_image(a, b))
    elif any(side.is_unknown for side in sides):
        change = UNKNOWN
    elif changes - {STAYS, UNDECIDED} or sides[0].state != sides[1].state:
        change = DIFFERENT
    else:
        change = UNKNOWN if UNDECIDED in changes else SAME
    return Row("gpu_architectures", "GPU architectures", *sides, change)


def _any_for_boards(a: View, b: View) -> bool:
    return jetson.is_for_boards(a.facts.image) or jetson.is_for_boards(b.facts.image)


def told_gpus(gpus: Sequence[GpuChange], rows: Sequence[Row]) -> tuple[GpuChange, ...]:
    """The GPUs that one side serves and the other does not; none where a side has no use for a GPU, is made for Jetson
    boards, or as a whole is not known: then the row says all there is."""
    if any(row.name == "l4t" and (row.a.is_known or row.b.is_known) for row in rows):
        return ()
    row = next(row for row in rows if row.name == "gpu_architectures")
    return tuple(gpu for gpu in gpus if gpu.change != STAYS) if row.a.is_known and row.b.is_known else ()


def _served(seen: View, answers: Sequence[tuple[str, Served]]) -> Fact[str]:
    if jetson.is_for_boards(seen.facts.image):
        return jetson.boards(seen)
    floor = drivers.floor(seen.facts, seen.matrix)
    if floor.is_absent:
        return absent(floor.reason)
    by_verdict = {wanted: [each for each in answers if each[1].verdict is wanted] for wanted in Verdict}
    served, limited, open_ = (
        " ".join(capability for capability, _ in by_verdict[verdict])
        for verdict in (Verdict.COMPATIBLE, Verdict.DEGRADED, Verdict.UNKNOWN)
    )
    if not served and not limited:
        reasons = [answer.message for _, answer in by_verdict[Verdict.UNKNOWN]]
        return unknown(reasons[0] if reasons else "it holds code for no GPU that the matrix knows")
    text = served or "none in full"
    text += f"; with losses {limited}" if limited else ""
    return known(text + (f"; not known {open_}" if open_ else ""), NOWHERE)


def _of_drivers(told: Callable[[Facts, Matrix], Fact[str]]) -> Callable[[View], Fact[str]]:
    """Of desktop and server drivers, whose numbers mean nothing on a Jetson."""
    return lambda seen: (
        absent(jetson.FOLLOWS) if jetson.is_for_boards(seen.facts.image) else told(seen.facts, seen.matrix)
    )


ROWS: tuple[tuple[str, str, Callable[[View], Fact[str]]], ...] = (
    ("cuda", "CUDA", lambda seen: seen.facts.image.cuda),
    ("cudnn", "cuDNN", lambda seen: seen.facts.image.cudnn),
    ("tensorrt", "TensorRT", _tensorrt),
    ("torch", "PyTorch", _torch),
    ("opencv", "OpenCV", _opencv),
    ("python", "Python", _python),
    ("os", "system", _os),
    ("flavor", "flavor", lambda seen: seen.facts.image.flavor),
    ("l4t", "L4T of the Jetson", jetson.l4t),
    ("driver_floor", "driver floor", _of_drivers(drivers.floor)),
    ("native_driver", "its CUDA's own driver", _of_drivers(drivers.native)),
    ("native_driver_end_of_life", "that branch ends", _of_drivers(drivers.end_of_life)),
    ("start_gate", "start gate admits", _of_drivers(start_gate.told)),
    ("forward_compat", "forward compatibility", _of_drivers(drivers.forward_compat)),
    ("cpu_architectures", "CPU architectures", _cpu),
    ("tag", "tag", _status),
)
