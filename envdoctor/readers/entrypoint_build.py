"""The facts of a build that are not packages: variables, commands, what the container starts, scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envdoctor.facts import NOWHERE, Build, Fact, Script, Variable, known, unknown
from envdoctor.patterns import lazily
from envdoctor.readers.copied_files import UNKNOWN_WORKDIR
from envdoctor.readers.dockerfile import Instruction
from envdoctor.readers.dockerfile_words import WordsError, arguments, name_values
from envdoctor.readers.entrypoint import copied_script, entrypoint_script, is_shell_script, script_places
from envdoctor.readers.local_base import Base, bases_of
from envdoctor.readers.stage import Stage
from envdoctor.readers.stage_variables import SECRET_NAME
from envdoctor.readers.surroundings import Surroundings

HIDDEN = "***"
"""Stands for a password that is written out."""

_USER_INFO = lazily(r"://(?!(?:\$\{?\w+\}?:?)+@)[^/@\s]{1,500}@")  # not https://$USER:$TOKEN@host
_MOST = 50_000  # variables, and statements, of a file with its bases: bases of bases could double without end
_SCRIPT_ENDS = (".sh", ".bash", ".zsh")


def read_base(
    surroundings: Surroundings, stage: Stage, bodies: list[list[Instruction]], bases: Mapping[int, Base]
) -> Base:
    """A Dockerfile whose stages are read, with what its local bases bring. `bodies` are those of all its stages."""
    own = [stage, *(base for base in bases_of(stage) if base.surroundings is surroundings)]
    numbers = {each.number for each in own}
    inside = next((bases[number] for number in numbers if number in bases), None)
    others = {id(base): base for number, base in bases.items() if number not in numbers}
    variables = [*(inside.variables if inside else ()), *_variables(surroundings, bodies, numbers)]
    statements = list(inside.other_statements if inside else ())
    for base in others.values():
        variables += [each._replace(final=False) for each in base.variables[: max(_MOST - len(variables), 0)]]
        statements += [*base.other_statements, *base.stage.statements][: max(_MOST - len(statements), 0)]
    for number, read in surroundings.stages.items():
        if number not in numbers:
            statements += read.own_statements
    return Base(stage, tuple(variables[:_MOST]), tuple(statements[:_MOST]), inside.chain if inside else ())


def _variables(surroundings: Surroundings, bodies: list[list[Instruction]], final: set[int]) -> Iterator[Variable]:
    for instruction in surroundings.dockerfile.instructions:
        if instruction.keyword == "FROM":
            break
        yield from _declared(surroundings, instruction, False)
    for number, body in enumerate(bodies):
        for outer in body:
            yield from _declared(surroundings, outer.trigger or outer, number in final)


def _declared(surroundings: Surroundings, instruction: Instruction, final: bool) -> Iterator[Variable]:
    escape, keyword = surroundings.dockerfile.escape, instruction.keyword
    if keyword not in ("ARG", "ENV"):
        return
    origin = surroundings.origin(instruction.line)
    try:
        read = (
            arguments(instruction.value, escape)
            if keyword == "ARG"
            else name_values(instruction.value, escape, keyword)
        )
    except WordsError:
        return
    for name, value in read:
        yield Variable(keyword, name, None if value is None else _kept(name, _unquoted(value)), origin, final)


def _kept(name: str, value: str) -> str:
    """A password that is written out is not kept; that there is one can be told."""
    if value and "$" not in value and SECRET_NAME.search(name):
        return HIDDEN
    return _USER_INFO.sub(f"://{HIDDEN}@", value) if "://" in value else value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def build_facts(surroundings: Surroundings, built: Base, text: str) -> Build:
    stage = built.stage
    syntax = surroundings.dockerfile.directives.get("syntax")
    path = stage.variables.values.get("PATH")
    workdir = "/" if stage.workdir.startswith(UNKNOWN_WORKDIR) else stage.workdir
    script = entrypoint_script(stage.start, stage.written.scripts, stage.files.read, workdir, path)
    return Build(
        path=surroundings.dockerfile.path,
        syntax=syntax,
        syntax_origin=NOWHERE if syntax is None else surroundings.origin(_syntax_line(text)),
        statements=stage.statements,
        other_statements=built.other_statements,
        variables=built.variables,
        env_origins=stage.variables.origins,
        entrypoint=stage.start.entrypoint,
        cmd=stage.start.cmd,
        entrypoint_script=script,
        scripts=tuple(_scripts(stage, script)),
        workdir=_workdir(stage),
        chain=built.chain,
        copied=tuple(stage.copied),
    )


def _syntax_line(text: str) -> int:
    """Directives stand in the first lines, one a line."""
    lines = text.removeprefix("\ufeff").split("\n", 4)[:4]
    found = (number for number, line in enumerate(lines, 1) if line.lstrip(" #\t").lower().startswith("syntax"))
    return next(found, 1)


def _scripts(stage: Stage, entrypoint: Fact[Script]) -> Iterator[Script]:
    """Those that are written as shell scripts, and those that ENTRYPOINT and CMD name."""
    found = {script.path: script for script in _named(stage)}
    for script in stage.written.scripts.values():
        if script.text.startswith("#!") or script.path.endswith(_SCRIPT_ENDS):
            found[script.path] = script
    named = entrypoint.get()
    if named is not None:
        found[named.path] = named
    yield from found.values()


def _named(stage: Stage) -> Iterator[Script]:
    words = stage.start.cmd.get()
    for place in script_places(words, stage.workdir) if words else ():
        found = copied_script(place, stage.files.read(place), stage.start.cmd.origin)
        if found is not None and is_shell_script(found.text):
            yield found


def _workdir(stage: Stage) -> Fact[str]:
    where = stage.workdir
    if where.startswith(UNKNOWN_WORKDIR):
        return unknown("the base image's working directory is not known")
    if "${" in where:
        return unknown(f"WORKDIR {where[:60]} depends on what is not known")
    return known(where, stage.workdir_origin)
