"""As whom a container runs, and whether the image has an account for it.

Docker gives a uid that is not in the image's /etc/passwd neither a name nor a home: HOME is "/". podman writes an entry.
Source: https://docs.podman.io/en/latest/markdown/podman-run.1.html (--passwd)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.facts import Facts, Origin
from envdoctor.patterns import lazily

_CALLER = lazily(r"\bid\s+-u|\bUID\b|_UID\b|\bUSER_ID\b", re.IGNORECASE)
_QUOTED = lazily(r"'([^']{1,60})'")
_ROOT = frozenset({"", "root", "0"})
_ROOT_FAMILIES = frozenset(
    {"nvidia/cuda", "pytorch", "plain", "ngc/pytorch", "ngc/tensorrt", "ngc/tritonserver", "ngc/nemo"}
)
_ADDS = frozenset({"useradd", "adduser", "usermod"})
ANY_NAME = "*"
"""In `Launch.passed`: any variable may be passed."""


class User(NamedTuple):
    """`name` is as written. `number` is its uid; `of_caller`: the uid of whoever starts the container
    (`--user $(id -u)`), which only the run knows. `fact` is its path in an environment document."""

    name: str
    number: int | None
    of_caller: bool
    fact: str
    origin: Origin

    @property
    def is_root(self) -> bool:
        return self.number == 0

    @property
    def shown(self) -> str:
        if self.of_caller:
            return "the uid of whoever starts it"
        return f"uid {self.number}" if self.number is not None else f"user {self.name}"


def user_of(facts: Facts) -> User | None:
    """The launch's user, else the image's. None: not known. Base images of a registry that are known to run as root do."""
    launch = facts.launch.user
    if launch.is_known:
        return _user(launch.need(), "launch.user", launch.origin)
    if facts.launch.stated and launch.is_unknown and _CALLER.search(launch.reason):
        written = _QUOTED.search(launch.reason)
        return User(written.group(1) if written else "$(id -u)", None, True, "launch.user", launch.origin)
    if facts.launch.stated and launch.is_unknown and facts.launch.how != "document":
        return None
    image = facts.image.user
    if image.is_known:
        return _user(image.need(), "image.user", image.origin)
    family = facts.image.family
    if family.get() in _ROOT_FAMILIES:
        return User("root", 0, False, "image.reference", facts.image.reference.origin)
    return None


def _user(text: str, fact: str, origin: Origin) -> User:
    name = text.partition(":")[0].strip()
    if "$" in name or "`" in name:
        return User(text, None, _CALLER.search(text) is not None, fact, origin)
    if name in _ROOT:
        return User("root", 0, False, fact, origin)
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 11 else None
    return User(name, number, False, fact, origin)


def on_other_terms(facts: Facts) -> bool:
    """Where a file's owner is not who it seems: rootless engines and podman map the container's root to the user, Docker
    Desktop shares the host's files through a machine of its own."""
    host = facts.host
    engine = host.engine.get() or ""
    podman = facts.launch.how.startswith("podman") or engine == "podman"
    return podman or bool(host.rootless.get()) or engine == "docker-desktop" or host.is_windows


def sets(facts: Facts, *names: str) -> bool:
    """Does the launch or the image set one of the variables, whatever its value?"""
    launch = facts.launch
    if ANY_NAME in launch.passed or (launch.stated and launch.env.is_unknown and launch.how != "document"):
        return True
    given = {*launch.passed, *(launch.env.get() or {}), *(facts.image.env.get() or {})}
    return not given.isdisjoint(names)


def may_have_account(facts: Facts, user: User) -> bool:
    """Might /etc/passwd of the container know the uid? Most accounts that images make have 1000."""
    if any("/etc/passwd" in volume for volume in facts.launch.volumes.get() or ()):
        return True
    packages = facts.packages.get()
    if packages is not None and packages.named("libnss-wrapper", "nss-wrapper", "fixuid"):
        return True
    ordinary = user.of_caller or user.number is None or user.number == 1000
    image = facts.image
    release = (image.os_version.get() or "").split(".")[0]
    if ordinary and image.os_id.get() == "ubuntu" and release.isdigit() and int(release) >= 24:
        return True  # the account "ubuntu", uid 1000, is in Ubuntu's images since 23.04
    build = facts.build.get()
    if build is None:
        return False
    texts = [script.text for script in build.scripts]
    if any("/etc/passwd" in text or "HOME=" in text or "nss_wrapper" in text for text in texts):
        return True
    for statement in build.statements:
        words = statement.words
        if (words[0] or "").rpartition("/")[2] in _ADDS and (ordinary or None in words or str(user.number) in words):
            return True
    return False
