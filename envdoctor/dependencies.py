"""What pip installs that no line names: the torch that torchvision or ultralytics requires, the CPU build of ONNX
Runtime that faster-whisper requires beside onnxruntime-gpu, and the packages of OpenCV.

Within one command pip looks for versions that fit together, or refuses. A later command replaces what does not satisfy
it: `pip install torch==2.3.1` and then `pip install torchvision==0.19.0` leaves torch 2.4.0. Where the version cannot be
told (a pin whose metadata no row holds, an index of its own, parts of the image unread), torch is there in an unknown one.
Source: https://pip.pypa.io/en/stable/topics/dependency-resolution/ , and dry runs of pip 25
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

from envdoctor.companion_torch import companion_torch
from envdoctor.facts import Facts, FactUnknown, Image, Origin, Package, Packages
from envdoctor.judging import builds
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import BringsRow
from envdoctor.opencv_dependencies import with_opencv
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Declared, Statement
from envdoctor.readers.install_order import AGAIN, FROM_FILE
from envdoctor.specifiers import within

_COMPANIONS = ("torchvision", "torchaudio")
_NO_DEPENDENCIES = frozenset({"--no-deps", "--no-dependencies"})
_NAME = lazily(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = lazily(r"[-_.]+")
_ACTIONS = frozenset({"install", "add", "sync"})
_FILES = (".txt", ".in", ".whl", ".gz", ".zip")
_BEFORE_ALL = -1  # of what the base image holds


class _Requirer(NamedTuple):
    """A package that requires torch. `wanted`: which versions; None where that is not known. `strict`: one release of
    torch, so that an unknown one is hardly the one that is there. `at`: the command, None if it cannot be told."""

    package: Package
    wanted: str | None
    strict: bool
    at: int | None


def with_dependencies(
    packages: Packages, declared: Declared, stated: tuple[Package, ...], image: Image, matrix: Matrix
) -> Packages:
    """`packages` and what they bring along. What is neither declared nor stated on the command line, the image holds."""
    place = _placing(declared, stated)
    requirers = list(_requirers(packages, declared, image, matrix, place))
    if requirers:
        packages = _with_torch(packages, requirers, image, matrix, place)
    packages = _with_cpu_onnxruntime(packages, declared, matrix, place)
    return with_opencv(packages, declared.statements, image.python.get(), matrix, place)


def _placing(declared: Declared, stated: tuple[Package, ...]) -> Callable[[Package], int | None]:
    """Which command installs a package, counted in the order they run. All lines of a requirements file are one, and what
    the command line states holds in the end."""
    statements = declared.statements
    lines = {(item.name, item.origin) for item in declared.packages.items}
    last = {(item.name, item.origin) for item in stated}
    installs = [number for number, each in enumerate(statements) if not _ACTIONS.isdisjoint(each.words)]

    def place(package: Package) -> int | None:
        if (package.name, package.origin) not in lines:
            return len(statements) if (package.name, package.origin) in last else _BEFORE_ALL
        if not statements:
            return 0
        first, end = declared.placed.get((package.name, package.origin), (0, len(statements)))
        within = [number for number in installs if first <= number < end]
        files = {declared.path, *(statements[number].origin.path for number in within)}
        from_file = package.origin.path is not None and package.origin.path not in files
        naming = [number for number in within if _installs(statements[number], package, from_file)]
        if not naming and from_file:  # a file that another one includes: clear where only one command reads any
            naming = [number for number in within if not FROM_FILE.isdisjoint(statements[number].words)]
            return naming[0] if len(naming) == 1 else None
        return naming[-1] if naming else None

    return place


def _installs(statement: Statement, package: Package, from_file: bool) -> bool:
    if "uninstall" in statement.words:
        return False
    if from_file:
        name = posixpath.basename(package.origin.path or "")
        if any(word is not None and word.endswith(name) for word in statement.words):
            return True
        return name in ("pyproject.toml", "uv.lock") and _installs_project(statement)
    return _names(statement, package.name)


def _installs_project(statement: Statement) -> bool:
    """`pip install -e ./api[gpu]`, `uv sync`: the file is named by its folder, or not at all."""
    heads = [(word or "").partition("[")[0] for word in statement.words[1:]]
    folders = [head for head in heads if head.startswith((".", "/", "~")) and not head.endswith(_FILES)]
    return bool(folders) or statement.words[1:2] == ("sync",)


def _names(statement: Statement, name: str) -> bool:
    matches = (_NAME.match(word) for word in statement.words if word)
    return any(match and _SEPARATORS.sub("-", match.group()).lower() == name for match in matches)


# --- torch ---


def _requirers(
    packages: Packages, declared: Declared, image: Image, matrix: Matrix, place: Callable[[Package], int | None]
) -> list[_Requirer]:
    found = []
    for item in packages.items:
        if item.manager not in ("pip", "uv"):
            continue
        rows = () if item.name in _COMPANIONS else tuple(r for r in matrix.brings(item.name) if r.requires == "torch")
        if item.name not in _COMPANIONS and not rows:
            continue
        at = place(item)
        words = _words(declared.statements, at)
        if not _NO_DEPENDENCIES.isdisjoint(words):
            continue
        if not rows and image.family.get() == "pytorch" and AGAIN.isdisjoint(words) and _held(item, packages, matrix):
            continue  # pytorch/pytorch holds a torchvision and a torchaudio, and pip leaves them
        wanted = (
            _wanted_by_row(item, rows[0], image)
            if rows
            else companion_torch(item, packages, image.python.get(), matrix)
        )
        if wanted is None and item.version is not None:
            wanted = companion_torch(
                item, packages, image.python.get(), matrix
            )  # older releases of xformers have rows of their own
        if wanted is not None and not rows and not wanted:
            continue  # torchaudio from 2.11 on requires no torch
        strict = not rows or (wanted or rows[0].wanted).startswith("==")
        found.append(_Requirer(item, wanted, strict, at))
    return found


def _words(statements: tuple[Statement, ...], at: int | None) -> tuple[str | None, ...]:
    return statements[at].words if at is not None and 0 <= at < len(statements) else ()


def _held(item: Package, packages: Packages, matrix: Matrix) -> bool:
    """Does the one that pairs with the image's torch satisfy the line?"""
    if _plain(item):
        return True
    torchs = [f"=={(torch.version or '').partition('+')[0]}" for torch in packages.named("torch")]
    own = [row.version for row in matrix.companions(item.name) if row.torch.partition("+")[0] in torchs]
    return any(within(version, item.specifier or f"=={item.version}") for version in own)


