"""nvidia/cuda on Docker Hub: the tables `cuda_tags` and `requirements`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from envdoctor.online import observed
from envdoctor.online.asking import Asking
from envdoctor.online.image_config import ImageConfig
from envdoctor.online.image_drift import cited, compare, is_partial, read_images, shown, unread
from envdoctor.online.registry import Registry
from envdoctor.readers.image_reference import parse_reference

CUDA = parse_reference("docker.io/nvidia/cuda")


async def cuda_tags(asking: Asking, registry: Registry) -> None:
    """`cuda_tags`, and `requirements` by the images' NVIDIA_REQUIRE_CUDA."""
    listed = await asking.ask("cuda_tags", f"tags of {CUDA.name}", lambda: registry.tags(CUDA))
    if listed is None:
        return
    rows = {row["tag"]: row for row in asking.rows("cuda_tags")}
    said = {tag: observed.cuda_tag(tag) for tag in listed if tag not in rows}
    unread(asking, "cuda_tags", CUDA, [tag for tag, row in said.items() if row is None])
    _statuses(asking, rows, frozenset(listed))
    new = {tag: row for tag, row in said.items() if row is not None}
    for row in new.values():
        row["status"] = "published"
        asking.unlisted("cuda_tags", row, "tag", shown(CUDA))
    there = rows.keys() & set(listed)
    images = await read_images(
        asking, registry, "cuda_tags", CUDA, [*observed.newest_first(new), *_one_a_release(there)]
    )
    for tag, row in new.items():
        _propose_tag(asking, row, images.get(tag))
    for tag in rows.keys() & images.keys():
        compare(asking, "cuda_tags", rows[tag], observed.of_cuda_image(images[tag]), CUDA)
    _gates(asking, images, {**rows, **new})


def _gates(asking: Asking, images: Mapping[str, ImageConfig], rows: Mapping[str, dict[str, Any]]) -> None:
    """`requirements` by the images' NVIDIA_REQUIRE_CUDA: systems that share a new one share a row."""
    gates: dict[tuple[str, str, str], dict[str, None]] = {}
    for tag, image in images.items():
        gate = _unlisted_gate(asking, rows[tag], image)
        if gate:
            gates.setdefault(gate[:3], {})[gate[3]] = None
    for (cuda, arch, expression), systems in gates.items():
        row = {"cuda": cuda, "arch": arch, "os": sorted(systems), "expression": expression}
        asking.unlisted("requirements", row, "expression", shown(CUDA))
        asking.propose("requirements", row, cited(CUDA))


def _statuses(asking: Asking, rows: dict[str, dict[str, Any]], listed: frozenset[str]) -> None:
    """Published rows that are gone, and rows of tags that are said not to be there and are."""
    gone = [row for tag, row in rows.items() if row["status"] == "published" and tag not in listed]
    if gone and is_partial(asking, "cuda_tags", CUDA):
        gone = []
    for row in gone:
        asking.drift("cuda_tags", row, "status", "removed", shown(CUDA))
        asking.propose("cuda_tags", {"status": "removed"}, cited(CUDA), before=row)
    for tag, row in rows.items():
        if tag in listed and row["status"] != "published":
            if row["status"] != "unsure":
                asking.drift("cuda_tags", row, "status", "published", shown(CUDA))
            asking.propose("cuda_tags", {"status": "published"}, cited(CUDA), before=row)


def _propose_tag(asking: Asking, row: dict[str, Any], image: ImageConfig | None) -> None:
    """The tag's own words, with what the image says more exactly."""
    found = observed.of_cuda_image(image) if image else {}
    for column in ("cuda", "cudnn"):
        if column in found and column in row and not observed.agree(row[column], found[column]):
            asking.drift("cuda_tags", row, column, found[column], f"{shown(CUDA)}:{row['tag']}")
    found.pop("cuda", None)
    missing = ["cudnn"] if observed.has_cudnn(row["tag"]) else []
    asking.propose("cuda_tags", {**row, **found}, cited(CUDA), missing=missing)


def _unlisted_gate(asking: Asking, tag: dict[str, Any], image: ImageConfig) -> tuple[str, str, str, str] | None:
    """(CUDA, architecture, expression, system) of the start gate that the image carries, if no row has one for
    them. One that a row contradicts is drift."""
    theirs = observed.requirement(image)
    system = f"{tag['os']}{tag['os_version']}" if tag.get("os") and tag.get("os_version") else None
    ours = asking.matrix.requirements(tag["cuda"], image.arch, system)
    if theirs is None or any(" ".join(row.expression.split()) == theirs for row in ours):
        return None
    if not ours:
        return (tag["cuda"], image.arch, theirs, system) if system else None  # a row without systems is of all of them
    row = {**ours[0]._asdict(), "os": list(ours[0].os)}
    asking.drift("requirements", row, "expression", theirs, f"{shown(CUDA)}:{tag['tag']}")
    return None


def _one_a_release(tags: Iterable[str]) -> list[str]:
    """Newest first, one tag of each release before the others."""
    first: list[str] = []
    later: list[str] = []
    seen: set[str] = set()
    for tag in observed.newest_first(tags):
        release = tag.partition("-")[0]
        (later if release in seen else first).append(tag)
        seen.add(release)
    return first + later
