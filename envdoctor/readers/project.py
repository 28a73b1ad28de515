"""What the tables of a pyproject.toml ask for: dependencies, optional ones, dependency groups, Poetry's own.

Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/ ,
https://packaging.python.org/en/latest/specifications/dependency-groups/ ,
https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html (dynamic dependencies from files)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from envdoctor.facts import Origin
from envdoctor.readers.declared import SourceText
from envdoctor.readers.indexes import redacted
from envdoctor.readers.markers import MarkerError, holds
from envdoctor.readers.poetry import Wish, wishes
from envdoctor.readers.requirement import Requirement, RequirementError, normalized, parse_requirement
from envdoctor.readers.requirements import Entry, RequirementsFile, parse_requirements
from envdoctor.readers.toml_text import TomlError, TomlLines, parse_toml

if TYPE_CHECKING:
    from envdoctor.readers.uv_lock import Lock

ReadFile = Callable[[str], "str | None"]

MAX_REQUIREMENTS = 5_000
_MAX_GROUPS = 100  # looked at, through groups that include groups

Table = Mapping[str, Any]


class PyprojectError(ValueError):
    """The file cannot be read at all: one sentence with its name and, where it is known, the line (`line`, 1-based)."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Project:
    """One pyproject.toml. `read_file` takes paths relative to its folder. Raises PyprojectError for what is no TOML."""

    def __init__(self, text: str, path: str, label: str, read_file: ReadFile) -> None:
        self.path, self.label = (text.path, text.path) if isinstance(text, SourceText) else (path, label)
        self.read_file = read_file
        try:
            document = parse_toml(text)
        except TomlError as error:
            where = f"{self.label}:{error.line}" if error.line else self.label
            raise PyprojectError(f"{where}: is not valid TOML: {error}", error.line) from error
        self.lines = TomlLines(text)
        self.project = table_of(document, "project")
        self.poetry = table_of(document, "tool", "poetry")
        self.uv = table_of(document, "tool", "uv")
        self.tool = table_of(document, "tool")
        self.groups = {normalized(name): name for name in table_of(document, "dependency-groups")}
        self._group_tables = table_of(document, "dependency-groups")
        self.gaps: dict[str, None] = {}
        self.problems: dict[str, None] = {}
        self.sources: dict[str, str] = {}  # package -> the Poetry source that it names
        self.lock: Lock | None = None  # uv.lock, once it was read

    @property
    def describes_a_project(self) -> bool:
        return bool(self.project or table_of(self.poetry, "dependencies"))

    @property
    def name(self) -> str:
        name = self.project.get("name") or self.poetry.get("name")
        return normalized(name) if isinstance(name, str) else ""

    @property
    def requires_python(self) -> str:
        given = self.project.get("requires-python")
        return given if isinstance(given, str) else ""

    @property
    def extras(self) -> list[str]:
        """The names of the optional parts, as they are written."""
        named = [*table_of(self.project, "optional-dependencies"), *table_of(self.poetry, "extras")]
        dynamic = table_of(self.tool, "setuptools", "dynamic", "optional-dependencies")
        return list(dict.fromkeys((*named, *(dynamic if "optional-dependencies" in self._dynamic else ()))))

    @property
    def group_names(self) -> list[str]:
        legacy = ["dev"] if isinstance(self.uv.get("dev-dependencies"), list) else []
        return list(dict.fromkeys((*self._group_tables, *legacy, *table_of(self.poetry, "group"))))

    @property
    def _dynamic(self) -> Collection[str]:
        given = self.project.get("dynamic")
        return [each for each in given if isinstance(each, str)] if isinstance(given, list) else ()

    def origin(self, table: Sequence[str], key: str | None = None, value: str | None = None) -> Origin:
        line = self.lines.of(table, key, value)
        return Origin(f"{self.label}:{line}" if line else self.label, self.path, line)

    def entries(self, extras: Collection[str], groups: Collection[str], *, base: bool = True) -> list[Entry]:
        """What is installed with those extras and groups (normalised names). What cannot be told is put to `gaps`."""
        found = list(self._base()) if base else []
        chosen = self.with_included(extras)
        wanted = [name for name in self.extras if normalized(name) in chosen]
        for extra in wanted:
            found += self._extra(extra)
        for group in groups:
            found += self._group(group)
        return [entry for entry in found if entry.requirement.name != self.name][:MAX_REQUIREMENTS]

    def with_included(self, extras: Collection[str]) -> set[str]:
        """`all = ["this-project[gpu,video]"]` chooses other extras."""
        chosen: dict[str, None] = dict.fromkeys(map(normalized, extras))
        for name in chosen.copy():
            self._include(name, chosen)
        return set(chosen)

    def _include(self, name: str, chosen: dict[str, None]) -> None:
        todo = [name]
        optional = {normalized(key): value for key, value in table_of(self.project, "optional-dependencies").items()}
        while todo:
            given = optional.get(todo.pop())
            for text in given[:MAX_REQUIREMENTS] if isinstance(given, list) else ():
                if not isinstance(text, str) or "[" not in text or not normalized(text).startswith(f"{self.name}["):
                    continue
                for extra in map(normalized, text.partition("[")[2].partition("]")[0].replace(" ", "").split(",")):
                    if extra not in chosen and len(chosen) < _MAX_GROUPS:
                        chosen[extra] = None
                        todo.append(extra)

    def _base(self) -> Iterator[Entry]:
        if "dependencies" in self.project:
            for wish in wishes(table_of(self.poetry, "dependencies")):  # Poetry 2 names only the sources there
                self._note_source(wish)
            yield from self._listed(("project",), "dependencies", self.project["dependencies"])
        elif table_of(self.poetry, "dependencies"):
            yield from self._poetry(("tool", "poetry", "dependencies"), optional=False)
        elif "dependencies" in self._dynamic:
            yield from self._dynamic_list("dependencies", table_of(self.tool, "setuptools", "dynamic"))

    def _extra(self, name: str) -> Iterator[Entry]:
        optional = table_of(self.project, "optional-dependencies")
        if name in optional:
            yield from self._listed(("project", "optional-dependencies"), name, optional[name])
        elif name in table_of(self.poetry, "extras"):
            listed = self.poetry["extras"][name]
            names = (
                {normalized(each) for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()
            )
            found = self._poetry(("tool", "poetry", "dependencies"), optional=True)
            yield from (entry for entry in found if entry.requirement.name in names)
        else:
            dynamic = table_of(self.tool, "setuptools", "dynamic", "optional-dependencies")
            yield from self._dynamic_list(name, dynamic)

    def _group(self, name: str) -> Iterator[Entry]:
        """A dependency group with those that it includes; of a circle each once."""
        todo, seen = [normalized(name)], {normalized(name)}
        while todo:
            wanted = todo.pop()
            written = self.groups.get(wanted)
            if wanted == "dev":
                yield from self._listed(("tool", "uv"), "dev-dependencies", self.uv.get("dev-dependencies", []))
            for group in table_of(self.poetry, "group"):
                if normalized(group) == wanted:
                    yield from self._poetry(("tool", "poetry", "group", group, "dependencies"), optional=None)
            given = self._group_tables.get(written) if written is not None else None
            if written is None or not isinstance(given, list):
                continue
            yield from self._listed(("dependency-groups",), written, given)
            for each in given[:MAX_REQUIREMENTS]:
                included = each.get("include-group") if isinstance(each, dict) else None
                if isinstance(included, str) and normalized(included) not in seen and len(seen) < _MAX_GROUPS:
                    seen.add(normalized(included))
                    todo.append(normalized(included))

    def _listed(self, table: tuple[str, ...], key: str, given: object) -> Iterator[Entry]:
        if not isinstance(given, list):
            self._problem(self.origin(table, key), f'{key} is no list of requirements, expected ["torch==2.4.0"]')
            return
        for text in given[:MAX_REQUIREMENTS]:
            if isinstance(text, str):
                yield from self._requirement(text, self.origin(table, key, text))
            elif not (isinstance(text, dict) and "include-group" in text):
                self._problem(self.origin(table, key), f'{key} holds what is no text, expected ["torch==2.4.0"]')

    def _requirement(self, text: str, origin: Origin) -> Iterator[Entry]:
        try:
            found = parse_requirement(text)
        except RequirementError as error:
            self._problem(origin, str(error))
            found = None
        if found is None:
            self.gaps[f"{origin} installs what cannot be read here ({redacted(text)[:80]})"] = None
        else:
            yield Entry(found, origin)

    def _poetry(self, table: tuple[str, ...], *, optional: bool | None) -> Iterator[Entry]:
        given: Any = {"tool": self.tool}
        for part in table:
            given = given.get(part) if isinstance(given, dict) else None
        for wish in list(wishes(given if isinstance(given, dict) else {}))[:MAX_REQUIREMENTS]:
            if optional is None or wish.optional is optional:
                yield from self._wish(wish, self.origin(table, wish.name))

    def _wish(self, wish: Wish, origin: Origin) -> Iterator[Entry]:
        self._note_source(wish)
        if wish.text is None:
            yield Entry(Requirement(normalized(wish.name), known=False), origin)
        else:
            yield from self._requirement(wish.text, origin)

    def _note_source(self, wish: Wish) -> None:
        """Not of one that is for another system: `torch = [{source = "cuda", platform = "linux"}, {source = "pypi", …}]`."""
        if wish.source is not None and _may_hold(wish.marker):
            self.sources[normalized(wish.name)] = wish.source.lower()

    def _dynamic_list(self, key: str, tables: Table) -> Iterator[Entry]:
        """Dependencies that a build backend reads out of requirements files."""
        hook = table_of(self.tool, "hatch", "metadata", "hooks", "requirements_txt")
        given = table_of(tables, key).get("file") or (hook.get("files") if key == "dependencies" else None)
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not names:
            origin = self.origin(("project",), "dynamic")
            self.gaps[f"{origin} leaves its {key} to the build, which is not run here"] = None
            return
        for name in list(dict.fromkeys(map(str, names)))[:20]:
            yield from self._file(name, key)

    def _file(self, name: str, key: str) -> Iterator[Entry]:
        text = self.read_file(name)
        if text is None:
            origin = self.origin(("project",), "dynamic")
            self.gaps[f"{origin} takes its {key} from {name[:80]}, which cannot be read here"] = None
            return
        folder = self.path.rpartition("/")[0]
        shown = f"{folder}/{name}" if folder and not name.startswith("/") else name
        found: RequirementsFile = parse_requirements(text, shown, self.read_file, label=shown)
        self.gaps.update(dict.fromkeys(found.gaps))
        self.problems.update(dict.fromkeys(found.problems))
        yield from found.entries

    def _problem(self, origin: Origin, text: str) -> None:
        if len(self.problems) < 20:
            self.problems[f"{origin}: {text}"] = None


def _may_hold(marker: str) -> bool:
    try:
        return holds(marker) is not False
    except MarkerError:
        return True


def table_of(document: Table, *names: str) -> Table:
    """The table at that place, an empty one if there is none."""
    found: object = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
