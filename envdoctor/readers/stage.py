"""One stage of a Dockerfile: what its instructions make of the variables, files, packages and user it starts with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.readers.copied_files import UNKNOWN_WORKDIR, Copied, CopiedFiles, ReadFile, Search, absolute, inside
from envdoctor.readers.declared import Statement
from envdoctor.readers.dockerfile import Dockerfile, Heredoc, Instruction
from envdoctor.readers.dockerfile_words import arguments, name_values
from envdoctor.readers.expansion import ExpansionError
from envdoctor.readers.install_order import Installed, Installs, install, is_python
from envdoctor.readers.run_script import heredoc_text, is_shell, run_script
from envdoctor.readers.stage_variables import GlobalArguments, StageVariables

RunInstalls = Callable[
    [str, Callable[[int], Origin], Mapping[str, "str | None"], ReadFile, str],
    Installs,
]
"""`installs.run_installs`: script, origin of its line n, variables, reader of the image's files, working directory."""

_MAX_PROBLEMS = 100
_REMOTE = ("http://", "https://", "git@", "git://", "ssh://")


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


class Stage:
    """A stage as far as it has been read. `image` is what it rests on, through all the stages it is built on."""

    def __init__(self, surroundings: Surroundings, number: int, image: Fact[str], platform: str | None) -> None:
        self.surroundings = surroundings
        self.number = number
        self.image = image
        self.platform = platform
        self.variables = StageVariables(surroundings.global_arguments, on_scratch=image.is_absent, platform=platform)
        self.user: Fact[str] = unknown("no USER is declared")
        self.workdir = "/" if image.is_absent else UNKNOWN_WORKDIR
        self.shell_problem: str | None = None
        self.files = CopiedFiles(surroundings.search)
        self.installed: Installed = {}
        self.gaps: dict[str, None] = {}
        self.triggers: list[Instruction] = []
        self.commands: list[tuple[tuple[Statement, ...], str]] = []  # of each RUN, with its working directory
        self._folders: set[str] | None = None

    def child(self, number: int) -> Stage:
        """The start of a stage that is built on this one, whose ONBUILD instructions then come first."""
        other = Stage(self.surroundings, number, self.image, self.platform)
        other.variables = self.variables.copy()
        other.user, other.workdir, other.shell_problem = self.user, self.workdir, self.shell_problem
        other.files = self.files.copy()
        other.installed = dict(self.installed)
        other.gaps = dict(self.gaps)
        other.commands = list(self.commands)
        other.read(self.triggers)
        return other

    def read(self, instructions: Sequence[Instruction]) -> None:
        for instruction in instructions:
            handle = _HANDLERS.get(instruction.keyword)
            if handle is None:
                continue
            try:
                handle(self, instruction)
            except ExpansionError as error:
                self.surroundings.problem(instruction.line, str(error))

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for statements, _ in self.commands for statement in statements)

    def origin(self, line: int) -> Origin:
        return self.surroundings.origin(line)

    def _gap(self, instruction: Instruction, text: str) -> None:
        self.gaps[f"{instruction.keyword} at {self.origin(instruction.line)} {text}"] = None

    def _on_env(self, instruction: Instruction) -> None:
        escape = self.surroundings.dockerfile.escape
        self.variables.set_env(name_values(instruction.value, escape, "ENV"), self.origin(instruction.line))

    def _on_arg(self, instruction: Instruction) -> None:
        self.variables.set_arg(arguments(instruction.value, self.surroundings.dockerfile.escape))

    def _on_user(self, instruction: Instruction) -> None:
        found = self.variables.expand(instruction.value)
        origin = self.origin(instruction.line)
        if found.text is None:
            names = ", ".join(found.missing)
            self.user = unknown(f"USER at {origin} depends on {names}, whose value is not known", origin)
        else:
            self.user = known(found.text, origin)

    def _on_workdir(self, instruction: Instruction) -> None:
        self.workdir = absolute(self.variables.expand(instruction.value).partial, self.workdir).rstrip("/") or "/"

    def _on_shell(self, instruction: Instruction) -> None:
        words = instruction.array or ()
        found = any(is_shell(word) for word in words)
        self.shell_problem = None if found else f"is written for {words[0][:40] if words else 'no shell'}"

    def _on_onbuild(self, instruction: Instruction) -> None:
        if instruction.trigger is not None:
            self.triggers.append(instruction.trigger)

    def _on_run(self, instruction: Instruction) -> None:
        if self.shell_problem is not None and instruction.array is None:
            self._gap(instruction, f"{self.shell_problem}, which is not read")
            return
        script = run_script(instruction)
        if not script.text.strip():
            return
        mounted = self._mounted(instruction)
        found = self.surroundings.run_installs(
            script.text,
            lambda number: self.origin(script.line_at(number)),
            self.variables.values,
            lambda path: mounted.read(path, self.workdir),
            self.workdir,
        )
        install(self.installed, found, self.surroundings.dockerfile.path)
        self.gaps.update(dict.fromkeys(found.gaps))
        self.surroundings.add_problems(found.problems)
        self.commands.append((found.statements, self.workdir))

    def _mounted(self, instruction: Instruction) -> CopiedFiles:
        """The files that this RUN sees: the image's, and what `--mount=type=bind` puts over them."""
        mounts = [flag[len("--mount=") :] for flag in instruction.flags if flag.startswith("--mount=")]
        options = [dict(_option(part) for part in mount.split(",")) for mount in mounts]
        bound = [option for option in options if option.get("type", "bind") == "bind"]
        if not bound:
            return self.files
        files = self.files.copy()
        for option in bound:
            source = self.variables.expand(option.get("source", "/")).text
            target = self.variables.expand(option.get("target", "")).text
            if source is not None and target:
                read = self._reader(option["from"]) if "from" in option else self.surroundings.read_file
                files.add(Copied((source,), absolute(target, self.workdir), read))
        return files

    def _reader(self, name: str) -> ReadFile | None:
        """Of the files of another stage or, None, of an image."""
        source = self.surroundings.source(name, self.number)
        return None if isinstance(source, str) else source.files.read

    def _on_copy(self, instruction: Instruction) -> None:
        expanded = [self.variables.expand(word) for word in instruction.words]
        destination = absolute(expanded[-1].partial, self.workdir)
        name = instruction.flag("from")
        if name is not None:
            self._copy_packages(instruction, name, [absolute(word.partial, "/").rstrip("/") for word in expanded[:-1]])
        for heredoc in instruction.heredocs:
            self.files.add(Copied((heredoc.name,), destination, self._reader_of_heredoc(heredoc)))
        sources = tuple(word.text for word in expanded[:-1] if word.text is not None and not word.text.startswith("<<"))
        local = tuple(source for source in sources if not source.startswith(_REMOTE))
        if local:
            read = self.surroundings.read_file if name is None else self._reader(name)
            self.files.add(Copied(local, destination, read))
        if len(local) < len(sources):
            self.files.add(Copied(sources, destination, None))

    def _reader_of_heredoc(self, heredoc: Heredoc) -> ReadFile:
        content = heredoc_text(heredoc)
        text = self.variables.expand(content, is_content=True).text if heredoc.expand else content
        name = inside(heredoc.name)
        return lambda path: text if path == name else None

    def _copy_packages(self, instruction: Instruction, name: str, paths: list[str]) -> None:
        from envdoctor.readers.copied_packages import (
            holds_cuda,
            holds_python_packages,
            is_whole_system,
            may_hold_others,
        )

        source = self.surroundings.source(name, self.number)
        paths = [path or "/" for path in paths]
        shown = ", ".join(paths)[:80]
        if isinstance(source, str):
            if any(holds_python_packages(path, ()) or holds_cuda(path) for path in paths):
                self._gap(instruction, f"copies {shown} from the image {source[:80]}, which is not read")
            return
        folders = source.package_folders()
        with_packages = [path for path in paths if holds_python_packages(path, folders)]
        if with_packages:
            self._take_packages(source, whole=any(is_whole_system(path) for path in paths))
        image = "scratch" if source.image.is_absent else source.image.get()
        if any(may_hold_others(path, image, folders) for path in with_packages):
            self._gap(instruction, f"copies {shown} from a stage whose base image's own packages are not read")
        if any(holds_cuda(path) for path in paths):
            self._gap(instruction, f"copies CUDA libraries ({shown}) from another stage")
        if self.image.is_absent and any(is_whole_system(path) for path in paths):
            origin = self.origin(instruction.line)
            self.image = unknown(f"FROM scratch is filled with {shown} of another stage at {origin}", origin)

    def package_folders(self) -> set[str]:
        """Where this stage, once it is read, installs Python packages apart from the system's Python."""
        if self._folders is not None:
            return self._folders
        from envdoctor.readers.copied_packages import folders_of_commands, folders_of_variables

        folders = folders_of_variables(self.variables.values)
        for statements, workdir in self.commands:
            folders |= folders_of_commands(statements, workdir)
        self._folders = folders
        return folders

    def _take_packages(self, source: Stage, *, whole: bool) -> None:
        for key, package in source.installed.items():
            if whole or is_python(package):
                self.installed.pop(key, None)
                self.installed[key] = package
        self.gaps.update(source.gaps)


def _option(part: str) -> tuple[str, str]:
    """One `name=value` of --mount; the short names count as the long ones."""
    name, _, value = part.partition("=")
    long_names = {"src": "source", "dst": "target", "destination": "target"}
    return long_names.get(name.strip().lower(), name.strip().lower()), value


_HANDLERS: dict[str, Callable[[Stage, Instruction], None]] = {
    "ENV": Stage._on_env,
    "ARG": Stage._on_arg,
    "RUN": Stage._on_run,
    "COPY": Stage._on_copy,
    "ADD": Stage._on_copy,
    "USER": Stage._on_user,
    "WORKDIR": Stage._on_workdir,
    "SHELL": Stage._on_shell,
    "ONBUILD": Stage._on_onbuild,
}
