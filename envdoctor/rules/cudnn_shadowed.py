"""A system cuDNN on LD_LIBRARY_PATH is found before the one that PyTorch's wheel was built with, and is older."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, FactUnknown, Library, Package
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging import builds
from envdoctor.judging.components import torch_in_use
from envdoctor.judging.evidence import described, of, of_package
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading, major, parse

# where the nvidia/cuda images have cuDNN (Debian packages libcudnn8, libcudnn9-cuda-12)
_SYSTEM_FOLDERS = frozenset({"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"})
_SOURCES = (
    "https://docs.nvidia.com/deeplearning/cudnn/installation/latest/linux.html",
    "https://github.com/pytorch/pytorch/issues/80637",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    wheels = [item for item in torch_in_use(facts) if item.manager != "image"]
    if not wheels:
        raise FactAbsent("torch comes with the image, and uses the image's cuDNN")
    shadow = _on_path(facts)
    if shadow is None:
        yield from _observed_beside(facts, wheels[0])
        raise FactAbsent("no cuDNN is known to be on LD_LIBRARY_PATH")
    built = {row.cudnn for row in builds.torch_builds(wheels[0], facts, matrix) if row.cudnn}
    ours = shadow.version or (leading(facts.image.cudnn.need()) or "")
    same = [version for version in built if major(version) == major(ours)]
    if not built or not ours:
        raise FactUnknown(f"the cuDNN that {described(wheels[0])} was built with is not known")
    older = [version for version in same if _older(ours, version)]
    if older and len(older) == len(built):
        sure = not _rpath_first(wheels[0])
        yield _finding(facts, wheels[0], ours, sorted(built)[-1])._replace(
            severity=Severity.ERROR if sure else Severity.NOTE
        )
        if not sure:
            raise FactUnknown(
                "torch 2.1 and later find their own cuDNN first; whether its parts are mixed with the system's depends on the program"
            )
    elif older:
        raise FactUnknown(f"some builds that {described(wheels[0])} can mean need a newer cuDNN than {ours}")


def _on_path(facts: Facts) -> Library | None:
    """libcudnn in a folder that LD_LIBRARY_PATH names: stated as such, or its path lies in one."""
    folders = [part.rstrip("/") for part in (facts.image.env.get() or {}).get("LD_LIBRARY_PATH", "").split(":") if part]
    for library in facts.libraries.get() or ():
        if not library.soname.startswith("libcudnn.so"):
            continue
        inside = library.path is not None and library.path.rpartition("/")[0] in folders
        if library.origin == "LD_LIBRARY_PATH" or inside:
            return library
    if facts.image.cudnn.is_known and any(folder in _SYSTEM_FOLDERS for folder in folders):
        return Library("libcudnn.so", origin="system", version=leading(facts.image.cudnn.need()))
    return None


def _rpath_first(package: Package) -> bool:
    """The wheels from 2.1 on carry DT_RPATH, which is searched before LD_LIBRARY_PATH (read from the ELF of 2.2.2 to 2.15.0);
    only the parts that cuDNN opens itself can still come from there."""
    number = leading((package.version or "").partition("+")[0])
    return number is None or at_least(number, "2.1") is not False


def _older(ours: str, theirs: str) -> bool:
    """cuDNN checks major and minor when it loads its parts."""
    return parse(ours)[:2] < parse(theirs)[:2]


def _finding(facts: Facts, package: Package, ours: str, theirs: str) -> Finding:
    return Finding(
        message=(
            f"cuDNN {ours} on LD_LIBRARY_PATH stands in the way of the one in torch's wheel: {described(package)} was built with cuDNN {theirs}, and where the older one is"
            " loaded it stops with a cuDNN version incompatibility at the first convolution."
        ),
        severity=Severity.ERROR,
        remedy=(
            "take the folder out of LD_LIBRARY_PATH for the program that imports torch: env -u LD_LIBRARY_PATH python …",
            f"or bring the system's cuDNN to {theirs} or newer of the same major",
        ),
        verify='python -c "import torch; print(torch.backends.cudnn.version())"',
        at=package.origin,
        evidence=(of_package(package), Evidence("libraries[libcudnn]", ours, "LD_LIBRARY_PATH")),
        sources=_SOURCES,
    )


def _observed_beside(facts: Facts, package: Package) -> Iterator[Finding]:
    """Seen from inside: torch runs one cuDNN and the image holds another of the same major, which ONNX Runtime loads."""
    observed = facts.observed.get("torch")
    number = observed.get("cudnn") if isinstance(observed, dict) else None
    system = leading(facts.image.cudnn.get() or "")
    packages = facts.packages.get()
    if not isinstance(number, int) or not system or packages is None or not packages.named("onnxruntime-gpu"):
        return
    scale = 10_000 if number >= 90_000 else 1_000  # 8907 is 8.9.7, 90100 is 9.1.0
    theirs = f"{number // scale}.{number % scale // 100}"
    if major(theirs) == major(system) and parse(theirs)[:2] != parse(system)[:2]:
        yield Finding(
            message=(
                f"Two cuDNN {major(system)} releases meet in one process: torch brings {theirs}, the image holds {system}, and onnxruntime-gpu takes whichever is loaded first."
                " Mixed parts fail with CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH."
            ),
            severity=Severity.WARNING,
            remedy=(
                "import torch before creating an ONNX Runtime session, or keep them in separate processes",
                "or bring both to the same cuDNN minor",
            ),
            at=package.origin,
            evidence=(
                of_package(package),
                of("image.cudnn", facts.image.cudnn),
                Evidence("observed.torch.cudnn", str(number), "observed"),
            ),
            sources=_SOURCES,
        )


RULE = Rule(
    id="cudnn-shadowed",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a system cuDNN is loaded before the one PyTorch's wheel was built with",
    seen=(
        "RuntimeError: cuDNN version incompatibility: PyTorch was compiled against (8, 5, 0) but found runtime version (8, 4, 1).",
        "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
    ),
    why=(
        "torch's wheels bring the cuDNN they were built with, but LD_LIBRARY_PATH is searched first. An older system cuDNN of the same major there takes its place, and two"
        " minors of one major in a process mix their parts."
    ),
    remedy=("keep cuDNN's folder out of LD_LIBRARY_PATH where torch runs",),
    sources=_SOURCES,
    check=check,
)
