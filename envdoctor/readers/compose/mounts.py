"""Volumes, ports and devices of a compose service in the short form, whichever form they are written in.

Sources: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#volumes , #ports , #devices
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envdoctor.facts import Fact, Origin, known
from envdoctor.readers.compose.fields import Fields, text_of, truth
from envdoctor.readers.compose.merging import split_mount
from envdoctor.readers.compose.project import under
from envdoctor.readers.compose.tree import Node


def volumes(fields: Fields) -> Fact[tuple[str, ...]]:
    """ "SOURCE:TARGET[:ro]"; "TARGET" for an anonymous one; a tmpfs is told by `tmpfs`."""
    value = fields.get("volumes")
    if value is None:
        return fields.missing("volumes")
    if value.kind != "list":
        return fields.wrong(value, "volumes", "a list")
    found = []
    for item in value.items:
        text = _text(item)
        if text:
            found.append(text)
        elif text is None and not item.is_null:
            fields.wrong(item, "an entry of volumes", "SOURCE:TARGET or a map with its target")
    return known(tuple(found), value.origin) if found else fields.missing("volumes")


def places(fields: Fields) -> Iterator[tuple[str, Origin]]:
    """Where each volume, device and variable is written."""
    listed = [(item, _text(item)) for item in _items(fields, "volumes")]
    listed += [(item, item.text if item.is_scalar else device(item)) for item in _items(fields, "devices")]
    listed += [(item, item.text.partition("=")[0]) for item in _items(fields, "environment") if item.is_scalar]
    yield from ((text, item.origin) for item, text in listed if text)
    variables = fields.get("environment")
    if variables is not None and variables.kind == "map":
        yield from ((name, value.origin) for name, value in variables.fields.items())


def _items(fields: Fields, key: str) -> Sequence[Node]:
    value = fields.get(key)
    return value.items if value is not None and value.kind == "list" else ()


def _text(item: Node) -> str | None:
    return _short(item) if item.is_scalar else _long(item)


def _short(item: Node) -> str:
    """A path of a file in another folder is told as seen from the compose file's."""
    parts = split_mount(item.text)
    if len(parts) < 2 or not item.folder or not parts[0].startswith("."):
        return item.text
    return ":".join([_relative(under(item.folder, parts[0])), *parts[1:]])


def _relative(path: str) -> str:
    return path if path.startswith((".", "/")) else f"./{path}"


def _long(item: Node) -> str | None:
    """ "" for a tmpfs, None for what is no volume."""
    target = text_of(item, "target", "destination", "dst")
    if target is None or item.kind != "map":
        return None
    if text_of(item, "type") == "tmpfs":
        return ""
    source = text_of(item, "source", "src")
    if source is None:
        return target
    if text_of(item, "type") == "bind":
        source = _from_here(source)
    if item.folder and source.startswith("."):
        source = _relative(under(item.folder, source))
    read_only = truth(text_of(item, "read_only", "readonly") or "false")
    return f"{source}:{target}" + (":ro" if read_only else "")


def _from_here(source: str) -> str:
    """The source of a bind mount is a path, also without ./ in front; in the short form it would be a volume's name."""
    is_path = source.startswith((".", "/", "~", "$")) or source[1:2] == ":"
    return source if is_path or not source else f"./{source}"


def tmpfs(fields: Fields) -> Fact[tuple[str, ...]]:
    """ "TARGET[:size=…]", of `tmpfs` and of volumes of that type."""
    own = fields.texts("tmpfs", single=True)
    listed = fields.get("volumes")
    items = listed.items if listed is not None else ()
    mounted = [item for item in items if item.kind == "map" and text_of(item, "type") == "tmpfs"]
    places = tuple(place for item in mounted if (place := _tmpfs(item)) is not None)
    if not places:
        return own
    return known((*(own.get() or ()), *places), own.origin if own.is_known else mounted[0].origin)


def _tmpfs(item: Node) -> str | None:
    target = text_of(item, "target", "destination", "dst")
    options = item.fields.get("tmpfs")
    size = text_of(options, "size") if options is not None else None
    return f"{target}:size={size}" if target and size else target


def port(item: Node) -> str | None:
    """{target: 80, published: 8080, protocol: udp} as "8080:80/udp"."""
    target = text_of(item, "target")
    if target is None:
        return None
    parts = [part for part in (text_of(item, "host_ip"), text_of(item, "published"), target) if part]
    protocol = text_of(item, "protocol")
    return ":".join(parts) + (f"/{protocol}" if protocol and protocol != "tcp" else "")


def device(item: Node) -> str | None:
    """{source: /dev/video0, target: /dev/video1, permissions: rw} as "/dev/video0:/dev/video1:rw"."""
    source = text_of(item, "source", "path_on_host")
    if source is None:
        return None
    target, permissions = text_of(item, "target"), text_of(item, "permissions")
    if permissions:
        return f"{source}:{target or source}:{permissions}"
    return f"{source}:{target}" if target else source
