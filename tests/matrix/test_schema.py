"""Every table against its JSON Schema and its own row type. The form of the files is asked by test_invariants.py."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from envdoctor.matrix import Matrix
from envdoctor.upkeep.order import ORDER  # a new table's canonical order goes there
from tests.places import DATA

TABLES = sorted(Matrix.load().tables)


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


def test_the_matrix_is_small_enough_to_ship() -> None:
    sizes = {table: (DATA / f"{table}.json").stat().st_size for table in TABLES}
    assert sizes["cuda_tags"] < 450_000
    assert sizes["gpus"] < 150_000
    assert sum(sizes.values()) < 1_300_000
