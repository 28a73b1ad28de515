"""`show` for an image: its row, its start gate, and what follows for hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from envdoctor.browse.conclusions import code_for, cudas_by_floor, driver_floor, instead, window_of
from envdoctor.browse.releases import python
from envdoctor.browse.things import Conclusion, Row, Thing, groups
from envdoctor.facts import Facts, Image, Origin, known
from envdoctor.judging import builds, jetpack
from envdoctor.judging.images import (
    NGC_PYTORCH,
    described,
    image_packages,
    is_integrated,
    nearest_published,
    ngc_release,
    split,
)
from envdoctor.judging.images.reference import CUDA_REPOSITORIES, NGC, PYTORCH_REPOSITORIES
from envdoctor.judging.nearest_known import around
from envdoctor.matrix import Matrix
from envdoctor.nearest import nearest
from envdoctor.versions import leading, numbers


class ImageTable(NamedTuple):
    """`column` holds the tag, or the version that the tag starts with; `tags` are those of a row that can be pulled."""

    table: str
    repositories: frozenset[str]
    column: str
    tags: Callable[[Any], tuple[str, ...]]


# Tables of one repository; a table with a column image ("tensorrt:24.05") tells it by itself.
TABLES = (
    ImageTable("cuda_tags", CUDA_REPOSITORIES, "tag", lambda row: (row.tag,) if row.status == "published" else ()),
    ImageTable("ngc_pytorch", frozenset({NGC_PYTORCH}), "release", lambda row: row.tags or (f"{row.release}-py3",)),
    ImageTable(
        "torch_images",
        PYTORCH_REPOSITORIES,
        "torch",
        lambda row: tuple(f"{row.torch}-{each}-runtime" for each in row.variants or ()),
    ),
)
_MOST_WITH_TAG = 4  # repositories with one tag of which all is told


def image(text: str, matrix: Matrix) -> Thing:
    """Of a reference such as nvcr.io/nvidia/pytorch:24.05-py3; NGC's prefix may be left out ("tritonserver:24.05")."""
    repository, tag, _ = split(text)
    if "/" not in text.partition(":")[0] and f"{NGC}{repository}" in repositories(matrix):
        return image(f"{NGC}{text}", matrix)
    found = described(known(text, Origin("asked")), matrix)
    gates = _gates(repository, found, matrix)
    listed = groups(*_rows(repository, tag, matrix), ("requirements", gates))
    never = found.status.is_known and found.status.get() != "published"
    if not listed and not never and found.family.get() != "plain":
        return Thing(f"image {text}", nearest=_nearest(repository, tag, matrix))
    jetson = is_integrated(tag) or any(group.table == "l4t_images" for group in listed)
    told = tuple(_of_jetson(text, found, matrix) if jetson else _conclusions(text, found, bool(gates), matrix))
    inside = python(found.python.need(), matrix) if repository == "python" and found.python.is_known else None
    if inside is not None:
        about = tuple(group for group in inside.groups if group.table == "python_versions")
        listed, told = (*listed, *about), (*told, *inside.conclusions)
    return Thing(f"image {text}", listed, tuple(dict.fromkeys(told)))


def tagged(text: str, matrix: Matrix) -> tuple[Thing, ...]:
    """The images with that tag, "24.05-py3", of whatever repository."""
    if "-" not in text or not text[:1].isdigit():
        return ()
    found = [name for name in repositories(matrix) if text in _tags(name, matrix)]
    return tuple(image(f"{name}:{text}", matrix) for name in found[:_MOST_WITH_TAG])


def repositories(matrix: Matrix) -> tuple[str, ...]:
    """Every repository that some table covers."""
    named = [name for each in TABLES for name in sorted(each.repositories, reverse=True)]
    for table in matrix.tables.values():
        named += [_repository(row.image) for row in _with_images(table.rows())]
    return tuple(dict.fromkeys(named))


def _rows(repository: str, tag: str, matrix: Matrix) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for each in TABLES:
        if repository in each.repositories:
            rows = matrix.tables[each.table].rows()
            yield each.table, tuple(row for row in rows if _holds(getattr(row, each.column), tag))
    for name, table in matrix.tables.items():
        yield name, tuple(row for row in _with_images(table.rows()) if _is_image(row, repository, tag))
        yield name, tuple(row for row in _with_systems(table.rows()) if _is_system(row, repository, tag))


