"""The loader finds the toolkit's stub of libcuda before, or in place of, the driver's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from envdoctor.facts import FactAbsent, Facts, Origin
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.launching import setting
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = ("https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html",)
_REMEDY = (
    "keep …/stubs for linking only: LIBRARY_PATH or -L/usr/local/cuda/lib64/stubs, never LD_LIBRARY_PATH or ldconfig",
    "remove a link to the stub in the RUN that made it",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    links = _linked(facts)
    found = [*_libraries(facts), *_search_path(facts, links), *_links(links, facts)]
    if not found:
        raise FactAbsent("no stub of libcuda is known to be where programs load it")
    yield from found


def _libraries(facts: Facts) -> Iterator[Finding]:
    for library in facts.libraries.get() or ():
        loaded = library.origin in (None, "system", "LD_LIBRARY_PATH")
        if loaded and library.soname.startswith("libcuda.so") and "/stubs/" in (library.path or ""):
            text = f"The loader finds {library.path}, the CUDA toolkit's stub of libcuda for linking"
            yield _finding(
                text,
                Severity.ERROR,
                Evidence("libraries", str(library.path), str(facts.libraries.origin)),
                facts.libraries.origin,
            )
            return


def _search_path(facts: Facts, links: Mapping[str, Origin]) -> Iterator[Finding]:
    """libcuda.so alone lies there, unless a link was made: what opens libcuda.so.1 passes it by, PyTorch too."""
    found = None if "LD_LIBRARY_PATH" in facts.launch.passed else setting(facts, "LD_LIBRARY_PATH")
    folder = next((part for part in found.value.split(":") if _is_stubs(part)), None) if found else None
    if found and folder:
        linked = any(_is_stubs(posixpath.dirname(path)) for path in links)
        text = f"LD_LIBRARY_PATH holds {folder[:100]}: a program that opens {'libcuda.so.1' if linked else 'libcuda.so'} there gets the CUDA toolkit's stub for linking"
        severity = Severity.WARNING if linked else Severity.NOTE
        yield _finding(text, severity, Evidence(found.fact, found.value[:200], str(found.origin)), found.origin)


def _is_stubs(folder: str) -> bool:
    return folder.rstrip("/").endswith("/stubs")


def _linked(facts: Facts) -> dict[str, Origin]:
    """`ln -s …/stubs/libcuda.so …/libcuda.so.1` without a later rm."""
    build = facts.build.get()
    made: dict[str, Origin] = {}
    for statement in build.statements if build else ():
        words = [word or "" for word in statement.words] or [""]
        if words[0] == "ln" and words[-1].endswith("libcuda.so.1") and any("/stubs/" in word for word in words[1:-1]):
            made[words[-1]] = statement.origin
        elif words[0] in ("rm", "unlink"):
            gone = tuple(word.rstrip("/") for word in words[1:] if word.startswith("/"))
            made = {path: origin for path, origin in made.items() if not _is_within(path, gone)}
    return made


def _is_within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _links(made: Mapping[str, Origin], facts: Facts) -> Iterator[Finding]:
    """A link beside the stub is met only where the loader is sent there; many builds leave one behind."""
    for path, origin in made.items():
        if _is_stubs(posixpath.dirname(path)) and not _is_listed(facts):
            continue
        text = f"{path[:100]} is linked to the CUDA toolkit's stub of libcuda, and stays in the image"
        yield _finding(text, Severity.WARNING, Evidence("build.statements", f"ln … {path[:100]}", str(origin)), origin)


def _is_listed(facts: Facts) -> bool:
    """`echo …/stubs > /etc/ld.so.conf.d/stubs.conf`, `ldconfig …/stubs`"""
    build = facts.build.get()
    statements = build.statements if build else ()
    return any(
        (each.words[0] or "").rpartition("/")[2] in ("echo", "printf", "tee", "ldconfig")
        and any(_is_stubs((word or "").strip()) for word in each.words[1:])
        for each in statements
        if each.words
    )


def _finding(text: str, severity: Severity, evidence: Evidence, origin: Origin) -> Finding:
    return Finding(
        message=f"{text}. It holds no driver: where it is met first CUDA fails with error 34 (CUDA_ERROR_STUB_LIBRARY), or finds no device.",
        severity=severity,
        remedy=_REMEDY,
        verify="ldconfig -p | grep libcuda; echo $LD_LIBRARY_PATH",
        at=origin,
        evidence=(evidence,),
        sources=_SOURCES,
    )


RULE = Rule(
    id="stub-libcuda-loaded",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="programs load the CUDA toolkit's stub of libcuda instead of the driver's",
    seen=("CUDA error 34: CUDA driver is a stub library", "cudaErrorStubLibrary"),
    why="The toolkit ships stubs so that programs can be linked on machines without a driver. At run time libcuda must be the host driver's, which the container toolkit mounts.",
    remedy=("take stubs folders out of LD_LIBRARY_PATH and of the loader's cache",),
    sources=_SOURCES,
    check=check,
)
