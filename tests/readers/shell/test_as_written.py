"""Text kept as written where it is known only at run time, arrays, `$(…)`, and functions that nothing calls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.shell import Command, read_shell
from envdoctor.readers.shell.as_written import Perhaps, is_open
from tests.readers.shell.test_hostile import TOKENS


def run(script: str) -> list[Command]:
    return list(read_shell(script, {}, as_written=True).commands)


def shown(script: str) -> list[list[str]]:
    return [list(command.texts) for command in run(script)]


@pytest.mark.parametrize(
    ("script", "words", "texts"),
    [
        ("run -v $PWD/x:/y", ("run", "-v", None), ["run", "-v", "$PWD/x:/y"]),
        ('run "$A"', ("run", None), ["run", '"$A"']),
        ("run X=$(id -u)", ("run", None), ["run", "X=$(id -u)"]),
        ("D=$HOME/data; run $D:/data", ("run", None), ["run", "$HOME/data:/data"]),
        ('C="run -v $PWD:/x img"; $C', ("run", "-v", None, "img"), ["run", "-v", "$PWD:/x", "img"]),
        ("run ${IMAGE:-a:1}", ("run", "a:1"), ["run", "a:1"]),
        ("run ~/x:/y", ("run", None), ["run", "$HOME/x:/y"]),
        ('run ~/x:"/y" ~', ("run", None, None), ["run", "$HOME/x:/y", "$HOME"]),
        ("D=~/data; run $D:/data", ("run", None), ["run", "$HOME/data:/data"]),
        ("D=${1:-~/data}; run $D:/data", ("run", None), ["run", "$HOME/data:/data"]),
        (
            "run \"~/x:/y\" '~/z' \\~/a --v=~/b",
            ("run", "~/x:/y", "~/z", "~/a", "--v=~/b"),
            ["run", "~/x:/y", "~/z", "~/a", "--v=~/b"],
        ),
        ('D="~/data"; run $D:/data', ("run", "~/data:/data"), ["run", "~/data:/data"]),
        ("run ~other/x", ("run", "~other/x"), ["run", "~other/x"]),
        ("run 'a b' c\\ d", ("run", "a b", "c d"), ["run", "a b", "c d"]),
    ],
)
def test_unknown_parts_stay_as_they_are_written(script: str, words: tuple[str | None, ...], texts: list[str]) -> None:
    command = run(script)[-1]
    assert command.words == words
    assert list(command.texts) == texts


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ('A=(a "b c"); run "${A[@]}" d', ["run", "a", "b c", "d"]),
        ('A=(a); A+=(b); run "${A[@]}"', ["run", "a", "b"]),
        ("A=(a b); run ${A[*]}", ["run", "a", "b"]),
        ('A=(); run "${A[@]}"', ["run"]),
        ('A=(b); A=(a "${A[@]}" c); run "${A[@]}"', ["run", "a", "b", "c"]),
        ('A=(a); run ${A[@]+"${A[@]}"}', ["run", "a"]),
        ('run "${A[@]}"', ["run", '"${A[@]}"']),
        ('f() { run "$@"; }; f a "b c"', ["run", "a", "b c"]),
        ('f() { local n=$1; shift; run "$n" "$@"; }; f a b c', ["run", "a", "b", "c"]),
        ('f() { run "${@:2}"; }; f a b c', ["run", "b", "c"]),
        ("f() { run $2; }; f a b", ["run", "b"]),
    ],
)
def test_arrays_and_arguments(script: str, texts: list[str]) -> None:
    assert shown(script)[-1] == texts


def test_words_of_an_array_keep_their_lines() -> None:
    (command,) = run('A=(\n  a\n  # note\n  b\n)\n\nrun "${A[@]}" c')
    assert command.lines == (6, 1, 3, 6)
    assert command.end == 6


@pytest.mark.parametrize(
    ("script", "known", "choices"),
    [
        ('A=(a); if [ -f x ]; then A+=(b c); fi; run "${A[@]}"', ["run", "a"], ("b", "c")),
        ('A=(a); if [ -t 0 ]; then A=(-it "${A[@]}"); fi; run "${A[@]}"', ["run"], ("-it",)),
        ('G=""; if [ -f x ]; then G="--gpus all"; fi; run $G', ["run"], ("--gpus", "all")),
        ('G="a"; [ -f x ] && G="$G b"; run $G', ["run", "a"], ("b",)),
        ("run ${GPU:+--gpus all}", ["run"], ("--gpus", "all")),
        ('A=(a); [ -f x ] && A+=(b); [ -f y ] && A+=(c); run "${A[@]}"', ["run", "a"], ("b",)),
    ],
)
def test_what_a_condition_decides_is_a_choice(script: str, known: list[str], choices: tuple[str, ...]) -> None:
    command = run(script)[-1]
    assert [word for word in command.words if word is not None][: len(known)] == known
    first = next(text for text in command.texts if isinstance(text, Perhaps))
    assert first.choices == choices
    assert is_open(None, first)


def test_commands_in_substitutions_are_read() -> None:
    assert shown("ID=$(docker run a)")[0] == ["docker", "run", "a"]
    assert shown('echo "x $(docker run b)"')[0] == ["docker", "run", "b"]
    assert shown("local x=`docker run c`")[0] == ["docker", "run", "c"]
    assert [texts for texts in shown("docker run $(docker build -q .)") if "build" in texts]


def test_functions_that_nothing_calls_are_conditional() -> None:
    called, library = run("f() { run a; }\ng() { run $1; }\nf")
    assert (called.words, called.conditional) == (("run", "a"), False)
    assert (library.texts, library.conditional) == (("run", "$1"), True)


def test_a_loop_over_arguments_decides_nothing() -> None:
    script = 'f() { while [ $# -gt 0 ]; do case "$1" in a) X=1; shift;; b) X=2; shift;; esac; done; run "$X"; }; f a b'
    assert run(script)[-1].words == ("run", None)


def test_other_readers_see_no_difference() -> None:
    for script in ("A=(x); pip install ${A[@]}", "pip install $X", "pip install $(id -u)", "f() { pip install x; }"):
        for command in read_shell(script, {}).commands:
            assert None in command.words


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*TOKENS, "A=(", '"${A[@]}"', "A+=(", "shift", "set --", "\ue000", "\ue003"]), max_size=60)
)
def test_token_soup_never_raises(tokens: list[str]) -> None:
    for command in run(" ".join(tokens)):
        assert len(command.words) == len(command.lines) == len(command.texts)
        assert not any("\ue000" in text or "\ue001" in text for text in command.texts)


@pytest.mark.parametrize(
    "script",
    [
        "docker run " + "$(docker run " * 300 + "x" + ")" * 300,
        "A=()\n" + "A+=(--rm)\n" * 5_000 + 'run "${A[@]}"',
        "A=()\n" + "if [ -f x ]; then A+=(--rm); fi\n" * 2_000 + 'run "${A[@]}"',
        "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(30)) + "f0",
        'X="$X$Y"\n' * 5_000 + "run $X",
    ],
)
def test_growth_is_bounded(script: str) -> None:
    shell = read_shell(script, {}, as_written=True)
    assert sum(len(text) for command in shell.commands for text in command.texts) < 5_000_000
