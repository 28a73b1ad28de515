"""One compose service: its image or its build, and its launch."""

from __future__ import annotations

from envdoctor.facts import BuildCommand, Origin
from envdoctor.readers.compose.environment import pairs
from envdoctor.readers.compose.fields import Fields, text_of
from envdoctor.readers.compose.launch import read_launch
from envdoctor.readers.compose.project import Project, under
from envdoctor.readers.compose.result import Service
from envdoctor.readers.compose.tree import Node
from envdoctor.readers.image_reference import without_user
from envdoctor.readers.indexes import redacted
from envdoctor.readers.secret_values import is_secret


def read_service(fields: Fields, project: Project) -> Service:
    build, inline = _build(fields)
    return Service(
        fields.name,
        fields.converted("image", without_user, "a text"),
        read_launch(fields, project),
        build,
        inline,
        fields.text("platform").get(),
        fields.node.origin,
        profiles=fields.texts("profiles").get() or (),
    )


def _build(fields: Fields) -> tuple[BuildCommand | None, str | None]:
    value = fields.get("build")
    if value is None:
        return None, None
    if value.is_scalar:
        return BuildCommand(value.origin, context=_context(value)), None
    if value.kind != "map":
        fields.wrong(value, "build", "a path or a map with its context")
        return None, None
    below = Fields(fields.name, value, fields.problems)
    arguments, secrets, places = _arguments(below)
    context = value.fields.get("context")
    platforms = below.texts("platforms", single=True).get() or ()
    inline = text_of(value, "dockerfile_inline")
    command = BuildCommand(
        value.origin,
        arguments,
        secrets,
        below.texts("tags", single=True).get() or (),
        text_of(value, "dockerfile"),
        _context(context) if context is not None and context.is_scalar else under(value.folder, "."),
        text_of(value, "target"),
        platforms[0] if len(platforms) == 1 else fields.text("platform").get() if not platforms else None,
        places=places,
    )
    return command, inline


def _context(value: Node) -> str:
    return redacted(under(value.folder, value.text))


def _arguments(fields: Fields) -> tuple[dict[str, str | None], tuple[str, ...], dict[str, Origin]]:
    """The value of a password is not kept."""
    value = fields.get("args")
    found: dict[str, str | None] = {}
    places: dict[str, Origin] = {}
    secrets = []
    for name, held in pairs(value, fields, "args") if value is not None else ():
        written = held is not None and not held.is_null
        if held is not None:
            places[name] = held.origin
        if written and is_secret(name):
            secrets.append(name)
            found[name] = None
        else:
            found[name] = redacted(held.text) if held is not None and written and held.kind == "text" else None
    return found, tuple(secrets), places


def only_changes(node: Node) -> bool:
    """Has it neither image nor build, so that it changes a service of another compose file?"""
    held = (node.fields.get(key) for key in ("image", "build", "provider"))
    return not any(value is not None and not value.is_null for value in held)
