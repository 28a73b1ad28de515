"""A password or token in ARG, ENV, --build-arg or an address: it stays in the image for everybody who can pull it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envdoctor.facts import Build, BuildCommand, FactAbsent, Facts, Statement, Variable
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.secret_names import names_a_secret
from envdoctor.judging.shell_words import program
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/build/building/secrets/",
    "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
    "https://pip.pypa.io/en/stable/topics/authentication/",
    "https://docs.docker.com/build/metadata/attestations/slsa-provenance/",
)
_WRITTEN_OUT = "***"
_VERIFY = "docker history --no-trunc IMAGE"
_PIP_CONF = (
    "for an index of pip: put its address into a pip.conf, RUN --mount=type=secret,id=pip,target=/etc/pip.conf pip install …, and docker build --secret id=pip,src=pip.conf .",
    "for uv, curl and git: RUN --mount=type=secret,id=netrc,target=/root/.netrc …, and docker build --secret id=netrc,src=$HOME/.netrc .",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build = facts.build.need()
    arguments = [each for each in build.variables if each.keyword == "ARG" and names_a_secret(each.name)]
    final = {each.name for each in arguments if each.final}
    for group in _by_file(each for each in arguments if each.final):
        yield _of_arguments(group, Severity.WARNING, build)
    for group in _by_file(each for each in arguments if not each.final and each.name not in final):
        yield _of_arguments(group, Severity.NOTE, build)
    for group in _by_file(each for each in build.variables if _holds_a_secret(each)):
        yield _of_environment(group)
    untold = {each.name for each in build.variables} - {each.name for each in arguments}
    for statements, is_final in ((build.statements, True), (build.other_statements, False)):
        for statement in statements:
            yield from _of_addresses(statement, untold, is_final)
    for command in build.commands:
        yield from _of_command(command)
    if not (build.variables or build.statements or build.other_statements or build.commands):
        raise FactAbsent("the build has no variables, commands and arguments")


def _by_file(variables: Iterable[Variable]) -> Iterator[list[Variable]]:
    groups: dict[str | None, list[Variable]] = {}
    for each in variables:
        groups.setdefault(each.origin.path, []).append(each)
    yield from groups.values()


def _holds_a_secret(variable: Variable) -> bool:
    """An ENV of the image that is built: called a secret and not empty, or an address with a password in it."""
    if variable.keyword != "ENV" or not variable.final or not variable.value:
        return False
    return names_a_secret(variable.name) or f"://{_WRITTEN_OUT}@" in variable.value or _from_secret(variable.value)


def _from_secret(value: str) -> bool:
    """https://${USER}:${TOKEN}@host"""
    _, found, rest = value.partition("://")
    return bool(found) and "$" in rest.partition("@")[0] and "@" in rest and "/" not in rest.partition("@")[0]


def _of_arguments(group: list[Variable], severity: Severity, build: Build) -> Finding:
    names = _listed(group)
    where = (
        "its value stays in the image: docker history shows the build arguments of every RUN behind it, and so does a full attestation of the build (provenance, mode=max)"
        if severity is Severity.WARNING
        else "its value stays in the build cache, and in a full attestation of the build (provenance, mode=max), though not in the image that is built"
    )
    return Finding(
        message=f"{names} {'are arguments' if len(group) > 1 else 'is an argument'} of the build: {_plural(where, group)}.",
        severity=severity,
        remedy=(_mount(group[0].name), *_by_file_mount(group, build)),
        verify=_VERIFY,
        at=group[0].origin,
        evidence=_evidence(group),
        sources=_SOURCES,
    )


def _of_environment(group: list[Variable]) -> Finding:
    return Finding(
        message=f"{_listed(group)} {'are variables' if len(group) > 1 else 'is a variable'} of the image with a password or token in it: whoever can pull the image reads it with docker inspect, and every program in the container gets it.",
        severity=Severity.WARNING,
        remedy=(
            f"for the build: RUN --mount=type=secret,id={_id(group[0].name)},env={group[0].name} …, and docker build --secret id={_id(group[0].name)},env={group[0].name} .",
            f"for the program: leave it out of the image and pass it when the container is started, docker run --env {group[0].name} …",
            "and replace the password or token if the image was pushed",
        ),
        verify="docker inspect --format '{{.Config.Env}}' IMAGE",
        at=group[0].origin,
        evidence=_evidence(group),
        sources=_SOURCES[:2],
    )


