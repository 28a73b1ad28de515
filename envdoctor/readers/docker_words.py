"""The words of `docker run` and `docker build`, cut into options with their values, and what comes behind them.

The options and which of them take a value: https://docs.docker.com/reference/cli/docker/container/run/ ,
https://docs.docker.com/reference/cli/docker/buildx/build/ , https://docs.podman.io/en/latest/markdown/podman-run.1.html ,
https://github.com/containerd/nerdctl/blob/main/docs/command-reference.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from envdoctor.readers.shell import Command
from envdoctor.readers.shell.as_written import Perhaps, is_only_expansion, is_open

MAX_PROBLEMS = 20


class Word(NamedTuple):
    """`value` is None where it depends on run time; `text` is what is written then. `line` is 0-based."""

    value: str | None
    text: str
    line: int

    @property
    def shown(self) -> str:
        """The value, or what is written, without quotes around it."""
        if self.value is not None:
            return self.value
        quoted = len(self.text) > 1 and self.text[0] == self.text[-1] == '"'
        return self.text[1:-1] if quoted else self.text

    @property
    def is_open(self) -> bool:
        """May it be several words, or none?"""
        return is_open(self.value, self.text)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words it may hold; none if that is not known."""
        return self.text.choices if isinstance(self.text, Perhaps) else ()


class Given(NamedTuple):
    """An option. `name` is the long form with its dashes. `value` is None for one whose value is known only at run time
    and for a bare flag; `text` is the value as written."""

    name: str
    value: str | None
    text: str
    line: int
    is_flag: bool = False


class Options(NamedTuple):
    """`rest` are the words that are no options; `unknown` those that may hold further options, of which only those
    called `possible` are possible (None: any)."""

    given: tuple[Given, ...]
    rest: tuple[Word, ...]
    unknown: tuple[Word, ...]
    problems: tuple[tuple[int, str], ...]
    possible: frozenset[str] | None = None


class Table(NamedTuple):
    flags: frozenset[str]
    valued: frozenset[str]
    short: Mapping[str, str]
    command: str


def _names(text: str) -> frozenset[str]:
    return frozenset(f"--{name}" for name in text.split())


RUN = Table(
    _names(
        "detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet "
        "read-only rm sig-proxy tty use-api-socket "
        "env-host http-proxy no-hostname no-hosts passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all"
    ),
    _names(
        "add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile "
        "cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems "
        "detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns "
        "dns-opt dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd health-interval "
        "health-retries health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip "
        "ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt mac-address memory "
        "memory-reservation memory-swap memory-swappiness mount name net net-alias network network-alias oom-score-adj pid "
        "pids-limit platform publish pull restart runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl "
        "tmpfs ulimit user userns uts volume volume-driver volumes-from workdir "
        "arch authfile cert-dir cgroup-conf chrootdirs conmon-pidfile creds decryption-key gidmap group-entry "
        "health-log-destination health-max-log-count health-max-log-size health-on-failure health-startup-cmd "
        "health-startup-interval health-startup-retries health-startup-success health-startup-timeout hooks-dir hostuser "
        "image-volume init-ctr init-path os passwd-entry personality pidfile pod pod-id-file preserve-fd preserve-fds "
        "rdt-class requires retry retry-delay sdnotify seccomp-policy secret subgidname subuidname systemd "
        "timeout timezone tz uidmap umask unsetenv variant "
        "cosign-key ipfs-address namespace pidfile snapshotter verify"
    ),
    {
        "a": "--attach", "c": "--cpu-shares", "d": "--detach", "e": "--env", "h": "--hostname", "i": "--interactive",
        "l": "--label", "m": "--memory", "p": "--publish", "P": "--publish-all", "q": "--quiet", "t": "--tty",
        "u": "--user", "v": "--volume", "w": "--workdir",
    },
    "docker run",
)  # fmt: skip

