"""A volume that the engine refuses as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Host
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.volumes import Volume, volumes
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading

_SOURCES = (
    "https://docs.docker.com/engine/storage/bind-mounts/",
    "https://docs.docker.com/reference/compose-file/services/#volumes",
    "https://docs.docker.com/engine/release-notes/23.0/",
    "https://github.com/docker/cli/issues/1203",
)
_RELATIVE_SINCE = "23"  # the release from which `docker run -v ./x:/y` is taken from the current directory
_MOST = 200
_ABSOLUTE = 'write the whole path, or one from where the command is run: -v "$PWD/…:/…"'


class _Fault(NamedTuple):
    what: str
    effect: str
    remedy: str


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    found = volumes(launch)[:_MOST]
    if not found:
        raise FactAbsent("the launch mounts no volume that is known")
    for volume in found:
        fault = _fault(volume, facts)
        if fault is not None:
            yield _finding(volume.shown, fault, facts)
    if launch.how != "compose":
        yield from _twice(found, facts)


def _fault(volume: Volume, facts: Facts) -> _Fault | None:
    if volume.source == "":
        return _Fault(
            "has nothing in front of the colon, as it comes of a variable that is empty",
            "the engine refuses it (empty section between colons)",
            'give the variable a value, or let the script stop without one: -v "${DATA:?}:/data"',
        )
    if volume.of_windows:
        return _of_windows(volume, facts.host)
    source = volume.source if volume.source_is_known else None
    fault = _relative(source, facts) if source else None
    if fault is None and volume.target_is_known and not volume.target.startswith("/") and not _is_drive(volume.target):
        return _Fault(
            f"is to be mounted at {volume.target!r}, which is no absolute path",
            "the engine refuses it (mount path must be absolute)",
            "write the place in the container from / on",
        )
    return fault


def _relative(source: str, facts: Facts) -> _Fault | None:
    """A source that is neither an absolute path nor one from here nor a name."""
    how = facts.launch.how
    if source.startswith("~"):
        return (
            None
            if how in ("compose", "document")
            else _Fault(
                "has a ~ that the shell leaves alone, in quotes or behind an equals sign",
                "the engine takes ~ for the beginning of a volume's name and refuses it (invalid characters for a local volume name)",
                'write $HOME in its place, or take the ~ out of the quotes: -v "$HOME/…:/…"',
            )
        )
    if source.startswith("."):
        return _from_here(facts) if how != "compose" else None
    if "/" in source and not source.startswith("/"):
        effect = (
            "the engine takes it for the name of a volume and refuses it (invalid characters for a local volume name)"
        )
        if how == "compose":
            effect = (
                "compose takes it for a volume that is not defined, and refuses the file (refers to undefined volume)"
            )
        remedy = f"write ./{source}" if how == "compose" else _ABSOLUTE
        return _Fault(f"has a relative path, {source!r}, without ./ in front", effect, remedy)
    return None


def _from_here(facts: Facts) -> _Fault | None:
    host = facts.host
    version = leading(host.engine_version.get() or "")
    if facts.launch.how.startswith("podman") or host.engine.get() != "docker" or version is None:
        return None
    if at_least(version, _RELATIVE_SINCE) is not False:
        return None
    return _Fault(
        f"has a relative path, which `docker run` takes from Docker {_RELATIVE_SINCE} on, and the host has {version}",
        "the engine refuses it (invalid characters for a local volume name)",
        _ABSOLUTE,
    )


def _of_windows(volume: Volume, host: Host) -> _Fault | None:
    """Docker on Linux parts it at the drive's colon; Docker Desktop and WSL know such paths."""
    system = host.os_id.get()
    if system is None or host.is_windows or host.engine.get() == "docker-desktop" or system in ("darwin", "macos"):
        return None
    return _Fault(
        f"has a path of Windows, {volume.source!r}, and the host runs {system}",
        "the engine takes the drive's letter for a volume and the rest for other parts, and refuses it",
        _ABSOLUTE,
    )


def _is_drive(target: str) -> bool:
    return target[1:2] == ":" or "\\" in target


def _twice(found: Sequence[Volume], facts: Facts) -> Iterator[Finding]:
    """Two different volumes at one place. The same one twice counts once."""
    first: dict[str, Volume] = {}
    for volume in found:
        if not volume.target_is_known or volume.source is None:
            continue
        other = first.setdefault(volume.target.rstrip("/"), volume)
        if other.shown != volume.shown:
            fault = _Fault(
                f"is mounted where another one is, {other.shown!r}",
                "the engine refuses it (Duplicate mount point)",
                "leave one of them out",
            )
            yield _finding(volume.shown, fault, facts)


def _finding(shown: str, fault: _Fault, facts: Facts) -> Finding:
    origin = facts.launch.place(shown, facts.launch.volumes.origin)
    return Finding(
        message=f"The volume {shown!r} {fault.what}: {fault.effect}, and the container does not start.",
        severity=Severity.ERROR,
        remedy=(fault.remedy,),
        verify="docker compose config" if facts.launch.how == "compose" else None,
        at=origin,
        evidence=(Evidence("launch.volumes", shown, str(origin)),),
        sources=_SOURCES,
    )


RULE = Rule(
    id="volume-not-mountable",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a volume is written in a way that the engine refuses",
    seen=(
        'docker: Error response from daemon: create data/models: "data/models" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path.',
        "docker: Error response from daemon: Duplicate mount point: /data",
        "docker: invalid spec: :/data: empty section between colons",
        'service "app" refers to undefined volume data/models: invalid compose project',
    ),
    why=(
        "What stands in front of the colon is a path if it begins with / (compose and Docker since 23: also with ., compose: with ~), and else the name of a volume, in which no slash and no ~"
        " may be. The shell replaces ~ only at the beginning of a word, and not in quotes. A place in the container is absolute, and has one volume."
    ),
    remedy=("write an absolute path, $PWD/… or $HOME/…",),
    sources=_SOURCES,
    check=check,
)
