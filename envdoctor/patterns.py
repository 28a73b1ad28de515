"""Regular expressions that are compiled when they are first used: one run uses a few of the hundreds that modules name."""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "pattern", "flags", "groups")


class _Later:
    """Becomes the compiled pattern by taking its methods over."""

    def __init__(self, text: str, flags: int) -> None:
        self.text, self.options = text, flags

    def __getattr__(self, name: str) -> Any:
        made = re.compile(self.text, self.options)
        for method in _METHODS:
            setattr(self, method, getattr(made, method))
        return getattr(made, name)


def lazily(text: str, flags: int = 0) -> re.Pattern[str]:
    """As re.compile; an error in the expression shows at its first use."""
    return cast("re.Pattern[str]", _Later(text, flags))
