"""Changes the pins of the chosen packages, wherever a Dockerfile or the files it installs from name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envdoctor.facts import Package
from envdoctor.readers.requirement import normalized
from envdoctor.suggest.argument_defaults import Defaults, references
from envdoctor.suggest.constraints import written
from envdoctor.suggest.edits import Edit, PatchError, Texts, ending
from envdoctor.suggest.install_calls import Call, Reading, Word, file_of

_CONTINUED = ("\\", "`")
_GOES_ON = tuple("@(,<>=!~[")  # a requirement behind what `pin` knows of it
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?=\[|[=~!<>;@$]|$)")
_LOST = re.compile(r"(?:[<>]=?[\w.*]{1,40},?){1,8}", re.ASCII)  # what the shell takes for a redirection
_UNQUOTED = re.compile(r"[\w.=+-]+(?:\[[\w.,-]+\])?[\w.=+-]*", re.ASCII)


def named_in(call: Call, name: str) -> list[Word]:
    return [word for word in call.wanted if _name(word) == name]


def _name(word: Word) -> str | None:
    match = _NAME.match(word.value if word.value is not None else word.text.strip("\"'"))
    return normalized(match.group(1)) if match else None


def pins(reading: Reading, name: str) -> Iterator[Package]:
    """What pip and uv install under that name, in the Dockerfile and in the files it installs from."""
    return (each for each in reading.packages if each.name == name and each.manager in ("pip", "uv"))


def change_pin(reading: Reading, package: Package, defaults: Defaults, texts: Texts) -> bool:
    """Every occurrence. False if there is none. Raises PatchError for one that cannot be changed."""
    done: set[tuple[str | None, int | None]] = set()
    for call in reading.calls:
        for word in named_in(call, package.name):
            edits = _in_word(word, package, defaults, texts.lines(reading.path))
            if edits is None:
                raise _stuck(reading.path, word.line + 1, word, package, defaults)
            texts.note(reading.path, edits)
            done.add((reading.path, word.line + 1))
    for path in _constraints(reading):
        for line in _limits(path, package, texts):
            _in_file(path, line, package, texts)
    for held in pins(reading, package.name):
        place = held.origin.path, held.origin.line
        if place not in done:
            done.add(place)
            _elsewhere(reading, held, package, texts)
    return bool(done)


def _elsewhere(reading: Reading, held: Package, package: Package, texts: Texts) -> None:
    """A line of a requirements file. A script that the image holds, or a wheel's address, is not changed here."""
    path, line = held.origin.path, held.origin.line
    if path is None or line is None or path == reading.path:
        raise _refused(str(held.origin), package)
    try:
        texts.lines(path)
    except PatchError:
        raise _refused(str(held.origin), package) from None
    _in_file(path, line, package, texts)


def _refused(place: str, package: Package) -> PatchError:
    return PatchError(
        f"{place} installs {package.name} in a way that is not changed here; make it {written(package)} there by hand and"
        f" ask again, or take --format dockerfile"
    )


def _stuck(path: str, line: int, word: Word, package: Package, defaults: Defaults) -> PatchError:
    names = references(word.raw)
    if not names:
        return _refused(f"{path}:{line}", package)
    bare = [name for name in dict.fromkeys(names) if defaults.place(name, line - 1) is None]
    told = " and ".join(bare or dict.fromkeys(names))
    if bare:
        mend = f"which has no default in the file; give it one that makes {written(package)}"
    else:
        mend = f"of which no default gives {package.version}; write {written(package)} in that line"
    return PatchError(
        f"{path}:{line} takes the version of {package.name} from {told}, {mend} and ask again, or take --format dockerfile"
    )


def _in_word(word: Word, package: Package, defaults: Defaults, lines: Sequence[str]) -> list[Edit] | None:
    """The changes of one word of a command. None if it is written in a way that is not understood."""
    if not word.raw:
        return None
    quote = word.raw[0] if word.raw[0] in "\"'" and word.raw[-1] == word.raw[0] else ""
    inner = word.raw[1:-1] if quote else re.sub("[\"']", "", word.raw)
    if "$" in inner:
        return _in_variable(word, package, defaults)
    match = pin(package.name).match(inner)
    if match is None or inner[match.end() :].lstrip().startswith(_GOES_ON):
        return None
    made = requirement(match, package) + inner[match.end() :]
    end = word.end
    if not quote:
        lost = _LOST.match(lines[word.line], end)
        end = lost.end() if lost else end
        quote = "" if _UNQUOTED.fullmatch(made) else '"'
    return [Edit(word.line, word.start, end, f"{quote}{made}{quote}")]


