"""Environment documents, `envdoctor.environment/1`: what a user or `envdoctor probe` states of a host and a workload.

Every field is optional. Missing and null are unknown; an empty list and false are a known absence. The whole shape
is envdoctor/schema/environment.schema.json, which is what a document is checked against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from envdoctor.facts import Facts, Host, Library, Packages, known
from envdoctor.readers import environment_host, environment_image
from envdoctor.readers.driver_number import explained
from envdoctor.readers.json_document import JsonError, load, shown
from envdoctor.readers.part import Part
from envdoctor.readers.shape import Problem, Schema, Unlisted, check
from envdoctor.schema import schema_text

SCHEMA = "envdoctor.environment/1"
_MOST_PROBLEMS = 5
_MOST_NOTICES = 10
_ADVICE = "`envdoctor schema environment` prints the whole shape"


class EnvironmentDocumentError(ValueError):
    """The document cannot be read: one message with what was read, what was expected and what to do."""


class EnvironmentRead(NamedTuple):
    """`notices` name what was in the document and left out."""

    facts: Facts
    notices: tuple[str, ...]


@lru_cache(maxsize=1)
def schema() -> dict[str, object]:
    """The JSON Schema that ships."""
    parsed = json.loads(schema_text("environment"))
    assert isinstance(parsed, dict)
    return parsed


def read_environment(text: str, path: str) -> EnvironmentRead:
    """The facts of a document; `path` names it in messages and origins. Raises EnvironmentDocumentError."""
    name = path if path.isprintable() else shown(path)
    try:
        value = load(text)
    except JsonError as error:
        raise EnvironmentDocumentError(f"{name} cannot be read as JSON: {error}. {_expected()}.") from error
    document = _checked_head(value, name)
    problems, unlisted = _checked(document, schema())
    if problems:
        raise EnvironmentDocumentError(_message(problems, name))
    notices = _notices(unlisted, name)
    return EnvironmentRead(_facts(Part(path, "", document)), (*_unnamed(document, name), *notices))


def _expected() -> str:
    return f'Expected an environment document, {{"schema": "{SCHEMA}", "host": …}}; {_ADVICE}'


def _checked_head(value: object, path: str) -> Mapping[str, object]:
    """The document as an object of our schema; anything else gets a message about the whole rather than its fields."""
    if not isinstance(value, dict):
        raise EnvironmentDocumentError(f"{path} holds {shown(value)}, not an object. {_expected()}.")
    name = value.get("schema", SCHEMA)
    if name != SCHEMA:
        raise EnvironmentDocumentError(f"{path} is of the schema {shown(name)}, which is not read here. {_expected()}.")
    return value


def _checked(document: Mapping[str, object], root: Schema) -> tuple[list[Problem], list[Unlisted]]:
    problems: list[Problem] = []
    unlisted: list[Unlisted] = []
    for found in check(document, root, root):
        if isinstance(found, Unlisted):
            unlisted.append(found)
        else:
            problems.append(found)
        if len(problems) > _MOST_PROBLEMS:
            break
    return problems, unlisted


def _message(problems: list[Problem], path: str) -> str:
    if problems[0].where == "":
        return f"{path} names neither its schema nor any field of an environment document. {_expected()}."
    told = "; ".join(_told(problem) for problem in problems[:_MOST_PROBLEMS])
    more = "; and more" if len(problems) > _MOST_PROBLEMS else ""
    return f"{path} is not a valid environment document: {told}{more}. Correct it; {_ADVICE}."


def _told(problem: Problem) -> str:
    if problem.where == "host.driver.version" and isinstance(problem.value, str):
        return f"{problem}{explained(problem.value)}"
    if problem.where.startswith("uses[") and isinstance(problem.value, str):
        return f"{problem.where} is {shown(problem.value)}, which is not known{_nearest_use(problem.value)}"
    return str(problem)


def uses_names() -> tuple[str, ...]:
    """The names that `uses` may hold."""
    properties = schema()["properties"]
    assert isinstance(properties, dict)
    return tuple(properties["uses"]["items"]["enum"])


def _nearest_use(name: str) -> str:
    from envdoctor.nearest import did_you_mean

    return did_you_mean(name, uses_names()) or f"; known are {', '.join(uses_names())}"


def _notices(unlisted: list[Unlisted], path: str) -> tuple[str, ...]:
    from envdoctor.nearest import did_you_mean

    notices = [
        f"{path}: {field.where} is not a field of {SCHEMA} and was left out{did_you_mean(field.name, field.listed)}"
        for field in islice(unlisted, _MOST_NOTICES)
    ]
    more = len(unlisted) - _MOST_NOTICES
    return (*notices, f"{path}: {more} more fields were left out") if more > 0 else tuple(notices)


def _unnamed(document: Mapping[str, object], path: str) -> tuple[str, ...]:
    libraries = document.get("libraries")
    nameless = [item for item in libraries if not item.get("soname")] if isinstance(libraries, list) else []
    return (f"{path}: {len(nameless)} libraries without a soname were left out",) if nameless else ()


def _facts(document: Part) -> Facts:
    host = document.part("host")
    uses = document.texts("uses")
    observed = document.fields.get("observed")
    blank = Facts(document.path)
    return blank._replace(
        host=environment_host.host_of(host, document.path) if host.fields else Host(),
        image=environment_image.image_of(document.part("image")),
        packages=blank.packages
        if document.missing("packages")
        else known(_packages(document), document.origin("packages")),
        libraries=blank.libraries
        if document.missing("libraries")
        else known(_libraries(document), document.origin("libraries")),
        launch=environment_image.launch_of(document.part("launch")),
        uses=blank.uses if uses is None else known(frozenset(uses), document.origin("uses")),
        uses_stated=uses is not None,
        observed=observed if isinstance(observed, dict) else {},
    )


def _packages(document: Part) -> Packages:
    parts = document.parts("packages")
    items = tuple(environment_image.package_of(part) for part in parts if part.fields.get("name"))
    gaps = tuple(f"{part.where} of {part.path} has no name" for part in parts if not part.fields.get("name"))
    return Packages(items, gaps[:5])


def _libraries(document: Part) -> tuple[Library, ...]:
    return tuple(
        Library(str(part.fields["soname"]), part.string("path"), part.string("origin"), part.string("version"))
        for part in document.parts("libraries")
        if part.fields.get("soname")
    )
