"""The project's settings: `envdoctor.toml`, or `[tool.envdoctor]` in pyproject.toml.

The nearest one counts, from the first target's directory (or the current one) upwards to the repository's root or the
home directory; `envdoctor.toml` before pyproject.toml in the same directory. A file is parsed only if it can hold
settings for us, so that a check without settings imports no TOML parser.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from envdoctor.nearest import did_you_mean

OWN_FILE = "envdoctor.toml"
PROJECT_FILE = "pyproject.toml"
MAX_BYTES = 1024 * 1024


class ConfigError(ValueError):
    """A settings file that cannot be used: one message with the file, what was read, what was expected."""


class Ignored(NamedTuple):
    rule: str
    reason: str


class Config(NamedTuple):
    """`source` is the file as shown to the user; None if there is none. None elsewhere: not stated."""

    source: str | None = None
    fail_on: str | None = None
    strict: bool = False
    uses: tuple[str, ...] | None = None
    expect: tuple[str, ...] | None = None
    ignores: tuple[Ignored, ...] = ()
    image_alias: Mapping[str, str] = {}
    build_args: Mapping[str, str] = {}
    packages: tuple[str, ...] = ()
    hosts: Mapping[str, Mapping[str, object]] = {}
    launch: str | None = None


def discover(start: str) -> Config:
    """The settings that hold for the directory `start`; the defaults if there are none. Raises ConfigError."""
    home = os.path.realpath(os.path.expanduser("~"))
    directory = os.path.realpath(start)
    while True:
        found = _in_directory(directory)
        if found is not None:
            return found
        parent = os.path.dirname(directory)
        if directory in (parent, home) or os.path.lexists(os.path.join(directory, ".git")):
            return Config()
        directory = parent


def _in_directory(directory: str) -> Config | None:
    own, project = os.path.join(directory, OWN_FILE), os.path.join(directory, PROJECT_FILE)
    if os.path.isfile(own):
        return load(own)
    if os.path.isfile(project) and b"envdoctor" in _read(project):
        document = _parse(_read(project), _shown(project))
        table = _own_table(document, _shown(project))
        if table is not None:
            return _config(table, _shown(project))
    return None


def load(path: str) -> Config:
    """The settings in that file: its [tool.envdoctor] table if it has one, else its top level. Raises ConfigError."""
    shown = _shown(path)
    document = _parse(_read(path), shown)
    table = _own_table(document, shown)
    if table is None and os.path.basename(path) == PROJECT_FILE:
        raise ConfigError(f"{shown}: there is no [tool.envdoctor] table; add one or name an {OWN_FILE}")
    return _config(document if table is None else table, shown)


def _shown(path: str) -> str:
    """As short as it is clear: relative to the current directory where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # Windows: on another drive
        return path
    return path if relative.startswith("..") else relative


def _read(path: str) -> bytes:
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # opening it would wait for a writer
            raise ConfigError(f"{path}: is a pipe; give a TOML file, or --no-config")
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give a TOML file, or --no-config") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES} bytes; expected a TOML file with settings")
    return content


def _parse(content: bytes, shown: str) -> dict[str, Any]:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: is not UTF-8 text (byte {error.start}); TOML files are UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{shown}: is not valid TOML: {str(error)[:200]}") from error


def _own_table(document: Mapping[str, Any], shown: str) -> dict[str, Any] | None:
    tool = document.get("tool")
    table = tool.get("envdoctor") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown}: tool.envdoctor is {_kind(table)}; expected a table")
    return table


def _config(table: Mapping[str, Any], shown: str) -> Config:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            guess = did_you_mean(key, _KEYS) or ";"
            raise ConfigError(f"{shown}: unknown key {key[:60]!r}{guess} the keys are {', '.join(_KEYS)}")
        field, read = _KEYS[key]
        values[field] = read(value, f"{shown}: {key}")
    return Config(source=shown, **values)


def _threshold(value: object, where: str) -> str:
    text = _text(value, where)
    choices = ("error", "warning", "never")
    if text not in choices:
        raise ConfigError(
            f"{where} is {text[:60]!r}; expected one of {', '.join(choices)}{did_you_mean(text, choices)}"
        )
    return text


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} is {_kind(value)}; expected true or false")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where} is {_kind(value)}; expected a text that is not empty")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f'{where} is {_kind(value)}; expected a list of texts such as ["a", "b"]')
    return tuple(_text(item, f"{where}[{index}]") for index, item in enumerate(value))


def _named_texts(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError(f'{where} is {_kind(value)}; expected a table such as {{name = "text"}}')
    return {str(name): _text(text, f"{where}.{name}") for name, text in value.items()}


def _ignores(value: object, where: str) -> tuple[Ignored, ...]:
    if not isinstance(value, list):
        raise ConfigError(
            f'{where} is {_kind(value)}; expected a list such as [{{rule = "driver-end-of-life", reason = "…"}}]'
        )
    return tuple(_ignored(item, f"{where}[{index}]") for index, item in enumerate(value))


def _ignored(value: object, where: str) -> Ignored:
    if not isinstance(value, dict):
        raise ConfigError(
            f'{where} is {_kind(value)}; expected {{rule = "…", reason = "…"}}, since a suppression needs its reason'
        )
    for key in value:
        if key not in ("rule", "reason"):
            raise ConfigError(f"{where}: unknown key {key!r}; expected rule and reason")
    for key in ("rule", "reason"):
        if key not in value:
            raise ConfigError(f"{where}: {key} is missing; expected a rule's name and the reason why it is silenced")
    return Ignored(_text(value["rule"], f"{where}.rule"), _text(value["reason"], f"{where}.reason"))


def _hosts(value: object, where: str) -> dict[str, dict[str, object]]:
    """Only the shape; `envdoctor.hosts` judges what is in each, as it does for --host."""
    if not isinstance(value, dict) or not all(isinstance(host, dict) for host in value.values()):
        raise ConfigError(
            f'{where}: expected a table of hosts such as {{edge = {{driver = "470.57.02", gpu = ["T4"]}}}}'
        )
    return value


def _kind(value: object) -> str:
    """How TOML calls it, with the value where it is short."""
    if isinstance(value, str):
        return "an empty text" if not value.strip() else f"the text {value[:40]!r}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a table"
    return f"a {type(value).__name__}"


_KEYS: Mapping[str, tuple[str, Callable[[Any, str], Any]]] = {
    "fail-on": ("fail_on", _threshold),
    "strict": ("strict", _flag),
    "uses": ("uses", _texts),
    "expect": ("expect", _texts),
    "ignore": ("ignores", _ignores),
    "image-alias": ("image_alias", _named_texts),
    "build-arg": ("build_args", _named_texts),
    "package": ("packages", _texts),
    "hosts": ("hosts", _hosts),
    "launch": ("launch", _text),
}