def _plain(item: Package) -> bool:
    return item.version is None and not item.specifier


def _wanted_by_row(item: Package, row: BringsRow, image: Image) -> str | None:
    """The row tells of the newest release, which pip takes where it runs on the image's Python."""
    if item.version == row.version:
        return row.wanted
    if not _plain(item) or item.marker or item.index or item.extra_indexes:
        return None
    python = image.python.get()
    if python is None:
        return None if row.wanted.startswith(("==", "~=")) else row.wanted
    numbers = [int(part) for part in python.split(".")[:2] if part.isdigit()]
    return row.wanted if row.python is None or numbers >= [int(part) for part in row.python.split(".")] else None


def _with_torch(
    packages: Packages,
    requirers: list[_Requirer],
    image: Image,
    matrix: Matrix,
    place: Callable[[Package], int | None],
) -> Packages:
    held = packages.named("torch")
    if any(item.manager == "image" for item in held):
        return packages  # an NGC image's own: ngc-torch-replaced tells what would replace it
    if not held:
        return packages._replace(items=(*packages.items, _brought(requirers, packages, image, matrix)))
    if len(held) > 1:
        return packages
    torch, at, certain = held[0], place(held[0]), False
    for requirer in requirers:
        later = None if at is None or requirer.at is None else requirer.at > at
        if torch.version is None:
            torch = _narrowed(torch, requirer, before=later is None or (requirer.at or 0) < (at or 0))
        elif later is not False and _unsatisfied(requirer, torch):
            torch = _brought([requirer], packages, image, matrix) if later else _unknown(requirer)
            at, certain = requirer.at, requirer.wanted is not None
    if torch is held[0]:
        return packages
    kept = tuple(item for item in packages.items if item.name != "torch")
    pinned = held[0].version is not None and certain
    return packages._replace(items=(*kept, torch._replace(replaces=held[0] if pinned else None)))


