"""What BuildKit refuses in a single instruction, whatever the variables hold, and in which words we say so.

As in https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go.
"""

from __future__ import annotations

from envdoctor.nearest import nearest
from envdoctor.patterns import lazily
from envdoctor.readers.dockerfile_words import WordsError, arguments, name_values

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_ONE_ARGUMENT = frozenset("MAINTAINER STOPSIGNAL USER WORKDIR EXPOSE".split())
_STAGE_NAME = lazily(r"[a-z][a-z0-9_.-]*")


def unknown_keyword(keyword: str, escape: str) -> str:
    if not keyword:
        return f"a line with nothing but {escape} was read, expected an instruction such as RUN"
    near = nearest(keyword.upper(), sorted(KEYWORDS), 1)
    expected = f"did you mean {near[0]}?" if near else "expected an instruction such as FROM, RUN or COPY"
    return f"unknown instruction {keyword[:60]!r} was read, {expected}"


def refuse_malformed(keyword: str, value: str, words: tuple[str, ...], is_array: bool, escape: str) -> None:
    """Raises WordsError for arguments that BuildKit refuses whatever the variables hold."""
    if keyword in ("ENV", "LABEL"):
        name_values(value, escape, keyword)
    elif keyword == "ARG":
        arguments(value, escape)
    elif keyword == "FROM":
        _refuse_malformed_from(words)
    elif keyword in ("COPY", "ADD") and len(words) < 2:
        raise WordsError(f"{keyword} {value[:60]!r} was read, expected {keyword} SOURCE… DESTINATION")
    elif keyword in _ONE_ARGUMENT and not value:
        raise WordsError(f"{keyword} without an argument was read, expected {keyword} and a value")
    elif keyword == "SHELL" and not (is_array and words):
        raise WordsError(f'SHELL {value[:60]!r} was read, expected a JSON array: SHELL ["/bin/bash", "-c"]')


def _refuse_malformed_from(words: tuple[str, ...]) -> None:
    if len(words) == 3 and words[1].upper() == "AS":
        if not _STAGE_NAME.fullmatch(words[2].lower()):
            raise WordsError(f"stage name {words[2][:60]!r} was read, expected a letter, then letters, digits, - _ .")
    elif len(words) != 1:
        raise WordsError(f"FROM {' '.join(words)[:60]!r} was read, expected FROM IMAGE or FROM IMAGE AS NAME")
