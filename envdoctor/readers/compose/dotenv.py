"""`.env` and env_file: NAME=VALUE lines, as docker compose reads them.

Sources: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax ,
https://github.com/compose-spec/compose-go/tree/main/dotenv
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping

from envdoctor.patterns import lazily
from envdoctor.readers.compose.interpolation import InterpolationError, substitute

MAX_VARIABLES = 10_000
_NAME = lazily(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.\[\]-]*)[ \t]*(?:([=:])[ \t]*|$)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "b": "\b", "a": "\a", "v": "\v"}
_ESCAPE = lazily(r"\\(.)", re.DOTALL)


def parse_env(text: str, outer: Mapping[str, str | None], *, raw: bool = False) -> dict[str, str | None]:
    """The variables of the text; None for a value that is not known: a name alone (it is taken from the environment), or
    one with a variable in it that nobody sets. `outer` are the variables that the text may use. `raw`: values as they
    stand (`format: raw`). Lines that are none are passed over."""
    found: dict[str, str | None] = {}
    position = 0
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n")
    while position < len(lines) and len(found) < MAX_VARIABLES:
        end = lines.find("\n", position)
        end = len(lines) if end < 0 else end
        line = lines[position:end].strip()
        begin = lines.index(line, position)
        match = None if line.startswith("#") else _NAME.match(line)
        if match is None:
            position = end + 1
            continue
        name, sign, written = match.group(1), match.group(2), line[match.end() :]
        position = end + 1
        if sign is None:
            found[name] = outer.get(name)
        elif raw or not written.startswith(("'", '"')):
            found[name] = written if raw else _expanded(_without_comment(written), outer, found)
        else:
            found[name], position = _quoted(lines, begin + match.end(), end, outer, found)
    return found


def _quoted(
    text: str, start: int, end: int, outer: Mapping[str, str | None], found: Mapping[str, str | None]
) -> tuple[str | None, int]:
    """The value in the quotes that begin at `start`, over several lines if need be, and where the next line begins."""
    quote = text[start]
    close = start + 1
    while (close := text.find(quote, close)) > 0 and quote == '"' and _escaped(text, close):
        close += 1
    if close < 0:  # no quote ends it: the rest of the line is the value
        return text[start + 1 : end], end + 1
    value = text[start + 1 : close]
    after = text.find("\n", close)
    following = len(text) if after < 0 else after + 1
    if quote == "'":
        return value, following
    expanded = _expanded(value, outer, found)
    if expanded is None:
        return None, following
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), expanded), following


def _escaped(text: str, position: int) -> bool:
    before = text[max(0, position - 100) : position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _without_comment(value: str) -> str:
    match = re.search(r"(?:^|[ \t])#", value)
    return (value if match is None else value[: match.start()]).rstrip()


def _expanded(value: str, outer: Mapping[str, str | None], found: Mapping[str, str | None]) -> str | None:
    if "$" not in value:
        return value
    try:
        text, missing = substitute(value, ChainMap(outer, found))  # type: ignore[arg-type]  # it is only read
    except InterpolationError:
        return value
    return None if missing else text
