"""Libraries of NVIDIA's driver inside the image, by a package or left over from a build with a GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Library, Package
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of, of_package
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule
from envdoctor.versions import leading, numbers

_SOURCES = (
    "https://github.com/NVIDIA/nvidia-container-toolkit/issues/289",
    "https://docs.nvidia.com/cuda/cuda-installation-guide-linux/index.html",
)
_DRIVER_LIBRARY = lazily(
    r"(?:libcuda|libnvcuvid|libnvoptix|libnvidia-(?!container)[a-z0-9-]{1,40})\.so(?:\.([0-9.]{1,40}))?", re.ASCII
)
_DEPENDS = "whether the driver in the image clashes with the host's depends on the host's driver, which is not stated"


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    packages = _packages(facts, matrix)
    libraries = [library for library in facts.libraries.get() or () if _is_drivers(library)]
    if not packages and not libraries:
        raise FactAbsent("no part of NVIDIA's driver is known to be in the image")
    if packages:
        yield _of_packages(packages, facts, matrix)
    if libraries:
        yield _of_libraries(libraries, facts)
    if facts.host.driver.is_unknown and not facts.host.wsl.get():
        raise FactUnknown(_DEPENDS)


def _packages(facts: Facts, matrix: Matrix) -> list[Package]:
    """Of a document without an image they are the host's."""
    if not any(fact.is_known for fact in (facts.image.reference, facts.image.cuda, facts.build)):
        return []
    listed = facts.packages.get()
    items = [item for item in (listed.items if listed else ()) if item.manager in ("apt", "yum", "dnf")]
    return [item for item in items if matrix.driver_package(item.name)]


def _is_drivers(library: Library) -> bool:
    """`origin` "image": it lies in the image itself. What a running container shows else was mounted by the toolkit."""
    path = library.path or ""
    inside = library.origin == "image" and "/stubs/" not in path and "/compat/" not in path
    return inside and _DRIVER_LIBRARY.fullmatch(library.soname) is not None


def _of_packages(packages: list[Package], facts: Facts, matrix: Matrix) -> Finding:
    row = matrix.driver_package(packages[0].name)
    names = ", ".join(dict.fromkeys(item.name for item in packages))[:200]
    toolkit = row is not None and row.brings == "cuda"
    brings = "bring NVIDIA's driver along" if toolkit else "are NVIDIA's driver"
    brings = brings if len(packages) > 1 else brings.replace("bring ", "brings ").replace("are ", "is ")
    newest = max((_release(item) for item in packages), default=())
    return Finding(
        message=f"{names} {brings}, installed inside the image. The driver belongs to the host, and the container toolkit mounts the host's libraries beside these: where the image's are newer they shadow the host's (Driver/library version mismatch, CUDA error 803), and parts that are not mounted stay of the wrong release.",
        severity=_severity(newest, facts),
        remedy=(
            "install the toolkit or its libraries alone: cuda-toolkit-X-Y or cuda-libraries-X-Y in place of cuda, cuda-X-Y and cuda-runtime-X-Y"
            if toolkit
            else f"take {names} out of the image",
            "install the driver on the host",
        ),
        verify="docker run --rm --gpus all IMAGE sh -c 'ldconfig -p | grep libcuda; nvidia-smi'",
        at=packages[0].origin,
        evidence=(*(of_package(item) for item in packages[:5]), of("host.driver.version", facts.host.driver)),
        sources=row.source if row and row.source[0].startswith("https://") else _SOURCES,
    )


def _release(package: Package) -> tuple[int, ...]:
    """(450,) of nvidia-driver-450, () where the release is not known: a CUDA takes the newest driver."""
    stated = numbers(leading(package.version or "") or "")
    if stated[:1] > (100,):
        return stated
    tail = re.search(r"-([0-9]{3})(?:-|$)", package.name)
    return (int(tail.group(1)),) if tail else ()


def _severity(release: tuple[int, ...], facts: Facts) -> Severity:
    """An error where the image's is newer than the host's; without the host's it depends."""
    driver = numbers(leading(facts.host.driver.get() or "") or "")
    if not driver:
        return Severity.NOTE
    shared = min(len(driver), len(release))
    return Severity.ERROR if shared and release[:shared] > driver[:shared] else Severity.WARNING


def _of_libraries(libraries: list[Library], facts: Facts) -> Finding:
    names = ", ".join(dict.fromkeys(library.soname for library in libraries))[:200]
    versions = [
        numbers(match.group(1) or "") for library in libraries if (match := _DRIVER_LIBRARY.fullmatch(library.soname))
    ]
    newest = max((version for version in versions if version[:1] > (100,)), default=())
    on_wsl = bool(facts.host.wsl.get()) and any(library.soname.endswith(".so.1") for library in libraries)
    end = (
        "On WSL 2 the toolkit mounts its own under the same name, and the container does not start (mount error: file creation failed: file exists)"
        if on_wsl
        else "The toolkit mounts the host's beside them: where the image's are newer they shadow the host's (error 803), and a plain file under the name that ends in .so.1 cannot be replaced (file exists)"
    )
    severity = Severity.ERROR if on_wsl else _severity(newest, facts)
    return Finding(
        message=f"The image holds driver libraries ({names}), as a build with nvidia as the default runtime, docker commit of a running container, or a driver package leaves behind. {end}.",
        severity=Severity.NOTE if severity is Severity.WARNING else severity,
        remedy=(
            "remove them in the Dockerfile, and build without the nvidia runtime",
            "or start from the image without them",
        ),
        verify='docker run --rm --entrypoint sh IMAGE -c \'find / -name "libcuda.so*" -o -name "libnvidia-*.so*"\'',
        at=facts.libraries.origin,
        evidence=(
            Evidence("libraries", names, str(facts.libraries.origin)),
            of("host.driver.version", facts.host.driver),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="driver-in-image",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the image holds parts of NVIDIA's driver, which belong to the host",
    seen=(
        "nvidia-container-cli: mount error: file creation failed: …/libnvidia-ml.so.1: file exists",
        "Failed to initialize NVML: Driver/library version mismatch",
        "CUDA error 803: system has unsupported display driver / cuda driver combination",
    ),
    why="libcuda and libnvidia-ml talk to the host's kernel module and must be of exactly its release. The container toolkit mounts them at each start; a copy in the image is of whatever release the build happened to take.",
    remedy=("install no driver in an image: cuda-toolkit-X-Y or cuda-libraries-X-Y bring none",),
    sources=_SOURCES,
    check=check,
)
