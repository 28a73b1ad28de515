"""What all stages of one Dockerfile share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import Origin
from envdoctor.readers.copied_files import ReadFile, Search
from envdoctor.readers.dockerfile import Dockerfile
from envdoctor.readers.install_order import Installs
from envdoctor.readers.stage_variables import GlobalArguments

if TYPE_CHECKING:
    from envdoctor.readers.local_base import LocalBases
    from envdoctor.readers.stage import Stage

RunInstalls = Callable[
    [str, Callable[[int], Origin], Mapping[str, "str | None"], ReadFile, str],
    Installs,
]
"""`installs.run_installs`: script, origin of its line n, variables, reader of the image's files, working directory."""

_MAX_PROBLEMS = 100


class Surroundings(NamedTuple):
    """What all stages of one Dockerfile share. `names` are the numbers of the named stages, `stages` those that are
    read so far, by their numbers."""

    dockerfile: Dockerfile
    label: str
    global_arguments: GlobalArguments
    read_file: ReadFile
    run_installs: RunInstalls
    problems: list[str]
    names: dict[str, int]
    stages: dict[int, Stage]
    search: Search
    local_bases: LocalBases

    def origin(self, line: int) -> Origin:
        return Origin(f"{self.label}:{line}", self.dockerfile.path, line)

    def problem(self, line: int, text: str) -> None:
        self.add_problems([f"{self.label}:{line}: {text}"])

    def add_problems(self, texts: Sequence[str]) -> None:
        self.problems.extend(texts[: max(_MAX_PROBLEMS - len(self.problems), 0)])

    def stage_number(self, name: str) -> int | None:
        """The stage that `COPY --from`, `--mount=from=` or --target means, by name or number; it need not exist."""
        found = self.names.get(name.lower())
        if found is None and name.isascii() and name.isdigit() and len(name) < 6:
            return int(name)
        return found

    def source(self, name: str, number: int) -> Stage | str:
        """What stage `number` copies from: a stage before it, or else the name of an image."""
        found = self.stage_number(name)
        return self.stages[found] if found is not None and found < number and found in self.stages else name
