"""Runs one script as the RUN of a Dockerfile whose first line it is."""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.facts import Origin
from envdoctor.readers.installs import Installs, run_installs


def installs(
    script: str, files: Mapping[str, str] | None = None, workdir: str = "/", **variables: str | None
) -> Installs:
    """`files`: the image's files by their absolute path."""
    return run_installs(
        script,
        lambda line: Origin(f"Dockerfile:{line + 1}", "Dockerfile", line + 1),
        variables,
        (files or {}).get,
        workdir,
    )


def names(found: Installs) -> list[str]:
    return [package.name for package in found.packages]


def versions(found: Installs) -> list[tuple[str, str]]:
    """Names with their exact version or their specifier."""
    return [(package.name, package.version or package.specifier) for package in found.packages]