def _with_images(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """The rows of a table whose column `image` is a repository and a release or tag ("tensorrt:24.05", of NGC)."""
    return rows if rows and "image" in rows[0]._fields else ()


def _repository(image: str) -> str:
    name = image.partition(":")[0]
    return name if "/" in name else f"{NGC}{name}"


def _is_image(row: Any, repository: str, tag: str) -> bool:
    if _repository(row.image) != repository:
        return False
    return _holds(row.image.partition(":")[2], tag) or _holds(getattr(row, "tags", None), tag)


def _with_systems(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """The rows of a table of operating systems."""
    return rows if rows and {"os", "version", "codename"} <= set(rows[0]._fields) else ()


def _is_system(row: Any, repository: str, tag: str) -> bool:
    """ubuntu:22.04, debian:12-slim, debian:bookworm."""
    return bool(row.os == repository and (_holds(row.version, tag) or tag.partition("-")[0] == row.codename))


def _holds(value: Any, tag: str) -> bool:
    """The tag itself, a tag of the list, or the version that it starts with ("24.05" of 24.05-py3)."""
    if isinstance(value, tuple):
        return tag in value
    return bool(value) and (value == tag or leading(tag.partition("-")[0]) == value)


def _gates(repository: str, found: Image, matrix: Matrix) -> tuple[Row, ...]:
    """The NVIDIA_REQUIRE_CUDA of the image's release and system; of CPU architectures with the same one the first."""
    if not repository.endswith("nvidia/cuda") or not found.cuda.is_known:
        return ()
    system = f"{found.os_id.get()}{found.os_version.get()}" if found.os_id.is_known else None
    rows = [
        row for arch in found.arch.get() or ("amd64",) for row in matrix.requirements(found.cuda.need(), arch, system)
    ]
    return tuple({row.expression: row for row in reversed(rows)}.values())


def _conclusions(text: str, found: Image, gate_shown: bool, matrix: Matrix) -> Iterator[Conclusion]:
    yield from _availability(text, found, matrix)
    if found.cuda.is_absent:
        yield Conclusion(found.cuda.reason)
    if found.gate.is_known and not gate_shown:
        yield Conclusion(f"start gate (NVIDIA_REQUIRE_CUDA): {found.gate.get()}")
    if found.compat.is_known:
        text = f"it holds cuda-compat {found.compat.get()}: older drivers may do on GPUs with forward compatibility"
        yield Conclusion(text)
    if found.cuda.is_known:
        yield from driver_floor(found.cuda.need(), matrix)
        yield from window_of(found.cuda.need(), matrix)
    yield from _ngc_code(found, matrix)
    yield from _wheel_inside(found, matrix)


def _wheel_inside(found: Image, matrix: Matrix) -> Iterator[Conclusion]:
    """What the PyTorch wheel in an image of Docker Hub's pytorch/pytorch asks of a host: it brings its own CUDA."""
    for package in image_packages(found, matrix) or ():
        if package.name == "torch" and package.manager != "image":
            rows = builds.torch_builds(package, Facts("matrix show", image=found), matrix)
            for cuda in cudas_by_floor([row.cuda for row in rows] or [package.cuda], matrix):
                yield from driver_floor(cuda, matrix)
            for row in rows:
                yield from code_for(f"its PyTorch {row.version} for CUDA {row.cuda}", row.sm, row.ptx, matrix)
            if not rows:
                yield Conclusion(f"for which GPUs its PyTorch {package.version} holds code is not known")


def _of_jetson(text: str, found: Image, matrix: Matrix) -> Iterator[Conclusion]:
    """A Jetson's driver is part of its L4T release: no desktop driver and no floor of one is asked for."""
    yield Conclusion("for Jetson boards: the CUDA that a board runs follows from its L4T release (matrix list l4t)")
    stated, boards = jetpack.named(text, matrix), ", ".join(jetpack.capabilities(text, matrix))
    if stated:
        told = f"NVIDIA names JetPack {stated} for it, whose boards are of compute capability {boards}"
        yield Conclusion(told, (jetpack.TABLE,))
    if found.cuda.is_known:
        yield from window_of(found.cuda.need(), matrix)


def _availability(text: str, found: Image, matrix: Matrix) -> Iterator[Conclusion]:
    if found.status.is_known and found.status.get() != "published":
        other = nearest_published(text, matrix)
        told = f"the tag cannot be pulled ({found.status.get()}: {str(found.status.origin).removeprefix('asked, ')})"
        yield Conclusion(f"{told}; the nearest that can: {other}" if other else told)
    elif found.status.is_unknown:
        yield Conclusion(found.status.reason)
    yield from instead(text, matrix)


def _ngc_code(found: Image, matrix: Matrix) -> Iterator[Conclusion]:
    if found.family.get() != "ngc/pytorch":
        return
    row = matrix.ngc(ngc_release(found.reference.get()) or "")
    if row is not None:
        yield from code_for("its PyTorch on amd64", row.sm_amd64, row.ptx_amd64, matrix)
        if row.arch and "arm64" in row.arch:
            yield from code_for("its PyTorch on arm64", row.sm_arm64, row.ptx_arm64, matrix)


def _nearest(repository: str, tag: str, matrix: Matrix) -> tuple[str, ...]:
    """Tags of the same repository that look alike, else repositories that do."""
    published = nearest_published(f"{repository}:{tag}", matrix)
    tags = _tags(repository, matrix)
    alike = _of_its_kind(tag, tags) or nearest(tag, tags)
    near = [*([published] if published else []), *(f"{repository}:{each}" for each in alike)]
    return tuple(dict.fromkeys(near))[:3] or nearest(repository, repositories(matrix))


def _of_its_kind(tag: str, tags: list[str]) -> list[str]:
    """The tag before and the one after with the same flavor and system ("14.1.0-base-ubuntu24.04": 13.5.1-base-…)."""
    version, _, kind = tag.partition("-")
    same = [each for each in tags if each.partition("-")[2] == kind]
    same = same or [each for each in tags if numbers(each.partition("-")[0])]
    near = around(version, [each.partition("-")[0] for each in same])
    return [each for each in same if each.partition("-")[0] in near]


def _tags(repository: str, matrix: Matrix) -> list[str]:
    """Those that can be pulled."""
    found: list[str] = []
    for each in TABLES:
        if repository in each.repositories:
            rows: Any = matrix.tables[each.table].rows()
            found += [tag for row in rows for tag in each.tags(row)]
    for table in matrix.tables.values():
        for row in _with_images(table.rows()):
            if _repository(row.image) == repository:
                found += getattr(row, "tags", None) or ([row.image.partition(":")[2]] if "/" in row.image else [])
    return found
