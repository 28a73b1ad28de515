"""A Dockerfile as one workload: its stages, which of them is built, and what that one installs.

The last stage is what `docker build` makes, unless `--target` names another; only the stages it needs are read. A
stage begins as the stage or image that its FROM names. What belongs to one stage is in `stage`, the line grammar in
`dockerfile`, bases that other Dockerfiles build in `local_base`. Reference:
https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import Fact, Origin, Packages, absent, known, unknown
from envdoctor.readers.copied_files import Search
from envdoctor.readers.declared import Declared, Ignore
from envdoctor.readers.dockerfile import DockerfileError, Instruction, parse
from envdoctor.readers.dockerfile_words import arguments
from envdoctor.readers.entrypoint_build import build_facts, read_base
from envdoctor.readers.expansion import Budget, Expanded, ExpansionError
from envdoctor.readers.image_reference import ReferenceError_, parse_reference
from envdoctor.readers.local_base import Base, LocalBase, LocalBaseError, LocalBases
from envdoctor.readers.stage import Stage
from envdoctor.readers.stage_variables import PLATFORM_ARGS, GlobalArguments
from envdoctor.readers.surroundings import Surroundings

if TYPE_CHECKING:
    from envdoctor.readers.surroundings import RunInstalls

__all__ = ["LocalBase", "read_dockerfile"]


class _Plan(NamedTuple):
    """One stage before it is read. `base` is the number of the stage it is built on, or None for an image."""

    number: int
    name: str | None
    start: Instruction
    body: list[Instruction]
    reference: Expanded
    platform: str | None
    base: int | None


def read_dockerfile(
    text: str,
    path: str,
    *,
    build_args: Mapping[str, str | None],
    target: str | None,
    read_file: Callable[[str], str | None],
    label: str | None = None,
    installs: RunInstalls | None = None,
    local_base: Callable[[str], LocalBase | None] | None = None,
) -> Declared:
    """The workload that `docker build` would make of the file, with --build-arg and --target.

    `read_file` gives the text of a file of the build context, by its path in it, or None. `label` is how origins and
    messages name the file. `local_base` is asked for every image that a FROM names, how it is built here. Raises
    DockerfileError for what Docker could not build: syntax, an unknown --target.
    """
    shown = label or path
    first = LocalBase(text, path, shown, build_args, target, read_file)
    surroundings = _surroundings(first, installs, LocalBases(local_base, (path, target)), None)
    built = _read(surroundings, target)
    stage = built.stage
    ignores, ignore_problems = _ignores(text, shown)
    return Declared(
        label=shown,
        image=stage.image,
        platform=stage.platform,
        env=stage.variables.env,
        env_origins=stage.variables.origins,
        user=stage.user,
        packages=Packages(tuple(stage.installed.values()), tuple(stage.gaps)),
        statements=stage.statements,
        placed=stage.placed,
        ignores=ignores,
        path=path,
        build=known(build_facts(surroundings, built, text), Origin(shown, path)),
        slips=tuple(slip for read in surroundings.stages.values() for slip in read.slips),
        problems=(*surroundings.problems, *ignore_problems),
    )


def _read(surroundings: Surroundings, target: str | None) -> Base:
    """One Dockerfile, with the local bases that its stages rest on."""
    plans = list(_plans(surroundings))
    wanted = _target(surroundings, plans, target)
    bases: dict[int, Base] = {}
    stage = _read_stages(surroundings, plans, wanted, bases)
    return read_base(surroundings, stage, [plan.body for plan in plans], bases)


def _ignores(text: str, label: str) -> tuple[tuple[Ignore, ...], tuple[str, ...]]:
    if "envdoctor:" not in text:
        return (), ()
    from envdoctor.readers.ignore_comments import ignore_comments

    return ignore_comments(text, label)


def _surroundings(
    file: LocalBase, installs: RunInstalls | None, local_bases: LocalBases, outer: Surroundings | None
) -> Surroundings:
    """Those of a base's Dockerfile share problems and bounds with the `outer` one. Raises DockerfileError."""
    if installs is None:
        from envdoctor.readers.installs import run_installs

        installs = run_installs
    dockerfile = parse(file.text, file.label)._replace(path=file.path)
    global_arguments = GlobalArguments(file.build_args, dockerfile.escape, Budget())
    problems, search = (outer.problems, outer.search) if outer is not None else ([], Search())
    return Surroundings(
        dockerfile, file.label, global_arguments, file.read_file, installs, problems, {}, {}, search, local_bases
    )


def _plans(surroundings: Surroundings) -> Iterator[_Plan]:
    """The stages in order; on the way the ARGs before the first FROM are declared."""
    dockerfile, global_arguments = surroundings.dockerfile, surroundings.global_arguments
    body: list[Instruction] = []
    number = -1
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            number, body = number + 1, []
            plan = _plan(surroundings, instruction, number, body)
            if plan.name is not None:
                surroundings.names[plan.name] = number
            yield plan
        elif number >= 0:
            body.append(instruction)
        else:
            try:
                global_arguments.declare(arguments(instruction.value, dockerfile.escape))
            except ExpansionError as error:
                surroundings.problem(instruction.line, str(error))


