"""Launch and entrypoint disagree about the user: one passes USER_ID and GROUP_ID, or expects them, and the other does not."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Build, FactAbsent, Facts, Origin, Script
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.identity import ANY_NAME
from envdoctor.judging.mounts import bind_mounts
from envdoctor.judging.user_mapping import Wanted, changes_user, ids_in, wanted
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_GOSU = "https://github.com/tianon/gosu"
_ENTRYPOINT = "https://docs.docker.com/reference/cli/docker/container/run/#entrypoint"
_SOURCES = (_GOSU, _ENTRYPOINT)
_OTHER_SCRIPT = lazily(r"[\w./-]{1,200}\.(?:sh|bash)\b")


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    build = facts.build.get()
    if not launch.stated or build is None or not launch.user.is_absent or launch.entrypoint.is_unknown:
        raise FactAbsent("the launch is not stated, or names the user itself")
    if launch.env.is_unknown or ANY_NAME in launch.passed:
        raise FactAbsent("which variables the launch passes is known only at run time")
    given = {*launch.passed, *(launch.env.get() or {})}
    script = build.entrypoint_script.get()
    needs = wanted(script) if script is not None else ()
    asked = ids_in(given)
    if script is not None and needs and not _is_replaced(facts, script):
        missing = [each for each in needs if each.name not in given and each.name not in (facts.image.env.get() or {})]
        if missing:
            yield from _not_passed(missing, script, facts)
    elif asked and script is not None and needs:
        yield _finding(
            f"The launch passes {_listed(asked)}, which the image's entrypoint {script.path} would act on, and replaces that entrypoint: nothing reads them.",
            Severity.WARNING,
            facts,
            asked,
            launch.entrypoint.origin,
            (
                "leave --entrypoint out and put the command behind the image",
                "or start as yourself: --user $(id -u):$(id -g)",
            ),
        )
    elif asked and not _may_be_read(facts, build, asked):
        yield _ignored(asked, script, facts, build)


def _is_replaced(facts: Facts, script: Script) -> bool:
    """An --entrypoint that names the script itself changes nothing."""
    words = facts.launch.entrypoint.get()
    return words is not None and not any(word.endswith(script.path.rpartition("/")[2]) for word in words)


def _may_be_read(facts: Facts, build: Build, names: tuple[str, ...]) -> bool:
    """By another script, by the command, or by an entrypoint that is not known."""
    if build.entrypoint_script.is_unknown and (build.entrypoint.is_known or not _has_plain_base(facts)):
        return True
    words = (*(facts.launch.command.get() or ()), *(build.cmd.get() or ()), *(facts.launch.entrypoint.get() or ()))
    if facts.launch.command.is_unknown or any(word is None or _OTHER_SCRIPT.search(word) for word in words):
        return True
    texts = [*(word or "" for word in words), *(script.text for script in build.scripts)]
    if any(name in text for name in names for text in texts):
        return True
    own = {script.path.rpartition("/")[2] for script in build.scripts}
    called = {found.rpartition("/")[2] for script in build.scripts for found in _OTHER_SCRIPT.findall(script.text)}
    return bool(called - own)


def _has_plain_base(facts: Facts) -> bool:
    """Base images of which it is known that they become nobody else."""
    return facts.image.family.get() in ("nvidia/cuda", "pytorch", "plain", "ngc/pytorch")


def _not_passed(missing: list[Wanted], script: Script, facts: Facts) -> Iterator[Finding]:
    names = tuple(each.name for each in missing)
    first = missing[0]
    options = " ".join(
        f"-e {name}=$(id -{'g' if 'G' in name.upper().split('_')[-1] or 'GROUP' in name.upper() else 'u'})"
        for name in names
    )
    remedy = (f"add {options} to the launch", "or start as yourself: --user $(id -u):$(id -g)")
    takes = f"The image's entrypoint {script.path} takes the user from {_listed(names)} ({first.origin}), and the launch does not pass"
    them = "it" if len(names) == 1 else "them"
    if all(each.guarded for each in missing):
        mounts = [mount.shown for mount in bind_mounts(facts.launch) if mount.of_project and not mount.read_only]
        if mounts:
            effect = _without(missing, mounts[0])
            yield _finding(f"{takes} {them}: {effect}", Severity.NOTE, facts, names, facts.launch.origin, remedy)
        return
    stops = any(each.stops for each in missing)
    effect = (
        "the entrypoint ends with an error." if stops else "its commands get an empty uid, and useradd or gosu fail."
    )
    yield _finding(f"{takes} {them}: {effect}", Severity.WARNING, facts, names, facts.launch.origin, remedy)


def _without(missing: list[Wanted], mount: str) -> str:
    """What comes of a script that goes on without them."""
    values = tuple(f"{each.name}={each.default}" for each in missing if each.default)
    if values:
        return f"the entrypoint goes on with its default ({_listed(values)}), and what is written to {mount} belongs to that user on the host, who need not be you."
    return f"the program does not become you, and what it writes to {mount} belongs to root or to somebody else on the host."


def _ignored(asked: tuple[str, ...], script: Script | None, facts: Facts, build: Build) -> Finding:
    entrypoint = build.entrypoint.get()
    if script is not None:
        reads = f"the image's entrypoint {script.path} reads neither"
    elif entrypoint is not None:
        reads = f"the image's entrypoint ({' '.join(entrypoint)[:60]}) is no script that could act on them"
    else:
        reads = "neither the image's Dockerfile nor its base image has an entrypoint that acts on them"
    becomes = script is not None and changes_user(script)
    return _finding(
        f"The launch passes {_listed(asked)}, and {reads}: the container runs as the image's user, and what it writes to mounted directories is not yours.",
        Severity.WARNING if script is not None and not becomes else Severity.NOTE,
        facts,
        asked,
        facts.launch.place(asked[0], facts.launch.env.origin if facts.launch.env.is_known else facts.launch.origin),
        (
            "start as yourself: --user $(id -u):$(id -g), with a HOME and caches that this uid may write",
            'or give the image an entrypoint that becomes that user (useradd -u "$USER_ID", then exec gosu)',
        ),
    )


def _finding(
    message: str, severity: Severity, facts: Facts, names: tuple[str, ...], at: Origin, remedy: tuple[str, ...]
) -> Finding:
    build = facts.build.need()
    script = build.entrypoint_script
    shown = script.need().path if script.is_known else "none"
    where = script.need().origin if script.is_known else build.entrypoint.origin
    return Finding(
        message=message,
        severity=severity,
        remedy=remedy,
        verify="docker run … IMAGE id",
        at=at,
        evidence=(
            Evidence("launch.env", _listed(names), str(facts.launch.origin)),
            Evidence("build.entrypoint_script", shown, str(where)),
        ),
        sources=_SOURCES,
    )


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names) if len(names) < 3 else ", ".join(names[:6])


RULE = Rule(
    id="user-mapping-incomplete",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="the launch passes a uid that the entrypoint does not take, or the other way round",
    seen=("useradd: invalid user ID ''", 'error: failed switching to ":": unable to find user'),
    why=(
        "An entrypoint that becomes the caller needs the caller's uid and gid from the launch, by variables whose names only the two know."
        " If one side lacks them the container runs as root without a word, or ends with an empty uid."
    ),
    remedy=(
        "pass the variables that the entrypoint reads: -e USER_ID=$(id -u) -e GROUP_ID=$(id -g)",
        "or start as yourself: --user $(id -u):$(id -g)",
    ),
    sources=_SOURCES,
    check=check,
)
