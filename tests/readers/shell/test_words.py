"""Quoting, variables, substitutions and field splitting."""

from __future__ import annotations

import pytest

from envdoctor.readers.shell import commands

VARIABLES: dict[str, str | None] = {
    "V": "2.1.0",
    "CUDA_VERSION": "12.1.1",
    "EMPTY": "",
    "LIST": "a  b c",
    "SPACED": " a ",
    "OPEN": None,
    "1": "one",
}


def values(text: str) -> list[str | None]:
    (command,) = commands(f"echo {text}", VARIABLES)
    return list(command.words[1:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("'single $V'", "single $V"),
        ('"double $V"', "double 2.1.0"),
        ('"a  b"', "a  b"),
        (r"a\ b", "a b"),
        (r"\$V", "$V"),
        (r'"\$V \" \\ \n"', '$V " \\ \\n'),
        ('"a\\\nb"', "ab"),
        ("a\"b\"'c'$V", "abc2.1.0"),
        ("$'a\\tb'", "a\tb"),
        ("torch==$V", "torch==2.1.0"),
        ("torch==${V}", "torch==2.1.0"),
        ('"torch==${V}+cu118"', "torch==2.1.0+cu118"),
        ("dist/*.whl", "dist/*.whl"),
        ("lib{a,b}", "lib{a,b}"),
        ("~/x", "~/x"),
        ("2.0", "2.0"),
        ("''", ""),
        ('"$EMPTY"', ""),
        ('" $V"', " 2.1.0"),
        ('"  ${V} \t${CUDA_VERSION%.*}"', "  2.1.0 \t12.1"),
        ('"$"', "$"),
        ("$1", "one"),
    ],
)
def test_one_word(text: str, expected: str) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${NOBODY:-1.0}", "1.0"),
        ("${NOBODY-1.0}", "1.0"),
        ("${EMPTY:-1.0}", "1.0"),
        ("${V:-1.0}", "2.1.0"),
        ('"${NOBODY:-a b}"', "a b"),
        ('${NOBODY:-"$V"}', "2.1.0"),
        ("${NOBODY:-${V}}", "2.1.0"),
        ("${V:+set}", "set"),
        ("${CUDA_VERSION%.*}", "12.1"),
        ("${CUDA_VERSION%%.*}", "12"),
        ("${CUDA_VERSION#*.}", "1.1"),
        ("${CUDA_VERSION##*.}", "1"),
        ("${CUDA_VERSION//./}", "1211"),
        ("${CUDA_VERSION/./-}", "12-1.1"),
        ("${CUDA_VERSION:0:4}", "12.1"),
        ("${CUDA_VERSION: -1}", "1"),
        ("${V^^}", "2.1.0"),
    ],
)
def test_expansions(text: str, expected: str) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "$NOBODY",
        "${NOBODY}",
        '"$OPEN"',
        "${OPEN:-x}",
        "${OPEN%.*}",
        "$(cat x)",
        '"a$(uname -m)b"',
        "`nproc`",
        "$((1 + 2))",
        "${#V}",
        "${!V}",
        "${A[@]}",
        "${V:?}${NOBODY:?message}",
        "$?",
        "$@",
        "<(cat x)",
        "$(echo $OPEN | cut -d. -f1)",
        "$(echo 1; echo 2)",
        "$(echo 12.1 | awk x)",
    ],
)
def test_what_only_the_build_knows_is_none(text: str) -> None:
    assert values(text) == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(echo $CUDA_VERSION | cut -d. -f1,2 | tr -d .)", "121"),
        ("cu$(echo ${CUDA_VERSION%.*} | tr -d '.')", "cu121"),
        ("\"cu$(echo $CUDA_VERSION | cut -d '.' -f 1-2 | sed 's/\\.//')\"", "cu121"),
        ("`echo $CUDA_VERSION | cut -f1 -d.`", "12"),
        ("$(printf '%s' $V)", "2.1.0"),
        ("$(echo $CUDA_VERSION | sed -e 's/\\./-/g')", "12-1-1"),
        ("$(echo $CUDA_VERSION | cut -d. -f2-)", "1.1"),
    ],
)
def test_rearranged_text(text: str, expected: str) -> None:
    assert values(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$LIST", ["a", "b", "c"]),
        ('"$LIST"', ["a  b c"]),
        ("x$LIST", ["xa", "b", "c"]),
        ("${LIST}y", ["a", "b", "cy"]),
        ("x${SPACED}y", ["x", "a", "y"]),
        ("$EMPTY", []),
        ("$EMPTY$EMPTY", []),
        ('$EMPTY""', [""]),
        ("$LIST$LIST", ["a", "b", "ca", "b", "c"]),
    ],
)
def test_unquoted_values_split_at_blanks(text: str, expected: list[str]) -> None:
    assert values(text) == expected


def test_the_source_of_an_unknown_word_is_kept() -> None:
    (command,) = commands('pip install "torch==$OPEN"', VARIABLES)
    assert command.words == ("pip", "install", None)
    assert command.texts == ("pip", "install", '"torch==$OPEN"')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("V+=b; echo $V", "2.1.0b"),
        ("A=(1 2); echo $A", None),
        ("A[0]=1; echo $A", None),
        ("unset V; echo $V", None),
        ("read V; echo $V", None),
        ("V=; echo x$V", "x"),
        ("local V=3; echo $V", "3"),
        ('export "V=3"; echo $V', "3"),
    ],
)
def test_ways_to_assign(script: str, expected: str | None) -> None:
    assert commands(script, VARIABLES)[-1].words == ("echo", expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$V/a:$CUDA_VERSION/b", ["2.1.0/a:12.1.1/b"]),
        ("$V/a:$V", ["2.1.0/a:2.1.0"]),
        ("a/$V-$1:$V.x y", ["a/2.1.0-one:2.1.0.x", "y"]),
        ("${V}/$V:$V/$V/b $V", ["2.1.0/2.1.0:2.1.0/2.1.0/b", "2.1.0"]),
        ("$V/a:$OPEN/b c", [None, "c"]),
        ("'$V/a:$V/b' $V/a$ b", ["$V/a:$V/b", "2.1.0/a$", "b"]),
    ],
)
def test_text_behind_the_second_variable_of_a_word_belongs_to_it(text: str, expected: list[str | None]) -> None:
    assert values(text) == expected
    assert [word.words for word in commands(f"W={text.split()[0]}\n", VARIABLES)] == []
