"""The tables of the matrix, their columns, their rows by what they hold, and what in them is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from envdoctor.matrix import Matrix
from envdoctor.upkeep.order import identifying
from envdoctor.versions import numbers

Record = Mapping[str, Any]  # a row by its columns; what is not known is None
_ABOUT_THE_ROW = ("source", "checked", "note")

# Columns where None is an answer and no gap, by table: "none", "not applicable", "to this day".
_STATEMENTS: dict[str, tuple[str, ...]] = {
    "branches": ("end_of_life",),
    "architectures": ("last_branch", "last_cuda", "kernel_modules"),
    "l4t": ("cuda_by_compat",),
    "cuda_tags": ("cudnn", "supported"),
    "torch": ("cuda", "jetson"),
    "engine_features": ("by_default",),
    "companions": ("pairs",),
    "opencv": ("os", "first", "last", "python_newest"),
    "needs": ("cuda_major", "cudnn", "via"),
}


class TableInfo(NamedTuple):
    """`checked` is the newest day of its rows, `what` what a row is."""

    name: str
    rows: int
    checked: str
    what: str


class Filter(NamedTuple):
    column: str
    value: str


def tables(matrix: Matrix) -> tuple[TableInfo, ...]:
    return tuple(_info(name, table.rows()) for name, table in matrix.tables.items())


def _info(name: str, rows: Sequence[tuple[Any, ...]]) -> TableInfo:
    text = (type(rows[0]).__doc__ or "").split("\n\n")[0] if rows else ""
    what = " ".join(text.replace("`", "").split()).split(". ")[0].rstrip(".")
    return TableInfo(name, len(rows), max((str(record["checked"]) for record in records(rows)), default=""), what)


def records(rows: Iterable[tuple[Any, ...]]) -> Iterator[Record]:
    return (row._asdict() for row in rows)  # type: ignore[attr-defined]


def columns(matrix: Matrix, table: str) -> tuple[str, ...]:
    """What identifies a row first, what is about the row itself last."""
    rows = matrix.tables[table].rows()
    fields: tuple[str, ...] = tuple(next(records(rows[:1]), {}))
    first = identifying(table, dict.fromkeys(fields))
    middle = tuple(name for name in fields if name not in first and name not in _ABOUT_THE_ROW)
    return (*first, *middle, *(name for name in ("note", "checked", "source") if name in fields))


def select(rows: Iterable[Record], filters: Sequence[Filter]) -> tuple[Record, ...]:
    return tuple(row for row in rows if all(fits(row[each.column], each.value) for each in filters))


def fits(cell: object, wanted: str) -> bool:
    """An empty `wanted` is "not known". Of a version also the releases within it: "12" is 12.4.1 too."""
    if cell is None or cell == ():
        return wanted == ""
    if isinstance(cell, tuple):
        return any(fits(item, wanted) for item in cell)
    if isinstance(cell, bool):
        return wanted.lower() in (("yes", "true") if cell else ("no", "false"))
    text = str(cell)
    return text.lower() == wanted.lower() or (bool(numbers(wanted)) and _is_within(text, wanted))


def _is_within(text: str, wanted: str) -> bool:
    ours, theirs = numbers(text), numbers(wanted)
    return bool(ours) and ours[: len(theirs)] == theirs


def gaps(table: str, row: Record) -> tuple[str, ...]:
    """The columns of a row that are not known; what says something by being left out is none."""
    silent = {"note", *_STATEMENTS.get(table, ()), *_not_asked(table, row)}
    return tuple(name for name, cell in row.items() if name not in silent and (cell is None or _unread(name, cell)))


def _unread(column: str, cell: object) -> bool:
    """An empty `python` marks a wheel that was not read; every other empty list is a known nothing."""
    return column == "python" and cell == ()


def _not_asked(table: str, row: Record) -> tuple[str, ...]:
    """Columns that do not arise for this row: cuDNN of a CPU build, arm64 code of an image for amd64 alone."""
    never = _NEVER[table](row) if table in _NEVER else ()
    arches = row.get("arch")
    if isinstance(arches, tuple):
        never += tuple(
            name for name in row for arch in ("amd64", "arm64") if name.endswith(arch) and arch not in arches
        )
    return never


def _unbundled(row: Record) -> tuple[str, ...]:
    """The release notes say N/A where no driver comes along: on Windows from 13.0, on Linux from 13.4."""
    cuda = numbers(str(row["cuda"]))
    return (*(("driver_windows",) if cuda >= (13, 0) else ()), *(("driver_linux",) if cuda >= (13, 4) else ()))


def _not_in_ngc_image(row: Record) -> tuple[str, ...]:
    """PyTorch is in Triton's trtllm variant alone, the ONNX Runtime backend in the others of Triton."""
    image = str(row["image"])
    with_runtime = image.startswith("tritonserver:") and not image.endswith(("-trtllm", "-vllm"))
    return (*(() if image.endswith("-trtllm") else ("torch",)), *(() if with_runtime else ("onnxruntime",)))


def _is_without_torch(row: Record) -> bool:
    return not any(name in str(row["image"]) for name in ("pytorch", "l4t-ml"))


_NEVER: dict[str, Callable[[Record], tuple[str, ...]]] = {
    "torch": lambda row: ("cudnn",) if row.get("cuda") is None else (),
    "toolkits": _unbundled,
    "ngc_images": _not_in_ngc_image,
    "l4t_images": lambda row: ("torch", "sm") if _is_without_torch(row) else (),
    "onnxruntime": lambda row: ("tensorrt",) if row.get("platform") == "linux_aarch64" else (),
}
