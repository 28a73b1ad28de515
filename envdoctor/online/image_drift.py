"""What every table of images is compared with: tag lists say what is there, the configs' variables what is in it.

Configs are read newest first, new tags before known ones, as many as the limit allows: registries count them as pulls.
The comparisons are in `cuda_drift`, `ngc_drift` and `torch_image_drift`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from envdoctor.online import observed
from envdoctor.online.asking import Asking
from envdoctor.online.image_config import ImageConfig
from envdoctor.online.registry import Registry
from envdoctor.readers.image_reference import ImageReference


async def read_images(
    asking: Asking, registry: Registry, table: str, name: ImageReference, tags: list[str]
) -> dict[str, ImageConfig]:
    """The configs of the first tags, as many as the limit allows."""
    chosen = tags[: asking.config.limit]
    questions = ((f"{name.short_name}:{tag}", partial(registry.image, name._replace(tag=tag))) for tag in chosen)
    found = await asking.every(table, questions)
    return {tag: image for tag, image in zip(chosen, found, strict=True) if image is not None}


def compare(asking: Asking, table: str, row: dict[str, Any], found: dict[str, Any], name: ImageReference) -> None:
    """Each observed column: another value is drift, a value that the row does not have or has less exactly is
    proposed."""
    gained: dict[str, Any] = {}
    place = f"{shown(name)}:{row.get('tag') or row['tags'][0]}"
    columns = asking.columns(table)
    for column, theirs in ((name, value) for name, value in found.items() if name in columns):
        ours = row.get(column)
        if ours is not None and not observed.agree(ours, theirs):
            asking.drift(table, row, column, theirs, place)
            gained[column] = theirs
        elif ours is None and column == "cudnn" and table == "cuda_tags":
            asking.drift(table, row, column, theirs, place)  # a row without it says that there is none
            gained[column] = theirs
        elif column != "cuda" and (ours is None or observed.more_exact(ours, theirs)):
            gained[column] = theirs
    if gained:
        asking.propose(table, gained, cited(name), before=row)


def is_partial(asking: Asking, table: str, name: ImageReference) -> bool:
    """Is it a mirror that was asked, which may hold a part only? Then nothing is concluded from what it lacks."""
    if name.registry not in asking.config.mirrors or asking.config.complete:
        return False
    reason = (
        f"the mirror of {name.registry} does not list them; a mirror may hold only a part, so nothing follows from it"
    )
    asking.fail(table, "tags that rows call published", "not-covered", reason)
    return True


def unread(asking: Asking, table: str, name: ImageReference, tags: list[str]) -> None:
    if tags:
        shown = ", ".join(tags[:3]) + (f" and {len(tags) - 3} more" if len(tags) > 3 else "")
        asking.fail(
            table, f"{name.short_name}: {shown}", "not-covered", "these tags are not of the form that the table holds"
        )


def shown(name: ImageReference) -> str:
    return name.name


def cited(name: ImageReference) -> str:
    return f"measured: tag list and image configs of {name.name}"
