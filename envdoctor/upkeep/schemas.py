"""Does a table's file meet the JSON Schema that ships with the program?

fastjsonschema turns a schema into Python once and then validates two thousand rows in milliseconds. It makes code from
the schema, so only shipped schemas are ever given to it, none that lies beside somebody's data. It knows no keyword that
came after draft 2019-09; a test holds the schemas to the keywords that it enforces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from envdoctor.matrix import location
from envdoctor.upkeep.form import Lines
from envdoctor.upkeep.problems import Problem, shown

Validate = Callable[[Any], Any]


def meets_schema(lines: Lines) -> Iterator[Problem]:
    """One problem for the head, and the first one of each row."""
    from fastjsonschema import JsonSchemaValueException

    head, row = validators(lines.table)
    try:
        head({**lines.head, "rows": [each for _, _, each in lines.rows[:1]]})
    except JsonSchemaValueException as error:
        yield Problem("schema", f"{lines.table}.json", 1, "", *_place(error), _told(error))
    for at, (_, _, each) in enumerate(lines.rows):
        try:
            row(each)
        except JsonSchemaValueException as error:
            yield lines.problem("schema", at, _place(error)[0], _told(error))._replace(value=_place(error)[1])


@lru_cache(maxsize=64)
def validators(table: str) -> tuple[Validate, Validate]:
    """For a whole file (whose rows it does not look into) and for one row."""
    from fastjsonschema import compile as compiled

    schema = json.loads(location.shipped()(f"schema/{table}.schema.json"))
    row = schema["properties"]["rows"].pop("items")
    return compiled(schema), compiled({"$schema": schema["$schema"], **row})


def _place(error: Any) -> tuple[str, str]:
    """The column and the value that was found."""
    path = [str(part) for part in error.path[1:]]
    return path[0] if path else "", shown(error.value) if path else ""


def _told(error: Any) -> str:
    """ "must be string", without the "data.cuda" that the library starts with."""
    text = str(error.message)
    return text.removeprefix(str(error.name or "data")).strip() or text
