"""ARG and ENV while a Dockerfile is read: what is in force where, and what of it is not known.

Before the first FROM only the ARGs above it count. In a stage, a variable that neither it nor its base stage sets may
still come from the base image, so it is not empty but unknown. As in BuildKit
(https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go, dispatchArg and
dispatchEnv), the later of an ARG and an ENV counts for the lines that follow; the image keeps the ENV.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from envdoctor.facts import Origin
from envdoctor.patterns import lazily
from envdoctor.readers.expansion import MAX_LENGTH, Budget, Expanded, ExpansionError, expand

PLATFORM_ARGS = frozenset(
    "TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT".split()
)
"""Set by the builder to the platform it builds for and on: https://docs.docker.com/reference/dockerfile/
#automatic-platform-args-in-the-global-scope."""

SECRET_NAME = lazily(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|_PAT\b", re.IGNORECASE)
"""Found in the names of variables whose values no report may quote."""


def platform_values(platform: str | None) -> dict[str, str | None]:
    """The platform ARGs of a stage whose FROM states its platform ("linux/arm64"), which is then taken for the one
    that is built for; without it none is known, nor ever where the build runs."""
    values: dict[str, str | None] = dict.fromkeys(PLATFORM_ARGS)
    parts = (platform or "").lower().split("/")
    if len(parts) in (2, 3) and all(parts):
        values["TARGETPLATFORM"] = "/".join(parts)
        values["TARGETOS"], values["TARGETARCH"], values["TARGETVARIANT"] = (*parts, "")[:3]
    return values


class GlobalArguments:
    """The ARGs before the first FROM. `without_value` have neither a default nor a --build-arg."""

    def __init__(self, build_args: Mapping[str, str | None], escape: str, budget: Budget) -> None:
        self.build_args = build_args
        self.escape = escape
        self.budget = budget
        stated = platform_values(build_args.get("TARGETPLATFORM"))
        self.values: dict[str, str | None] = {name: build_args.get(name, stated[name]) for name in PLATFORM_ARGS}
        self.without_value: set[str] = set()

    def declare(self, pairs: Iterable[tuple[str, str | None]]) -> None:
        """Raises ExpansionError; the names before the bad one are declared."""
        for name, default in pairs:
            if name in self.build_args:
                self.values[name] = self.build_args[name]
            elif default is not None:
                self.values[name] = None
                self.values[name] = self.expand(default).text
            elif name not in self.values:
                self.without_value.add(name)
                continue
            self.without_value.discard(name)

    def expand(self, text: str) -> Expanded:
        return expand(text, self.values, self.escape, budget=self.budget)


class Shown(dict[str, "str | None"]):
    """Variables that no report may quote a secret of: the value of one that is called a password or a token is None."""

    def put(self, name: str, value: str | None) -> None:
        self[name] = None if SECRET_NAME.search(name) else value


class StageVariables:
    """The ARGs and ENVs of one stage so far. `shown` are the same as `values` without secrets, kept beside them because a
    copy for each RUN would take time that grows with the square of the file. `env` is what the image keeps; a value in it may still hold `${NAME}`
    where NAME is not known, so that the known part of a search path is not lost."""

    def __init__(self, arguments: GlobalArguments, *, on_scratch: bool, platform: str | None = None) -> None:
        self._globals = arguments
        self._on_scratch = on_scratch
        self._platform = platform
        self._partials: dict[str, str] = {}
        self._of_env: dict[str, str | None] = {}
        self.values: dict[str, str | None] = {}
        self.shown = Shown()
        self.env: dict[str, str] = {}
        self.origins: dict[str, Origin] = {}

    def copy(self) -> StageVariables:
        """For a stage that is built on this one."""
        other = StageVariables(self._globals, on_scratch=self._on_scratch, platform=self._platform)
        other._partials = dict(self._partials)
        other._of_env = dict(self._of_env)
        other.values = dict(self.values)
        other.shown = Shown(self.shown)
        other.env = dict(self.env)
        other.origins = dict(self.origins)
        return other

    def of_image(self, arguments: GlobalArguments, platform: str | None) -> StageVariables:
        """For a stage of another Dockerfile that is built on the image of this one: ARGs do not pass."""
        other = StageVariables(arguments, on_scratch=self._on_scratch, platform=platform)
        other.values, other._of_env = dict(self._of_env), dict(self._of_env)
        other.shown = Shown((name, self.shown[name]) for name in self._of_env)
        other.env, other.origins = dict(self.env), dict(self.origins)
        other._partials = {name: self.env[name] for name, value in self._of_env.items() if value is None}
        return other

    def expand(self, text: str, *, is_content: bool = False) -> Expanded:
        """As in this stage's ENV, COPY, WORKDIR and USER, or in the content of a COPY's heredoc. Raises
        ExpansionError."""
        found = expand(
            text,
            self.values,
            "\\" if is_content else self._globals.escape,
            undeclared_is_empty=self._on_scratch,
            takes_quotes=not is_content,
            budget=self._globals.budget,
        )
        return found._replace(partial=self._filled(found)) if found.missing else found

    def _filled(self, found: Expanded) -> str:
        """`partial` with what is known of the variables in it."""
        text = found.partial
        for name in found.missing:
            known = self._partials.get(name)
            if known is not None and len(known) * text.count(f"${{{name}}}") < MAX_LENGTH:
                self._globals.budget.spend(len(known))
                text = text.replace(f"${{{name}}}", known)
        if len(text) > MAX_LENGTH:
            raise ExpansionError(f"{text[:60]!r} expands to more than {MAX_LENGTH:,} characters")
        return text

    def set_env(self, pairs: Iterable[tuple[str, str]], origin: Origin) -> None:
        """All values see the variables as they were before the instruction. Raises ExpansionError."""
        expanded = [(self.expand(name), self.expand(value)) for name, value in pairs]
        for name, value in expanded:
            if name.text:
                self.env[name.text] = value.partial
                self.origins[name.text] = origin
                self._of_env[name.text] = value.text
                self._set(name.text, value)

    def set_arg(self, pairs: Iterable[tuple[str, str | None]]) -> None:
        """Raises ExpansionError."""
        arguments = self._globals
        for name, default in pairs:
            if name in arguments.build_args:
                self._put(name, arguments.build_args[name])
            elif default is not None:
                self._set(name, self.expand(default))
            elif arguments.values.get(name) is not None:
                self._put(name, arguments.values[name])
            elif name in PLATFORM_ARGS:
                self._put(name, platform_values(self._platform)[name])
            elif name not in self.values:
                self._put(name, None)  # the base image may set it, or a --build-arg

    def _put(self, name: str, value: str | None) -> None:
        self.values[name] = value
        self.shown.put(name, value)

    def _set(self, name: str, value: Expanded) -> None:
        self._put(name, value.text)
        if value.text is None:
            self._partials[name] = value.partial
        else:
            self._partials.pop(name, None)
