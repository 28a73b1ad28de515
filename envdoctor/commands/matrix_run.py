"""What `envdoctor matrix list`, `show` and `search` do: ask `envdoctor.browse`, and tell it as text or JSON."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from envdoctor.browse import text as rendering
from envdoctor.browse.search import Hits, holding, search
from envdoctor.browse.show import Shown, show
from envdoctor.browse.tables import Filter, Record, columns, gaps, records, select, tables
from envdoctor.browse.things import Conclusion, Rows, Thing
from envdoctor.commands import UsageError, console
from envdoctor.commands.arguments import columns as terminal_columns
from envdoctor.freshness import notice
from envdoctor.matrix import Matrix
from envdoctor.nearest import did_you_mean
from envdoctor.upkeep.order import identifying, identity

NOTHING_FOUND = 1
_MANY = 3  # rows of one table that are told one below the other; more stand side by side
_WIDEST = 400  # columns of a terminal that are used
# By the kind of a column: what a filter may ask for, and its name
_VALUES = {"bool": ("yes|no|true|false", "yes or no"), "int": (r"\d{1,9}", "a whole number")}
_LABEL = 14  # width of the column names in `show`


def list_(args: argparse.Namespace) -> int:
    matrix = Matrix.load()
    if args.table is None:
        if args.where or args.columns or args.gaps:
            raise UsageError("--where, --columns and --gaps are about the rows of a table; name one (see matrix list)")
        _tell_tables(matrix, args.format)
        return 0
    table = known_table(args.table, matrix)
    known = columns(matrix, table)
    filters = [_filter(text, table, known, matrix) for text in args.where]
    rows = select(records(matrix.tables[table].rows()), filters)
    chosen = _chosen(args.columns, table, known)
    code = NOTHING_FOUND if filters and not rows else 0
    if args.gaps:
        rows = tuple(row for row in rows if gaps(table, row))
    _tell_rows(table, rows, chosen, args, matrix)
    return code


def known_table(name: str, matrix: Matrix) -> str:
    """Raises UsageError with the nearest names."""
    if name in matrix.tables:
        return name
    guess = did_you_mean(name, matrix.tables) or f"; the tables are {', '.join(matrix.tables)}"
    raise UsageError(f"the matrix has no table {name[:60]!r}{guess}")


def _filter(text: str, table: str, known: Sequence[str], matrix: Matrix) -> Filter:
    """Raises UsageError, also for a value that no cell of the column can have."""
    name, sign, value = (part.strip() for part in text.partition("="))
    if not sign:
        raise UsageError(f"--where {text[:60]!r}: expected COLUMN=VALUE, such as {known[0]}=…")
    column = _column(name, table, known, "--where")
    possible, expected = _VALUES.get(matrix.tables[table].kind(column), ("", "anything"))
    if value and not re.fullmatch(possible or ".*", value, re.IGNORECASE | re.DOTALL):
        raise UsageError(f"--where {column}={value[:60]}: expected {expected}, or nothing for what is not known")
    return Filter(column, value)


def _chosen(text: str | None, table: str, known: Sequence[str]) -> tuple[str, ...]:
    if text is None:
        return tuple(known)
    return tuple(_column(name.strip(), table, known, "--columns") for name in text.split(","))


def _column(name: str, table: str, known: Sequence[str], option: str) -> str:
    if name in known:
        return name
    guess = did_you_mean(name, known) or f"; its columns are {', '.join(known)}"
    raise UsageError(f"{option}: {table} has no column {name[:60]!r}{guess}")


def _tell_tables(matrix: Matrix, form: str) -> None:
    listed = tables(matrix)
    if form == "table":
        rows = [(each.name, str(each.rows), each.checked, each.what) for each in listed]
        told = rendering.table(("table", "rows", "checked", "a row is"), rows, _width())
        console.write(f"{told.text}\nmatrix of {matrix.date}\n")
    else:
        _json([each._asdict() for each in listed], {"matrix": matrix.date}, "tables", form)


def _tell_rows(
    table: str, rows: Sequence[Record], chosen: Sequence[str], args: argparse.Namespace, matrix: Matrix
) -> None:
    if args.format != "table":
        kept = [{name: row[name] for name in chosen} | _gap_list(table, row, args.gaps) for row in rows]
        _json(kept, {"table": table, "matrix": matrix.date}, "rows", args.format)
        return
    cells: list[list[str]]
    if args.gaps:
        headings: Sequence[str] = (table, "not known")
        cells = [[identity(table, row), " ".join(gaps(table, row))] for row in rows]
    else:
        headings = chosen
        cells = [[rendering.cell(row[name]) for name in chosen] for row in rows]
    told = rendering.table(headings, cells, _width())
    console.write(told.text)
    of = len(matrix.tables[table].rows())
    console.tell(f"{len(rows)} of {of} rows of {table}" + (" have gaps" if args.gaps else ""))
    if told.left_out:
        left_out = ", ".join(told.left_out)
        console.tell(f"no room for the columns {left_out} (--columns picks, a pipe or --format json has them all)")


def _gap_list(table: str, row: Record, wanted: bool) -> dict[str, Any]:
    return {"not_known": gaps(table, row)} if wanted else {}


def show_(args: argparse.Namespace) -> int:
    matrix = Matrix.load()
    asked = " ".join(args.what)
    if not asked.strip():
        raise UsageError('nothing is named to show; expected for example "RTX 5090" (see envdoctor matrix show --help)')
    shown = show(asked, matrix)
    if args.format == "json":
        console.write(json.dumps(_document(asked, shown, matrix), indent=2) + "\n")
    else:
        console.write("\n".join(_thing(thing) for thing in shown.things))
    stale = notice(matrix.date)
    if stale:
        console.tell(stale)
    for thing in () if shown.things else shown.missing:
        near = f"; nearest known: {', '.join(thing.nearest)}" if thing.nearest else ""
        console.tell(f"the matrix holds no {thing.title[:120]}{near} (envdoctor matrix list, matrix search)")
    return 0 if shown.things else NOTHING_FOUND


def _document(asked: str, shown: Shown, matrix: Matrix) -> dict[str, Any]:
    return {
        "asked": asked,
        "matrix": matrix.date,
        "things": [
            {
                "title": thing.title,
                "tables": [{"table": group.table, "rows": list(records(group.rows))} for group in thing.groups],
                "conclusions": [each._asdict() for each in thing.conclusions],
            }
            for thing in shown.things
        ],
        "missing": [{"title": thing.title, "nearest": thing.nearest} for thing in shown.missing],
    }


def _thing(thing: Thing) -> str:
    width = _width()
    parts = [rendering.paragraph(thing.title, width, "", "")]
    parts += [_rows(group, width) for group in thing.groups]
    if thing.conclusions:
        parts.append("what follows\n" + "".join(_conclusions(thing.conclusions, width)))
    return "\n".join(parts)


def _rows(group: Rows, width: int | None) -> str:
    found = list(records(group.rows))
    if len(found) <= _MANY:
        return "\n".join(_row(group.table, row, width) for row in found)
    names = [name for name in found[0] if any(row[name] is not None for row in found) and name != "source"]
    cells = [
        ["  " + rendering.cell(row[names[0]]), *(rendering.cell(row[name]) for name in names[1:])] for row in found
    ]
    told = rendering.table(["  " + names[0], *names[1:]], cells, width)
    sources = sorted({source for row in found for source in row["source"]})
    cited = "".join(f"  source: {rendering.cell(source)}\n" for source in sources)
    return f"{group.table}: {len(found)} rows\n{told.text}{cited}"


def _row(table: str, row: Record, width: int | None) -> str:
    lines = [rendering.paragraph(f"{table}: {identity(table, row)} (checked {row['checked']})", width, "", "  ")]
    missing = gaps(table, row)
    for name, value in row.items():
        if value is None or name in ("checked", "source", *identifying(table, row)):
            continue
        lines.append(_labelled(name, rendering.cell(value), width))
    if missing:
        lines.append(_labelled("not known", ", ".join(missing), width))
    lines += [_labelled("source", source, None) for source in row["source"]]
    return "".join(lines)


def _labelled(label: str, text: str, width: int | None) -> str:
    return rendering.paragraph(text, width, f"  {label:<{_LABEL}} ", " " * (_LABEL + 3))


def _conclusions(found: Iterable[Conclusion], width: int | None) -> Iterator[str]:
    """Sources that two in a row share are cited once, after the second. A command stays whole, to be copied."""
    listed = list(found)
    for each, following in itertools.zip_longest(listed, listed[1:]):
        typed = "pip install" in each.text or "(envdoctor" in each.text
        yield rendering.paragraph(each.text, None if typed else width, "  - ", "    ")
        if following is None or following.sources != each.sources:
            yield from (f"    {rendering.cell(source)}\n" for source in each.sources)


def search_(args: argparse.Namespace) -> int:
    words = " ".join(args.text)[:1000].split()
    if not words:
        raise UsageError("nothing to search for; expected words such as: envdoctor matrix search forward compatibility")
    if args.most < 1:
        raise UsageError(f"--most {args.most}: expected a whole number from 1 on")
    matrix = Matrix.load()
    found = search(matrix, words, args.most)
    if args.format == "json":
        document = [{"table": hits.table, "rows": hits.rows, "left_out": hits.left_out} for hits in found]
        console.write(json.dumps({"asked": words, "matrix": matrix.date, "tables": document}, indent=2) + "\n")
    else:
        console.write("\n".join(_hits(hits, words) for hits in found))
    left_out = sum(hits.left_out for hits in found)
    if not found:
        console.tell(f"no row of the matrix has {' and '.join(words)}")
        return NOTHING_FOUND
    if left_out and args.format == "text":
        console.tell(f"{left_out} more rows were left out (--most {args.most}); envdoctor matrix list TABLE --where")
    return 0


def _hits(hits: Hits, words: Sequence[str]) -> str:
    total = len(hits.rows) + hits.left_out
    lines = [f"{hits.table}: {total} {'row' if total == 1 else 'rows'}\n"]
    for row in hits.rows:
        key = identity(hits.table, row)
        lines.append(rendering.paragraph(key, _width(), "  ", "    "))
        for name in holding(row, words):
            value = rendering.cell(row[name])
            if f"{name} {value}" not in key:
                lines.append(rendering.paragraph(f"{name}: {value}", _width(), "      ", "        "))
    if hits.left_out:
        lines.append(f"  … {hits.left_out} more\n")
    return "".join(lines)


def _json(items: Iterable[Any], head: dict[str, Any], name: str, form: str) -> None:
    if form == "jsonl":
        console.write("".join(json.dumps(item) + "\n" for item in items))
    else:
        console.write(json.dumps({**head, name: list(items)}, indent=2) + "\n")


def _width() -> int | None:
    """Of the terminal; a pipe gets whole lines, unless COLUMNS asks for a width."""
    if console.is_terminal(sys.stdout) or os.environ.get("COLUMNS"):
        return terminal_columns(_WIDEST)
    return None


BROWSE: dict[str, Callable[[argparse.Namespace], int]] = {"list": list_, "show": show_, "search": search_}
