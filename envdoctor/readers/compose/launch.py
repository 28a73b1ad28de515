"""How docker compose starts a service: its keys as a Launch.

Sources: https://github.com/compose-spec/compose-spec/blob/main/05-services.md , deploy.md
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from envdoctor.facts import Fact, Launch, absent, known, unknown
from envdoctor.patterns import lazily
from envdoctor.readers.compose.environment import service_variables
from envdoctor.readers.compose.fields import Fields
from envdoctor.readers.compose.gpus import gpu_facts
from envdoctor.readers.compose.mounts import device, places, port, tmpfs, volumes
from envdoctor.readers.compose.project import Project
from envdoctor.readers.compose.tree import Node
from envdoctor.readers.secret_values import words_without_values

_LONGEST = 128 * 1024  # characters that Linux takes as one argument; shlex is quadratic in a word's length
_STANDING = lazily(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_launch(fields: Fields, project: Project) -> Launch:
    asked = gpu_facts(fields)
    given = service_variables(fields, project)
    return Launch(
        stated=True,
        how="compose",
        origin=fields.node.origin,
        gpus=asked.gpus,
        gpu_capabilities=asked.capabilities,
        reservations=asked.reservations,
        runtime=fields.text("runtime"),
        env=given.env,
        passed=given.passed,
        privileged=fields.truth("privileged"),
        devices=fields.texts("devices", device),
        device_cgroup_rules=fields.texts("device_cgroup_rules"),
        shm_size=fields.size("shm_size"),
        ipc=fields.text("ipc"),
        network=_network(fields),
        ports=fields.texts("ports", port),
        ulimits=_ulimits(fields),
        user=fields.text("user"),
        group_add=fields.texts("group_add"),
        volumes=volumes(fields),
        cpuset_cpus=fields.text("cpuset"),
        security_opt=fields.texts("security_opt"),
        cap_add=fields.texts("cap_add"),
        entrypoint=_entrypoint(fields),
        command=_command(fields),
        workdir=fields.text("working_dir"),
        read_only=fields.truth("read_only"),
        tmpfs=tmpfs(fields),
        places=dict(places(fields)),
    )


def _network(fields: Fields) -> Fact[str]:
    """`network_mode`, else the names under `networks`."""
    mode = fields.text("network_mode")
    value = fields.get("networks")
    if not mode.is_absent or value is None:
        return mode
    if value.kind not in ("map", "list"):
        return fields.wrong(value, "networks", "a list or a map of networks")
    names = value.fields if value.kind == "map" else [item.text for item in value.items if item.is_scalar]
    return known(",".join(names), value.origin) if names else mode


def _ulimits(fields: Fields) -> Fact[Mapping[str, int]]:
    """A number, or {soft: …, hard: …}, of which the soft one counts."""
    value = fields.get("ulimits")
    if value is None:
        return fields.missing("ulimits")
    if value.kind != "map":
        return fields.wrong(value, "ulimits", "a map of limits")
    limits: dict[str, int] = {}
    is_open = False
    for name, held in value.fields.items():
        soft = held.fields.get("soft", held) if held.kind == "map" else held
        number = _number(soft)
        if number is not None:
            limits[name] = number
        elif soft.kind == "open":
            is_open = True
        else:
            fields.wrong(soft, f"the limit {name[:40]}", "a number, or soft: and hard: with numbers")
    if limits:
        return known(limits, value.origin)
    return (
        unknown(f"ulimits of service {fields.name} are known only at run time", value.origin)
        if is_open
        else (fields.missing("ulimits"))
    )


def _number(node: Node) -> int | None:
    text = node.text.strip().replace("_", "") if node.kind == "text" else ""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def _entrypoint(fields: Fields) -> Fact[tuple[str, ...]]:
    """Words; an empty list or text takes the image's own away."""
    found = _words(fields, "entrypoint")
    words = found.get()
    if words is None:
        return absent(found.reason, found.origin) if found.is_absent else unknown(found.reason, found.origin)
    if any(word is None for word in words):
        return unknown(f"the entrypoint of service {fields.name} is known only at run time", found.origin)
    return known(tuple(word for word in words if word is not None), found.origin)


def _command(fields: Fields) -> Fact[tuple[str | None, ...]]:
    return _words(fields, "command")


def _words(fields: Fields, key: str) -> Fact[tuple[str | None, ...]]:
    """A list of words, or a text that is split as a shell would, without one: no variable, no && in it has a meaning."""
    value = fields.get(key)
    if value is None:
        return fields.missing(key)
    if value.kind == "map":
        return fields.wrong(value, key, "a text or a list of texts")
    if value.kind == "list":
        words = [_word(item, item.text, frozenset(item.missing)) for item in value.items if item.is_scalar]
        if len(words) < len(value.items):
            fields.wrong(value, f"an entry of {key}", "a text")
        return known(words_without_values(words), value.origin)
    if len(value.text) > _LONGEST:
        return unknown(f"{key} of service {fields.name} has more than {_LONGEST:,} characters", value.origin)
    try:
        split = shlex.split(value.text)
    except ValueError:
        fields.problems.add(
            value.origin, f"{key} of service {fields.name} has a quote without its second one, expected both"
        )
        return unknown(f"{key} of service {fields.name} could not be understood", value.origin)
    missing = frozenset(value.missing)
    return known(words_without_values([_word(value, word, missing) for word in split]), value.origin)


def _word(node: Node, word: str, missing: frozenset[str]) -> str | None:
    if node.kind != "open":
        return word
    return None if not missing or not missing.isdisjoint(_STANDING.findall(word)) else word
