"""What in a workload needs CUDA, and which: every component in use has its own floor, and the highest wins.

A wheel that carries its own CUDA (torch) needs the driver of that CUDA and nothing of the base image's. What links to
the system's libraries (ONNX Runtime, CTranslate2, programs built in the image) needs the base's. So the base's CUDA
counts unless everything found brings its own and nothing else can be in the image.
"""

from __future__ import annotations

from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Origin, Package, Packages
from envdoctor.findings import Evidence, Severity
from envdoctor.judging import builds, nearest_known
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import NeedRow
from envdoctor.versions import at_least, leading, major, parse

TORCH = ("torch",)
ONNXRUNTIME_GPU = ("onnxruntime-gpu",)
ONNXRUNTIME_USES = frozenset({"onnxruntime-cuda", "onnxruntime-tensorrt"})
_NONE = Packages()


class Component(NamedTuple):
    """`cudas` are all CUDA releases it can be built with. `nearest` names the nearest release where none is known."""

    label: str
    cudas: tuple[str, ...]
    origin: Origin
    evidence: tuple[Evidence, ...]
    nearest: str = ""


def in_use(facts: Facts, names: tuple[str, ...], uses: frozenset[str]) -> tuple[Package, ...]:
    """The packages of these names that the workload uses; one of unknown version if it is said to use them and none
    is listed. Raises FactAbsent if it does not use them, FactUnknown if that cannot be told."""
    if facts.uses_stated:
        if not uses & (facts.uses.get() or frozenset()):
            raise FactAbsent(f"the workload does not use {names[0]}")
        found = (facts.packages.get() or _NONE).named(*names)
        return found or (Package(names[0], installed=True, manager=None, origin=facts.uses.origin),)
    packages = facts.packages.need()
    found = packages.named(*names)
    if found:
        return found
    if packages.gaps:
        raise FactUnknown(f"whether {names[0]} is installed is not known: {packages.gaps[0]}")
    raise FactAbsent(f"no {names[0]} is installed")


def torch_in_use(facts: Facts) -> tuple[Package, ...]:
    return in_use(facts, TORCH, frozenset({"torch"}))


def onnxruntime_gpu_in_use(facts: Facts) -> tuple[Package, ...]:
    packages = facts.packages.get() or _NONE
    if packages.named("onnxruntime") and not packages.named(*ONNXRUNTIME_GPU) and packages.complete:
        raise FactAbsent("onnxruntime-gpu is not installed, only the CPU package onnxruntime")
    return in_use(facts, ONNXRUNTIME_GPU, ONNXRUNTIME_USES)


def loss_of_gpu(facts: Facts) -> Severity:
    """How bad it is that ONNX Runtime falls back to the CPU: an error where the workload is said to need CUDA or is a
    deployment image (onnxruntime-gpu and no torch), because nothing fails and nobody notices; else a warning."""
    if facts.uses_stated:
        return Severity.ERROR
    packages = facts.packages.get() or _NONE
    return Severity.WARNING if packages.named("torch") else Severity.ERROR


def cuda_components(facts: Facts, matrix: Matrix) -> tuple[Component, ...]:
    """Everything known to need CUDA. Raises FactUnknown when something may be there that cannot be read."""
    found = [*_torch(facts, matrix), *_onnxruntime(facts, matrix), *_others(facts, matrix), *_base(facts)]
    if not found and facts.image.cuda.is_unknown and not facts.image.reference.is_absent:
        facts.image.cuda.need()
    return tuple(found)


def anything_unseen(facts: Facts) -> None:
    """Raises FactUnknown if the part of the image that cannot be read may hold PyTorch or ONNX Runtime, with floors of their own."""
    for asked in (torch_in_use, onnxruntime_gpu_in_use):
        try:
            asked(facts)
        except FactAbsent:
            pass


