"""Changes the package index of the chosen builds: PyTorch's own for torch, Microsoft's feeds for ONNX Runtime.

Only the options of the commands that install them, of the requirements files with their pins, and the variables that pip
and uv read in those commands. An index that another package uses stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.matrix import Matrix
from envdoctor.readers.dockerfile import Instruction
from envdoctor.suggest.argument_defaults import Defaults, Place
from envdoctor.suggest.edits import Edit, PatchError, Texts, ending
from envdoctor.suggest.install_calls import Call, Option, Reading, file_of
from envdoctor.suggest.install_lines import named_in, pins
from envdoctor.suggest.problem import ONNXRUNTIME, PYTORCH_INDEX, TORCH, Problem, Suggestion

PYTORCH_NAMES = (TORCH, "torchvision", "torchaudio")
_TORCH_INDEX = re.compile(r"https?://download\.pytorch\.org/whl/(?:cu\d{2,3}|cpu|rocm[\d.]{1,8})(?![\w-]|/\w+\.html)")
_ORT_FEED = re.compile(r"https?://[^\s\"'\\]{0,200}onnxruntime-cuda-1\d/pypi/simple/?")
_VARIABLES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS",
    "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS",
)  # fmt: skip
_OPTION = re.compile(r"\s*(?:-i|--index-url|--extra-index-url|-f|--find-links)\b")


class Source(NamedTuple):
    """The index of some packages. `wanted` None: none but PyPI. `needed`: PyPI does not have the build."""

    names: tuple[str, ...]
    known: re.Pattern[str]
    wanted: str | None
    needed: bool


def change_indexes(
    reading: Reading, suggestion: Suggestion, problem: Problem, matrix: Matrix, defaults: Defaults, texts: Texts
) -> None:
    """Raises PatchError."""
    for source in _sources(suggestion, problem, matrix):
        calls = _calls(reading, source)
        files = _files(reading, calls, source)
        named = [_in_environment(reading, call, source, defaults, texts) for call in calls]
        instructions = {call.instruction.line: call.instruction for call in calls}
        prefixed = {line: _in_prefix(reading, each, source, texts) for line, each in instructions.items()}
        in_files = [_in_file(path, source, texts) for path in files]
        for call, in_environment in zip(calls, named, strict=True):
            in_call = _in_call(reading, call, source, defaults, texts)
            if source.needed and not (in_call or in_environment or prefixed[call.instruction.line]):
                _add(reading, call, source, texts)
        direct = {held.origin.path for name in source.names for held in pins(reading, name)}.intersection(files)
        served = any((*in_files, *named, *prefixed.values(), _by_option(calls, source)))
        for path in files:
            if source.needed and not served and path in direct:
                _add_to_file(path, source, texts)


def _sources(suggestion: Suggestion, problem: Problem, matrix: Matrix) -> Iterator[Source]:
    candidate = suggestion.candidate
    if candidate.torch is not None:
        wanted = candidate.torch.index or _served(candidate.torch.version, candidate.torch.cuda, problem, matrix)
        yield Source(PYTORCH_NAMES, _TORCH_INDEX, wanted, candidate.torch.index is not None)
    elif candidate.base.torch and candidate.base.torch_cuda and candidate.base.family == "pytorch":
        wanted = _served(candidate.base.torch, candidate.base.torch_cuda, problem, matrix)
        yield Source(PYTORCH_NAMES, _TORCH_INDEX, wanted, False)
    if candidate.onnxruntime is not None:
        index = candidate.onnxruntime.index
        yield Source((ONNXRUNTIME,), _ORT_FEED, index, index is not None)


def _served(version: str, cuda: str, problem: Problem, matrix: Matrix) -> str | None:
    """PyTorch's index of a build that PyPI has too."""
    variant = f"cu{cuda.replace('.', '')}"
    platform = "linux_x86_64" if "amd64" in problem.arches else "linux_aarch64"
    held = (row.indexes or () for row in matrix.torch(platform) if row.version == version and row.cuda == cuda)
    return f"{PYTORCH_INDEX}/{variant}" if any(variant in each for each in held) else None


def _calls(reading: Reading, source: Source) -> list[Call]:
    """Those that install a package of it, by name or by a requirements file."""
    from_files = any(held.origin.path != reading.path for name in source.names for held in pins(reading, name))
    return [
        call
        for call in reading.calls
        if any(named_in(call, name) for name in source.names)
        or (from_files and any(option.name == "--requirement" for option in call.options))
    ]


def _files(reading: Reading, calls: list[Call], source: Source) -> list[str]:
    """The requirements files that hold the pins, or that a command with them reads."""
    listed = [held.origin.path for name in source.names for held in pins(reading, name)]
    for call in calls:
        found = (file_of(call, option) for option in call.options if option.name == "--requirement")
        listed += [each[0] for each in found if each is not None]
    return list(dict.fromkeys(path for path in listed if path is not None and path != reading.path))


