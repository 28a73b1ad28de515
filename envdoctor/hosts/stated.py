"""A host stated in words: `name=edge,driver=470.57.02,gpu=T4`, `--driver` with `--gpu`, or a table in the settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from envdoctor.facts import Fact, Host, Origin, absent, known
from envdoctor.hosts.errors import HostError
from envdoctor.hosts.gpu_text import read_gpus
from envdoctor.hosts.identify import complete_host
from envdoctor.nearest import did_you_mean
from envdoctor.readers.driver_number import DriverNumberError, read_driver
from envdoctor.readers.host_label import label
from envdoctor.readers.host_words import ARCHITECTURES, mode_fact
from envdoctor.readers.json_document import shown

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix

_NONE = ("none", "no", "false", "off")
_MODES = ("auto", "legacy", "cdi", "jit-cdi", "csv")
# Patterns are compiled when they are needed: compiling all of them takes longer than a host stated in two words.
_SYSTEM = r"([a-z][a-z-]{0,40}?)[-: ]?([0-9][0-9.]{0,20})?"
_DOTTED = r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}"
_EXAMPLE = "name=edge,driver=470.57.02,gpu=T4"


class Value(NamedTuple):
    """The text of one key, with where it was said, for the message about it and for the fact's origin."""

    text: str
    origin: Origin

    def refuse(self, expected: str) -> HostError:
        return HostError(f"{self.origin}: {shown(self.text)} is not understood; expected {expected}")


def from_options(driver: str | None, gpus: tuple[str, ...], matrix: Matrix) -> Host:
    """--driver and --gpu. Raises HostError."""
    host = Host(stated=True)
    if driver is not None:
        host = _driver(host, Value(driver, Origin("--driver")))
    return _finished(host, gpus, Origin("--gpu"), None, matrix)


def from_words(text: str, matrix: Matrix) -> Host:
    """`name=edge,driver=470.57.02,gpu=T4,gpu=T4`. Raises HostError."""
    pairs: list[tuple[str, str]] = []
    for part in text.split(","):
        key, separator, value = part.partition("=")
        if not separator or not value.strip():
            raise HostError(f"--host {shown(text)}: {shown(part)} is not KEY=VALUE; expected for example {_EXAMPLE}")
        pairs.append((key.strip().lower(), value.strip()))
    return _from_pairs(pairs, "--host", None, matrix)


def from_table(name: str, table: Mapping[str, object], matrix: Matrix) -> Host:
    """A named host of the settings; a value is a text, a whole number, a truth value or a list. Raises HostError."""
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, (str, int)):  # as a number 535.10 would be 535.1
                raise HostError(f"hosts.{name}.{key}: {shown(item)} is not understood; expected a text in quotes")
            pairs.append((key, str(item).lower() if isinstance(item, bool) else str(item)))
    return _from_pairs(pairs, f"hosts.{name}", name, matrix)


def _from_pairs(pairs: list[tuple[str, str]], said_at: str, name: str | None, matrix: Matrix) -> Host:
    host, gpus, seen = Host(stated=True), [], set()
    for key, text in pairs:
        value = Value(text, Origin(f"{said_at}, {key}"))
        if key in seen and key != "gpu":
            raise HostError(f"{said_at}: {key} is stated twice; state it once (only gpu may be repeated)")
        seen.add(key)
        if key == "name":
            name = text
        elif key == "gpu":
            gpus.append(text)
        elif key in _READERS:
            host = _READERS[key](host, value)
        else:
            keys = ("name", "gpu", *_READERS)
            guess = did_you_mean(key, keys) or ";"
            raise HostError(f"{said_at}: {shown(key)} is not a key{guess} the keys are {', '.join(keys)}")
    return _finished(host, tuple(gpus), Origin(f"{said_at}, gpu"), name, matrix)


