"""Every table against its JSON Schema, its own row type, and the form that makes a diff read as a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from envdoctor.matrix import Matrix
from envdoctor.versions import parse
from tests.places import DATA

TABLES = sorted(Matrix.load().tables)

# Canonical order: what a table's rows are sorted by. Versions sort as numbers, everything else as text.
ORDER: dict[str, Callable[[dict[str, Any]], object]] = {
    "toolkits": lambda row: parse(row["cuda"]),
    "major_floors": lambda row: row["cuda_major"],
    "windows": lambda row: parse(row["cuda"]),
    "branches": lambda row: row["branch"],
    "architectures": lambda row: parse(row["capabilities"][0]),
    "gpus": lambda row: (row["key"], row["name"], parse(row["capability"])),
    "requirements": lambda row: (parse(row["cuda"]), row["arch"], row["os"]),
    "compat": lambda row: (parse(row["cuda"]), row["branch"], row["basis"]),
    "l4t": lambda row: parse(row["l4t"]),
    "cuda_tags": lambda row: (parse(row["cuda"]), row["tag"]),
    "ngc_pytorch": lambda row: parse(row["release"]),
    "torch_images": lambda row: parse(row["torch"]),
    "onnxruntime": lambda row: (parse(row["version"]), row["platform"], row["index"]),
    "torch": lambda row: (parse(row["version"]), row["platform"], parse(row.get("cuda", "0"))),
    "companions": lambda row: (row["name"], parse(row["version"])),
    "cudnn": lambda row: (parse(row["version"]), row["cuda_major"]),
    "needs": lambda row: (row["name"], row["specifier"]),
    "brings": lambda row: (row["name"], row["requires"]),
}


def rows_of(table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((DATA / f"{table}.json").read_text("utf-8"))["rows"]
    return rows


def test_every_file_in_data_is_a_table_with_a_schema_and_every_table_has_both() -> None:
    assert [path.stem for path in sorted(DATA.glob("*.json"))] == TABLES
    assert [path.name for path in sorted((DATA / "schema").iterdir())] == [f"{table}.schema.json" for table in TABLES]
    assert sorted(ORDER) == TABLES


@pytest.mark.parametrize("table", TABLES)
def test_the_file_meets_its_schema(table: str) -> None:
    schema = json.loads((DATA / "schema" / f"{table}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((DATA / f"{table}.json").read_text("utf-8")), schema)


@pytest.mark.parametrize("table", TABLES)
def test_the_schema_has_the_columns_of_the_row_type(table: str) -> None:
    schema = json.loads((DATA / "schema" / f"{table}.schema.json").read_text("utf-8"))
    row = Matrix.load().tables[table].rows()[0]
    assert tuple(schema["properties"]["rows"]["items"]["properties"]) == row._fields  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_loads_as_its_type(table: str) -> None:
    assert len(Matrix.load().tables[table].rows()) == len(rows_of(table)) > 0


@pytest.mark.parametrize("table", TABLES)
def test_one_row_per_line_with_compact_separators(table: str) -> None:
    head, *lines, end, after = (DATA / f"{table}.json").read_text("utf-8").split("\n")
    assert head.endswith('"rows":[')
    assert (end, after) == ("]}", "")
    for number, line in enumerate(lines, start=2):
        row = json.loads(line.removesuffix(","))
        assert line.removesuffix(",") == json.dumps(row, ensure_ascii=False, separators=(",", ":")), (
            f"{table}.json:{number}"
        )
        assert line.endswith(",") == (number < len(lines) + 1), f"{table}.json:{number}"


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_stand_in_canonical_order_once_each(table: str) -> None:
    keys = [ORDER[table](row) for row in rows_of(table)]
    assert keys == sorted(keys)  # type: ignore[type-var]
    assert len(set(map(repr, keys))) == len(keys)


@pytest.mark.parametrize("table", TABLES)
def test_every_source_of_the_head_is_cited_and_none_is_a_place_nobody_can_look_up(table: str) -> None:
    content = json.loads((DATA / f"{table}.json").read_text("utf-8"))
    cited = {source for row in content["rows"] for source in row["source"]}
    assert set(content["sources"]) <= cited
    for source in (cited - set(content["sources"])) | set(content["sources"].values()):
        assert source.startswith(("https://", "github:", "PyPI: ", "measured: ")), source


def test_the_matrix_is_small_enough_to_ship() -> None:
    sizes = {table: (DATA / f"{table}.json").stat().st_size for table in TABLES}
    assert sizes["cuda_tags"] < 450_000
    assert sizes["gpus"] < 150_000
    assert sum(sizes.values()) < 1_000_000