def _narrowed(torch: Package, requirer: _Requirer, before: bool) -> Package:
    """A torch that no line pins, as another package pins it: `pip install torch torchvision==0.19.0` takes torch 2.4.0. A
    torchvision without a version follows torch."""
    free = requirer.package.name in _COMPANIONS and _plain(requirer.package)
    if torch.installed or before or free or requirer.package.marker:
        return torch
    if requirer.wanted is None:
        return _unknown(requirer)._replace(cuda=builds.variant(torch)) if requirer.strict else torch
    if requirer.wanted.startswith("=="):
        fits = within(requirer.wanted[2:], torch.specifier)
        return torch._replace(version=requirer.wanted[2:], specifier="", origin=_origin(requirer)) if fits else torch
    wanted = (each for each in (torch.specifier, requirer.wanted) if each)
    return torch._replace(specifier=",".join(wanted))


def _unsatisfied(requirer: _Requirer, torch: Package) -> bool:
    if requirer.wanted is None:
        return requirer.strict
    return not within(torch.version or "", requirer.wanted)


def _brought(requirers: list[_Requirer], packages: Packages, image: Image, matrix: Matrix) -> Package:
    """The torch that pip takes for all of them, if their requirements are known and nothing else can have a say."""
    exact = next((each for each in requirers if (each.wanted or "").startswith("==")), None)
    first = exact or requirers[0]
    wanted = [each.wanted for each in requirers if each.wanted is not None]
    if len(wanted) < len(requirers) or packages.gaps or any(each.package.marker for each in requirers):
        return _unknown(first)
    version = (first.wanted or "")[2:] if exact else None
    if version is not None and not all(within(version, each) for each in wanted):
        return _unknown(first)
    specifier = "" if version else ",".join(dict.fromkeys(text for text in wanted if text))
    asked = first.package
    torch = Package(
        "torch",
        version,
        specifier,
        cuda=builds.variant(asked),
        manager=asked.manager,
        index=asked.index,
        extra_indexes=asked.extra_indexes,
        origin=_origin(first),
    )
    return torch if version or _has_build(torch, image, matrix) else _unknown(first)


def _has_build(torch: Package, image: Image, matrix: Matrix) -> bool:
    try:
        return bool(builds.torch_builds(torch, Facts("", image=image), matrix))
    except FactUnknown:
        return False


def _unknown(requirer: _Requirer) -> Package:
    asked = requirer.package
    return Package("torch", cuda=builds.variant(asked), manager=asked.manager, installed=True, origin=_origin(requirer))


def _origin(requirer: _Requirer) -> Origin:
    asked = requirer.package
    name = f"{asked.name} {asked.version}" if asked.version else asked.name
    return asked.origin._replace(label=f"{asked.origin}, required by {name}")


# --- ONNX Runtime ---


def _with_cpu_onnxruntime(
    packages: Packages, declared: Declared, matrix: Matrix, place: Callable[[Package], int | None]
) -> Packages:
    """The CPU package that another one requires, where it lands on the files of onnxruntime-gpu: from the same command or a
    later one. Installed before, it is the one that is overwritten."""
    gpu = packages.named("onnxruntime-gpu")
    if not gpu or packages.named("onnxruntime"):
        return packages
    after = place(gpu[0])
    for item in packages.items:
        if item.manager not in ("pip", "uv") or item.marker:
            continue
        if not any(row.requires == "onnxruntime" for row in matrix.brings(item.name)):
            continue
        at = place(item)
        if at is None or after is None or at < after or _undone(declared.statements, at):
            continue
        origin = item.origin._replace(label=f"{item.origin}, required by {item.name}")
        brought = Package("onnxruntime", manager=item.manager, installed=True, origin=origin)
        return packages._replace(items=(*packages.items, brought))
    return packages


def _undone(statements: tuple[Statement, ...], at: int) -> bool:
    """Without its dependencies, or with an uninstall of onnxruntime that follows."""
    uninstalls = (each for each in statements[at + 1 :] if "uninstall" in each.words)
    return not _NO_DEPENDENCIES.isdisjoint(_words(statements, at)) or any(
        _names(each, "onnxruntime") for each in uninstalls
    )
