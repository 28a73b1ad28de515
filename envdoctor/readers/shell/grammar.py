"""The shell's syntax tree, from tree-sitter's bash grammar (MIT): a kept parser with positions that survives errors.

It reads 3,897 of 3,904 RUN texts of public Dockerfiles; bashlex fails on 68 and is GPL, and shlex sees neither `&&` nor
redirections. Measured: 18 µs for a RUN of two commands, 60 ms for an ordinary script of 250 kB.
"""

from __future__ import annotations

import re
from time import process_time
from typing import TYPE_CHECKING

from envdoctor.patterns import lazily

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_BYTES = 250_000
"""Longest script that is read. A RUN has a few kilobytes, a long installer script some tens. Measured on hostile text
of this length: at most 90 MiB of memory and half a second."""

_SMALL = 2_000
"""Up to this many bytes a script is parsed without a deadline: its worst case is then about 20 ms."""

_MAX_PIPES = 2_000
"""Most `|` in a script: the cost of a pipeline without an end grows with the square of its length, in one step that
no deadline can stop (10,000 stages: 6 s)."""

_START, _END = "\x02", "\x03"
_OWN_MARKS = lazily("[\0\x02\x03]")
_BEYOND_ASCII = lazily("[^\x00-\x7f]")
_ENCODED = lazily("\x02([0-9a-f]{2,6})\x03")

_SLICE = 512
"""Bytes handed to the parser at a time. `Node.text` asks for them again, so that large slices would cost more."""

_MAX_REPAIRS = 8
_MAY_BE_TORN = re.compile(rb"[^\s\"'(]\$[A-Za-z0-9_]")
_NAMED = re.compile(rb"[A-Za-z0-9_]")
_VARIABLE = re.compile(rb"\$([A-Za-z_][A-Za-z0-9_]*|[0-9])")
_REST_OF_WORD = re.compile(rb"[A-Za-z0-9_./:@%+,=$~-]{1,2000}")

_parser: Parser | None = None


class TooTangled(ValueError):
    """The script is longer than MAX_BYTES, or the parser was stopped: error recovery is quadratic on hostile text."""


def encoded(text: str) -> bytes:
    """The script as `parse` takes it: ASCII alone, any other character as \\x02, its number and \\x03.

    The grammar's scanner looks lookahead characters up in the C library's table for bytes, so that one far beyond it
    (an emoji behind a brace) can end the process with a segmentation fault: open in tree-sitter-bash 0.25.1 as
    https://github.com/tree-sitter/tree-sitter-bash/issues/337. `decoded` gives the text back.
    """
    if not text.isascii() or "\0" in text or _START in text or _END in text:
        text = _OWN_MARKS.sub(" ", text)
        text = _BEYOND_ASCII.sub(lambda match: f"{_START}{ord(match.group()):x}{_END}", text)
    return text.encode("ascii")


def decoded(source: bytes) -> str:
    text = source.decode("ascii", "replace")
    if _START in text:
        text = _ENCODED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return text


def parse(source: bytes) -> Node:
    """The root of the syntax tree of an `encoded` script. Raises TooTangled.

    The grammar (0.25.1) ends an unquoted word at the `$` of its second variable where text follows that one, so that
    `-v $PWD/a:$PWD/b IMAGE` would have a word too many. `${PWD}` it reads, which means the same.
    """
    root = _parsed(source)
    for _ in range(_MAX_REPAIRS):
        torn = _torn(root, source) if _MAY_BE_TORN.search(source) else []
        if not torn:
            break
        source = _braced(source, torn)
        root = _parsed(source)
    return root


def _torn(root: Node, source: bytes) -> list[int]:
    """Where a word ends in a `$` that a name follows at once, in order."""
    found: list[int] = []
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None and node.type == "concatenation" and node.children[-1].type == "$":
            if _NAMED.match(source, node.end_byte):
                found.append(node.end_byte)
        elif cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found


def _braced(source: bytes, places: list[int]) -> bytes:
    """`places` are behind a `$`. The names there, and further ones of the same word, are put into braces."""
    pieces: list[bytes] = []
    position = 0
    for place in places:
        if place <= position:
            continue
        rest = _REST_OF_WORD.match(source, place)
        end = rest.end() if rest is not None else place
        pieces.append(source[position : place - 1])
        pieces.append(_VARIABLE.sub(rb"${\1}", source[place - 1 : end]))
        position = end
    return b"".join((*pieces, source[position:]))


def _parsed(source: bytes) -> Node:
    if len(source) > MAX_BYTES:
        raise TooTangled(f"the shell text has {len(source)} bytes, expected at most {MAX_BYTES}")
    if source.count(b"|") - 2 * source.count(b"||") > _MAX_PIPES:
        raise TooTangled(f"the shell text has more than {_MAX_PIPES} pipes")
    parser = _loaded()
    if len(source) <= _SMALL:
        return parser.parse(source).root_node
    # Ordinary text takes 0.1 to 0.3 µs a byte here; the processor's time does not depend on what else runs.
    deadline = process_time() + 0.2 + len(source) * 5e-7
    try:  # needs tree-sitter 0.26.1: up to 0.26.0 stopping a parse ends the process
        return parser.parse(
            lambda offset, _point: source[offset : offset + _SLICE],
            progress_callback=lambda _offset, _has_error: process_time() > deadline,
        ).root_node
    except ValueError as error:  # "Parsing failed": the callback stopped it
        parser.reset()
        raise TooTangled("the shell text is too tangled to be read in time") from error


def _loaded() -> Parser:
    global _parser
    if _parser is None:
        from tree_sitter import Language, Parser

        _parser = Parser(Language(_bash()))
    return _parser


def _bash() -> object:
    """The grammar. The package's own `__init__` imports importlib.resources for highlighting queries, which takes 9 ms
    and is not needed here, so that its extension module is loaded by itself where it is found on the path."""
    from importlib.machinery import ExtensionFileLoader, PathFinder

    package = PathFinder.find_spec("tree_sitter_bash")
    places = package.submodule_search_locations if package is not None else None
    binding = PathFinder.find_spec("tree_sitter_bash._binding", places) if places else None
    if binding is not None and isinstance(binding.loader, ExtensionFileLoader):
        module = binding.loader.create_module(binding)
        binding.loader.exec_module(module)
        grammar: object = module.language()
        return grammar
    import tree_sitter_bash

    return tree_sitter_bash.language()
