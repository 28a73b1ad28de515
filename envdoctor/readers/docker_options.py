"""The options of `docker run` (podman, nerdctl) as a Launch.

Sources: https://docs.docker.com/reference/cli/docker/container/run/ , https://github.com/docker/cli/blob/master/opts/gpus.go
(the fields of --gpus), https://docs.podman.io/en/latest/markdown/podman-run.1.html ,
https://github.com/cncf-tags/container-device-interface (device names of CDI)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from envdoctor.facts import Fact, Launch, Origin, absent, known, unknown
from envdoctor.patterns import lazily
from envdoctor.readers.docker_gpus import cdi_request, gpu_request
from envdoctor.readers.docker_mounts import mount, tmpfs_mount
from envdoctor.readers.docker_words import Given
from envdoctor.readers.secret_values import is_secret
from envdoctor.readers.size import size_in_bytes

ANY_NAME = "*"
"""In `Launch.passed`: any variable may be passed, by --env-file or by options that are known only at run time."""

_NAME = lazily(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ULIMIT = lazily(r"([a-z]{1,20})=(-?[0-9]{1,19}|unlimited)(?::(?:-?[0-9]{1,19}|unlimited))?")
_TRUE, _FALSE = (
    frozenset({"true", "1", "t", "T", "TRUE", "True"}),
    frozenset({"false", "0", "f", "F", "FALSE", "False"}),
)


class Read(NamedTuple):
    launch: Launch
    platform: str | None
    problems: tuple[tuple[int, str], ...]


def launch_of(
    given: Sequence[Given],
    how: str,
    origin_at: Callable[[int], Origin],
    origin: Origin,
    open_reason: str | None = None,
    possible: frozenset[str] | None = None,
) -> Read:
    """`origin_at` gives the origin of a 0-based line, `origin` is the command's own. `open_reason`: why options may be
    missing from `given`, those called `possible` (None: any); such a one is then unknown instead of absent."""
    reading = _Reading(given, origin_at, origin)
    reading.open_reason, reading.possible = open_reason, possible
    return reading.read(how)


class _Reading:
    def __init__(self, given: Sequence[Given], origin_at: Callable[[int], Origin], origin: Origin) -> None:
        self.by_name: dict[str, list[Given]] = {}
        for item in given:
            self.by_name.setdefault(item.name, []).append(item)
        self.origin_at, self.origin = origin_at, origin
        self.open_reason: str | None = None
        self.possible: frozenset[str] | None = None
        self.problems: list[tuple[int, str]] = []

    def read(self, how: str) -> Read:
        gpus, capabilities = self.gpus()
        env, passed = self.environment()
        launch = Launch(
            True,
            how,
            self.origin,
            gpus,
            capabilities,
            (),
            self.text("--runtime"),
            env,
            passed,
            self.flag("--privileged"),
            self.texts("--device"),
            self.texts("--device-cgroup-rule"),
            self.size("--shm-size"),
            self.text("--ipc"),
            self.text("--network"),
            self.texts("--publish"),
            self.ulimits(),
            self.text("--user"),
            self.texts("--group-add"),
            self.volumes(),
            self.text("--cpuset-cpus"),
            self.texts("--security-opt"),
            self.texts("--cap-add"),
            self.entrypoint(),
            workdir=self.text("--workdir"),
            read_only=self.flag("--read-only"),
            tmpfs=self.tmpfs(),
            places=self.places(),
        )
        platform = self.by_name.get("--platform", ())
        return Read(launch, platform[-1].value if platform else None, tuple(self.problems))

    def may_be_given(self, *names: str) -> bool:
        return self.open_reason is not None and (self.possible is None or not self.possible.isdisjoint(names))

    def missing(self, name: str) -> Fact:  # type: ignore[type-arg]
        if self.open_reason is not None and self.may_be_given(name):
            return unknown(self.open_reason, self.origin)
        return absent(f"{name} is not given", self.origin)

    def only_at_run_time(self, item: Given) -> Fact:  # type: ignore[type-arg]
        shown = f"its value {item.text[:80]!r} is known only at run time" if item.text else "it has no value here"
        return unknown(f"{item.name} is given, but {shown}", self.origin_at(item.line))

    def last(self, name: str) -> Given | None:
        found = self.by_name.get(name)
        return found[-1] if found else None

    def text(self, name: str) -> Fact[str]:
        item = self.last(name)
        if item is None:
            return self.missing(name)
        return self.only_at_run_time(item) if item.value is None else known(item.value, self.origin_at(item.line))

    def texts(self, name: str) -> Fact[tuple[str, ...]]:
        """All values, as they are written where a part is not known."""
        items = [item for item in self.by_name.get(name, ()) if item.text]
        if not items:
            return self.missing(name)
        return known(tuple(item.text for item in items), self.origin_at(items[0].line))

    def flag(self, name: str) -> Fact[bool]:
        item = self.last(name)
        if item is None:
            return self.missing(name)
        if item.is_flag or item.value in _TRUE:
            return known(True, self.origin_at(item.line))
        return known(False, self.origin_at(item.line)) if item.value in _FALSE else self.only_at_run_time(item)

    def size(self, name: str) -> Fact[int]:
        item = self.last(name)
        if item is None:
            return self.missing(name)
        size = size_in_bytes(item.value) if item.value is not None else None
        if size is not None:
            return known(size, self.origin_at(item.line))
        if item.value is not None:
            self.problems.append((item.line, f"{name} {item.value[:60]!r} is no size; expected one such as 1g or 512m"))
        return self.only_at_run_time(item)

    def gpus(self) -> tuple[Fact[str], Fact[tuple[str, ...]]]:
        """What --gpus asks for, else the GPUs among CDI devices (`--device nvidia.com/gpu=all`)."""
        item = self.last("--gpus")
        devices = self.by_name.get("--device", [])
        if item is None:
            asked = cdi_request([device.text for device in devices])
            first = next((device for device in devices if cdi_request([device.text]) is not None), None)
            if asked is None or first is None:
                return self.missing("--gpus"), self.missing("--gpus")
            origin = self.origin_at(first.line)
            return known(asked, origin), absent("a CDI device asks for no capabilities", origin)
        if item.value is None:
            return self.only_at_run_time(item), self.only_at_run_time(item)
        origin, request = self.origin_at(item.line), gpu_request(item.value)
        if request.problem:
            self.problems.append((item.line, request.problem))
        asked_for: Fact[str] = known(request.gpus, origin) if request.gpus else absent("--gpus asks for no GPU", origin)
        if request.capabilities:
            return asked_for, known(request.capabilities, origin)
        return asked_for, absent("--gpus names no capabilities", origin)

    def environment(self) -> tuple[Fact[Mapping[str, str]], frozenset[str]]:
        values: dict[str, str] = {}
        passed: set[str] = set()
        items = self.by_name.get("--env", [])
        for item in items:
            name, equals, value = item.text.partition("=")
            if not _NAME.fullmatch(name):
                passed.add(ANY_NAME if "$" in name or "`" in name else name)
            elif item.value is None or not equals or is_secret(name):
                passed.add(name)
                values.pop(name, None)
            else:
                passed.discard(name)
                values[name] = value
        files = self.by_name.get("--env-file", [])
        if files or "--env-host" in self.by_name or self.may_be_given("--env", "--env-file", "--env-host"):
            passed.add(ANY_NAME)
        if items:
            return known(values, self.origin_at(items[0].line)), frozenset(passed)
        if files:
            reason = f"the variables come from --env-file {files[0].text[:80]}"
            return unknown(reason, self.origin_at(files[0].line)), frozenset(passed)
        return self.missing("--env"), frozenset(passed)

    def ulimits(self) -> Fact[Mapping[str, int]]:
        items = self.by_name.get("--ulimit", [])
        limits: dict[str, int] = {}
        for item in items:
            found = _ULIMIT.fullmatch(item.value) if item.value is not None else None
            if found is not None:
                limits[found.group(1)] = -1 if found.group(2) == "unlimited" else int(found.group(2))
            elif item.value is not None and item.value != "host":
                self.problems.append(
                    (
                        item.line,
                        f"--ulimit {item.value[:60]!r} is no limit; expected NAME=SOFT[:HARD], such as memlock=-1",
                    )
                )
        if not items:
            return self.missing("--ulimit")
        return known(limits, self.origin_at(items[0].line)) if limits else self.only_at_run_time(items[0])

    def volumes(self) -> Fact[tuple[str, ...]]:
        found = [(item.line, item.text) for item in self.by_name.get("--volume", []) if item.text]
        mounts = ((item.line, mount(item.text)) for item in self.by_name.get("--mount", []))
        found += [(line, volume) for line, volume in mounts if volume is not None]
        if not found:
            return self.missing("--volume")
        return known(tuple(volume for _, volume in found), self.origin_at(found[0][0]))

    def places(self) -> Mapping[str, Origin]:
        """The last of several that say the same counts."""
        found = {item.text: item.line for name in ("--volume", "--device") for item in self.by_name.get(name, ())}
        found.update((mount(item.text) or "", item.line) for item in self.by_name.get("--mount", ()))
        found.update((item.text.partition("=")[0], item.line) for item in self.by_name.get("--env", ()))
        return {text: self.origin_at(line) for text, line in found.items() if text}

    def tmpfs(self) -> Fact[tuple[str, ...]]:
        found = [(item.line, item.text) for item in self.by_name.get("--tmpfs", []) if item.text]
        mounts = ((item.line, tmpfs_mount(item.text)) for item in self.by_name.get("--mount", []))
        found += [(line, place) for line, place in mounts if place is not None]
        if not found:
            return self.missing("--tmpfs")
        return known(tuple(place for _, place in found), self.origin_at(found[0][0]))

    def entrypoint(self) -> Fact[tuple[str, ...]]:
        """One word; "" takes the image's own away; podman also takes a JSON list."""
        item = self.last("--entrypoint")
        if item is None:
            return self.missing("--entrypoint")
        if item.value is None:
            return self.only_at_run_time(item)
        return known(_entrypoint_words(item.value), self.origin_at(item.line))


def _entrypoint_words(text: str) -> tuple[str, ...]:
    if text.startswith("[") and len(text) < 10_000:
        import json

        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            return (text,)
        if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
            return tuple(listed)
    return (text,) if text else ()
