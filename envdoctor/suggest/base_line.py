"""Changes the image on the FROM line that a Dockerfile's workload rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envdoctor.judging.images import split
from envdoctor.suggest.argument_defaults import Defaults, reference_to, references
from envdoctor.suggest.edits import Edit, PatchError, Texts
from envdoctor.suggest.install_calls import Reading
from envdoctor.suggest.problem import Base
from envdoctor.versions import numbers

_FROM = re.compile(r"(\s*FROM\s+(?:--\S+\s+)*)(\S+)(.*)", re.IGNORECASE | re.DOTALL)


def change_image(reading: Reading, base: Base, texts: Texts) -> Iterator[str]:
    """What the user has to know of it. Raises PatchError."""
    declared = reading.declared
    line = declared.image.origin.line
    lines = texts.lines(reading.path)
    named = declared.image.is_known and declared.image.origin.path == reading.path
    match = _FROM.fullmatch(lines[line - 1]) if line and named else None
    if not declared.image.is_known:
        raise PatchError(f"{reading.path}: {declared.image.reason}")
    if match is None or line is None:
        raise PatchError(
            f"{reading.path}: no FROM line was found that names the image it rests on; expected FROM IMAGE on one line"
        )
    current, written = declared.image.need(), match.group(2)
    wanted = _registry(current, base.image) + base.image
    if "@" in current:
        yield f"{reading.path}:{line}: the digest went with the old image; pin the new one's once it is pulled"
    place = Edit(line - 1, match.start(2), match.end(2), wanted)
    if "$" not in written:
        texts.note(reading.path, [place])
        return
    defaults = Defaults(reading.dockerfile, lines)
    edits = defaults.fill(written, wanted, line - 1, match.start(2))
    if edits is None:
        edits = _adapted(written, wanted, base, line - 1, defaults, place)
    if edits is None:
        names = ", ".join(dict.fromkeys(references(written)))
        yield f"{reading.path}:{line}: the image is written out; {names} no longer decides about it"
        edits = [place]
    texts.note(reading.path, edits)


def _registry(current: str, wanted: str) -> str:
    """ "docker.io/", or "nvcr.io/" in front of nvidia/cuda, which both hold, stays."""
    head = current.partition("@")[0]
    head = head[: head.rfind(":")] if head.rfind(":") > head.rfind("/") else head
    repository = split(wanted)[0]
    front = head[: -len(repository)] if head.endswith(f"/{repository}") else ""
    return front if front in ("docker.io/", "index.docker.io/", "library/", "docker.io/library/", "nvcr.io/") else ""


def _adapted(written: str, wanted: str, base: Base, line: int, defaults: Defaults, place: Edit) -> list[Edit] | None:
    """`nvidia/cuda:${CUDA}-cudnn8-runtime-${OS}` becomes `nvidia/cuda:${CUDA}-cudnn-runtime-${OS}`, CUDA's default
    changes: a variable stays where its value does, or where it is the release of CUDA."""
    made, edits = wanted, list[Edit]()
    for name in dict.fromkeys(references(written)):
        value = defaults.value(name, line)
        reference = reference_to(name, written)
        if value and made.count(value) == 1:
            made = made.replace(value, reference)
        elif value and len(numbers(value)) == len(numbers(base.cuda or "")) > 1 and made.count(base.cuda or "") == 1:
            found = defaults.fill(reference, base.cuda or "", line)
            if found is None:
                return None
            made = made.replace(base.cuda or "", reference)
            edits += found
        else:
            return None
    return [*edits, place._replace(text=made)]
