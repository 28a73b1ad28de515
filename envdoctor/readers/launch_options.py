"""Options of `docker run` that the user states on the command line: --launch "--gpus all --shm-size 1g"."""

from __future__ import annotations

from envdoctor.facts import Fact, Launch, Origin, unknown
from envdoctor.readers.docker_options import launch_of
from envdoctor.readers.docker_words import RUN, Word, options

_NVIDIA_DEVICES = ("/dev/nvidia", "/dev/nvhost", "/dev/dxg", "nvidia.com/")


class LaunchOptionsError(ValueError):
    """The text is no list of `docker run` options. The message says what was read and what was expected."""


def read_launch_options(text: str) -> Launch:
    """`--gpus all --shm-size 1g`, as given to --launch. Raises LaunchOptionsError."""
    import shlex

    expected = 'expected options of docker run, such as --launch "--gpus all --shm-size 1g"'
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise LaunchOptionsError(f"--launch: {text[:80]!r} has a quote that is not closed; {expected}") from error
    while parts[:1] and parts[0] in ("docker", "podman", "nerdctl", "run", "sudo"):
        del parts[0]
    found = options([_stated(part) for part in parts], RUN, only=True)
    if found.problems:
        from envdoctor.nearest import did_you_mean

        message = found.problems[0][1]
        hint = did_you_mean(message.split(" ", 1)[0], RUN.flags | RUN.valued)
        raise LaunchOptionsError(f"--launch: {message}{hint}; {expected}")
    if found.rest:
        raise LaunchOptionsError(f"--launch: {found.rest[0].text[:80]!r} is no option; {expected}")
    origin = Origin("--launch")
    read = launch_of(found.given, "docker run", lambda _line: origin, origin)
    if read.problems:
        raise LaunchOptionsError(f"--launch: {read.problems[0][1]}; {expected}")
    missing = next((item for item in found.given if not item.is_flag and item.value is None), None)
    if missing is not None:
        raise LaunchOptionsError(f"--launch: {missing.name} has no value; {expected}")
    said = any(item.name == "--gpus" for item in found.given)
    return read.launch if said else _without_request(read.launch)


def _without_request(launch: Launch) -> Launch:
    """`--launch "--shm-size 1g"` says nothing of GPUs: whoever means that none is passed states `--runtime runc`."""
    nodes = any(device.startswith(_NVIDIA_DEVICES) for device in launch.devices.get() or ())
    if launch.gpus.is_known or launch.runtime.is_known or launch.privileged.is_known or nodes:
        return launch
    missing: Fact[str] = unknown("the GPU request is not stated", launch.gpus.origin)
    return launch._replace(
        gpus=missing,
        gpu_capabilities=unknown("the capabilities of the GPU request are not stated", launch.gpus.origin),
    )


def _stated(part: str) -> Word:
    """A ~ is meant as the shell takes it, which would have run the command."""
    text = "$HOME" + part[1:] if part.startswith("~/") else part
    return Word(text, text, 0)
