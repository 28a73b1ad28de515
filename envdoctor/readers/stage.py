"""One stage of a Dockerfile: what its instructions make of the variables, files, packages and user it starts with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from envdoctor.facts import NOWHERE, Fact, Origin, Slip, known, unknown
from envdoctor.readers.copied_files import UNKNOWN_WORKDIR, Copied, CopiedFiles, ReadFile, absolute, inside, places
from envdoctor.readers.declared import Statement
from envdoctor.readers.dockerfile import Heredoc, Instruction
from envdoctor.readers.dockerfile_words import arguments, name_values
from envdoctor.readers.entrypoint import Start
from envdoctor.readers.expansion import ExpansionError
from envdoctor.readers.idle_runs import idle
from envdoctor.readers.install_order import Installed, Installs, install, is_python, key
from envdoctor.readers.run_script import heredoc_text, is_shell, run_script
from envdoctor.readers.stage_variables import StageVariables
from envdoctor.readers.surroundings import Surroundings
from envdoctor.readers.written_files import WrittenFiles

_REMOTE = ("http://", "https://", "git@", "git://", "ssh://")


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
        self.workdir_origin = NOWHERE
        self.start = Start(image.is_absent)
        self.shell_problem: str | None = None
        self.files = CopiedFiles(surroundings.search)
        self.copied: dict[str, None] = {}  # where COPY and ADD put something
        self.written = WrittenFiles()
        self.installed: Installed = {}
        self.gaps: dict[str, None] = {}
        self.triggers: list[Instruction] = []
        self.slips: list[Slip] = []
        self.commands: list[tuple[tuple[Statement, ...], str]] = []  # of each RUN, with its working directory
        self.placed: dict[tuple[str, Origin], tuple[int, int]] = {}  # as in Declared
        self._counted = 0  # statements of all commands
        self.inherited = 0  # of the commands, those of the stages that this one is built on
        self.base: Stage | None = None
        self._folders: set[str] | None = None

    def child(self, number: int, inside: Surroundings | None = None, platform: str | None = None) -> Stage:
        """The start of a stage that is built on this one, whose ONBUILD instructions then come first. `inside`: it
        belongs to another Dockerfile, where this stage is an image that is built already."""
        other = Stage(inside or self.surroundings, number, self.image, platform or self.platform)
        other.variables = self.variables.copy()
        if inside is not None:
            other.variables = self.variables.of_image(inside.global_arguments, other.platform)
        other.user, other.shell_problem = self.user, self.shell_problem
        other.workdir, other.workdir_origin = self.workdir, self.workdir_origin
        other.files, other.written = self.files.copy(), self.written.copy()
        other.copied = dict(self.copied)
        other.start, other.base = self.start.child(), self
        other.installed = dict(self.installed)
        other.gaps = dict(self.gaps)
        other.commands = list(self.commands)
        other.placed, other._counted = dict(self.placed), self._counted
        other.inherited = len(self.commands)
        other.read_triggers(self)
        return other

    def read_triggers(self, base: Stage) -> None:
        """The ONBUILD instructions of a base, with this stage's files and arguments and the lines of the base's file."""
        own, theirs = self.surroundings, base.surroundings
        self.surroundings = own._replace(dockerfile=theirs.dockerfile, label=theirs.label)
        self.read(base.triggers)
        self.surroundings = own

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

    @property
    def own_statements(self) -> tuple[Statement, ...]:
        return tuple(statement for statements, _ in self.commands[self.inherited :] for statement in statements)

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
        self.workdir_origin = self.origin(instruction.line)

    def _on_shell(self, instruction: Instruction) -> None:
        words = instruction.array or ()
        found = any(is_shell(word) for word in words)
        self.shell_problem = None if found else f"is written for {words[0][:40] if words else 'no shell'}"
        self.start.set_shell(instruction.array)

    def _on_entrypoint(self, instruction: Instruction) -> None:
        self.start.set_entrypoint(instruction.array, instruction.value, self.origin(instruction.line))

    def _on_cmd(self, instruction: Instruction) -> None:
        self.start.set_cmd(instruction.array, instruction.value, self.origin(instruction.line))

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
            self.variables.shown,
            lambda path: mounted.read(path, self.workdir),
            self.workdir,
        )
        install(self.installed, found, self.surroundings.dockerfile.path)
        self._place(found)
        self.gaps.update(dict.fromkeys(found.gaps))
        self.surroundings.add_problems(found.problems)
        self.commands.append((found.statements, self.workdir))
        self.slips.extend(found.slips)
        self.slips.extend(idle(script.text, self.origin(instruction.line)))
        self.written.apply(found.writes, instruction, self.files)

    def _place(self, found: Installs) -> None:
        first, self._counted = self._counted, self._counted + len(found.statements)
        for package in found.packages:
            if self.installed.get(key(package)) is package:
                self.placed[(package.name, package.origin)] = (first, self._counted)

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
            self._add_heredoc(heredoc, destination, self.origin(heredoc.line))
        sources = tuple(word.text for word in expanded[:-1] if word.text is not None and not word.text.startswith("<<"))
        self.copied.update(dict.fromkeys(places(sources, destination)))
        local = tuple(source for source in sources if not source.startswith(_REMOTE))
        if local:
            read = self.surroundings.read_file if name is None else self._reader(name)
            self._add(Copied(local, destination, read))
        if len(local) < len(sources):
            self._add(Copied(sources, destination, None))

    def _add(self, copied: Copied) -> None:
        self.files.add(copied)
        self.written.forget(copied)

    def _add_heredoc(self, heredoc: Heredoc, destination: str, origin: Origin) -> None:
        content, name = heredoc_text(heredoc), inside(heredoc.name)
        found = self.variables.expand(content, is_content=True) if heredoc.expand else None
        text, shown = (found.text, found.partial) if found is not None else (content, content)
        self._add(Copied((heredoc.name,), destination, lambda path: text if path == name else None))
        self.written.add(destination + (name if destination.endswith("/") else ""), shown, origin)

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
        for each, package in source.installed.items():
            if whole or is_python(package):
                self.installed.pop(each, None)
                self.installed[each] = package
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
    "ENTRYPOINT": Stage._on_entrypoint,
    "CMD": Stage._on_cmd,
}
