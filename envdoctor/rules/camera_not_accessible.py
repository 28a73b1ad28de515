"""A camera that is mounted and not passed, or passed to a user who may not open it."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Launch
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of
from envdoctor.judging.identity import User, user_of
from envdoctor.judging.volumes import Volume, volumes
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://docs.docker.com/reference/cli/docker/container/run/#device",
    "https://github.com/taskcluster/taskcluster/issues/7307",
    "https://github.com/mpromonet/webrtc-streamer/issues/663",
    "https://docs.podman.io/en/latest/markdown/podman-run.1.html",
)
_CAMERA = lazily(r"/dev/video(?:\d{1,3}|\*)?$")
_RULE = lazily(r"\s*[ac]\s+(?:81|\*)\s*:")  # 81 is the major number of video4linux
_VIDEO = frozenset({"video", "44", "keep-groups"})
_GROUPS = frozenset({"usermod", "useradd", "adduser", "gpasswd", "addgroup", "groupmems"})


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    launch = facts.launch
    if not launch.stated or (launch.how != "document" and (launch.devices.is_unknown or launch.privileged.is_unknown)):
        raise FactAbsent("which devices the launch passes is not stated, or known only at run time")
    passed = [device for device in launch.devices.get() or () if _CAMERA.match(_source(device))]
    mounted = [volume for volume in volumes(launch) if _CAMERA.match(volume.source or "")]
    if not passed and not mounted:
        yield from _missing(facts)
        return
    for volume in mounted:
        found = _mounted(volume, passed, facts)
        if found is not None:
            yield found
    if passed:
        yield from _not_of_group(passed, facts)


def _source(device: str) -> str:
    return device.partition(":")[0]


def _missing(facts: Facts) -> Iterator[Finding]:
    launch = facts.launch
    used = facts.uses_stated and "camera" in (facts.uses.get() or ())
    everything = launch.privileged.get() or any((volume.source or "") == "/dev" for volume in volumes(launch))
    elsewhere = any(
        device.startswith(("/dev/bus/usb", "/dev:", "$")) or device == "/dev" for device in launch.devices.get() or ()
    )
    if not used or everything or elsewhere or launch.devices.is_unknown:
        raise FactAbsent("the launch passes no camera")
    yield Finding(
        message="The workload uses a camera, and the launch passes none: /dev/video0 is not there in the container.",
        severity=Severity.WARNING,
        remedy=("add --device /dev/video0 to the launch (compose: devices: [/dev/video0])",),
        verify="docker run --rm … IMAGE ls -l /dev/video0",
        at=launch.origin,
        evidence=(of("uses", facts.uses), of("launch.devices", launch.devices)),
        sources=_SOURCES,
    )


def _mounted(volume: Volume, passed: list[str], facts: Facts) -> Finding | None:
    """A node that a volume shows is there, and the devices cgroup does not let the container open it."""
    launch = facts.launch
    source = volume.source or ""
    if any(_source(device) == source for device in passed):
        return _superfluous(volume, launch)
    if launch.privileged.get() or any(_RULE.match(rule) for rule in launch.device_cgroup_rules.get() or ()):
        return None
    if launch.device_cgroup_rules.is_unknown and launch.how != "document":
        return None
    option = "devices" if launch.how == "compose" else "--device"
    at = launch.place(volume.shown, launch.volumes.origin)
    return Finding(
        message=f"{source} is mounted as a volume and not passed as a device: it is there in the container, and opening it ends in Operation not permitted.",
        severity=_severity(facts),
        remedy=(
            f"in place of the volume: devices: [{source}]"
            if launch.how == "compose"
            else f"in place of the volume: --device {source}",
            "or, where the camera may be plugged in later, keep the volume and add the rule 'c 81:* rmw' (--device-cgroup-rule; compose: device_cgroup_rules)",
        ),
        verify="docker run --rm … IMAGE sh -c ': < /dev/video0'",
        at=at,
        evidence=(
            Evidence("launch.volumes", volume.shown, str(at)),
            Evidence("launch.devices", ", ".join(passed) or f"no {option}", str(launch.devices.origin)),
        ),
        sources=_SOURCES,
    )


def _severity(facts: Facts) -> Severity:
    """Rootless engines cannot bind devices to a cgroup; Podman mostly is one. A document does not tell all options."""
    launch, host = facts.launch, facts.host
    rooted = (
        launch.how in ("docker run", "compose") and not host.rootless.get() and host.engine.get() in (None, "docker")
    )
    return Severity.ERROR if rooted else Severity.WARNING


def _superfluous(volume: Volume, launch: Launch) -> Finding:
    return Finding(
        message=f"{volume.source} is passed as a device and mounted as a volume too: the device is enough, and the volume adds nothing.",
        severity=Severity.NOTE,
        remedy=(f"leave out the volume {volume.source}, and keep the device",),
        at=launch.place(volume.shown, launch.volumes.origin),
        evidence=(of("launch.devices", launch.devices), of("launch.volumes", launch.volumes)),
        sources=_SOURCES,
    )


def _not_of_group(passed: list[str], facts: Facts) -> Iterator[Finding]:
    """udev gives cameras to root and the group video, mode 0660."""
    launch, user = facts.launch, user_of(facts)
    podman = launch.how.startswith("podman")
    if user is None or user.is_root or launch.group_add.is_unknown:
        return
    groups = set(launch.group_add.get() or ())
    group = (launch.user.get() or facts.image.user.get() or "").partition(":")[2]
    open_group = any("$" in name or "`" in name for name in groups)
    if open_group or not _VIDEO.isdisjoint({*groups, group}) or _has_group(user, group, facts):
        return
    yield Finding(
        message=f"{_source(passed[0])} is passed to a container that runs as {user.shown}, which is not known to belong to the group video: cameras belong to root and that group (mode 0660), and opening one ends in Permission denied.",
        severity=Severity.WARNING if _names_group(user, facts) else Severity.NOTE,
        remedy=(
            "add --group-add keep-groups to the launch, and be of the group video on the host"
            if podman
            else "add --group-add video to the launch (compose: group_add: [video]); by number, if the host's differs: $(stat -c %g /dev/video0)",
            "or in the Dockerfile: RUN usermod -aG video USER, where the launch names no group",
        ),
        verify="docker run --rm … IMAGE sh -c 'id; ls -l /dev/video0'",
        at=user.origin,
        evidence=(Evidence(user.fact, user.name, str(user.origin)), of("launch.group_add", launch.group_add)),
        sources=_SOURCES,
    )


def _names_group(user: User, facts: Facts) -> bool:
    """Does the launch name uid and gid, so that the groups that the image gives the user do not count?"""
    return user.fact == "launch.user" and ":" in (facts.launch.user.get() or user.name)


def _has_group(user: User, group: str, facts: Facts) -> bool:
    """Does the build put the user into the group? A group that is named at the launch takes the place of those."""
    build = facts.build.get()
    if build is None or (user.fact == "launch.user" and group):
        return False
    for statement in build.statements:
        words = [word or "" for word in statement.words]
        if words and words[0].rpartition("/")[2] in _GROUPS and any("video" in word.split(",") for word in words):
            return True
    return any("usermod" in script.text and "video" in script.text for script in build.scripts)


RULE = Rule(
    id="camera-not-accessible",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="a camera is mounted as a volume and not passed as a device, or passed to a user who may not open it",
    seen=(
        "cat: /dev/video0: Operation not permitted",
        "[ WARN:0] global cap_v4l.cpp (902) open VIDEOIO(V4L2:/dev/video0): can't open camera by index",
        "Failed to open /dev/video0: Permission denied",
    ),
    why=(
        "A container may open the devices that its cgroup allows, and --device is what adds one. A volume only shows the node. The node keeps the host's owner and mode, mostly root:video and 0660."
    ),
    remedy=("--device /dev/video0", "--group-add video for a user other than root"),
    sources=_SOURCES,
    check=check,
)
