"""The options of `docker build` (buildx, podman, buildah, nerdctl) as a BuildCommand.

Source: https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envdoctor.facts import BuildCommand, Origin
from envdoctor.readers.docker_words import BUILD, Given, Options, Word, options
from envdoctor.readers.indexes import redacted
from envdoctor.readers.launch_folders import inside, written_path
from envdoctor.readers.secret_values import is_secret


def build_of(
    words: Sequence[Word], origin: Origin, folder: str = ".", variables: Mapping[str, str | None] = {}
) -> BuildCommand:
    """`folder` is where the command runs, as `cd` left it, `variables` what it sees. Paths are as written, seen from
    where the script is started; "-" is standard input."""
    found = options(words, BUILD, mixed=True)
    arguments: dict[str, str | None] = {}
    secrets: list[str] = []
    places: dict[str, Origin] = {}
    for item in found.given:
        if item.name != "--build-arg" or not item.text:
            continue
        name, equals, value = item.text.partition("=")
        hidden = is_secret(name)
        if hidden and value:
            secrets.append(name)
        places[name] = _on_line(origin, item.line + 1)
        arguments[name] = redacted(value) if equals and item.value is not None and not hidden else None
    known = [word for word in found.rest if word.value is not None]
    context = written_path((known or found.rest)[-1], variables) if found.rest else None
    file = _last(found, "--file")
    path = written_path(Word(file.value, file.text, file.line), variables) if file is not None else None
    target, platform = _last(found, "--target"), _last(found, "--platform")
    return BuildCommand(
        origin,
        arguments,
        tuple(secrets),
        tuple(item.text for item in found.given if item.name == "--tag" and item.text),
        inside(folder, path) if path is not None else None,
        inside(folder, context) if context is not None else None,
        target.text if target is not None else None,
        platform.text if platform is not None else None,
        places=places,
    )


def _on_line(origin: Origin, line: int) -> Origin:
    """Another line of the same file."""
    return Origin(f"{origin.label.removesuffix(f':{origin.line}')}:{line}", origin.path, line)


def _last(found: Options, name: str) -> Given | None:
    given = [item for item in found.given if item.name == name and item.text]
    return given[-1] if given else None
