"""The image's own user writes to a directory of the host, which belongs to somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.identity import User, on_other_terms, user_of
from envdoctor.judging.mounts import Mount, bind_mounts
from envdoctor.judging.user_mapping import changes_user, is_id, wanted
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/engine/storage/bind-mounts/",
    "https://github.com/zylon-ai/private-gpt/issues/1876",
)
_SYSTEM = ("/dev", "/etc", "/run", "/var/run", "/sys", "/proc")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    user = user_of(facts)
    if user is None or user.is_root or user.of_caller or on_other_terms(facts):
        raise FactAbsent("the container runs as root or as its caller, or that is not stated")
    if user.number is not None and user.fact == "launch.user":
        raise FactAbsent("the launch names the uid")
    if _follows_caller(facts):
        raise FactAbsent("the user's uid is set by the build or by the entrypoint")
    mounts = [mount for mount in bind_mounts(facts.launch) if _is_written(mount, user)]
    if not mounts:
        raise FactAbsent("no directory of the host is mounted where the user writes")
    yield _finding(user, mounts, facts)


def _follows_caller(facts: Facts) -> bool:
    """A build argument for the uid, or an entrypoint that takes it from the launch."""
    build = facts.build.get()
    if build is None:
        return False
    script = build.entrypoint_script.get()
    if script is not None and (wanted(script) or changes_user(script)):
        return True
    return any(each.keyword == "ARG" and is_id(each.name) for each in build.variables)


def _is_written(mount: Mount, user: User) -> bool:
    """Under the user's home, or the project; not the system's sockets and files."""
    if mount.read_only or mount.target.startswith(_SYSTEM):
        return False
    return mount.of_project or mount.target.startswith(f"/home/{user.name}/")


def _finding(user: User, mounts: list[Mount], facts: Facts) -> Finding:
    shown = ", ".join(mount.shown for mount in mounts[:3])
    return Finding(
        message=(
            f"The container runs as {user.shown} of the image and writes to a bind mount of the host ({shown}): the directory keeps its owner on the host, so that writing"
            " fails with permission denied unless its uid is the same. A directory that is not there yet is created by Docker, and belongs to root."
        ),
        severity=Severity.NOTE,
        remedy=(
            "use a named volume (-v NAME:TARGET): it takes the owner of the image's directory",
            "or start the container as the owner (--user $(id -u):$(id -g), with a HOME and caches that this uid may write)",
            "or build the image's user with the host's uid (ARG UID, RUN useradd -u $UID), or chown the directory on the host",
        ),
        verify="docker run --rm … IMAGE sh -c 'id; touch TARGET/x'",
        at=facts.launch.place(mounts[0].shown, facts.launch.volumes.origin),
        evidence=(
            Evidence(user.fact, user.name, str(user.origin)),
            Evidence("launch.volumes", shown, str(facts.launch.volumes.origin)),
        ),
        sources=_SOURCES,
    )


RULE = Rule(
    id="bind-mount-not-writable",
    kind=Kind.COMPATIBILITY,
    severity=Severity.NOTE,
    title="the image's non-root user writes to a bind mount that belongs to somebody else",
    seen=("PermissionError: [Errno 13] Permission denied: '/home/appuser/.cache'",),
    why=(
        "A bind mount shows the host's directory with the host's owner and mode. The uid of a user that the image made is a number that happens to be the"
        " host user's, or not; a directory that does not exist is made by the daemon and belongs to root."
    ),
    remedy=("use a named volume for caches", "or run as the owner of the directory, or build the user with that uid"),
    sources=_SOURCES,
    check=check,
)
