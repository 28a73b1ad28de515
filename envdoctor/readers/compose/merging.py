"""One compose file over another, and a service over the one that it extends.

Maps are merged, lists appended (an entry for the same target, port or name replaces the one before), the rest replaced;
`!reset` takes a value away, `!override` puts one in the place of all there was.
Sources: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md ,
https://github.com/compose-spec/compose-go/blob/main/override/merge.go and uncity.go
"""

from __future__ import annotations

from collections.abc import Callable

from envdoctor.readers.compose.tree import ComposeError, Node, Problems

RESET, OVERRIDE = "!reset", "!override"
MAX_MERGED = 150_000
"""Values that all merging of one project may handle: a thousand services can extend one with a thousand variables."""

_REPLACED = frozenset({"services.*.command", "services.*.entrypoint", "services.*.healthcheck.test"})
# A list, or a map that says the same in other words.
_PAIRS = frozenset(
    {
        "services.*.environment", "services.*.labels", "services.*.annotations", "services.*.sysctls",
        "services.*.build.args", "services.*.build.labels", "services.*.build.additional_contexts",
    }
)  # fmt: skip
_TEXT_OR_LIST = frozenset({"services.*.env_file", "services.*.tmpfs", "services.*.dns", "services.*.dns_search"})


class Merging:
    """Merges with a budget, so that a small file cannot ask for hours."""

    def __init__(self, problems: Problems, label: str) -> None:
        self.problems, self.label = problems, label
        self.left = MAX_MERGED

    def files(self, base: Node, over: Node) -> Node:
        return self._merged(base, over, "")

    def services_of_files(self, base: Node, over: Node) -> Node:
        return self._merged(base, over, "services")

    def services(self, base: Node, over: Node) -> Node:
        return self._merged(base, over, "services.*")

    def unique(self, service: Node) -> Node:
        """Also within one file: the last volume or device for a place in the container counts."""
        fields = dict(service.fields)
        for key in ("volumes", "devices"):
            held = fields.get(key)
            if held is not None and held.kind == "list":
                fields[key] = self._listed(held, held._replace(items=()), f"services.*.{key}")
        return service._replace(fields=fields)

    def spend(self, nodes: int) -> None:
        """Raises ComposeError where nothing is left."""
        self.left -= nodes
        if self.left < 0:
            raise ComposeError(
                f"{self.label}: its services, with what they extend and merge, hold more than {MAX_MERGED:,} values, expected fewer"
            )

    def _merged(self, base: Node, over: Node, path: str) -> Node:
        self.spend(1)
        if over.tag in (RESET, OVERRIDE):
            return over
        if over.is_null:
            return base
        if base.is_null or base.tag == RESET or path in _REPLACED or path.startswith("services.*.ulimits."):
            return over
        if path in _PAIRS:
            return self._listed(_pairs(base), _pairs(over), path)
        if path in _TEXT_OR_LIST:
            return self._listed(_list(base), _list(over), path)
        if path == "services.*.build":
            base, over = _build(base), _build(over)
        if path == "services.*.networks":
            base, over = _named(base), _named(over)
        if base.kind == "map" and over.kind == "map":
            return self._maps(base, over, path)
        if base.kind == "list" and over.kind == "list":
            return self._listed(base, over, path)
        if "map" in (base.kind, over.kind) or "list" in (base.kind, over.kind):
            self._unlike(base, over, path)
        return over

    def _unlike(self, base: Node, over: Node, path: str) -> None:
        what = path.rpartition(".")[2] or "the file"
        self.problems.add(
            over.origin, f"{what} is a {over.kind} over a {base.kind} ({base.origin}), expected the same kind of value"
        )

    def _maps(self, base: Node, over: Node, path: str) -> Node:
        self.spend(len(base.fields) + len(over.fields))
        fields = dict(base.fields)
        for key, value in over.fields.items():
            held = fields.get(key)
            below = f"{path}.{'*' if path in _NAMED_BY_USERS else key}".lstrip(".")
            extension = key.startswith("x-")
            fields[key] = value if held is None or extension else self._merged(held, value, below)
        return over._replace(fields=fields, size=base.size + over.size, depth=max(base.depth, over.depth))

    def _listed(self, base: Node, over: Node, path: str) -> Node:
        """Entries that speak of the same thing replace the one before, where it stood."""
        items = [*base.items, *over.items]
        self.spend(len(items))
        key_of = _KEYS.get(path.removeprefix("services.*."))
        if key_of is not None:
            by_key: dict[str, Node] = {}
            for number, item in enumerate(items):
                by_key[key_of(item) or f"\0{number}"] = item
            items = list(by_key.values())
        size, depth = base.size + over.size, max(base.depth, over.depth)
        return over._replace(kind="list", items=tuple(items), fields={}, size=size, depth=depth)


