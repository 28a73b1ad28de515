"""The web addresses in a command, with what is before the @ told apart but never kept.

Source: https://www.rfc-editor.org/rfc/rfc3986#section-3.2 (user:password@host:port)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envdoctor.facts import Address
from envdoctor.patterns import lazily

WRITTEN_OUT = "***"
"""Stands for a password that is written out."""

_ADDRESS = lazily(r"(https?)://([^/\s'\"@]{1,500}@)?([^/\s'\"?#@]{1,300})", re.IGNORECASE)
_COMPUTED = lazily(r"\$\([^()]{0,500}\)|`[^`]{0,500}`")
_DEFAULT = lazily(r"\$\{([A-Za-z_]\w{0,100})[^}]{0,200}\}")
_VARIABLE = lazily(r"\$\{?([A-Za-z_]\w{0,100})\}?")
_HOST = lazily(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:]{2,45}\](?::[0-9]{1,5})?")
_OPTION = lazily(r"(-{1,2}[A-Za-z][\w-]{0,40})=")
_TOKEN_LENGTH = 16  # a user name that is as long, without a password behind it, is a token: https://ghp_…@github.com
_MOST, _LONGEST = 20, 4000


def addresses(texts: Sequence[str], words: Sequence[str | None]) -> tuple[Address, ...]:
    """`texts` are the words as written, `words` the same ones expanded. An address in a variable is seen in `words`."""
    found: list[Address] = []
    for number, text in enumerate(texts):
        source = text if "://" in text else words[number] if number < len(words) else None
        if source is None or "://" not in source or len(found) >= _MOST:
            continue
        before = texts[number - 1] if number else ""
        attached = _OPTION.match(text.lstrip("'\""))
        option = attached.group(1) if attached else before if before.startswith("-") and "=" not in before else ""
        found.extend(_of_word(source[:_LONGEST], option[:40]))
    return tuple(found[:_MOST])


def _of_word(text: str, option: str) -> Iterator[Address]:
    for match in _ADDRESS.finditer(_DEFAULT.sub(r"${\1}", _COMPUTED.sub("$()", text))):
        host = match.group(3).lower()
        yield Address(
            option,
            match.group(1).lower(),
            host if _HOST.fullmatch(host) else "",
            _password((match.group(2) or "")[:-1]),
        )


def _password(user_info: str) -> str:
    """The variable's name, "***", or "" where there is none or a command computes it."""
    user, _, password = user_info.partition(":")
    if not password and (not user or "$" in user or len(user) >= _TOKEN_LENGTH):
        password = user
    if not password or "$()" in password:
        return ""
    variable = _VARIABLE.fullmatch(password)
    return variable.group(1) if variable else WRITTEN_OUT
