"""`--mount type=bind,source=/x,target=/y` in the form of `--volume` and `--tmpfs`.

Source: https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount
"""

from __future__ import annotations

_SOURCES, _TARGETS = ("source", "src"), ("target", "destination", "dst")


def mount(text: str) -> str | None:
    """ "SOURCE:TARGET[:ro]", "TARGET" for an anonymous volume; None for a tmpfs and what names no target."""
    fields = _fields(text)
    target = _first(fields, _TARGETS)
    if target is None or fields.get("type") == "tmpfs":
        return None
    source = _first(fields, _SOURCES)
    if source is None:
        return target
    read_only = any(fields.get(name, "false") in ("", "true", "1") for name in ("readonly", "ro"))
    return f"{source}:{target}" + (":ro" if read_only else "")


def tmpfs_mount(text: str) -> str | None:
    """ "TARGET[:size=…]" of a mount of type tmpfs."""
    fields = _fields(text)
    target = _first(fields, _TARGETS)
    if target is None or fields.get("type") != "tmpfs":
        return None
    size = fields.get("tmpfs-size")
    return f"{target}:size={size}" if size else target


def _fields(text: str) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in text[:4_000].split(","))
    return {name: value for name, _, value in parts}


def _first(fields: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((fields[name] for name in names if fields.get(name)), None)
