"""Dockerfiles of one check, each read once for each way in which it is built, with the local images that they rest on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from envdoctor.facts import Build, BuildCommand, Fact, Origin, known, unknown
from envdoctor.readers.declared import Declared, Ignore
from envdoctor.readers.stages import LocalBase
from envdoctor.targets.files import BuildContext, Unreadable, is_within, read_text
from envdoctor.targets.project import Project, Variant, not_known
from envdoctor.targets.result import Options, Span


class Reading(NamedTuple):
    """`bases` are the local images that its final stage rests on, through all of them; `context` the files that they
    install from."""

    declared: Declared
    spans: tuple[Span, ...] = ()
    bases: frozenset[Variant] = frozenset()
    context: frozenset[str] = frozenset()


class Dockerfiles:
    """`labels` are the names by which the user knows files, by their real paths; `boundaries` the directories outside
    which nothing is read for a Dockerfile; `texts` those that are read already, some from a pipe."""

    def __init__(
        self,
        project: Project,
        options: Options,
        labels: Mapping[str, str],
        boundaries: Mapping[str, str],
        texts: Mapping[str, str],
    ) -> None:
        self._project = project
        self._options = options
        self._labels = labels
        self._boundaries = {**project.boundaries, **boundaries}
        self._texts: dict[str, str | Unreadable] = dict(texts)
        self._readings: dict[Variant, Reading | Unreadable] = {}

    def label(self, path: str) -> str:
        return self._labels.get(path) or shown(path)

    def read(self, variant: Variant) -> Reading:
        """Raises Unreadable; every time if it is asked again."""
        found = self._readings.get(variant)
        if found is None:
            found = self._readings[variant] = self._read(variant)
        if isinstance(found, Unreadable):
            raise found
        return found

    def _read(self, variant: Variant) -> Reading | Unreadable:
        try:
            text = self._text(variant.path)
            reading = self.read_text(text, self.label(variant.path), self._context(variant), variant)
        except Unreadable as error:
            return error
        commands = self._commands((variant, *sorted(reading.bases, key=str)))
        said = tuple(span for path in _files(commands) for span in self._project.spans.get(path, ()))
        declared = with_commands(reading.declared, commands)
        return reading._replace(declared=declared, spans=(*reading.spans, *said))

    def read_text(self, text: str, label: str, context: BuildContext, variant: Variant) -> Reading:
        """Of a text that lies in no file of its own as well (standard input, compose's dockerfile_inline)."""
        from envdoctor.readers.dockerfile import DockerfileError
        from envdoctor.readers.stages import read_dockerfile

        bases: dict[Variant, None] = {}
        contexts = [context]

        def local_base(reference: str) -> LocalBase | None:
            base = self._base(reference, os.path.dirname(variant.path))
            if base is None:
                return None
            bases[base] = None
            contexts.append(self._context(base))
            shown = self.label(base.path)
            return LocalBase(
                self._text(base.path), shown, shown, dict(base.arguments), base.stage, contexts[-1].read_file
            )

        try:
            declared = read_dockerfile(
                text,
                label,
                build_args=dict(variant.arguments),
                target=variant.stage or self._options.stage,
                read_file=context.read_file,
                local_base=local_base,
            )
        except DockerfileError as error:
            raise Unreadable(str(error)) from error
        image = self.image(declared.image, os.path.dirname(variant.path))
        declared = declared._replace(image=image, platform=declared.platform or variant.platform)
        read = frozenset().union(*(each.read for each in contexts))
        build = declared.build.get()
        chain = build.chain if build is not None else ()
        rests_on = frozenset(base for base in bases if self.label(base.path) in chain)
        spans = _spans(declared.ignores, text, label, image.origin)
        for base in sorted(rests_on, key=str):
            spans += self._spans_of_base(base, image.origin)
        return Reading(declared, spans, rests_on, read)

    def _spans_of_base(self, base: Variant, image: Origin) -> tuple[Span, ...]:
        text, label = self._text(base.path), self.label(base.path)
        if "envdoctor:" not in text:
            return ()
        from envdoctor.readers.ignore_comments import ignore_comments

        return _spans(ignore_comments(text, label)[0], text, label, image)

    def image(self, image: Fact[str], directory: str) -> Fact[str]:
        """The image that a file in `directory` names, or why it is not known: one of a name that no registry serves, or
        that files build in a way which cannot be followed."""
        reference = image.get()
        if reference is None or self.is_stated(reference):
            return image
        from envdoctor.judging.images.reference import may_be_local
        from envdoctor.matrix import Matrix

        choice = self._project.choose(reference, directory)
        if choice.reason is not None:
            return unknown(choice.reason, image.origin)
        if choice.built is None and may_be_local(reference, Matrix.load()):
            why = "it is no image that is known here, and no file that is checked builds it"
            return unknown(not_known(reference, why), image.origin)
        return image

    def builder(self, image: Fact[str], directory: str) -> Variant | None:
        """What is built of which Dockerfile to make the image."""
        reference = image.get()
        return None if reference is None else self._base(reference, directory)

    def _base(self, reference: str, directory: str) -> Variant | None:
        if self.is_stated(reference):
            return None
        built = self._project.choose(reference, directory).built
        if built is None or built.variant is None:
            return None
        try:
            self._text(built.variant.path)
        except Unreadable:
            return None
        return built.variant

    def is_stated(self, reference: str | None) -> bool:
        """By --image-alias."""
        if reference is None:
            return False
        from envdoctor.workload import aliased

        image = known(reference, Origin(reference))
        return aliased(image, self._options.aliases) is not image

    def _text(self, path: str) -> str:
        found = self._texts.get(path)
        if found is None:
            try:
                found = read_text(path)
            except Unreadable as error:
                found = error
            self._texts[path] = found
        if isinstance(found, Unreadable):
            raise found
        return found

    def _context(self, variant: Variant) -> BuildContext:
        """Beside the file as the user names it, which may be a link to one elsewhere."""
        directory = os.path.realpath(os.path.dirname(self._labels.get(variant.path, variant.path)) or ".")
        boundary = self._boundaries.get(variant.path, directory)
        return BuildContext(directory, boundary, self._project.contexts.get(variant))

    def _commands(self, variants: Iterable[Variant]) -> tuple[BuildCommand, ...]:
        return tuple(command for variant in variants for command in self._project.commands.get(variant, ()))


def with_commands(declared: Declared, commands: tuple[BuildCommand, ...]) -> Declared:
    """With the commands that build it."""
    if not commands:
        return declared
    build = declared.build.get() or Build(path=declared.path)
    origin = declared.build.origin if declared.build.is_known else commands[0].origin
    return declared._replace(build=known(build._replace(commands=commands), origin))


def shown(path: str) -> str:
    """As the user would type it: relative to where they stand, if it lies below; with slashes on every system."""
    here = os.path.realpath(".")
    return (os.path.relpath(path, here) if is_within(path, here) else path).replace(os.sep, "/")


def _files(commands: Iterable[BuildCommand]) -> Iterable[str]:
    return dict.fromkeys(command.origin.path for command in commands if command.origin.path is not None)


def _spans(ignores: tuple[Ignore, ...], text: str, label: str, image: Origin) -> tuple[Span, ...]:
    """Where each ignore comment holds: the whole instruction that begins at its line, or that one line inside one. `image`
    is the FROM of the image that it rests on."""
    if not ignores:
        return ()
    from envdoctor.readers.dockerfile import parse

    ends = {instruction.line: instruction.end_line for instruction in parse(text, label).instructions}
    from_line = image.line if image.path in (None, label) else None
    return tuple(
        Span(
            ignore.rule, ignore.reason, ignore.line, ends.get(ignore.line, ignore.line), ignore.line == from_line, label
        )
        for ignore in ignores
    )
