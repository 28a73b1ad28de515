"""The indexes of one install command: its options, its requirements files, the environment.

Sources: https://pip.pypa.io/en/stable/topics/configuration/ , https://docs.astral.sh/uv/reference/environment/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envdoctor.readers.arguments import Arguments
from envdoctor.readers.indexes import Indexes, redacted
from envdoctor.readers.shell import Command

if TYPE_CHECKING:
    from envdoctor.readers.requirements import RequirementsFile


def last_value(arguments: Arguments, name: str) -> str | None:
    found = arguments.values(name)
    return found[-1].value if found else None


def command_indexes(arguments: Arguments, files: list[RequirementsFile], command: Command, manager: str) -> Indexes:
    """Options before what requirements files say, before the environment: as pip weighs them."""
    reader = _Addresses(command, "UV_" if manager == "uv" else "PIP_")
    default = reader.one(arguments, "--index-url", "--default-index")
    for found in files:
        default = default or found.index
    default = default or reader.from_environment("INDEX_URL") or reader.from_environment("DEFAULT_INDEX")
    extra = [*reader.several(arguments, "--index", "--extra-index-url")]
    extra += [address for found in files for address in found.extra_indexes]
    extra += reader.list_from_environment("INDEX") if manager == "uv" else []
    extra += reader.list_from_environment("EXTRA_INDEX_URL")
    pages = [*reader.several(arguments, "--find-links"), *(page for found in files for page in found.find_links)]
    pages += reader.list_from_environment("FIND_LINKS")
    no_index = arguments.has("--no-index") or any(found.no_index for found in files)
    indexes = Indexes.of(default, list(dict.fromkeys(extra)), pages, no_index=no_index)
    backend = last_value(arguments, "--torch-backend") or reader.from_environment("TORCH_BACKEND")
    if manager == "uv" and backend and backend != "auto":
        indexes = indexes._replace(torch=f"https://download.pytorch.org/whl/{backend}")
    return indexes._replace(open_index=indexes.open_index or reader.is_open or backend == "auto")


class _Addresses:
    """Addresses out of options and environment, without their secrets. `is_open`: one depends on run time."""

    def __init__(self, command: Command, prefix: str) -> None:
        self.variables = command.variables
        self.prefix = prefix
        self.is_open = False

    def address(self, value: str | None, text: str) -> str | None:
        """A variable that only stands for a password is no obstacle: it is taken out before anyone looks."""
        known = redacted(value if value is not None else text.strip("\"'"))
        name, equals, rest = known.partition("=")  # uv: --index pytorch=https://…
        if equals and name.replace("-", "").isalnum() and "://" in rest and "://" not in name:
            known = rest
        if value is None and ("$" in known or "`" in known):
            self.is_open = True
        return known or None

    def one(self, arguments: Arguments, *names: str) -> str | None:
        found = [option for option in arguments.options if option.name in names]
        return self.address(found[-1].value, found[-1].text) if found else None

    def several(self, arguments: Arguments, *names: str) -> list[str]:
        found = [self.address(option.value, option.text) for option in arguments.options if option.name in names]
        return [address for address in found if address]

    def from_environment(self, name: str) -> str | None:
        value = self.variables.get(self.prefix + name)
        if value is None and self.prefix + name in self.variables:
            self.is_open = True
        return redacted(value) if value else None

    def list_from_environment(self, name: str) -> list[str]:
        return (self.from_environment(name) or "").split()
