"""The container writes to the project's directory as root."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.identity import ANY_NAME, on_other_terms, user_of
from envdoctor.judging.mounts import bind_mounts
from envdoctor.judging.user_mapping import changes_user, ids_in, wanted
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/engine/storage/bind-mounts/",
    "https://docs.docker.com/engine/security/userns-remap/",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    user = user_of(facts)
    if user is None or not user.is_root or on_other_terms(facts):
        raise FactAbsent("the container does not run as root, or that is not stated")
    if _maps(facts):
        raise FactAbsent("the entrypoint or the command becomes another user")
    mounts = [mount.shown for mount in bind_mounts(facts.launch) if mount.of_project and not mount.read_only]
    if not mounts:
        raise FactAbsent("no directory of the project is mounted to be written")
    shown = ", ".join(mounts[:3])
    yield Finding(
        message=f"The container runs as root and may write to the project's directory ({shown}): what it creates there belongs to root on the host, where you can neither change nor delete it without sudo.",
        severity=Severity.NOTE,
        remedy=(
            "add --user $(id -u):$(id -g), with a HOME and caches that this uid may write",
            "or let the entrypoint become the caller (gosu with USER_ID and GROUP_ID from the launch)",
            "or mount with :ro what is only read, and write to a named volume",
        ),
        verify="ls -ln",
        at=facts.launch.place(mounts[0], facts.launch.volumes.origin),
        evidence=(
            Evidence(user.fact, user.name, str(user.origin)),
            Evidence("launch.volumes", shown, str(facts.launch.volumes.origin)),
        ),
        sources=_SOURCES,
    )


def _maps(facts: Facts) -> bool:
    """What another rule judges, and what cannot be told: a uid and a gid are passed, or the command changes owners itself."""
    launch = facts.launch
    if ANY_NAME in launch.passed or ids_in((*launch.passed, *(launch.env.get() or {}))):
        return True
    words = (*(launch.command.get() or ()), *(launch.entrypoint.get() or ()))
    if any(word is not None and ("chown" in word or "gosu" in word or "su -" in word) for word in words):
        return True
    build = facts.build.get()
    if build is None:
        return False
    if build.entrypoint_script.is_unknown and build.entrypoint.is_known:
        return True
    return any(wanted(script) or changes_user(script) for script in build.scripts)


RULE = Rule(
    id="root-owned-output",
    kind=Kind.HYGIENE,
    severity=Severity.NOTE,
    title="what the container writes to the project's directory belongs to root",
    seen=("rm: cannot remove 'outputs/model.pt': Permission denied",),
    why=(
        "A container's root is the host's root unless the engine is rootless or maps users. Files that it creates in a bind mount belong to root there."
        " Checkpoints, exported models and __pycache__ are the usual ones."
    ),
    remedy=("run as yourself: --user $(id -u):$(id -g)", "or become the caller in the entrypoint"),
    sources=_SOURCES,
    check=check,
)