_NAMED_BY_USERS = frozenset({"services"})


def stripped(node: Node) -> Node:
    """Without what `!reset` takes away."""
    if node.kind == "map":
        kept = {key: stripped(value) for key, value in node.fields.items() if value.tag != RESET}
        return node._replace(fields=kept)
    if node.kind == "list":
        return node._replace(items=tuple(stripped(item) for item in node.items if item.tag != RESET))
    return node


def _pairs(node: Node) -> Node:
    """{A: 1} as ["A=1"], {A: null} as ["A"]."""
    if node.kind != "map":
        return _list(node)
    items = []
    for name, value in node.fields.items():
        text = name if value.is_null else f"{name}={value.text}"
        items.append(value._replace(text=text, kind="open" if value.kind == "open" else "text"))
    return node._replace(kind="list", items=tuple(items), fields={})


def _list(node: Node) -> Node:
    return node if node.kind == "list" else node._replace(kind="list", items=(node,), text="", missing=())


def _build(node: Node) -> Node:
    if not node.is_scalar:
        return node
    return node._replace(kind="map", fields={"context": node}, text="", missing=())


def _named(node: Node) -> Node:
    if node.kind != "list":
        return node
    fields = {item.text: item._replace(kind="null", text="") for item in node.items if item.is_scalar}
    return node._replace(kind="map", items=(), fields=fields)


def _name(node: Node) -> str | None:
    return node.text.partition("=")[0] if node.is_scalar else None


def _whole(node: Node) -> str | None:
    if node.kind == "map":
        path = node.fields.get("path")
        return path.text if path is not None else None
    return node.text if node.is_scalar else None


def _target(node: Node) -> str | None:
    """Of a volume or a device: where it is in the container."""
    if node.kind == "map":
        target = node.fields.get("target") or node.fields.get("source")
        return target.text if target is not None else None
    if not node.is_scalar:
        return None
    parts = split_mount(node.text)
    return parts[1] if len(parts) > 1 else parts[0]


def split_mount(text: str) -> list[str]:
    """ "SOURCE:TARGET:ro" at its colons, not at those of a variable `${X:-y}` or of a Windows drive (C:\\data).

    Any single letter is a drive, as for docker compose (https://github.com/compose-spec/compose-go/blob/main/format/volume.go).
    """
    parts: list[str] = []
    depth = start = 0
    for position, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        elif character == ":" and depth <= 0 and not (position - start == 1 and text[start].isalpha()):
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return parts


def _port(node: Node) -> str | None:
    if node.kind != "map":
        return node.text if node.is_scalar else None
    texts = [held.text if (held := node.fields.get(key)) is not None else "" for key in _PORT_KEYS]
    return ":".join(texts)


_PORT_KEYS = ("host_ip", "published", "target", "protocol")
_KEYS: dict[str, Callable[[Node], str | None]] = {
    "environment": _name,
    "build.args": _name,
    "build.additional_contexts": _name,
    "build.tags": _whole,
    "build.platforms": _whole,
    "cap_add": _whole,
    "devices": _target,
    "env_file": _whole,
    "ports": _port,
    "profiles": _whole,
    "tmpfs": _whole,
    "volumes": _target,
}
