"""Launch scripts and compose files, read with their readers into starters."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from envdoctor.facts import Launch, unknown
from envdoctor.judging.launching import by_hand, with_nvidia_runtime
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Ignore, SourceText
from envdoctor.targets.files import BuildContext, Unreadable
from envdoctor.targets.kinds import Kind
from envdoctor.targets.read import boundary_of
from envdoctor.targets.resolve import Item
from envdoctor.targets.result import Misunderstood, Span
from envdoctor.targets.starters import Start, Starter

if TYPE_CHECKING:
    from envdoctor.readers.compose import Service
    from envdoctor.readers.launch_script import Launched

_End = Callable[[list[str], int], int]
_OVERRIDE = lazily(r"((?:docker-)?compose)\.override(\.ya?ml)")
_FOR_CPU = lazily(r"(?:^|[-_.])cpu(?:$|[-_.])", re.IGNORECASE)
_NO_LAUNCH = "starts no container and builds no image that can be seen; expected docker run, docker build or the like"


def read_starter(item: Item, kind: Kind, text: str) -> Starter | None:
    """None for a script in a directory that is no business of ours. Raises Unreadable or Misunderstood."""
    return _script(item, text) if kind is Kind.SCRIPT else _compose(item, text)


def override_bases(labels: Iterable[str]) -> dict[str, str]:
    """compose.override.yaml -> compose.yaml: docker compose reads both, each under any of their names."""
    known = set(labels)
    found: dict[str, str] = {}
    for label in known:
        folder, _, name = label.rpartition("/")
        match = _OVERRIDE.fullmatch(name.lower())
        if match is None:
            continue
        names = [f"{match[1]}{suffix}" for suffix in (match[2], ".yaml", ".yml")]
        base = next(
            (each for each in (f"{folder}/{name}" if folder else name for name in names) if each in known), None
        )
        if base is not None:
            found[label] = base
    return found


def _script(item: Item, text: str) -> Starter | None:
    from envdoctor.readers.launch_script import is_launch_script, read_launch_script

    if item.directory is not None and not is_launch_script(text):
        return None
    script = read_launch_script(text, item.label)
    if item.directory is None and not (script.launches or script.builds):
        raise Misunderstood(_NO_LAUNCH)
    asking = {launched.image.get() for launched in script.launches if launched.launch.gpus.is_known}
    starts = tuple(_start(launched, launched.image.get() in asking) for launched in script.launches)
    spans = _spans(script.ignores, text, item.label, _continued)
    return Starter(item.label, *_places(item), starts, script.builds, spans, script.problems)


def _start(launched: Launched, asks_elsewhere: bool) -> Start:
    """A branch without a GPU beside one with it is for machines without: `if nvidia-smi; then … else …`."""
    launch = launched.launch
    if launched.conditional and asks_elsewhere and launch.gpus.is_absent:
        launch = launch._replace(gpus=unknown("the script starts it with and without a GPU", launched.origin))
    origin, slips = launched.origin, launched.slips
    return Start(str(origin), launched.image, launch, origin, slips, launched.platform, written=launched.written)


def _compose(item: Item, text: str) -> Starter:
    """A file that changes services of the one beside it (compose.gpu.yaml) is read as `-f compose.yaml -f compose.gpu.yaml`
    has it; what it changes are its workloads."""
    from envdoctor.readers.compose import ComposeError, read_compose

    directory, boundary = _places(item)
    read_file = BuildContext(directory, boundary, upwards=False).read_file
    try:
        compose = read_compose(text, item.label, read_file=read_file)
        services, changed = compose.services, None
        if compose.notes:
            changed = _beside(item, read_file)
        if changed is not None:
            base = read_compose(changed, changed.path, read_file=read_file, overrides=())
            whole = read_compose(changed, changed.path, read_file=read_file, overrides=[(text, item.label)])
            services = tuple(service for service in whole.services if service not in base.services)
    except ComposeError as error:
        raise Unreadable(str(error)) from error
    starts = tuple(_of_service(service, item.label, services) for service in services)
    spans = _spans(compose.ignores, text, item.label, _block)
    notices = compose.problems if changed is not None else (*compose.problems, *compose.notes)
    starter = Starter(item.label, directory, boundary, starts, (), spans, notices, True)
    return starter._replace(changes=changed.path) if changed is not None else starter


def _beside(item: Item, read_file: Callable[[str], str | None]) -> SourceText | None:
    from envdoctor.readers.compose.names import DEFAULT_NAMES

    names = (name for name in DEFAULT_NAMES if name != os.path.basename(item.label))
    return next((text for name in names if isinstance(text := read_file(name), SourceText)), None)


def _of_service(service: Service, label: str, beside: Iterable[Service]) -> Start:
    return Start(
        f"{label}: {service.name}",
        service.image,
        _perhaps_without_gpu(service, label, beside),
        service.origin,
        service.slips,
        service.platform,
        service.build,
        service.dockerfile_inline,
    )


def _perhaps_without_gpu(service: Service, label: str, beside: Iterable[Service]) -> Launch:
    """A controller or a web server beside the worker that gets the GPU, both of one image, and a variant for the CPU go
    without on purpose."""
    launch = service.launch
    if not launch.gpus.is_absent or launch.reservations or launch.runtime.is_known:
        return launch
    other = next((each.name for each in beside if _has_gpu(each.launch) and _made(each) == _made(service)), None)
    if other is not None:
        reason = f"service {other[:60]} runs the same image with a GPU, and this one may do without"
    elif any(map(_FOR_CPU.search, (service.name, os.path.basename(label), *service.profiles))):
        reason = "its name says that it is meant for the CPU"
    else:
        return launch
    return launch._replace(goes_without=reason)


def _made(service: Service) -> tuple[str | None, ...]:
    build = service.build
    if build is not None:
        return build.context, build.file or "Dockerfile", build.target, service.dockerfile_inline
    return (service.image.get() or f"\0{service.name}",)


def with_changes(starters: Iterable[Starter]) -> dict[str, Starter]:
    """By their labels. A service without a GPU for which another file asks for one goes without on purpose."""
    found = {starter.label: starter for starter in starters}
    for starter in list(found.values()):
        base = found.get(starter.changes)
        if base is not None:
            asking = {_service(start) for start in starter.starts if _has_gpu(start.launch)}
            starts = tuple(_alone(start, starter) if _service(start) in asking else start for start in base.starts)
            found[base.label] = base._replace(starts=starts)
    return found


def _service(start: Start) -> str:
    return start.label.rpartition(": ")[2]


def _alone(start: Start, by: Starter) -> Start:
    """The service as the base alone starts it, judged beside the one with the GPU."""
    if _has_gpu(start.launch):
        return start
    return start._replace(launch=start.launch._replace(goes_without=f"{by.label} is put on top to pass the GPU"))


def _has_gpu(launch: Launch) -> bool:
    return launch.gpus.is_known or with_nvidia_runtime(launch) or by_hand(launch)


def _places(item: Item) -> tuple[str, str]:
    """Where the file lies, and outside which directory nothing is read for it."""
    return os.path.realpath(os.path.dirname(item.label) or "."), boundary_of(item)


def _spans(ignores: Iterable[Ignore], text: str, path: str, end: _End) -> tuple[Span, ...]:
    if not ignores:
        return ()
    lines = text.split("\n")
    return tuple(
        Span(ignore.rule, ignore.reason, ignore.line, end(lines, ignore.line), False, path) for ignore in ignores
    )


def _continued(lines: list[str], first: int) -> int:
    """The last line (1-based) of the command that begins at line `first`."""
    last = first
    while last < len(lines) and lines[last - 1].rstrip().endswith("\\"):
        last += 1
    return last


def _block(lines: list[str], first: int) -> int:
    """The last line of the YAML block that begins at line `first`: what follows is indented deeper, or is its list."""
    indent = _indent(lines[first - 1])
    last = first
    for number in range(first, len(lines)):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        own_list = (
            _indent(line) == indent and line.lstrip().startswith("- ") and lines[first - 1].rstrip().endswith(":")
        )
        if _indent(line) <= indent and not own_list:
            break
        last = number + 1
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