def _torch(facts: Facts, matrix: Matrix) -> list[Component]:
    try:
        packages = torch_in_use(facts)
    except (FactAbsent, FactUnknown):
        return []
    if any(package.manager == "image" for package in packages):
        facts.image.cuda.need()  # the image's own torch uses the image's CUDA, which `_base` judges
    wheels = [package for package in packages if package.manager != "image"]
    return [_wheel(package, facts, matrix) for package in wheels if not builds.is_cpu_build(package, facts, matrix)]


def _wheel(package: Package, facts: Facts, matrix: Matrix) -> Component:
    rows = builds.torch_builds(package, facts, matrix)
    stated = builds.variant(package)
    cudas = tuple(dict.fromkeys(row.cuda for row in rows if row.cuda)) or ((stated,) if stated else ())
    near = nearest_known.package(package, facts, matrix)
    return Component(builds.label(package, rows), cudas, package.origin, (of_package(package),), near)


def _onnxruntime(facts: Facts, matrix: Matrix) -> list[Component]:
    try:
        packages = onnxruntime_gpu_in_use(facts)
    except (FactAbsent, FactUnknown):
        return []
    return [_linked(package, facts, matrix) for package in packages]


def _linked(package: Package, facts: Facts, matrix: Matrix) -> Component:
    rows = builds.onnxruntime_builds(package, facts, matrix)
    cudas = tuple(dict.fromkeys(row.cuda for row in rows)) or ((package.cuda,) if package.cuda else ())
    near = nearest_known.package(package, facts, matrix)
    return Component(builds.label(package, rows), cudas, package.origin, (of_package(package),), near)


def _others(facts: Facts, matrix: Matrix) -> list[Component]:
    """CuPy, JAX, TensorFlow with its CUDA, CTranslate2 and the like."""
    packages = facts.packages.get() or _NONE
    found = (_other(item, facts, matrix) for item in packages.items if item.manager in (None, "pip", "uv", "conda"))
    return [component for component in found if component is not None]


def _other(package: Package, facts: Facts, matrix: Matrix) -> Component | None:
    """None for what may run on the CPU here: plain TensorFlow, CTranslate2 in an image without CUDA, JAX without an extra.
    jax[cuda12] names its major, jax[cuda] changes it with the release (https://docs.jax.dev/en/latest/installation.html)."""
    if package.name == "jax":
        extras = [extra for extra in package.extras if extra.startswith("cuda")]
        numbers = dict.fromkeys(extra[4:6] for extra in extras if extra[4:6].isdigit())
        label = f"{described(package)} [{', '.join(extras)}]"
        return Component(label, tuple(numbers), package.origin, (of_package(package),)) if extras else None
    rows = matrix.needs(package.name) if package.name not in (*TORCH, *ONNXRUNTIME_GPU) else ()
    own = "and-cuda" in package.extras
    if not rows or (package.name == "tensorflow" and not own):
        return None
    if package.name in LINKS_TO_SYSTEM and not facts.image.cuda.is_known:
        return None
    via = next((row.via for row in rows if row.via), None)
    if via and (facts.packages.get() or _NONE).named(via):
        return None
    majors = dict.fromkeys(str(row.cuda_major) for row in _fitting(rows, package) if row.cuda_major is not None)
    return Component(described(package), tuple(majors), package.origin, (of_package(package),))


def _fitting(rows: tuple[NeedRow, ...], package: Package) -> tuple[NeedRow, ...]:
    """The rows of the versions that `package` can mean; a range may reach over several. Without any pip takes the newest,
    of which a row tells that is open upwards."""
    if package.version is None and not package.specifier and not package.installed:
        return tuple(row for row in rows if "<" not in row.specifier)
    if package.version is None:
        return rows
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return tuple(row for row in rows if SpecifierSet(row.specifier).contains(package.version, prereleases=True))
    except InvalidVersion:
        return rows


def _base(facts: Facts) -> list[Component]:
    cuda = facts.image.cuda
    if not cuda.is_known or base_counts(facts) is False:
        return []
    label = f"the image's CUDA {cuda.get()}"
    return [Component(label, (cuda.need(),), cuda.origin, (of("image.cuda", cuda),))]


