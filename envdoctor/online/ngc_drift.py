"""NVIDIA's own registry: the tables `ngc_pytorch` and `ngc_images` (TensorRT, Triton)."""

from __future__ import annotations

from functools import partial
from typing import Any

from envdoctor.online import observed
from envdoctor.online.asking import Asking
from envdoctor.online.image_drift import cited, compare, is_partial, read_images, shown, unread
from envdoctor.online.registry import Registry
from envdoctor.readers.image_reference import ImageReference, parse_reference

NGC = parse_reference("nvcr.io/nvidia/pytorch")


async def ngc_pytorch(asking: Asking, registry: Registry) -> None:
    """`ngc_pytorch`: releases and tags that are new or gone, and what the images' variables say."""
    listed = await asking.ask("ngc_pytorch", f"tags of {NGC.name}", lambda: registry.tags(NGC))
    if listed is None:
        return
    rows = {row["release"]: row for row in asking.rows("ngc_pytorch")}
    tags_of: dict[str, list[str]] = {}
    for tag in listed:
        release = observed.ngc_release(tag)
        if release:
            tags_of.setdefault(release, []).append(tag)
    unread(
        asking, "ngc_pytorch", NGC, [tag for tag in listed if not observed.ngc_release(tag) and not _known(tag, rows)]
    )
    for release, row in rows.items():
        _tags_of_release(asking, row, tags_of.get(release, []), frozenset(listed))
    new = [release for release in tags_of if release not in rows]
    for release in new:
        asking.unlisted("ngc_pytorch", {"release": release, "tags": tags_of[release]}, "tags", shown(NGC))
    wanted = [*sorted(new, reverse=True), *sorted((each for each in rows if each in tags_of), reverse=True)]
    first = {release: min(tags_of[release], key=len) for release in wanted}
    images = await read_images(asking, registry, "ngc_pytorch", NGC, list(first.values()))
    for release, tag in first.items():
        found = observed.of_ngc_image(images[tag]) if tag in images else {}
        if release in rows:
            compare(asking, "ngc_pytorch", rows[release], found, NGC)
        else:
            asking.propose("ngc_pytorch", {"release": release, "tags": tags_of[release], **found}, cited(NGC))


def _tags_of_release(asking: Asking, row: dict[str, Any], found: list[str], listed: frozenset[str]) -> None:
    gone = [tag for tag in row["tags"] if tag not in listed]
    new = [tag for tag in found if tag not in row["tags"]]
    if gone and is_partial(asking, "ngc_pytorch", NGC):
        gone = []
    if not gone and not new:
        return
    kept = [tag for tag in row["tags"] if tag not in gone] + new
    asking.drift("ngc_pytorch", row, "tags", kept or None, shown(NGC))
    if kept and new:
        asking.propose("ngc_pytorch", {"tags": kept}, cited(NGC), before=row)


async def ngc_images(asking: Asking, registry: Registry) -> None:
    """`ngc_images`: releases that are new or gone, and what the images' variables say. Tags of a known release are
    not told: each has a dozen."""
    rows = asking.rows("ngc_images")
    for repository in dict.fromkeys(row["repository"] for row in rows):
        name = parse_reference(f"nvcr.io/nvidia/{repository}")
        listed = await asking.ask("ngc_images", f"tags of {name.name}", partial(registry.tags, name))
        if listed is not None:
            await _ngc_repository(
                asking, registry, name, listed, [row for row in rows if row["repository"] == repository]
            )


async def _ngc_repository(
    asking: Asking, registry: Registry, name: ImageReference, listed: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    table, repository = "ngc_images", rows[0]["repository"]
    there = [row for row in rows if row["tags"][0] in listed]
    for row in rows:
        if row not in there and not is_partial(asking, table, name):
            asking.drift(table, row, "tags", None, shown(name))
    known = {row["release"] for row in rows}
    new = [tag.removesuffix("-py3") for tag in listed if observed.is_ngc_release_tag(tag) and tag[:5] not in known]
    found = {
        release: {"image": f"{repository}:{release}", "repository": repository, "release": release} for release in new
    }
    for row in found.values():
        row["tags"] = [f"{row['release']}-py3"]
        asking.unlisted(table, row, "tags", shown(name))
    wanted = [row["tags"][0] for row in (*found.values(), *reversed(there))]
    images = await read_images(asking, registry, table, name, wanted)
    for row in there:
        if row["tags"][0] in images:
            compare(asking, table, row, observed.of_ngc_image(images[row["tags"][0]]), name)
    for row in found.values():
        image = images.get(row["tags"][0])
        asking.propose(table, {**row, **(observed.of_ngc_image(image) if image else {})}, cited(name))


def _known(tag: str, rows: dict[str, dict[str, Any]]) -> bool:
    return any(tag in row["tags"] for row in rows.values())