def _finished(host: Host, gpus: tuple[str, ...], said_at: Origin, name: str | None, matrix: Matrix) -> Host:
    if any(text.strip().lower() in _NONE for text in gpus):
        host = host._replace(gpus=known((), said_at))
    elif gpus:
        host = host._replace(gpus=known(read_gpus(gpus, said_at, matrix), said_at))
    return complete_host(host._replace(name=_name(host, name)), matrix)


def _name(host: Host, name: str | None) -> str:
    made = label(host)
    if name is None:
        return made or "a host of which nothing decisive is stated"
    return f"{name} ({made})" if made else name


def _driver(host: Host, value: Value) -> Host:
    if value.text.lower() in _NONE:
        return host._replace(driver=absent("the host has no NVIDIA driver", value.origin))
    try:
        return host._replace(driver=known(read_driver(value.text), value.origin))
    except DriverNumberError as error:
        raise HostError(f"{value.origin}: {error}") from error


def _cuda(host: Host, value: Value) -> Host:
    if not re.fullmatch(_DOTTED, value.text):
        raise value.refuse('the CUDA version that the driver reports, such as "12.2"')
    return host._replace(driver_cuda=known(value.text, value.origin))


def _os(host: Host, value: Value) -> Host:
    match = re.fullmatch(_SYSTEM, value.text.lower())
    if match is None:
        raise value.refuse('a distribution and its version, such as "ubuntu22.04", or "windows"')
    version: Fact[str] = known(match.group(2), value.origin) if match.group(2) else host.os_version
    return host._replace(os_id=known(match.group(1).rstrip("-"), value.origin), os_version=version)


def _arch(host: Host, value: Value) -> Host:
    name = ARCHITECTURES.get(value.text.lower())
    if name is None:
        raise value.refuse(f"one of {', '.join(ARCHITECTURES)}")
    return host._replace(arch=known(name, value.origin))


def _l4t(host: Host, value: Value) -> Host:
    release = value.text.lstrip("Rr")
    if value.text.lower() in _NONE:
        return host._replace(l4t=absent("the host is not a Jetson", value.origin))
    if not re.fullmatch(_DOTTED, release):
        raise value.refuse('an L4T release such as "35.4.1"')
    return host._replace(l4t=known(release, value.origin))


def _wsl(host: Host, value: Value) -> Host:
    text = value.text.lower().removeprefix("wsl")
    if text in _NONE:
        return host._replace(wsl=absent("the host is not WSL", value.origin))
    if text not in ("1", "2"):
        raise value.refuse("1, 2 or no")
    return host._replace(wsl=known(int(text), value.origin))


def _toolkit(host: Host, value: Value) -> Host:
    if value.text.lower() in _NONE:
        return host._replace(toolkit=known(False, value.origin))
    if value.text.lower() in ("yes", "true"):
        return host._replace(toolkit=known(True, value.origin))
    if not re.fullmatch(_DOTTED, value.text):
        raise value.refuse('the version of the NVIDIA Container Toolkit such as "1.17.4", yes or none')
    return host._replace(toolkit=known(True, value.origin), toolkit_version=known(value.text, value.origin))


def _mode(host: Host, value: Value) -> Host:
    mode = value.text.lower()
    if mode not in _MODES:
        raise value.refuse(f"one of {', '.join(_MODES)}")
    return host._replace(toolkit_mode=mode_fact(mode, value.origin, host.toolkit_mode))


def _engine(host: Host, value: Value) -> Host:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]{0,60}", value.text):
        raise value.refuse('the container engine\'s name, such as "docker" or "podman"')
    return host._replace(engine=known(value.text.lower(), value.origin))


_READERS: Mapping[str, Callable[[Host, Value], Host]] = {
    "driver": _driver,
    "cuda": _cuda,
    "os": _os,
    "arch": _arch,
    "l4t": _l4t,
    "wsl": _wsl,
    "toolkit": _toolkit,
    "mode": _mode,
    "engine": _engine,
}