def _plan(surroundings: Surroundings, start: Instruction, number: int, body: list[Instruction]) -> _Plan:
    words = start.words
    platform = start.flag("platform")
    try:
        reference = surroundings.global_arguments.expand(words[0])
        platform = surroundings.global_arguments.expand(platform).text if platform else None
    except ExpansionError as error:
        surroundings.problem(start.line, str(error))
        reference, platform = Expanded(None, (), words[0]), None
    base = None if reference.text is None else surroundings.names.get(reference.text.lower())
    name = words[2].lower() if len(words) == 3 else None
    return _Plan(number, name, start, body, reference, platform or None, base)


def _target(surroundings: Surroundings, plans: list[_Plan], target: str | None) -> int:
    """The number of the stage that is built: --target by name or number, or the last one."""
    if target is None:
        return plans[-1].number
    number = surroundings.stage_number(target)
    if number is not None and number < len(plans):
        return number
    names = ", ".join(surroundings.names)
    stages = f"its stages are {names[:200]}" if names else "its stages have no names"
    raise DockerfileError(surroundings.label, None, f"--target {target[:60]!r} names no stage of it, {stages}")


def _read_stages(surroundings: Surroundings, plans: list[_Plan], wanted: int, bases: dict[int, Base]) -> Stage:
    """Reads what stage `wanted` needs, in the file's order, so that no chain of stages is too long. `bases` gets the
    local bases, by the numbers of the stages that start with them."""
    stages = surroundings.stages
    for number in sorted(_needed(surroundings, plans, wanted)):
        plan = plans[number]
        stage = stages[plan.base].child(number) if plan.base is not None else _first(surroundings, plan, bases)
        stage.read(plan.body)
        stages[number] = stage
    return stages[wanted]


def _first(surroundings: Surroundings, plan: _Plan, bases: dict[int, Base]) -> Stage:
    """The start of a stage that is built on an image: on that of a local base if one builds it."""
    origin = surroundings.origin(plan.start.line)
    image = _image(plan, origin, surroundings.global_arguments)
    reference = image.get()
    if reference is not None:
        try:
            base = surroundings.local_bases.read(reference, lambda asked: _read_base(surroundings, asked))
        except LocalBaseError as error:
            surroundings.problem(plan.start.line, f"FROM {error}")
            image = unknown(f"FROM at {origin} {error}", origin)
        else:
            if base is not None:
                bases[plan.number] = base
                return base.stage.child(plan.number, surroundings, plan.platform)
    return Stage(surroundings, plan.number, image, plan.platform)


def _read_base(outer: Surroundings, asked: LocalBase) -> Base:
    surroundings = _surroundings(asked, outer.run_installs, outer.local_bases, outer)
    found = _read(surroundings, asked.target)
    return found._replace(chain=(asked.label, *found.chain))


def _needed(surroundings: Surroundings, plans: list[_Plan], wanted: int) -> set[int]:
    """The stages that `wanted` is built on or copies from, through all of them; each comes before who needs it."""
    needed = {wanted}
    for plan in reversed(plans[: wanted + 1]):
        if plan.number not in needed:
            continue
        if plan.base is not None:
            needed.add(plan.base)
        for name in _sources(plan.body):
            number = surroundings.stage_number(name)
            if number is not None and number < plan.number:
                needed.add(number)
    return needed


def _sources(body: list[Instruction]) -> Iterator[str]:
    """The stages or images that `COPY --from` and `RUN --mount=from=` name, behind ONBUILD too."""
    for outer in body:
        instruction = outer.trigger or outer
        if not instruction.flags:
            continue
        name = instruction.flag("from")
        if name is not None:
            yield name
        for flag in instruction.flags:
            if flag.startswith("--mount="):
                yield from (part[len("from=") :] for part in flag[len("--mount=") :].split(",") if part[:5] == "from=")


def _image(plan: _Plan, origin: Origin, global_arguments: GlobalArguments) -> Fact[str]:
    """What FROM names, or why that cannot be told."""
    reference, written = plan.reference, plan.start.words[0]
    without_value = [name for name in reference.unset if name in global_arguments.without_value]
    if reference.missing:
        return unknown(_why_unknown(origin, reference.missing), origin)
    if without_value:
        return unknown(
            f"FROM at {origin} uses ARG {', '.join(without_value)}, which has no default; state it with"
            f" {' '.join(f'--build-arg {name}=VALUE' for name in without_value)}",
            origin,
        )
    if reference.text is None:
        return unknown(f"FROM at {origin} names {written[:60]}, which cannot be expanded", origin)
    if reference.text == "scratch":
        return absent("FROM scratch: there is no base image", origin)
    try:
        parse_reference(reference.text)
    except ReferenceError_ as error:
        undeclared = f"; no ARG before the first FROM declares {', '.join(reference.unset)}" if reference.unset else ""
        said = (
            str(error) if reference.text == written else _without_values(written)
        )  # what an ARG brought may be secret
        return unknown(f"FROM at {origin}: {said}{undeclared}", origin)
    return known(reference.text, origin)


def _without_values(written: str) -> str:
    return f"{written[:60]!r}, with its variables filled in, is not an image reference ([REGISTRY/]REPOSITORY[:TAG][@DIGEST])"


def _why_unknown(origin: Origin, missing: tuple[str, ...]) -> str:
    names = ", ".join(missing)
    if PLATFORM_ARGS.issuperset(missing):
        given = " ".join(f"--build-arg {name}=VALUE" for name in missing)
        return f"FROM at {origin} depends on the platform that is built for ({names}); state it with {given}"
    return f"FROM at {origin} depends on {names}, whose value is not known"
