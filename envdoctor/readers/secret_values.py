"""Passwords and tokens in commands: what a report may quote of a line that holds one.

A value is hidden for its name (`HF_TOKEN=…`, `--api-key …`), for its place (an address, an Authorization header) or for
its own form. Forms: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github ,
https://huggingface.co/docs/hub/security-tokens , https://docs.gitlab.com/security/tokens/
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from envdoctor.judging.secret_names import names_a_secret
from envdoctor.patterns import lazily
from envdoctor.readers.indexes import redacted

HIDDEN = "…"

_LONGEST = 4000
_SECRET = lazily(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY\b|_PAT\b", re.IGNORECASE)
_NAME = r"(?:--?[A-Za-z][\w-]{0,60}=)?-{0,2}[A-Za-z_][\w.-]{0,100}"
_QUOTED_WHOLE = lazily(rf"(?<![\w.-])([\"'])({_NAME})=((?:(?!\1).)+)")
_ASSIGNED = lazily(rf"(?<![\w.-])({_NAME})=(\"[^\"]*\"?|'[^']*'?|[^\s\"';&|]+)")
_GIVEN = lazily(r"(?<!\S)(-{1,2}[A-Za-z][\w-]{0,60})([ \t]+)(\"[^\"]*\"?|'[^']*'?|[^\s\"'-][^\s\"']*)")
_HEADER = lazily(r"((?:Authorization|[\w-]{0,40}(?:Token|Key)):\s*(?:Bearer |Basic |token )?|Bearer )[^\s\"']+", re.I)
_FORMS = lazily(
    r"\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|nvapi-|AKIA|pypi-AgE)[A-Za-z0-9_-]{8,}", re.ASCII
)


def is_secret(name: str) -> bool:
    """Is the variable called a password, a token or the like, so that no value of it may be kept?"""
    return bool(_SECRET.search(name))


def without_values(text: str) -> str:
    """A line of a command without the values of passwords and tokens; what they are called stays."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST]
    text = redacted(text)
    if "=" in text:
        text = _QUOTED_WHOLE.sub(
            lambda found: found[0] if not _is_one(found[2]) else f"{found[1]}{found[2]}={HIDDEN}", text
        )
        text = _ASSIGNED.sub(lambda found: found[0] if not _is_one(found[1]) else f"{found[1]}={HIDDEN}", text)
    if "-" in text:
        text = _GIVEN.sub(
            lambda found: found[0] if not names_a_secret(found[1]) else found[1] + found[2] + HIDDEN, text
        )
    text = _HEADER.sub(lambda found: found[1] + HIDDEN, text)
    return _FORMS.sub(HIDDEN, text)


def words_without_values(words: Sequence[str | None]) -> tuple[str | None, ...]:
    """The words of a command: `--password x`, `--password=x` and what a shell is given as a word."""
    found: list[str | None] = []
    hides_next = False
    for word in words:
        if word is None:
            found.append(None)
        elif hides_next and not word.startswith("-"):
            found.append(HIDDEN)
        else:
            found.append(without_values(word) if _may_hold_one(word) else word)
        hides_next = word is not None and word.startswith("-") and "=" not in word and names_a_secret(word)
    return tuple(found)


def _is_one(name: str) -> bool:
    """`HF_TOKEN`, `--env=HF_TOKEN`, `--api-key`. An option is judged by whole words: --max-tokens is none."""
    last = name.rpartition("=")[2]
    return names_a_secret(last) or (not last.startswith("-") and is_secret(last))


def _may_hold_one(word: str) -> bool:
    return len(word) <= _LONGEST and (
        _SECRET.search(word) is not None or "//" in word or _FORMS.search(word) is not None
    )
