"""One requirement as pip takes it: `torch[extra]==2.1.0+cu118 ; marker`, a wheel's path or address, a VCS address.

Sources: https://packaging.python.org/en/latest/specifications/dependency-specifiers/ ,
https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
"""

from __future__ import annotations

import re
from typing import NamedTuple

from envdoctor.patterns import lazily
from envdoctor.readers.indexes import redacted, variant_of_index, variant_of_local

MAX_LENGTH = 2_000
"""Longest requirement that is read, in characters."""

_PLAIN = lazily(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:==([0-9]+(?:\.[0-9]+)*(?:\+[A-Za-z0-9.]+)?))?")
_NAMED = lazily(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*(.*)", re.DOTALL)
_CLAUSE = lazily(r"(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;()]+)")
_RELEASE = lazily(r"[0-9]+(?:\.[0-9]+)*(?:\.post[0-9]+)?(?:\+[a-z0-9.]+)?")
_NUMBER = lazily(r"v?[0-9]+(?:\.[0-9]+)*(?:\.?(?:a|b|rc|post|dev)[0-9]*){0,3}(?:\.\*|\+[A-Za-z0-9.]+)?")
_SEPARATORS = lazily(r"[-_.]+")
_VCS = lazily(r"(?:git|hg|svn|bzr)\+[a-z]+:", re.IGNORECASE)
_ADDRESS = lazily(r"[a-z][a-z0-9+.-]*://|file:", re.IGNORECASE)
_EGG = lazily(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_SOURCE_FILE = lazily(
    r"([A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z][A-Za-z0-9._]*)*)-([0-9][A-Za-z0-9.+!]*)\.(?:tar\.gz|zip)"
)
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")


class RequirementError(ValueError):
    """pip would refuse the text. The message says what was read and what is expected."""


class Requirement(NamedTuple):
    """`version` is an exact pin with its local part, anything else is in `specifier`. `known` is False where a source
    (a Git repository, a file without a version in its name) decides the version. `cuda` is the CUDA release of the
    build where the text tells: 2.1.0+cu118, or a wheel in a folder …/whl/cu118."""

    name: str
    version: str | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    known: bool = True
    from_file: bool = False
    cuda: str | None = None


def normalized(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return _SEPARATORS.sub("-", name).lower()


def parse_requirement(text: str) -> Requirement | None:
    """The requirement; None for a source that does not say what it holds (a folder, an archive, a repository without
    #egg=). Raises RequirementError."""
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        raise _refused(text)
    plain = _PLAIN.fullmatch(text)
    if plain is not None and text[-1] not in "._-" and not text.endswith(_ARCHIVES):
        return _pinned(Requirement(normalized(plain.group(1))), plain.group(2) and _normal(plain.group(2)))
    if _is_source(text):
        return _from_source(text)
    named = _NAMED.fullmatch(text)
    if named is None:
        raise _refused(text)
    name, extras, rest = named.groups()
    if name[-1] in "._-":
        raise _refused(text)
    names = tuple(normalized(extra.strip()) for extra in (extras or "").split(",") if extra.strip())
    rest, _, marker = rest.partition(" ;" if rest.startswith("@") else ";")
    found = Requirement(normalized(name), extras=names, marker=marker.strip())
    if rest.startswith("@"):
        return _at_address(found, rest[1:].strip())
    return _with_clauses(found, rest.strip(), text)


def parse_open(text: str) -> Requirement | None:
    """A requirement of which a variable decides the version (`torch==${TORCH_VERSION}`): its name alone is known. None
    where the name is not."""
    head = _NAMED.match(text.strip("\"' ")[:MAX_LENGTH])
    if head is None or not head.group(3).startswith(("=", "~", "<", ">", "!")) or head.group(1)[-1] in "._-":
        return None
    return Requirement(normalized(head.group(1)), known=False)


def _normal(version: str) -> str:
    """ "0.0.25post1" is 0.0.25.post1, and that is what an index calls it."""
    if _RELEASE.fullmatch(version):
        return version
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:  # `===` takes any text
        return version


def _pinned(found: Requirement, version: str | None) -> Requirement:
    if version is None or "+" not in version:
        return found._replace(version=version) if version else found
    return found._replace(version=version, cuda=variant_of_local(version.partition("+")[2]) or found.cuda)


def _with_clauses(found: Requirement, rest: str, text: str) -> Requirement:
    if rest.startswith("(") and rest.endswith(")"):  # the older form: torch (>=2.0)
        rest = rest[1:-1].strip()
    clauses: list[tuple[str, str]] = []
    for part in rest.split(",") if rest else ():
        match = _CLAUSE.fullmatch(part.strip())
        if match is None and not (part.strip() == "" and clauses):
            raise _refused(text)
        if match is not None:
            clauses.append((match.group(1), _checked(match.group(2), match.group(1), text)))
    pins = [version for operator, version in clauses if operator in ("==", "===") and not version.endswith("*")]
    if pins:
        return _pinned(found, _normal(pins[0].removeprefix("v")))
    return found._replace(specifier=",".join(f"{operator}{version}" for operator, version in clauses))


def _checked(version: str, operator: str, text: str) -> str:
    """The version, if it is one: by a pattern for the usual forms, by `packaging` for the rest."""
    if operator == "===" or _NUMBER.fullmatch(version):
        return version
    from packaging.specifiers import InvalidSpecifier, Specifier

    try:
        return Specifier(f"{operator}{version}").version
    except InvalidSpecifier as error:
        raise _refused(text) from error


def _refused(text: str) -> RequirementError:
    hint = "; pip writes == where conda writes =" if re.search(r"[A-Za-z0-9]=[0-9]", text[:MAX_LENGTH]) else ""
    shown = redacted(text[:MAX_LENGTH])[:60]
    return RequirementError(f"{shown!r} is no requirement that pip understands, expected name or name==version{hint}")


def _is_source(text: str) -> bool:
    if _VCS.match(text) or _ADDRESS.match(text):
        return True
    head = text.partition(";")[0].strip().partition("[")[0]
    return head.startswith((".", "/", "~", "\\")) or head.lower().endswith(_ARCHIVES) or "/" in head.partition("@")[0]


def _from_source(text: str) -> Requirement | None:
    """A path or an address: its #egg= or its file's name may say what it is."""
    address, _, marker = text.partition(" ;") if " ;" in text else text.partition("; ")
    egg = _EGG.search(address)
    found = _of_file(address.partition("#")[0].partition("?")[0])
    if egg is not None and (found is None or not found.known):
        return Requirement(normalized(egg.group(1)), known=False, marker=marker.strip(), from_file=True)
    return None if found is None else found._replace(marker=marker.strip())


def _at_address(found: Requirement, address: str) -> Requirement:
    """`name @ https://…`: the version of the file, if its name has one."""
    named = None if _VCS.match(address) else _of_file(address.partition("#")[0].partition("?")[0])
    if named is None or named.name != found.name:
        return found._replace(known=False, from_file=True)
    return found._replace(version=named.version, from_file=True, cuda=named.cuda)


def _of_file(path: str) -> Requirement | None:
    """torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl, mmcv-2.0.0.tar.gz; None for other names and for patterns."""
    folder, _, name = path.rstrip().rpartition("/")
    name = name.replace("%2B", "+").replace("%2b", "+")
    if any(mark in name for mark in "*?[{$"):
        return None
    if name.lower().endswith(".whl"):
        parts = name[: -len(".whl")].split("-")
        if len(parts) not in (5, 6) or not _PLAIN.fullmatch(parts[0]) or not parts[1][:1].isdigit():
            return None
        found = Requirement(normalized(parts[0]), from_file=True, cuda=variant_of_index(folder))
        return _pinned(found, parts[1])
    source = _SOURCE_FILE.fullmatch(name)
    return Requirement(normalized(source.group(1)), source.group(2), from_file=True) if source else None
