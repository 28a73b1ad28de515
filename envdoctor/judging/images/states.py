"""What is said of an image of which little or nothing is known."""

from __future__ import annotations

from collections.abc import Callable

from envdoctor.facts import Fact, Image, Origin, absent, known, unknown


def row_of(image: Image, table: str, key: str) -> Origin:
    """ "Dockerfile:1, matrix row cuda_tags 12.4.1-base-ubuntu22.04"."""
    start = image.reference.origin
    return Origin(f"{start}, matrix row {table} {key}", start.path, start.line)


def of_row(here: Origin, title: str) -> Callable[[str | None, str], Fact[str]]:
    """Makes facts of a row's columns; a column that is left out is unknown."""

    def fact(value: str | None, what: str) -> Fact[str]:
        return known(value, here) if value else unknown(f"the {what} of {title} has no source", here)

    return fact


def without_reference(reference: Fact[str]) -> Image:
    """Without an image (a requirements.txt) there is no gate and no tag; what the system holds is not known all the same."""
    reason = reference.reason
    make = absent if reference.is_absent else unknown
    gone: Fact[str] = make(reason, reference.origin)
    system: Fact[str] = unknown(f"{reason}: what the system holds is not known", reference.origin)
    return Image(reference=reference, cuda=system, cudnn=system, gate=gone, compat=gone, flavor=system, status=gone, python=system,
                 arch=make(reason, reference.origin), family=gone)  # fmt: skip


def stranger(image: Image) -> Image:
    """Of a registry or an owner that the matrix has no rows for."""
    name = image.reference.get()
    gone: Fact[str] = unknown(
        f"the contents of {name} are not known (if it is built on a public image, state it: --image-alias {name}=BASE)"
    )
    status: Fact[str] = absent("not a registry that the matrix covers")
    return without_contents(image, gone, status)._replace(python=gone)


def without_contents(image: Image, gone: Fact[str], status: Fact[str]) -> Image:
    return image._replace(cuda=gone, cudnn=gone, gate=gone, compat=gone, flavor=gone, status=status)


def nearest(release: str, releases: tuple[str, ...]) -> str:
    """The newest of the known releases up to the one asked for, else the oldest; without a release the newest. NGC's
    sort as text: "24.05" < "24.12"."""
    if not releases or not release:
        return releases[-1] if releases else "none"
    return max((each for each in releases if each <= release), default=releases[0])