def _by_option(calls: list[Call], source: Source) -> bool:
    return any(source.known.search(option.value) for call in calls for option in call.options)


def _in_call(reading: Reading, call: Call, source: Source, defaults: Defaults, texts: Texts) -> bool:
    """Is there an option with such an index? Only the first is kept, and none where PyPI is wanted."""
    found = [option for option in call.options if source.known.search(option.value)]
    for position, option in enumerate(found):
        if source.wanted is None or position:
            texts.note(reading.path, _removed(reading, option, texts))
        else:
            texts.note(reading.path, _changed(reading, option, source, defaults))
    backends = [option for option in call.options if option.name == "--torch-backend" and TORCH in source.names]
    for option in backends:
        word, variant = option.words[-1], (source.wanted or "auto").rpartition("/")[2]
        start = word.start + word.raw.rfind(option.value)
        if word.raw and option.value and option.value != "auto":
            texts.note(reading.path, [Edit(word.line, start, start + len(option.value), variant)])
    return bool(found or backends)


def _in_prefix(reading: Reading, instruction: Instruction, source: Source, texts: Texts) -> bool:
    """`RUN PIP_EXTRA_INDEX_URL=… pip install …`."""
    pattern = re.compile(rf"\b(?:{'|'.join(_VARIABLES)})=[\"']?({source.known.pattern})")
    prefixed = False
    for number in range(instruction.line - 1, instruction.end_line):
        for match in pattern.finditer(texts.lines(reading.path)[number]):
            texts.note(reading.path, [Edit(number, match.start(1), match.end(1), source.wanted or "")])
            prefixed = True
    return prefixed


def _changed(reading: Reading, option: Option, source: Source, defaults: Defaults) -> list[Edit]:
    word, wanted = option.words[-1], source.wanted or ""
    match = source.known.search(word.raw)
    if match is not None:
        return [Edit(word.line, word.start + match.start(), word.start + match.end(), wanted)]
    template = re.sub("[\"']", "", word.raw.partition("=")[2] if len(option.words) == 1 else word.raw)
    edits = defaults.fill(template, wanted, word.line) if template else None
    if edits is None:
        raise PatchError(
            f"{reading.path}:{word.line + 1} names an index in a way that is not changed here; make it {wanted} by hand"
            f" and ask again, or take --format dockerfile"
        )
    return edits


def _removed(reading: Reading, option: Option, texts: Texts) -> Iterator[Edit]:
    """Its words and the blanks before them."""
    for word in option.words:
        if not word.raw:
            raise PatchError(f"{reading.path}:{word.line + 1}: take the option {option.name} out by hand and ask again")
        before = texts.lines(reading.path)[word.line][: word.start]
        yield Edit(word.line, len(before.rstrip(" \t,")), word.end, "")


def _in_environment(reading: Reading, call: Call, source: Source, defaults: Defaults, texts: Texts) -> bool:
    """The variables that hold at the command."""
    found = False
    for name in _VARIABLES:
        place = defaults.place(name, call.line - 1)
        match = source.known.search(place.value) if place is not None else None
        if place is not None and match is not None:
            texts.note(reading.path, [_within(place, match, source.wanted or "")])
            found = True
    return found


def _within(place: Place, match: re.Match[str], text: str) -> Edit:
    return Edit(place.line, place.start + match.start(), place.start + match.end(), text)


def _in_file(path: str, source: Source, texts: Texts) -> bool:
    """The option lines of a requirements file."""
    found = False
    for number, line in enumerate(texts.lines(path)):
        match = source.known.search(line) if _OPTION.match(line) else None
        if match is not None:
            kept = source.wanted is not None and not found
            edit = Edit(number, match.start(), match.end(), source.wanted or "") if kept else Edit(number, 0, None, "")
            texts.note(path, [edit])
            found = True
    return found


def _add(reading: Reading, call: Call, source: Source, texts: Texts) -> None:
    """Behind the pin: the index beside PyPI. What the build requires besides comes from there, so that feeds which hold
    ONNX Runtime alone need no step of their own. pip takes the build with the local version (2.7.1+cu128), and of equal
    versions the one of the extra index; uv the extra index's, which is asked first."""
    words = [word for name in source.names for word in named_in(call, name) if word.raw]
    if not words:
        return
    word = words[0]
    option = ("--extra-index-url", source.wanted or "")
    if call.instruction.array is not None:
        text = "".join(f', "{part}"' for part in option)
    else:
        text = "".join(f" {part}" for part in option)
        if call.manager == "uv" and len(call.wanted) > len(words):  # else uv takes the others from there too
            text += " --index-strategy unsafe-best-match"
    end = word.end
    texts.note(reading.path, [Edit(word.line, end, end, text)])


def _add_to_file(path: str, source: Source, texts: Texts) -> None:
    end = ending(texts.lines(path)[0]) or "\n"
    texts.note(path, [Edit(0, 0, 0, f"--extra-index-url {source.wanted}{end}")])
