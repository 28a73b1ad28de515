"""Options of `docker run` behind the image: there they are arguments of the program in the container.

Source: https://docs.docker.com/reference/cli/docker/container/run/ , "docker run [OPTIONS] IMAGE [COMMAND] [ARG...]".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from envdoctor.patterns import lazily
from envdoctor.readers.docker_words import RUN, Word, options

_SIZE = lazily(r"[0-9.]+[bkmgBKMG]?[bB]?")
_PORTS = lazily(r"(?:[0-9.]+:)?[0-9-]+:[0-9-]+(?:/(?:tcp|udp))?")
_PLACES = lazily(r"(?:[~./$][^:\s]*|[A-Za-z]:[\\/][^:]*|[\w.-]+):/[^:\s]*(?::[a-zA-Z,]+)?")
# Options whose form nobody but docker run takes; the value decides, None is for a flag.
_ONLY_DOCKER: dict[str, re.Pattern[str] | None] = {
    "--gpus": lazily(r"all|\"?device=.*|\"?capabilities=.*|all,.*"),
    "--shm-size": _SIZE,
    "--ipc": lazily(r"host|private|shareable|container:.*"),
    "--network": lazily(r"host|bridge|none|container:.*"),
    "--volume": _PLACES,
    "--publish": _PORTS,
    "--runtime": lazily(r"nvidia|runc"),
    "--ulimit": lazily(r"(?:memlock|stack|nofile|nproc)=.*"),
    "--mount": lazily(r"type=.*"),
    "--cap-add": lazily(r"(?:CAP_)?[A-Z_]+"),
    "--security-opt": lazily(r"(?:seccomp|apparmor|label|no-new-privileges)\b.*"),
    "--restart": lazily(r"no|always|unless-stopped|on-failure.*"),
    "--device": lazily(r"nvidia\.com/.*"),
    "--cpuset-cpus": lazily(r"[0-9,-]+"),
    "--group-add": lazily(r"video|render|audio|[0-9]+"),
    "--privileged": None,
    "--rm": None,
}

_NEVER = lazily(r"(?!)")
_REPEATED = frozenset({"--volume", "--publish", "--mount"})
_SHORT = {"--volume": "-v", "--publish": "-p"}


def flags_after_image(rest: Sequence[Word], before: Collection[str]) -> list[tuple[Word, str]]:
    """Options of docker run behind the image, with the text to show. Only where they follow it at once and have a form
    that is docker's alone: `--device cpu`, `-p 8080` and `--gpus 2` may as well be the program's."""
    if len(rest) < 2 or not rest[1].shown.startswith("-") or rest[1].value == "--":
        return []
    given = options(rest[1:], RUN).given
    found: list[tuple[Word, str]] = []
    if rest[1].value in ("-it", "-ti", "-itd", "-dit"):
        found.append((rest[1], rest[1].shown))
    for item in given:
        if item.name not in RUN.flags and item.name not in RUN.valued:
            break
        if item.name in before and item.name not in _REPEATED:
            continue  # given where it belongs: this one is the program's
        form = _ONLY_DOCKER.get(item.name, _NEVER)
        is_flag = form is None and item.is_flag
        if is_flag or (form is not None and not item.is_flag and form.fullmatch(item.text)):
            text = item.name if is_flag else f"{_SHORT.get(item.name, item.name)} {item.text}"
            found.append((Word(text, text, item.line), text))
    return found[:20]
