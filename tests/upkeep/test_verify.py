"""Schemas, form, order, sources and dates: a damaged copy of a table is told by file, line, row, column and value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from envdoctor.matrix import Matrix
from envdoctor.upkeep import Problem, verify
from envdoctor.upkeep.invariants import INVARIANTS
from envdoctor.upkeep.order import identity, sort_key
from envdoctor.upkeep.schemas import validators
from envdoctor.upkeep.sources import latest_day
from envdoctor.upkeep.verify import ask, steps
from tests.places import DATA
from tests.upkeep.copies import Row, changed, edited, replaced, shipped

TABLES = sorted(Matrix.load().tables)
# What fastjsonschema enforces of draft 2020-12. A keyword that is not here would be passed over in silence.
ENFORCED = {"type", "required", "additionalProperties", "properties", "items", "const", "enum", "pattern", "minimum",
            "maximum", "minItems", "maxItems", "minLength", "maxLength", "uniqueItems"}  # fmt: skip
SAYS_NOTHING = {"$schema", "title", "description"}
L4T_36_4 = {"l4t": "36.4"}


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def test_nothing_is_wrong_with_the_shipped_matrix_and_all_is_asked() -> None:
    matrix = Matrix.load()
    done: list[None] = []
    verified = verify(matrix, advance=lambda: done.append(None))
    assert verified.problems == ()
    assert sorted(verified.tables) == TABLES
    assert verified.invariants == len(INVARIANTS)
    assert verified.rows == sum(len(table.rows()) for table in matrix.tables.values())
    assert len(done) == steps(matrix)


def test_one_table_alone() -> None:
    verified = verify(Matrix.load(), ("l4t",))
    assert verified.tables == ("l4t",)
    assert verified.rows == len(Matrix.load().tables["l4t"].rows())


@pytest.mark.parametrize(
    ("change", "check", "column", "value"),
    [
        ({"cuda": "twelve"}, "schema", "cuda", "twelve"),
        ({"cuda": 12}, "schema", "cuda", "12"),
        ({"cuda": None}, "schema", "", ""),
        ({"colour": "green"}, "schema", "", ""),
        ({"source": []}, "schema", "source", ""),
        ({"source": ["jp", "jp"]}, "schema", "source", "jp jp"),
        ({"checked": "21.11.2026"}, "schema", "checked", "21.11.2026"),
        ({"checked": "2026-02-30"}, "checked", "checked", "2026-02-30"),
        ({"checked": "2999-01-01"}, "checked", "checked", "2999-01-01"),
        ({"source": ["hearsay"]}, "source", "source", "hearsay"),
        ({"source": ["ftp://example.org/x"]}, "source", "source", "ftp://example.org/x"),
    ],
)
def test_a_row_that_is_not_as_it_must_be(change: Row, check: str, column: str, value: str) -> None:
    verified = verify(changed("l4t", L4T_36_4, change))
    problem = next(problem for problem in verified.problems if problem.check == check)
    assert (problem.file, problem.row, problem.column, problem.value) == ("l4t.json", "l4t 36.4", column, value)
    assert shipped("l4t.json").split(b"\n")[problem.line - 1].startswith(b'{"l4t":"36.4"')
    assert verified.not_asked
    assert verified.invariants == 0


def test_the_day_of_the_comparison_counts() -> None:
    assert verify(Matrix.load(), ("l4t",), today="2026-01-01").problems[0].check == "checked"
    assert latest_day() >= Matrix.load().date


def test_every_problem_of_a_table_is_told_not_only_the_first() -> None:
    def spoil(rows: list[Row]) -> None:
        for row in rows:
            row["cuda"] = "twelve"

    matrix = edited("l4t", spoil)
    assert len(verify(matrix).problems) == len(Matrix.load().tables["l4t"].rows())


def test_a_row_out_of_order_and_a_row_twice() -> None:
    def swap(rows: list[Row]) -> None:
        rows[0], rows[1] = rows[1], rows[0]

    found = only(verify(edited("l4t", swap)).problems)
    assert (found.check, found.line) == ("order", 3)
    twice = only(verify(edited("l4t", lambda rows: rows.insert(1, dict(rows[0])))).problems)
    assert (twice.check, twice.line) == ("order", 3)
    assert "line 2" in twice.message


def test_a_source_of_the_head_that_nobody_cites_or_that_is_no_address() -> None:
    content = shipped("l4t.json")
    unused = content.replace(b'"sources":{', b'"sources":{"aa":"https://example.org",', 1)
    assert "no row cites" in only(verify(replaced("l4t", unused)).problems).message
    nowhere = content.replace(b"https://developer.nvidia.com/embedded/jetpack-archive", b"somewhere", 1)
    assert only(verify(replaced("l4t", nowhere)).problems).column == "sources.jp"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (b'{"l4t":"36.4",', b'{"l4t": "36.4",', "compact"),
        (b'{"l4t":"36.4",', b'{"l4t":"36.4","l4t":"36.4",', "compact"),
        (b'{"l4t":"36.4",', b'{"l4t":"36.4"', "not a JSON object"),
        (b'{"l4t":"36.4",', b"[" * 100_000, "not a JSON object"),
        (b"\n]}\n", b"\n]}", "does not end with"),
        (b"},\n{", b"}\n{", "comma"),
        (b'{"table":"l4t"', b'{"table":"l4s"', "l4s"),
        (b'{"table":"l4t"', b"{", "l4t.json"),
        (b'{"table":"l4t"', b'{"table":' + b"[" * 100_000, "l4t.json, line 1: expected"),
    ],
)
def test_a_file_that_has_lost_its_form(before: bytes, after: bytes, told: str) -> None:
    content = shipped("l4t.json")
    assert before in content
    problems = verify(replaced("l4t", content.replace(before, after, 1))).problems
    assert any(told in problem.message for problem in problems), problems
    assert {problem.file for problem in problems} == {"l4t.json"}


def test_a_table_that_is_not_there() -> None:
    def read(name: str) -> bytes:
        if name == "l4t.json":
            raise FileNotFoundError(2, "No such file or directory")
        return shipped(name)

    problem = only(verify(Matrix(read)).problems)
    assert (problem.check, problem.file) == ("form", "l4t.json")


def test_an_invariant_that_damage_elsewhere_stops_is_a_problem_and_no_crash() -> None:
    matrix = replaced("toolkits", b"gone")
    assert [problem for invariant in INVARIANTS for problem in ask(invariant, matrix) if "judged" in problem.message]


# the schemas


def keywords(schema: Any) -> Iterator[str]:
    yield from schema
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from keywords(schema[name])
    for each in schema.get("properties", {}).values():
        yield from keywords(each)


@pytest.mark.parametrize("table", TABLES)
def test_the_schemas_use_only_what_the_validator_enforces(table: str) -> None:
    schema = json.loads((DATA / "schema" / f"{table}.schema.json").read_text("utf-8"))
    assert set(keywords(schema)) - SAYS_NOTHING <= ENFORCED


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        ({"type": "integer"}, True),
        ({"type": "integer"}, "1"),
        ({"type": "object", "required": ["a"]}, {}),
        ({"type": "object", "additionalProperties": False}, {"a": 1}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1}),
        ({"properties": {"a": {"const": "x"}}}, {"a": "y"}),
        ({"items": {"enum": ["x"]}}, ["y"]),
        ({"pattern": "^x$"}, "x\n"),
        ({"pattern": "^x$"}, "xy"),
        ({"minimum": 1}, 0),
        ({"maximum": 1}, 2),
        ({"minItems": 1}, []),
        ({"maxItems": 0}, [1]),
        ({"minLength": 1}, ""),
        ({"maxLength": 1}, "ab"),
        ({"uniqueItems": True}, [1, 1]),
    ],
)
def test_the_validator_enforces_each_keyword_under_draft_2020_12(schema: dict[str, Any], bad: object) -> None:
    import fastjsonschema

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        fastjsonschema.compile(schema)(bad)


@pytest.mark.parametrize("table", TABLES)
def test_an_independent_validator_agrees_on_rows_with_a_column_spoiled(table: str) -> None:
    """jsonschema, the reference implementation in Python, and fastjsonschema judge the same rows alike."""
    schema = json.loads((DATA / "schema" / f"{table}.schema.json").read_text("utf-8"))
    reference = jsonschema.Draft202012Validator(schema["properties"]["rows"]["items"])
    row = json.loads(shipped(f"{table}.json").split(b"\n")[1].removesuffix(b","))
    for name in row:
        for value in (None, 7, True, "", "x y", [], ["", ""], {}):
            spoiled = {**row, name: value}
            assert _accepts(table, spoiled) == reference.is_valid(spoiled), (name, value)


def _accepts(table: str, row: Row) -> bool:
    import fastjsonschema

    try:
        validators(table)[1](row)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


# what identifies a row


def test_a_row_is_named_by_what_identifies_it() -> None:
    row = {"cuda": "12.4", "branch": 535, "answer": "C", "basis": "matrix"}
    assert identity("compat", row) == "cuda 12.4, branch 535, basis matrix"
    assert identity("a table to come", {"name": "x", "value": 1}) == "name x"


def test_a_key_of_any_length_or_depth_is_named_in_short() -> None:
    assert len(identity("l4t", {"l4t": "x" * 6000})) < 250
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    assert identity("l4t", {"l4t": nested}) == "l4t (nested too deeply)"
    while nested:
        nested = nested.pop()  # Python takes such a list apart by recursion


def test_versions_sort_as_numbers_and_what_is_left_out_comes_first() -> None:
    rows = [{"version": "2.10.0", "platform": "p"}, {"version": "2.9.1", "platform": "p", "cuda": "12.4"},
            {"version": "2.9.1", "platform": "p"}]  # fmt: skip
    assert sorted(rows, key=lambda row: sort_key("torch", row)) == [rows[2], rows[1], rows[0]]
