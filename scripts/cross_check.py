"""Compares the matrix with tables that others publish, and prints every disagreement with its explanation.

    python scripts/cross_check.py --cog PATH --env-doctor PATH [--explained FILE]

`--cog` is a checkout of https://github.com/replicate/cog: its nvidia/cuda tags, its PyTorch table, which is made from the
listings on download.pytorch.org, and its floors of PyTorch by GPU. `--env-doctor` is an unpacked wheel of the PyPI package
env-doctor: which CUDA a driver branch reports, which PyTorch it recommends for a CUDA, GPU architectures. Without either the
extracts under tests/recordings/cross_check/ are read, which hold their facts as of the commits that the README there names.

Both directions are compared where the other table claims to be complete: a tag or a build that we hold, within the releases
and flavors that it lists, and that it does not. Exit code 1: some disagreement has no explanation in FILE. 2: a table
cannot be read. An explanation names a primary source, or says that there is none; where the other table is right the row is
corrected instead.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from envdoctor.judging.code import Coverage, coverage
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import TorchRow
from envdoctor.versions import numbers, parse

RECORDED = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "cross_check"
LONGEST = 4 << 20  # bytes of a table; the largest is 30 kB today


class Disagreement(NamedTuple):
    """`subject` is what an explanation names: "torch 2.9.0+cu129", "image 12.4.1-cudnn-devel-ubuntu22.04"."""

    table: str
    subject: str
    ours: str
    theirs: str


class Explanation(NamedTuple):
    table: str
    about: tuple[str, ...]  # subjects, with * for any text
    reason: str
    sources: tuple[str, ...]

    def covers(self, found: Disagreement) -> bool:
        return found.table == self.table and any(fnmatchcase(found.subject, pattern) for pattern in self.about)


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    try:
        explanations = read_explanations(options.explained)
        found = [*cog(options.cog, Matrix.load()), *env_doctor(options.env_doctor, Matrix.load())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"cross_check: a table is not as expected: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    open_ones = [each for each in found if not any(why.covers(each) for why in explanations)]
    for each in found:
        why = next((why for why in explanations if why.covers(each)), None)
        print(f"{each.table}: {each.subject}\n    ours: {each.ours}\n    theirs: {each.theirs}")
        print(f"    {f'explained: {why.reason} [' + ', '.join(why.sources) + ']' if why else 'NOT EXPLAINED'}")
    for why in stale(explanations, found):
        print(f"{why.table}: {', '.join(why.about)}: explained, and no longer a disagreement", file=sys.stderr)
    print(f"{len(found)} disagreements, {len(open_ones)} without explanation", file=sys.stderr)
    return 1 if open_ones else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the matrix with other public tables.")
    parser.add_argument("--cog", type=Path, default=RECORDED / "cog", metavar="PATH")
    parser.add_argument("--env-doctor", type=Path, default=RECORDED / "env-doctor", metavar="PATH")
    parser.add_argument("--explained", type=Path, default=RECORDED / "explained.json", metavar="FILE")
    return parser.parse_args(arguments)


def read_explanations(path: Path) -> tuple[Explanation, ...]:
    return tuple(
        Explanation(each["table"], tuple(each["about"]), each["reason"], tuple(each["sources"]))
        for each in _read(path)["explained"]
    )


def stale(explanations: tuple[Explanation, ...], found: list[Disagreement]) -> list[Explanation]:
    return [why for why in explanations if not any(why.covers(each) for each in found)]


def cog(root: Path, matrix: Matrix) -> Iterator[Disagreement]:
    yield from _images(_read(root / "pkg/config/cuda_compatibility.json"), matrix)
    yield from _builds(_read(root / "pkg/config/torch_compatibility.json"), matrix)
    yield from _floors(_text(root / "pkg/doctor/gpu_compatibility.go"), matrix)


def env_doctor(root: Path, matrix: Matrix) -> Iterator[Disagreement]:
    table = _read(root / "env_doctor/data/compatibility.json")
    for branch, cuda in table["driver_to_cuda"].items():
        row = matrix.branch(branch)
        ours = row.cuda if row and str(row.branch) == branch else None
        if ours != cuda:
            yield Disagreement("env-doctor", f"driver {branch}", f"CUDA {ours}", f"CUDA {cuda}")
    for advice in table["recommendations"].values():
        yield from _advice(advice["torch"], matrix)
    architectures = _read(root / "env_doctor/data/compute_capability.json")["compute_capabilities"]
    for capability, entry in architectures.items():
        architecture = matrix.architecture(capability)
        if architecture is None or architecture.name != entry["arch_name"]:
            name = architecture.name if architecture else "no row"
            yield Disagreement("env-doctor", f"capability {capability}", name, entry["arch_name"])


def _images(table: list[dict[str, Any]], matrix: Matrix) -> Iterator[Disagreement]:
    """cog lists tags with cuDNN, for building, on Ubuntu."""
    listed = {entry["Tag"]: entry for entry in table}
    for tag, entry in listed.items():
        row = matrix.cuda_tag(tag)
        ours = (
            (row.status, (row.cudnn or "none").split(".")[0], f"{row.os}{row.os_version}")
            if row
            else ("no row", "", "")
        )
        theirs = ("published", entry["CuDNN"], f"ubuntu{entry['Ubuntu']}")
        if ours != theirs:
            yield Disagreement("cog", f"image {tag}", " ".join(ours).strip(), " ".join(theirs))
    for release in sorted({entry["CUDA"] for entry in table}, key=parse):
        for row in matrix.cuda_tags_of(release):
            like = row.cudnn and row.flavor == "devel" and row.os == "ubuntu" and row.status == "published"
            if like and row.tag not in listed:
                yield Disagreement("cog", f"image {row.tag}", "published", "not listed")


def _builds(table: list[dict[str, Any]], matrix: Matrix) -> Iterator[Disagreement]:
    """Builds for Linux on x86_64, with the companions, the index and the Python versions that cog supports."""
    rows = {(row.version, row.cuda): row for row in matrix.torch()}
    listed: dict[tuple[str, str | None], dict[str, Any]] = {}
    for entry in table:
        version, cuda = entry["Torch"].partition("+")[0], entry["CUDA"]
        listed[version, cuda] = entry
        if (version, cuda) not in rows:
            yield Disagreement("cog", f"torch {_build(version, cuda)}", "no row", "listed")
            continue
        yield from _index(rows[version, cuda], entry["ExtraIndexURL"])
        for name in ("torchvision", "torchaudio"):
            yield from _pair("cog", name, version, entry[name.title()], matrix)
    yield from _pythons(rows, listed)
    versions = [parse(version) for version, _ in listed]
    for version, cuda in rows:
        if (version, cuda) not in listed and min(versions) <= parse(version) <= max(versions):
            yield Disagreement("cog", f"torch {_build(version, cuda)}", "a row", "not listed")


def _pythons(
    rows: dict[tuple[str, str | None], TorchRow], listed: dict[tuple[str, str | None], dict[str, Any]]
) -> Iterator[Disagreement]:
    oldest = min(parse(python) for entry in listed.values() for python in entry["Pythons"])
    for (version, cuda), entry in listed.items():
        row = rows.get((version, cuda))
        if row is None:
            continue
        ours = {python for python in row.python if parse(python) >= oldest}
        for python in sorted(ours ^ set(entry["Pythons"]), key=parse):
            subject = f"torch {_build(version, cuda)} python {python}"
            here, there = ("a wheel", "none") if python in ours else ("none", "a wheel")
            yield Disagreement("cog", subject, here, there)


def _index(row: TorchRow, url: str) -> Iterator[Disagreement]:
    theirs = url.rstrip("/").rpartition("/")[2] or "pypi"
    if row.indexes is not None and theirs not in row.indexes:
        subject = f"torch {_build(row.version, row.cuda)} index"
        yield Disagreement("cog", subject, ", ".join(row.indexes), theirs)


def _pair(table: str, name: str, torch: str, theirs: str, matrix: Matrix) -> Iterator[Disagreement]:
    ours = matrix.companion_for(name, torch)
    if ours != theirs.partition("+")[0]:
        yield Disagreement(table, f"torch {torch} {name}", ours or "not known", theirs.partition("+")[0])


def _floors(source: str, matrix: Matrix) -> Iterator[Disagreement]:
    """The oldest PyTorch, and the oldest CUDA of its builds, with machine code for a GPU: `{12, 0}: {MinTorch: "2.7.0", …}`."""
    entry = r'\{(\d+),\s*(\d)\}:\s*\{MinTorch:\s*"([\d.]{1,20})",\s*MinCUDA:\s*"([\d.]{1,20})"\}'
    floors = re.findall(entry, source)
    if not floors:
        raise ValueError("no floor in pkg/doctor/gpu_compatibility.go")
    for major, minor, torch, cuda in floors:
        running = [
            row
            for row in matrix.torch()
            if row.cuda and row.sm and coverage(f"{major}.{minor}", row.sm, ()) is Coverage.NATIVE
        ]
        oldest = min(running, key=lambda row: (numbers(row.version), numbers(row.cuda or "")))
        if (oldest.version, oldest.cuda) != (torch, cuda):
            ours = f"torch {oldest.version}, CUDA {oldest.cuda}"
            yield Disagreement("cog", f"floor {major}.{minor}", ours, f"torch {torch}, CUDA {cuda}")


def _advice(command: str, matrix: Matrix) -> Iterator[Disagreement]:
    pins = dict(re.findall(r"\b(torch|torchvision|torchaudio)==([\w.+]{1,30})", command[:500]))
    variant = re.search(r"\bcu(\d{2,3})\b", command[:500])
    if "torch" not in pins or variant is None:
        return
    cuda = f"{variant.group(1)[:-1]}.{variant.group(1)[-1]}"
    version = pins.pop("torch").partition("+")[0]
    if not any((row.version, row.cuda) == (version, cuda) for row in matrix.torch()):
        yield Disagreement("env-doctor", f"torch {_build(version, cuda)}", "no row", "recommended")
    for name, theirs in pins.items():
        yield from _pair("env-doctor", name, version, theirs, matrix)


def _build(version: str, cuda: str | None) -> str:
    return f"{version}+{'cu' + cuda.replace('.', '') if cuda else 'cpu'}"


def _read(path: Path) -> Any:
    return json.loads(_text(path))


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        text = file.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise ValueError(f"{path.name} is longer than {LONGEST} characters")
    return text


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of the pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
