"""Which files are compose files, by name and by content; reads no YAML, so that walking a directory stays cheap."""

from __future__ import annotations

import re

from envdoctor.patterns import lazily

DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OVERRIDE_NAMES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""What `docker compose` merges into a file of DEFAULT_NAMES without being told, the first that is there.

Source: https://github.com/compose-spec/compose-go/blob/main/cli/options.go
"""

_NAME = lazily(r"(?:docker-)?compose(?:[._-][a-z0-9._-]{1,100})?\.ya?ml", re.ASCII | re.IGNORECASE)
_SERVICES = lazily(r"""^\ufeff?(["']?)services\1[ \t]{0,100}:(?:[ \t\r]|$)""", re.MULTILINE)
_KUBERNETES = lazily(r"^\ufeff?apiVersion[ \t]{0,100}:", re.MULTILINE)


def is_compose_name(name: str) -> bool:
    """compose.yaml, docker-compose.yml, docker-compose.gpu.yml, compose.prod.yaml, …"""
    return _NAME.fullmatch(name) is not None


def is_override_name(name: str) -> bool:
    """A file that changes the compose file beside it, and that `docker compose` merges by itself."""
    return name.lower() in OVERRIDE_NAMES


def is_compose(text: str) -> bool:
    """Has the YAML text `services:` at its top level?"""
    return _SERVICES.search(text) is not None and _KUBERNETES.search(text) is None
