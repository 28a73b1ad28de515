"""What stands in for driver versions with an image for Jetson boards: the L4T release it is made for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envdoctor.facts import Fact, FactUnknown, Image, absent, known, unknown
from envdoctor.judging import images, jetpack
from envdoctor.matrix import Matrix
from envdoctor.versions import major, numbers

if TYPE_CHECKING:
    from envdoctor.comparison.rows import View

FOLLOWS = "a Jetson's driver is part of its L4T release"


def is_for_boards(image: Image) -> bool:
    return images.for_boards(image.reference.get())


def l4t(seen: View) -> Fact[str]:
    """The line of hosts that the image runs on: "36.4, made for 36.4.0", "36.4.3 or later, within JetPack 6"."""
    image, matrix = seen.facts.image, seen.matrix
    if image.reference.is_unknown:
        return unknown(image.reference.reason)
    if not is_for_boards(image):
        gone: Fact[str] = absent("not an image for Jetson")
        return unknown(image.family.reason) if image.family.is_unknown else gone
    reference = image.reference.need()
    release = images.l4t_release(reference, matrix)
    if release is not None:
        row = matrix.l4t(release)
        line = row.image_line if row else None
        return known(f"{line}, made for {release}" if line else release, image.reference.origin)
    stated = jetpack.named(reference, matrix)
    if stated is None:
        return unknown(f"for which L4T {reference} is made has no source")
    return known(_from(stated, matrix), image.reference.origin)


def _from(stated: str, matrix: Matrix) -> str:
    first = min((row.l4t for row in matrix.l4t_lines() if row.jetpack == stated), key=numbers, default=None)
    return f"{first or f'JetPack {stated}'} or later, within JetPack {major(stated)}"


def boards(seen: View) -> Fact[str]:
    """The compute capabilities of the boards of that L4T."""
    reference = seen.facts.image.reference.get()
    release = images.l4t_release(reference, seen.matrix)
    row = seen.matrix.l4t(release) if release else None
    found = (row.capabilities if row else None) or jetpack.capabilities(reference, seen.matrix)
    if not found:
        return unknown(f"for which boards {reference} is made has no source")
    return known(" ".join(found), seen.facts.image.reference.origin)


def sentences(a: View, b: View) -> Iterator[str]:
    """Which lines of L4T drop out or come back; of an image for other GPUs just that."""
    ours, theirs = is_for_boards(a.facts.image), is_for_boards(b.facts.image)
    if ours != theirs:
        both_known = a.facts.image.reference.is_known and b.facts.image.reference.is_known
        if both_known:
            yield f"{'A' if ours else 'B'} is made for Jetson boards, {'B' if ours else 'A'} is not."
        return
    if not (l4t(a).is_known and l4t(b).is_known):
        return
    yield from _lost(a, b, "A", "B")
    yield from _lost(b, a, "B", "A")


def _lost(has: View, lacks: View, first: str, second: str) -> Iterator[str]:
    lines = [row.l4t for row in has.matrix.l4t_lines() if _runs(has, row.l4t) and not _runs(lacks, row.l4t)]
    reference = lacks.facts.image.reference.get()
    never = [line for line in lines if jetpack.never_runs(reference, line, has.matrix)]
    open_ = [line for line in lines if line not in never]
    if never:
        yield f"Hosts with L4T {', '.join(never)} run {first}; in {second} CUDA does not start on them."
    if open_:
        yield f"Hosts with L4T {', '.join(open_)} run {first}; whether they run {second} is not known."


def _runs(seen: View, line: str) -> bool:
    reference = seen.facts.image.reference.get()
    try:
        jetpack.made_for_host(reference, line, seen.matrix)
    except FactUnknown:
        return False
    return jetpack.never_runs(reference, line, seen.matrix) is None