BUILD = Table(
    _names(
        "check compress debug disable-content-trust force-rm load no-cache pull push quiet rm squash stream "
        "all-platforms compat-auth-file disable-compression http-proxy identity-label inherit-labels layers "
        "no-hostname no-hosts omit-history rewrite-timestamp skip-unused-stages squash-all stdin tls-verify"
    ),
    _names(
        "add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent cgroupns "
        "cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems file iidfile isolation label memory memory-swap "
        "metadata-file network no-cache-filter output platform policy progress provenance sbom secret security-opt shm-size "
        "ssh tag target ulimit "
        "arch authfile build-arg-file cap-add cap-drop cert-dir cpp-flag creds decryption-key device dns dns-option "
        "dns-search env format from group-add hooks-dir ignorefile ipc isolation jobs logfile manifest os os-feature "
        "os-version retry retry-delay runtime runtime-flag sign-by timestamp unsetenv userns userns-gid-map "
        "userns-uid-map uts variant volume"
    ),
    {"f": "--file", "t": "--tag", "q": "--quiet", "m": "--memory", "c": "--cpu-shares", "o": "--output", "v": "--volume",
     "D": "--debug", "l": "--label"},
    "docker build",
)  # fmt: skip

_FOLLOWING = 60
"""Words behind an unknown one that are looked at to tell what it is."""

_ALIASES = {"--net": "--network", "--net-alias": "--network-alias", "--dns-option": "--dns-opt"}
_OPTION_HINT = re.compile(r"ARG|OPT|FLAG|PARAM|SWITCH", re.IGNORECASE)
_IMAGE_HINT = re.compile(r"IMAGE|IMG|(?<![A-Z])TAG|REPO", re.IGNORECASE)
_NAMED_IMAGE = re.compile(r"(?:IMAGE|IMG|IMAGE_?(?:NAME|TAG|URI|ID))\}?$", re.IGNORECASE)
_WEAK_OPTION_HINT = re.compile(
    r"MOUNT|VOL|ENV|GPU|PORT|NET|DEVICE|EXTRA|SHM|LIMIT|X11|DISPLAY|USER|RUNTIME|TTY|INTERACTIVE|CAP|LINK|DETACH",
    re.IGNORECASE,
)
_PRINTS_OPTION = re.compile(r"\b(?:echo|printf)\s{1,9}[\"']?-")  # $([ -t 0 ] && echo -it)
_LIKE_IMAGE = re.compile(r"[a-z0-9][\w.-]*(?::[0-9]+)?(?:/[\w.-]+)*[:@][\w.:-]+|[a-z0-9][\w.-]*(?:/[\w.-]+)+", re.ASCII)


def words_of(command: Command, start: int = 0) -> list[Word]:
    parts = zip(command.words[start:], command.texts[start:], command.lines[start:], strict=True)
    return [Word(*part) for part in parts]


def options(words: Sequence[Word], table: Table, *, mixed: bool = False, only: bool = False) -> Options:
    """Options up to the first word that is none; with `mixed` (docker build) also between and behind the others.
    `only`: there are options alone, so that an unknown word is never an image."""
    given: list[Given] = []
    rest: list[Word] = []
    unknown: list[Word] = []
    problems: list[tuple[int, str]] = []
    index = 0
    while index < len(words):
        word = words[index]
        shown = word.shown
        if word.value == "--":
            rest.extend(words[index + 1 :])
            break
        if len(shown) > 1 and shown[0] == "-":
            index += _option(words, index, table, given, problems)
        elif word.value is None and (only or not _stands_alone(words, index, table)):
            unknown.append(word)
        else:
            rest.append(word)
            if not mixed:
                rest.extend(words[index + 1 :])
                break
        index += 1
    possible = _possible(unknown, table)
    return Options(tuple(given), tuple(rest), tuple(unknown), tuple(problems[:MAX_PROBLEMS]), possible)


def _possible(unknown: Sequence[Word], table: Table) -> frozenset[str] | None:
    """The names of the options among the choices of unknown words; None where one may hold anything."""
    names: set[str] = set()
    for word in unknown:
        words = [Word(None if {"$", "`"}.intersection(text) else text, text, word.line) for text in word.choices]
        found = options(words, table, only=True)
        if not words or found.unknown or found.rest or found.problems:
            return None
        names.update(item.name for item in found.given)
    return frozenset(names)


