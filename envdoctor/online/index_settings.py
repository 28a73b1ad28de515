"""Which package indexes the user has configured, as pip and uv read them.

pip: `PIP_*` variables over the files that `PIP_CONFIG_FILE` names, the environment, the user and the machine have,
sections [global] and [install] (https://pip.pypa.io/en/stable/topics/configuration/). uv: `UV_DEFAULT_INDEX`,
`UV_INDEX`, `UV_INDEX_URL`, `UV_EXTRA_INDEX_URL` (https://docs.astral.sh/uv/reference/environment/). Addresses keep
their logins here and lose them wherever one is shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

PYPI = "https://pypi.org/simple"
_MOST_BYTES = 1024 * 1024
_SECTIONS = ("global", "install")


class IndexSettings(NamedTuple):
    """`indexes` in the order they are asked, without repeats. `problems` are files that could not be read."""

    indexes: tuple[str, ...]
    ca_file: str | None
    problems: tuple[str, ...]


def index_settings(stated: tuple[str, ...] = (), environ: Mapping[str, str] = os.environ) -> IndexSettings:
    """`stated` addresses stand in for every configured one."""
    settings, problems = _pip_settings(environ)
    certificates = (settings.get("cert"), environ.get("REQUESTS_CA_BUNDLE"), environ.get("CURL_CA_BUNDLE"))
    ca_file = next((file for file in certificates if file and os.path.isfile(file)), None)
    found = stated or tuple(_configured(settings, environ))
    return IndexSettings(tuple(dict.fromkeys(url.rstrip("/") for url in found)), ca_file, tuple(problems))


def _configured(settings: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return
    default = settings.get("index-url") or environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or PYPI
    yield default.split()[0].partition("=")[2] if _is_named(default) else default.split()[0]
    for source in (settings.get("extra-index-url"), environ.get("UV_INDEX"), environ.get("UV_EXTRA_INDEX_URL")):
        for url in (source or "").split():
            yield url.partition("=")[2] if _is_named(url) else url


def _is_named(url: str) -> bool:
    """uv's NAME=https://…: an equals sign before the scheme."""
    return "=" in url.partition("://")[0]


def _pip_settings(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Later sources win: files from the machine's to `PIP_CONFIG_FILE`, then variables."""
    settings: dict[str, str] = {}
    problems: list[str] = []
    for path in _files(environ):
        try:
            settings.update(_read(path))
        except (OSError, ValueError) as error:
            if not isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError)):
                why = error.strerror if isinstance(error, OSError) else "it is no ini file"
                problems.append(f"{path}: pip's configuration could not be read ({why})")
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return settings, problems


def _files(environ: Mapping[str, str]) -> list[str]:
    stated = environ.get("PIP_CONFIG_FILE")
    if stated == os.devnull:
        return []
    home = environ.get("HOME") or os.path.expanduser("~")
    site = environ.get("VIRTUAL_ENV") or sys.prefix
    if os.name == "nt":
        files = [
            os.path.join(environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip", "pip.ini"),
            os.path.join(home, "pip", "pip.ini"),
            os.path.join(environ.get("APPDATA", home), "pip", "pip.ini"),
            os.path.join(site, "pip.ini"),
        ]
    else:
        shared = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
        files = [os.path.join(folder, "pip", "pip.conf") for folder in reversed(shared) if folder]
        if sys.platform == "darwin":
            files += ["/Library/Application Support/pip/pip.conf"]
        files += ["/etc/pip.conf", os.path.join(home, ".pip", "pip.conf")]
        if sys.platform == "darwin":
            files += [os.path.join(home, "Library", "Application Support", "pip", "pip.conf")]
        files += [
            os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "pip", "pip.conf"),
            os.path.join(site, "pip.conf"),
        ]
    return [*files, stated] if stated else files


def _read(path: str) -> dict[str, str]:
    """Raises OSError, ValueError."""
    import configparser

    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(path)
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode("utf-8"), path)
    except configparser.Error as error:
        raise ValueError(path) from error
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            found.update({_key(name): value or "" for name, value in parser.items(section)})
    return found


def _key(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")
