"""The services of a compose file with all that it is made of: overrides, `include`, `extends`, the `.env` beside it.

Sources: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md , 14-include.md , 05-services.md#extends ,
https://github.com/compose-spec/compose-go/blob/main/loader/extends.go (extends comes before the merge of files)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from envdoctor.patterns import lazily
from envdoctor.readers.compose.dotenv import parse_env
from envdoctor.readers.compose.interpolation import substitute
from envdoctor.readers.compose.merging import RESET, Merging, stripped
from envdoctor.readers.compose.tree import ComposeError, Node, Problems, Source, compose
from envdoctor.readers.declared import SourceText

MAX_FILES = 100
MAX_CHAIN = 50
"""Services that extend one another in a row, files that include one another."""

_ELSEWHERE = lazily(r"(?:[a-z][a-z0-9+.-]*://|git@|github\.com/)", re.IGNORECASE)
Variables = Mapping[str, "str | None"]


def is_elsewhere(path: str) -> bool:
    """A URL or a remote repository: nothing that lies on this disk."""
    return _ELSEWHERE.match(path) is not None


def under(folder: str, path: str) -> str:
    """A relative path as seen from the compose file's folder."""
    if not folder or posixpath.isabs(path) or path.startswith("~") or is_elsewhere(path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


class Project:
    """Reads the files that belong together. `variables` are those that texts of the first file may use."""

    def __init__(
        self,
        read_file: Callable[[str], str | None],
        environment: Mapping[str, str],
        path: str,
        label: str,
        problems: Problems,
    ) -> None:
        self.read_file, self.environment, self.problems = read_file, environment, problems
        self.directory = posixpath.dirname(path.replace("\\", "/"))
        self.merging = Merging(problems, label)
        self.templates: set[str] = set()  # services that others of the same file extend
        self._texts: dict[str, str | None] = {}
        self._env_files: dict[tuple[str, bool], Variables] = {}
        self._extended: dict[tuple[str, str], Node] = {}
        self._services: dict[str, tuple[Mapping[str, Node], Source] | None] = {}
        self.variables = self._variables(".env")

    def load(
        self, text: str, source: Source, overrides: Sequence[tuple[str, Source]], *, asked_for: bool = True
    ) -> Mapping[str, Node]:
        """The services by name. `asked_for`: somebody named the overrides, so a service is told to be where the last of them
        changes it. Raises ComposeError if the file itself, or one that overrides it, cannot be read."""
        root = own = self._file(text, source, self.variables)
        for more, its_source in overrides:
            root = self.merging.files(root, self._file(more, its_source, self.variables))
        root = self._with_included(root, self.variables, (source.path,))
        services = {
            name: self._cleaned(node) for name, node in self._named_services(root, source).items() if node.tag != RESET
        }
        held = own.fields.get("services")
        if asked_for or held is None:
            return services
        origins = {name: node.origin for name, node in held.fields.items()}
        return {name: node._replace(origin=origins.get(name, node.origin)) for name, node in services.items()}

    def _cleaned(self, service: Node) -> Node:
        self.merging.spend(service.size)
        return stripped(service)

    def text_of(self, path: str) -> str | None:
        """A file that the project names, by its path from the compose file's folder; None if it cannot be read. Each is
        read once."""
        if path not in self._texts:
            self._texts[path] = self.read_file(path) if len(self._texts) < MAX_FILES else None
        return self._texts[path]

    def env_file(self, path: str, *, raw: bool) -> Variables | None:
        """The variables that an env_file of a service sets; None if it cannot be read."""
        held = self._env_files.get((path, raw))
        if held is None:
            text = self.text_of(path)
            if text is None:
                return None
            held = self._env_files[path, raw] = parse_env(text, self.variables, raw=raw)
        self.merging.spend(len(held))
        return held

    def _variables(self, path: str, outer: Variables | None = None) -> Variables:
        """Of an env file, under those that hold already."""
        held: Variables = self.environment if outer is None else outer
        text = self.text_of(path)
        read = parse_env(text, held) if text is not None else {}
        return {"COMPOSE_PROJECT_NAME": None, **read, **held}

    def _file(self, text: str, source: Source, variables: Variables) -> Node:
        """The merged documents of one file, every service with what it extends."""
        documents = self._documents(text, source, variables)
        whole = documents[0]
        for document in documents[1:]:
            whole = self.merging.files(whole, document)
        services = whole.fields.get("services")
        if services is None or services.kind != "map":
            return whole
        held = services.fields
        full = {name: self._full(name, held, source, variables, ()) for name in held}
        return whole._replace(fields={**whole.fields, "services": services._replace(fields=full)})

    def _documents(self, text: str, source: Source, variables: Variables) -> list[Node]:
        found = compose(text.removeprefix("\ufeff"), source, partial(substitute, variables=variables), self.problems)
        documents = [document for document in found if document.kind == "map"]
        for document in found:
            if document.kind not in ("map", "null"):
                self.problems.add(document.origin, "a document that is no map was read, expected one with services:")
        if not documents:
            raise ComposeError(
                f"{source.label}: it holds no map, expected a compose file with services: at its top level"
            )
        return documents

    # --- extends ---

    def _full(
        self, name: str, services: Mapping[str, Node], source: Source, variables: Variables, chain: tuple[str, ...]
    ) -> Node:
        """The service over the one that it extends."""
        service = services[name]
        extends = service.fields.get("extends")
        if extends is None or extends.tag == RESET:
            return service
        place = f"{source.path}\0{name}"
        done = self._extended.get((place, source.folder))
        if done is not None:
            return done
        own = service._replace(fields={key: value for key, value in service.fields.items() if key != "extends"})
        if place in chain or len(chain) >= MAX_CHAIN:
            self.problems.add(extends.origin, f"service {name} extends itself in the end, expected a chain that ends")
            return own
        base = self._base(name, extends, services, source, variables, (*chain, place))
        full = own if base is None else self.merging.services(base, own)
        self._extended[place, source.folder] = full
        return full

    def _base(
        self,
        name: str,
        extends: Node,
        services: Mapping[str, Node],
        source: Source,
        variables: Variables,
        chain: tuple[str, ...],
    ) -> Node | None:
        wanted = extends.fields.get("service") if extends.kind == "map" else extends
        file = extends.fields.get("file") if extends.kind == "map" else None
        if wanted is None or wanted.kind != "text" or (file is not None and file.kind not in ("text", "null")):
            self.problems.add(
                extends.origin, f"what service {name} extends is not told, expected the name of a service"
            )
            return None
        held = services
        if file is not None and not file.is_null:
            found = self._other(under(file.folder, file.text), extends, variables)
            if found is None:
                return None
            held, source = found
        else:
            self.templates.add(wanted.text)
        if wanted.text not in held:
            self.problems.add(
                extends.origin, f"service {name} extends {wanted.text[:60]!r}, expected a service of {source.label}"
            )
            return None
        return self._full(wanted.text, held, source, variables, chain)

    def _other(self, path: str, at: Node, variables: Variables) -> tuple[Mapping[str, Node], Source] | None:
        """The services of another file, as written there."""
        if path not in self._services:
            self._services[path] = None
            text = self._named(path, at, "extends")
            source = self._source(path, text, posixpath.dirname(path))
            try:
                services = (
                    self._documents(text, source, variables)[0].fields.get("services") if text is not None else None
                )
            except ComposeError as error:
                self.problems.add(at.origin, f"what it extends cannot be read: {error}")
                services = None
            if services is not None:
                self._services[path] = services.fields, source
        return self._services[path]

    # --- include ---

    def _with_included(self, root: Node, variables: Variables, chain: tuple[str, ...]) -> Node:
        include = root.fields.get("include")
        if include is None or include.is_null:
            return root
        if include.kind != "list":
            self.problems.add(include.origin, f"include is a {include.kind}, expected a list of compose files")
            return root
        services: Node | None = None
        for entry in include.items:
            found = self._included(entry, variables, chain)
            if found is not None:
                services = found if services is None else self.merging.services_of_files(services, found)
        if services is None:
            return root
        own = root.fields.get("services")
        merged = services if own is None else self.merging.services_of_files(services, own)
        return root._replace(fields={**root.fields, "services": merged})

    def _included(self, entry: Node, variables: Variables, chain: tuple[str, ...]) -> Node | None:
        """The services of one entry: a path, or a map with `path` (one or several), `project_directory`, `env_file`."""
        fields = entry.fields if entry.kind == "map" else {"path": entry}
        paths = [under(entry.folder, each.text) for each in _texts(fields.get("path"))]
        if not paths:
            self.problems.add(entry.origin, "an include without a path that is known, expected that of a compose file")
            return None
        directory = next(iter(_texts(fields.get("project_directory"))), None)
        folder = posixpath.dirname(paths[0]) if directory is None else under(entry.folder, directory.text)
        inner: Variables = variables
        for env_file in [under(entry.folder, each.text) for each in _texts(fields.get("env_file"))] or [
            under(folder, ".env") if folder else ".env"
        ]:
            inner = self._variables(env_file, inner)
        root: Node | None = None
        for path in paths:
            part = self._one_included(path, folder, entry, inner, chain)
            root = part if root is None or part is None else self.merging.files(root, part)
        return None if root is None else root.fields.get("services")

    def _one_included(
        self, path: str, folder: str, entry: Node, variables: Variables, chain: tuple[str, ...]
    ) -> Node | None:
        if path in chain or len(chain) >= MAX_CHAIN:
            self.problems.add(entry.origin, f"{path} includes itself in the end, expected a chain that ends")
            return None
        text = self._named(path, entry, "include")
        if text is None:
            return None
        try:
            root = self._file(text, self._source(path, text, folder), variables)
            return self._with_included(root, variables, (*chain, path))
        except ComposeError as error:
            self.problems.add(entry.origin, f"what it includes cannot be read: {error}")
            return None

    # --- files ---

    def _named(self, path: str, at: Node, what: str) -> str | None:
        text = None if is_elsewhere(path) else self.text_of(path)
        if text is None:
            told = "lies elsewhere and is not read" if is_elsewhere(path) else "is not there or may not be read"
            self.problems.add(at.origin, f"{what}: {path[:200]} {told}, expected a compose file of this repository")
        return text

    def _source(self, path: str, text: str | None, folder: str) -> Source:
        shown = text.path if isinstance(text, SourceText) else posixpath.normpath(posixpath.join(self.directory, path))
        return Source(shown, shown, folder)

    def _named_services(self, root: Node, source: Source) -> Mapping[str, Node]:
        services = root.fields.get("services")
        if services is not None and (services.kind in ("map", "null") or services.tag == RESET):
            return {} if services.tag == RESET else services.fields
        if services is not None:
            raise ComposeError(f"{services.origin.label}: services is a {services.kind}, expected a map of services")
        if "include" in root.fields:
            return {}
        if any(value.fields.keys() & {"image", "build"} for value in root.fields.values()):
            raise ComposeError(
                f"{source.label}: services stand at its top level, as in docker-compose's first format, which docker compose "
                "no longer reads; expected them under services:"
            )
        raise ComposeError(
            f"{source.label}: no services: was read, expected a compose file with services: at its top level"
        )


def _texts(node: Node | None) -> list[Node]:
    """A text or a list of them; what is known only at run time is left out."""
    if node is None:
        return []
    return [item for item in (node.items if node.kind == "list" else (node,)) if item.kind == "text" and item.text]
