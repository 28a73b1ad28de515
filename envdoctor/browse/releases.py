"""`show` for a CUDA, cuDNN or Python release: the rows of every table that name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from envdoctor.browse.conclusions import driver_floor, window_of
from envdoctor.browse.tables import fits
from envdoctor.browse.things import Conclusion, Row, Thing, groups
from envdoctor.judging import cudnn as cudnn_releases
from envdoctor.judging.nearest_known import around
from envdoctor.matrix import Matrix
from envdoctor.versions import minor, numbers

_OF_A_MINOR = 2  # numbers of what drivers report, "12.4"
_OF_CUDA = ("toolkits", "major_floors", "windows", "branches", "compat")  # the tables that are about CUDA itself


def cuda(text: str, matrix: Matrix) -> Thing | None:
    """ "12.4", "12.4.1", "13"."""
    asked = numbers(text)
    if not asked:
        return None
    reported = len(asked) <= _OF_A_MINOR and matrix.branch_for_cuda(text)
    if not matrix.toolkits(text) and not matrix.cuda_tags_of(text) and not reported:
        return Thing(f"CUDA {text}", nearest=tuple(f"CUDA {each}" for each in around(text, _releases(matrix))))
    found = ((name, _about(matrix.tables[name].rows(), text)) for name in _OF_CUDA if name in matrix.tables)
    return Thing(f"CUDA {text}", groups(*found), tuple(_of_cuda(text, matrix)))


def _about(rows: Iterable[Any], text: str) -> tuple[Row, ...]:
    """Of a release the row of its minor, of its major, or of the releases within it."""
    short = minor(text) or text
    return tuple(
        row for row in rows if fits(getattr(row, "cuda", None), text) or _is(row, short) or _is_major(row, text)
    )


def _is(row: Any, short: str) -> bool:
    return getattr(row, "cuda", None) == short


def _is_major(row: Any, text: str) -> bool:
    return getattr(row, "cuda_major", None) == numbers(text)[0]


def _of_cuda(text: str, matrix: Matrix) -> Iterator[Conclusion]:
    if not matrix.toolkits(text):
        yield Conclusion(f"CUDA {text} is only what drivers report: no toolkit of that number has a row")
    yield from driver_floor(text, matrix)
    yield from window_of(text, matrix)
    for name, what in (
        ("cuda_tags", "tags of nvidia/cuda"),
        ("ngc_pytorch", "NGC PyTorch releases"),
        ("torch", "builds of torch"),
        ("onnxruntime", "builds of onnxruntime-gpu"),
    ):
        rows: list[Any] = [row for row in matrix.tables[name].rows() if fits(getattr(row, "cuda", None), text)]
        if rows:
            more = f"envdoctor matrix list {name} --where cuda={text}"
            yield Conclusion(f"{len(rows)} {what} with it ({more})")


def _releases(matrix: Matrix) -> list[str]:
    return [str(getattr(row, "cuda", "")) for row in matrix.tables["toolkits"].rows()]


def cudnn(text: str, matrix: Matrix) -> Thing | None:
    """ "9.10", "9", "8.9.7"; for one that is not listed the newest before it speaks, for one newer than the matrix none."""
    asked = numbers(text)
    if not asked:
        return None
    every: tuple[Any, ...] = matrix.cudnn_rows()
    majors = sorted({row.cuda_major for row in every})
    rows = [row for major in majors for row in cudnn_releases.releases(text, major, matrix)]
    if not rows:
        return Thing(
            f"cuDNN {text}", nearest=tuple(f"cuDNN {each}" for each in around(text, [r.version for r in every]))
        )
    return Thing(f"cuDNN {text}", groups(("cudnn", rows)), tuple(_of_cudnn(text, matrix)))


def _of_cudnn(text: str, matrix: Matrix) -> Iterator[Conclusion]:
    for name, what in (
        ("cuda_tags", "tags of nvidia/cuda"),
        ("ngc_pytorch", "NGC PyTorch releases"),
        ("torch", "builds of torch"),
    ):
        rows = [row for row in matrix.tables[name].rows() if fits(getattr(row, "cudnn", None), text)]
        if rows:
            yield Conclusion(f"{len(rows)} {what} hold it (envdoctor matrix list {name} --where cudnn={text})")
    ort: list[Any] = [row for row in matrix.onnxruntime() if row.cudnn == numbers(text)[0] and row.index == "pypi"]
    if ort:
        span = ort[-1].version if len(ort) == 1 else f"{ort[-1].version} to {ort[0].version}"
        yield Conclusion(f"onnxruntime-gpu {span} from PyPI links to cuDNN {numbers(text)[0]}")


def python(text: str, matrix: Matrix) -> Thing | None:
    """ "3.11": which wheels there are for it."""
    asked = numbers(text)
    if len(asked) < 2:
        return None
    short = f"{asked[0]}.{asked[1]}"
    named: list[tuple[str, list[Row]]] = []
    told: list[Conclusion] = []
    for name, table in matrix.tables.items():
        rows: list[Any] = [row for row in table.rows() if fits(getattr(row, "python", None), short)]
        if rows and isinstance(rows[0].python, tuple):
            told += _wheels(name, short, rows)
        elif rows and name != "brings":
            named.append((name, rows))
    if not named and not told:
        return Thing(f"Python {text}", nearest=_pythons(matrix, short))
    return Thing(f"Python {text}", groups(*named), tuple(told))


def _wheels(table: str, python: str, rows: list[Any]) -> Iterator[Conclusion]:
    versions = sorted({row.version for row in rows if hasattr(row, "version")}, key=numbers)
    if versions:
        more = f"envdoctor matrix list {table} --where python={python}"
        yield Conclusion(f"{table} {versions[0]} to {versions[-1]} has wheels for it ({more})")


def _pythons(matrix: Matrix, asked: str) -> tuple[str, ...]:
    known = {each for row in matrix.torch() for each in row.python}
    return tuple(f"Python {each}" for each in around(asked, sorted(known, key=numbers)))