def _of_addresses(statement: Statement, declared: set[str], is_final: bool) -> Iterator[Finding]:
    """A password that is written out, or comes from a variable of the build whose name does not tell."""
    found = [each for each in statement.addresses if each.password]
    names = [each.password for each in found if each.password in declared]
    if not names and not any(each.password == _WRITTEN_OUT for each in found):
        return
    what = f"comes from {names[0]}, a variable of the build" if names else "is written in the command"
    host = found[0].host or "an address"
    where = "in the image: docker history shows it" if is_final else "in the build cache and in the Dockerfile"
    yield Finding(
        message=f"The password or token for {host} {what}, and stays {where}.",
        severity=Severity.WARNING,
        remedy=(*_PIP_CONF, "and replace the password or token if the image or the Dockerfile was shared"),
        verify=_VERIFY,
        at=statement.origin,
        evidence=(Evidence("build.statements", f"{found[0].scheme}://…@{host}", str(statement.origin)),),
        sources=_SOURCES,
    )


def _of_command(command: BuildCommand) -> Iterator[Finding]:
    names = [name for name in dict.fromkeys((*command.secrets, *command.arguments)) if names_a_secret(name)]
    if not names:
        return
    places = [command.places.get(name, command.origin) for name in names]
    is_compose = (command.origin.path or "").endswith((".yaml", ".yml"))
    option = "build args" if is_compose else "--build-arg"
    remedy = (
        f"pass it as a secret: --secret id={_id(names[0])},env={names[0]} in place of --build-arg, and RUN --mount=type=secret,id={_id(names[0])},env={names[0]} … in place of ARG"
        if not is_compose
        else f"list it under build: secrets: [{_id(names[0])}] (at the top level secrets: {_id(names[0])}: {{environment: {names[0]}}}), and RUN --mount=type=secret,id={_id(names[0])},env={names[0]} … in place of ARG"
    )
    one = len(names) == 1
    yield Finding(
        message=f"{_joined(names)} {'is' if one else 'are'} passed to the build as {option}: docker history shows the value{'' if one else 's'} to everybody who can pull the image, and so does the list of processes while the build runs.",
        severity=Severity.WARNING,
        remedy=(
            remedy,
            *(_PIP_CONF[:1] if any("PYPI" in name.upper() or "PIP" in name.upper() for name in names) else ()),
        ),
        verify=_VERIFY,
        at=places[0],
        evidence=tuple(
            Evidence(f"build.arguments.{name}", "not shown", str(place))
            for name, place in zip(names[:5], places, strict=False)
        ),
        sources=_SOURCES,
    )


def _by_file_mount(group: list[Variable], build: Build) -> Iterator[str]:
    """Where one of the arguments is a part of an address."""
    names = {each.name for each in group}
    used = [
        (program(statement), address)
        for statement in (*build.statements, *build.other_statements)
        for address in statement.addresses
        if address.password in names
    ]
    if any(address.option for _, address in used):
        yield _PIP_CONF[0]
    if any(name in ("uv", "git", "curl", "wget") for name, _ in used):
        yield _PIP_CONF[1]


def _mount(name: str) -> str:
    return f"RUN --mount=type=secret,id={_id(name)},env={name} … in place of ARG {name} (# syntax=docker/dockerfile:1), and docker build --secret id={_id(name)},env={name} ."


def _id(name: str) -> str:
    return name.lower()


def _listed(group: list[Variable]) -> str:
    """ "HF_TOKEN", "HF_TOKEN and PYPI_PASSWORD (line 12)"."""
    first = group[0]
    names = dict.fromkeys(
        each.name + (f" (line {each.origin.line})" if each.origin.line != first.origin.line else "") for each in group
    )
    return _joined(list(names))


def _joined(names: list[str]) -> str:
    shown = names[:5]
    if len(names) > 5:
        shown = [*names[:4], f"{len(names) - 4} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _plural(text: str, group: list[Variable]) -> str:
    return text.replace("its value stays", "their values stay") if len(group) > 1 else text


def _evidence(group: list[Variable]) -> tuple[Evidence, ...]:
    return tuple(Evidence(f"build.{each.keyword}.{each.name}", "not shown", str(each.origin)) for each in group[:5])


RULE = Rule(
    id="secret-in-image-history",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="a password or token of the build stays in the image",
    seen=("SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data",),
    why=(
        "Build arguments are part of the history of each RUN behind their ARG, ENV is part of the image, and a command is stored as it is written: docker history and docker inspect show them to whoever can"
        " pull the image. A secret mount is there while one RUN runs and is stored nowhere. An ARG of a stage that is only copied from stays in the build cache; that is a note."
    ),
    remedy=(
        "RUN --mount=type=secret,id=NAME,env=NAME …, and docker build --secret id=NAME,env=NAME .",
        *_PIP_CONF,
    ),
    sources=_SOURCES,
    check=check,
)
