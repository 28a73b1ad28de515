"""pytorch/pytorch on Docker Hub: the table `torch_images`."""

from __future__ import annotations

from envdoctor import versions
from envdoctor.online import observed
from envdoctor.online.asking import Asking
from envdoctor.online.image_drift import cited, is_partial, shown
from envdoctor.online.registry import Registry
from envdoctor.readers.image_reference import parse_reference

TORCH = parse_reference("docker.io/pytorch/pytorch")


async def torch_images(asking: Asking, registry: Registry) -> None:
    """`torch_images`: versions and variants by the tags of Docker Hub's pytorch/pytorch."""
    table = "torch_images"
    listed = await asking.ask(table, f"tags of {TORCH.name}", lambda: registry.tags(TORCH))
    rows = {row["torch"]: row for row in asking.rows(table)}
    variants: dict[str, dict[str, None]] = {}
    for said in map(observed.torch_tag, listed or ()):
        if said:
            variants.setdefault(said[0], {})[said[1]] = None
    oldest = min((versions.numbers(torch) for torch in rows), default=())
    for torch, found in variants.items():
        theirs = sorted(found)
        if torch in rows:
            stated = rows[torch].get("variants") or []
            if not set(theirs) <= set(stated):
                asking.propose(table, {"variants": sorted({*stated, *theirs})}, cited(TORCH), before=rows[torch])
        elif versions.numbers(torch) > oldest:
            new = {"torch": torch, "variants": theirs}
            asking.unlisted(table, new, "torch", shown(TORCH))
            asking.propose(table, new, cited(TORCH))
    for torch, row in rows.items() if listed else ():
        gone = [variant for variant in row.get("variants") or [] if variant not in variants.get(torch, {})]
        if gone and not is_partial(asking, table, TORCH):
            asking.drift(table, row, "variants", sorted(variants.get(torch, {})) or None, shown(TORCH))