def base_counts(facts: Facts) -> bool | None:
    """Does something link to the base image's CUDA? False only when the packages are all known, some of them bring
    their own CUDA, and none links to the system's; None when that depends on contents that are not known."""
    packages = facts.packages.get()
    if packages is None:
        return None if facts.uses_stated else True
    if any(item.name in LINKS_TO_SYSTEM or item.manager == "image" for item in packages.items):
        return True
    torch = packages.named(*TORCH)
    if not torch:
        return None if facts.uses_stated and _uses_beyond(facts, packages) else True
    if packages.gaps or any(item.installed and not item.version and not builds.variant(item) for item in torch):
        return None
    return False


def _uses_beyond(facts: Facts, packages: Packages) -> bool:
    """Is something used that no listed package provides? Then the list is not all there is."""
    return "torch" in (facts.uses.get() or frozenset()) and not packages.named(*TORCH)


LINKS_TO_SYSTEM = frozenset(
    {
        "onnxruntime-gpu",
        "ctranslate2",
        "faster-whisper",
        "whisperx",
        "tensorrt",
        "pycuda",
        "nvidia-dali-cuda120",
        "nvidia-dali-cuda130",
    }
)


class Floor(NamedTuple):
    """The oldest driver for a CUDA release, with what it rests on."""

    driver: str
    sources: tuple[str, ...]
    rule: str  # how the floor came about, for the message


def floor_of(cuda: str, windows: bool, matrix: Matrix) -> Floor:
    """CUDA 11 and later: one floor per major (minor-version compatibility). 10.2 and older: the toolkit's own driver.
    Raises FactUnknown for a CUDA that the matrix does not know."""
    number = major(cuda)
    system = "Windows" if windows else "Linux"
    if number >= 11:
        row = matrix.major_floor(number)
        driver = (row.driver_windows if windows else row.driver_linux) if row else None
        if row is None or driver is None:
            near = nearest_known.release(str(number), _majors(matrix), "CUDA")
            raise FactUnknown(f"the matrix has no {system} driver floor for CUDA {number}{near}")
        return Floor(driver, row.source, f"CUDA {number}.x runs on {system} driver {driver} or newer")
    rows = [row for row in matrix.toolkits(cuda) if (row.driver_windows if windows else row.driver_linux)]
    if not rows:
        raise FactUnknown(f"the matrix has no {system} driver for CUDA {cuda}")
    drivers = [str(row.driver_windows if windows else row.driver_linux) for row in rows]
    oldest = min(drivers, key=parse)
    return Floor(
        oldest,
        rows[0].source,
        f"CUDA {cuda} has no minor-version compatibility and needs its own {system} driver, {oldest}",
    )


def _majors(matrix: Matrix) -> list[str]:
    """The CUDA majors that have a floor."""
    newest = matrix.newest_cuda_tag_release()
    return [str(number) for number in range(11, major(newest or "11") + 1) if matrix.major_floor(number)]


def below_floor(driver: str, cudas: tuple[str, ...], windows: bool, matrix: Matrix) -> tuple[bool | None, Floor]:
    """Is the driver below the floor of every CUDA in `cudas`? None where they, or a partial version, disagree."""
    floors = [floor_of(cuda, windows, matrix) for cuda in cudas]
    answers = {_reaches(driver, floor.driver, windows, matrix) for floor in floors}
    highest = max(floors, key=lambda floor: parse(floor.driver))
    if answers == {False}:
        return True, highest
    return (False if answers == {True} else None), highest


def _reaches(driver: str, floor: str, windows: bool, matrix: Matrix) -> bool | None:
    """A driver stated by its branch alone ("580") reaches a floor that the branch's first release reaches."""
    answer = at_least(leading(driver) or driver, floor)
    if answer is not None or windows:
        return answer
    row = matrix.branch(driver)
    return True if row and row.first_release and at_least(row.first_release, floor) else None