def _stands_alone(words: Sequence[Word], index: int, table: Table) -> bool:
    """Is an unknown word where options stand the image (the context of a build), or does it hold options?"""
    word = words[index]
    text, is_last = word.shown, index + 1 == len(words)
    if text.startswith(("$@", "$*", "${@", "${*")):
        return False
    if not word.is_open and not is_only_expansion(text):
        return True
    if _NAMED_IMAGE.search(text):
        return True
    if _OPTION_HINT.search(text) or _PRINTS_OPTION.search(text) or any(choice.startswith("-") for choice in word.choices):
        return False
    if not word.is_open or _IMAGE_HINT.search(text):
        return not (word.is_open and "[@]" in text)
    if is_last or table is BUILD:
        return "[@]" not in text
    if _options_follow(words[index + 1 :], table):
        return False
    after = words[index + 1]
    if after.shown.startswith("-"):
        return True
    if _WEAK_OPTION_HINT.search(text) or "[@]" in text:
        return False
    if after.value is None:
        return not _IMAGE_HINT.search(after.text)
    return not _LIKE_IMAGE.fullmatch(after.value)


def _options_follow(words: Sequence[Word], table: Table) -> bool:
    """Behind further words that are not known, is there an option, and an image behind it? `$IMAGE -c "ls"` has none, and
    `$GPUS $MOUNTS -it ubuntu:22.04 bash` has one."""
    start = next((number for number, word in enumerate(words[:_FOLLOWING]) if not word.is_open), len(words))
    first = words[start].shown if start < len(words) else ""
    if first.startswith("--"):
        name = first.partition("=")[0]
        return name in table.flags or name in table.valued
    if not first.startswith("-") or not all(letter in table.short for letter in first[1:2]):
        return False
    given: list[Given] = []
    problems: list[tuple[int, str]] = []
    index, end = start, min(len(words), start + _FOLLOWING)
    while index < end and words[index].shown.startswith("-"):
        index += _option(words, index, table, given, problems) + 1
    if problems or index >= end:
        return False
    image = words[index].value
    mounts = any(":/" in item.text for item in given)
    return image is None or mounts or len(given) > 1 or _LIKE_IMAGE.fullmatch(image) is not None


def _option(
    words: Sequence[Word], index: int, table: Table, given: list[Given], problems: list[tuple[int, str]]
) -> int:
    """Adds one option, or a cluster such as -it; how many words more than one it took."""
    word = words[index]
    shown = word.shown
    name, equals, value = shown.partition("=")
    if not shown.startswith("--"):
        return _cluster(words, index, table, given, problems)
    is_flag, is_valued = name in table.flags, name in table.valued
    if not is_flag and not is_valued:
        problems.append((word.line, f"{name[:60]} is no option of {table.command} that is known here"))
    name = _ALIASES.get(name, name)
    if equals:
        known = word.value is not None or not {"$", "`"}.intersection(value)
        given.append(Given(name, value if known else None, value, word.line))
        return 0
    if is_flag or (not is_valued and not _takes_next(words, index)):
        given.append(Given(name, None, "", word.line, is_flag=True))
        return 0
    return _next_word(words, index, name, given)


def _takes_next(words: Sequence[Word], index: int) -> bool:
    """Of an option nobody knows: the next word is its value if an image can still follow."""
    following = [word.shown for word in words[index + 1 : index + 3]]
    if len(following) < 2 or following[0].startswith("-"):
        return False
    return not _LIKE_IMAGE.fullmatch(following[0])


def _next_word(words: Sequence[Word], index: int, name: str, given: list[Given]) -> int:
    if index + 1 >= len(words):
        given.append(Given(name, None, "", words[index].line))
        return 0
    following = words[index + 1]
    given.append(Given(name, following.value, following.shown, words[index].line))
    return 1


def _cluster(
    words: Sequence[Word], index: int, table: Table, given: list[Given], problems: list[tuple[int, str]]
) -> int:
    """`-it`, `-eX=Y`, `-p 80:80`: flags up to the first letter that takes a value."""
    word = words[index]
    shown = word.shown
    for position, letter in enumerate(shown[1:], 1):
        name = table.short.get(letter)
        if name is None:
            problems.append((word.line, f"{shown[:60]} is no option of {table.command} that is known here"))
            return 1 if position == 1 and _takes_next(words, index) else 0
        if name in table.flags:
            if shown[position + 1 : position + 2] == "=":  # -t=false
                given.append(Given(name, shown[position + 2 :], shown[position + 2 :], word.line))
                return 0
            given.append(Given(name, None, "", word.line, is_flag=True))
            continue
        rest = shown[position + 1 :].removeprefix("=")
        if not rest:
            return _next_word(words, index, name, given)
        given.append(Given(name, rest if word.value is not None else None, rest, word.line))
        return 0
    return 0
