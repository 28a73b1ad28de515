"""Which commands of a script start a container or build an image, and where their options begin."""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.docker_words import Word
from envdoctor.readers.shell.as_written import is_only_expansion
from envdoctor.readers.shell.wrappers import program

_ENGINES = {
    "docker": "docker", "docker.exe": "docker", "nvidia-docker": "docker", "nvidia-docker2": "docker",
    "podman": "podman", "podman-remote": "podman", "nerdctl": "nerdctl", "buildah": "buildah",
}  # fmt: skip
_ENGINE_VARIABLE = lazily(r"DOCKER|PODMAN|NERDCTL|CONTAINER_?(?:CMD|ENGINE|RUNTIME|TOOL|CLI|BIN)|ENGINE", re.IGNORECASE)
# Options of the engine itself that are followed by a value: `docker --context remote run`.
_GLOBAL_VALUED = frozenset(
    "-H --host -c --context --config -l --log-level --tlscacert --tlscert --tlskey "
    "--root --runroot --storage-driver --storage-opt --url --connection --identity --hooks-dir --cgroup-manager --runtime "
    "--events-backend --tmpdir --network-cmd-path --conmon --module --volumepath "
    "-n --namespace -a --address --snapshotter --data-root --cni-path --cni-netconfpath --builder".split()
)
# Programs that run the command that stands among their own words.
_CARRIERS = frozenset("srun ssh tmux screen watch strace flock taskset numactl systemd-run cgexec chrt retry".split())
_MAX_PREFIXES = 4
_GROUPS = {"container": ("run", "create"), "image": ("build",), "buildx": ("build", "b"), "builder": ("build",)}
_STARTS = frozenset({"run", "create"})
_BUILDS = frozenset({"build", "bud", "build-using-dockerfile"})


class DockerCommand(NamedTuple):
    """`engine`: docker, podman, nerdctl or buildah. `start` is the word behind run or build."""

    engine: str
    builds: bool
    start: int
    nvidia_docker: bool = False

    @property
    def name(self) -> str:
        return f"{self.engine} {'build' if self.builds else 'run'}"


def docker_command(words: list[Word]) -> DockerCommand | None:
    """None for any other command, `docker compose up` and `docker exec` among them."""
    first = 0
    if words and program(words[0].value) in _CARRIERS:
        first = next((n for n, word in enumerate(words[:40]) if program(word.value) in _ENGINES), 0)
    if not words:
        return None
    while first < min(len(words), _MAX_PREFIXES) - 1 and _is_prefix(words, first):
        first += 1
    name = program(words[first].value)
    engine = _ENGINES.get(name)
    if (
        words[first].value is None
        and words[first].text[:1] in ("$", '"')
        and _ENGINE_VARIABLE.search(words[first].text)
    ):
        engine = "docker"
    if engine is None:
        return None
    index = _after_global_options(words, first + 1)
    action = words[index].value if index < len(words) else None
    if action in _GROUPS and index + 1 < len(words) and words[index + 1].value in _GROUPS[action]:
        index += 1
        action = "build" if words[index].value == "b" else words[index].value
    if engine == "buildah" and action not in _BUILDS:
        return None
    if action in _STARTS or action in _BUILDS:
        return DockerCommand(engine, action in _BUILDS, index + 1, name.startswith("nvidia-docker"))
    return None


def _is_prefix(words: list[Word], index: int) -> bool:
    """`$SUDO docker run …`: a word that is nothing or a program that runs what follows."""
    word, following = words[index], words[index + 1]
    if word.value is not None or not is_only_expansion(word.shown):
        return False
    return program(following.value) in _ENGINES or (following.value is None and is_only_expansion(following.shown))


def _after_global_options(words: list[Word], index: int) -> int:
    while index < len(words):
        word = words[index]
        if word.value is None:
            following = words[index + 1].value if index + 1 < len(words) else None
            if following not in _STARTS and following not in _BUILDS:
                return index
        elif not word.value.startswith("-"):
            return index
        index += 2 if word.value in _GLOBAL_VALUED else 1
    return index
