"""Variables in a Dockerfile's instructions: $X, ${X:-y}, ${X%.*}, ${X//a/b} and the rest, with quotes and escapes.

Follows BuildKit (https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go), which is not a
shell: quotes are taken off everywhere, patterns know * and ? but no [..], and `${X:0:2}` is an error. RUN is not
expanded by Docker but by the shell in the image: see `shell`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.readers.substitution import MAX_LENGTH, Budget, ExpansionError, Lexer

__all__ = ["MAX_LENGTH", "Budget", "Expanded", "ExpansionError", "expand"]

_SPECIAL = {"\\": re.compile(r"""[$'"\\]"""), "`": re.compile(r"""[$'"`]""")}


class Expanded(NamedTuple):
    """`text` is None where it depends on a variable whose value is not known; `missing` names those.

    `partial` is the text with these left standing as `${NAME}`: what is known of a search path, say.
    `unset` names the variables that have no value and no `:-` fallback, for which Docker puts nothing.
    """

    text: str | None
    missing: tuple[str, ...]
    partial: str
    unset: tuple[str, ...] = ()


def expand(
    text: str,
    variables: Mapping[str, str | None],
    escape: str = "\\",
    *,
    undeclared_is_empty: bool = True,
    takes_quotes: bool = True,
    budget: Budget | None = None,
) -> Expanded:
    """`text` with its variables substituted and its quotes and escapes taken off.

    A variable that maps to None has a value that is not known; one that is not in `variables` is unset, or, without
    `undeclared_is_empty`, not known either (a base image may set it). Without `takes_quotes` quotes stay, as in the
    heredoc of a COPY. Raises ExpansionError.
    """
    if not _SPECIAL[escape].search(text):
        return Expanded(text, (), text)
    budget = budget or Budget()
    budget.spend(len(text))
    lexer = Lexer(text, variables, escape, undeclared_is_empty, budget)
    lexer.takes_quotes = takes_quotes
    partial = lexer.until("")
    missing = tuple(dict.fromkeys(lexer.missing))
    return Expanded(None if missing else partial, missing, partial, tuple(dict.fromkeys(lexer.unset)))
