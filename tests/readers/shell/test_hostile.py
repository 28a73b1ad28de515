"""Scripts written to break a parser: every one ends soon, with commands or with problems."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.shell import read_shell
from envdoctor.readers.shell.command import MAX_COMMANDS
from envdoctor.readers.shell.grammar import MAX_BYTES, TooTangled, decoded, encoded, parse
from envdoctor.readers.shell.state import MAX_DEPTH

TOKENS = [
    "pip", "install", "&&", "||", ";", "\n", "|", "(", ")", "{", "}", "if", "then", "fi", "else", "for", "in", "do",
    "done", "case", "esac", ";;", "<<E", "E\n", "$X", "${X", "}", "$(", "`", '"', "'", "\\", "\\\n", "xargs", "eval",
    "sudo", "bash -c", "f() ", "f", "[", "]", "[[", "]]", "=", "X=", "!", ">", "<(", "#", "while", "read", "unset",
    "\x00", "\ud800", "é", "$@", "export", "function", "&", "$((", "))", "*", "-c",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=60), st.sampled_from(["", " "]))
def test_token_soup_never_raises(tokens: list[str], between: str) -> None:
    shell = read_shell(between.join(tokens), {"X": "a b", "Y": None})
    for command in shell.commands:
        assert command.words
        assert len(command.words) == len(command.lines) == len(command.texts)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_never_raises(text: str) -> None:
    read_shell(text, {})


@pytest.mark.parametrize("character", ["é", "\u3186", "\U00031860", "\U0001f680", "\U0010ffff", "\ud800"])
def test_characters_beyond_ascii_do_not_reach_the_scanner(character: str) -> None:
    """A brace and a character of four bytes ended the process (tree-sitter-bash issue 337), on some memory layouts."""
    for opening in ("{", "${", "<<", "[[ a =~ ", "$((", "@("):
        read_shell(opening + character, {})
    (command,) = read_shell(f"echo \"{character} $X\" '{character}' a{character}", {"X": character}).commands
    assert command.words == ("echo", f"{character} {character}", character, f"a{character}")
    assert encoded(character).isascii()
    assert decoded(encoded(character)) == character


@given(st.text(max_size=50))
def test_encoding_gives_the_text_back(text: str) -> None:
    plain = text.replace("\0", " ").replace("\x02", " ").replace("\x03", " ")
    assert decoded(encoded(text)) == plain


def test_the_longest_script_is_bounded() -> None:
    shell = read_shell("a" * (MAX_BYTES + 1), {})
    assert shell.commands == ()
    assert "expected at most" in shell.problems[0].message


@pytest.mark.parametrize("piece", ["a|", ")", "a=(", "<<E\n"])
def test_text_on_which_error_recovery_is_quadratic(piece: str) -> None:
    """Without a bound these take from ten seconds to two minutes at 100 kB."""
    with pytest.raises(TooTangled):
        parse((piece * 100_000)[:100_000].encode())


@pytest.mark.parametrize(
    "script",
    [
        "(" * 5_000,
        "(" * 500 + "a" + ")" * 500,
        "{ " * 500 + "a; " + "}; " * 500,
        "if a; then " * 500 + "b; " + "fi; " * 500,
        "$(" * 2_000,
        '"$(' * 1_000,
        "${X:-" * 500 + "a" + "}" * 500,
        "f() { f; }; f",
        "f() { g; g; }; g() { f; f; }; f",
        "for a in 1 2 3 4 5 6 7 8; do " * 12 + "x; " + "done; " * 12,
        "bash -c 'bash -c \"bash -c x\"'" * 50,
        "X=aaaaaaaa;" + "X=$X$X;" * 60 + "echo $X",
        "X='" + "a " * 30_000 + "'; echo " + "$X " * 2_000,
        "echo " + '""' * 100_000,
        "a && " * 20_000 + "b",
        "X=1;" * 30_000,
        "".join(f"X{number}=1;" for number in range(5_000)) + "X=1; a;" * 5_000,
        "X='" + "a" * 60_000 + "';" + 'Y="$X$X"; bash -c "$X";' * 1_000,
        "f() {\nbash <<E\n" + "echo a b c\n" * 5_000 + "E\n}\n" + "f;" * 5_000,
        "pip install " + "a " * 120_000,
    ],
)
def test_depth_and_growth_are_bounded(script: str) -> None:
    shell = read_shell(script, {})
    assert len(shell.commands) <= MAX_COMMANDS
    assert sum(len(word or "") for command in shell.commands for word in command.words) < 5_000_000


def test_what_is_too_deep_is_a_problem() -> None:
    shell = read_shell("( " * (MAX_DEPTH + 5) + "pip install x" + " )" * (MAX_DEPTH + 5), {})
    assert shell.commands == ()
    assert "nested more than" in shell.problems[0].message


def test_more_commands_than_are_read_are_a_problem() -> None:
    shell = read_shell("a\n" * (MAX_COMMANDS + 10), {})
    assert len(shell.commands) == MAX_COMMANDS
    assert "the rest was not read" in shell.problems[0].message