def _in_variable(word: Word, package: Package, defaults: Defaults) -> list[Edit] | None:
    """`torch==${TORCH_VERSION}`, `torch==${TORCH}+cu${CUDA}`: the defaults change."""
    match = re.search(r"===?[ \t]?(?P<template>[^\"';]*)", word.raw)
    if match is None or package.version is None:
        return None
    template, start = match.group("template"), word.start + match.start("template")
    variant = f"+cu{package.cuda.replace('.', '')}" if package.cuda else ""
    for version in (f"{package.version}{variant}", package.version) if "+" in template else (package.version,):
        edits = defaults.fill(template, version, word.line, start)
        if edits is not None:
            return edits
    return None


def _constraints(reading: Reading) -> list[str]:
    """The files behind `-c`."""
    options = {(call.workdir, each.value): (call, each) for call in reading.calls for each in call.options}
    named = (each for each in options.values() if each[1].name == "--constraint")
    found = (file_of(call, option) for call, option in named)
    return list(dict.fromkeys(each[0] for each in found if each is not None))


def _limits(path: str, package: Package, texts: Texts) -> Iterator[int]:
    for number, line in enumerate(texts.lines(path), 1):
        match = pin(package.name).match(line.strip())
        if match is not None and match.group("pin"):
            yield number


def _in_file(path: str, line: int, package: Package, texts: Texts) -> None:
    """One requirement of a file."""
    lines = texts.lines(path)
    spread = list(continued(lines, line - 1))
    if any("--hash" in lines[number] for number in spread):
        raise PatchError(
            f"{path}:{line} pins {package.name} by its hash, which is not known here; make it {written(package)} with the"
            f" tool that wrote the file, or take --format dockerfile"
        )
    text = lines[line - 1] if spread else ""
    match = pin(package.name).match(text, len(text) - len(text.lstrip()))
    if match is None or text[match.end() :].lstrip().startswith(_GOES_ON):
        raise _refused(f"{path}:{line}", package)
    texts.note(path, [Edit(line - 1, match.start(), match.end(), requirement(match, package))])


def continued(lines: Sequence[str], first: int) -> Iterator[int]:
    number = first
    while number < len(lines):
        yield number
        text = lines[number].rstrip()
        if not (text.endswith(_CONTINUED) or text.lstrip().startswith("#")):
            return
        number += 1


def pin(name: str) -> re.Pattern[str]:
    """`torch`, `"torch==2.4.0"`, `torch[opt]>=2,<3`, `torch == 2.4.0+cu121`, not `torchvision` or `--torch`."""
    spelled = r"[-_.]".join(re.escape(part) for part in name.split("-"))
    release = r"[ \t]?(?:===?|~=|!=|<=?|>=?)[ \t]?[\w.*+!-]{1,60}"
    return re.compile(
        rf"(?<![\w.@/+={{$-])(?P<quote>[\"']?)(?P<name>{spelled})(?P<extras>\[[\w, .-]{{0,80}}\])?"
        rf"(?P<pin>{release}(?:,{release}){{0,8}})?(?P=quote)(?![\w./=}}-])",
        re.IGNORECASE | re.ASCII,
    )


def requirement(match: re.Match[str], package: Package) -> str:
    quote, extras = match.group("quote"), match.group("extras") or ""
    wanted = package.specifier or f"=={package.version}"
    return f"{quote}{match.group('name')}{extras}{wanted}{quote}"


def add_beside(reading: Reading, package: Package, wheels: Sequence[str], texts: Texts) -> bool:
    """`numpy<2` into the command, or the file, that installs a wheel which needs it. False if there is no such place."""
    for call in reading.calls:
        for word in (word for name in wheels for word in named_in(call, name)):
            if word.raw:
                quoted = f', "{written(package)}"' if call.instruction.array is not None else f' "{written(package)}"'
                texts.note(reading.path, [Edit(word.line, word.end, word.end, quoted)])
                return True
    for held in (held for name in wheels for held in pins(reading, name)):
        path, line = held.origin.path, held.origin.line
        if path is not None and line is not None and path != reading.path:
            number = list(continued(texts.lines(path), line - 1))[-1]
            text = texts.lines(path)[number]
            end = len(text.rstrip("\r\n"))
            texts.note(path, [Edit(number, end, end, f"{ending(text) or chr(10)}{written(package)}")])
            return True
    return False
