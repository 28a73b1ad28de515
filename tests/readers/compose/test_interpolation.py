"""Variables of compose files, after https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md ."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.compose.dotenv import parse_env
from envdoctor.readers.compose.interpolation import MAX_LENGTH, InterpolationError, substitute

SET = {"TAG": "24.05", "EMPTY": "", "LATER": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no variable", "no variable"),
        ("x:$TAG-py3", "x:24.05-py3"),
        ("x:${TAG}-py3", "x:24.05-py3"),
        ("${TAG:-1}", "24.05"),
        ("${UNSET:-1}", "1"),
        ("${UNSET-1}", "1"),
        ("${EMPTY:-1}", "1"),
        ("${EMPTY-1}", ""),
        ("${UNSET:-}", ""),
        ("${TAG:+-$TAG}", "-24.05"),
        ("${EMPTY:+set}", ""),
        ("${EMPTY+set}", "set"),
        ("${UNSET:+set}", ""),
        ("${TAG:?needed}", "24.05"),
        ("${EMPTY?needed}", ""),
        ("${UNSET:-${TAG:-9}}", "24.05"),
        ("${UNSET:-${OTHER:-a}b}c", "abc"),
        ("${TAG:-${UNSET}}", "24.05"),
        ("${UNSET:-http://host:80/a}", "http://host:80/a"),
        ("$$TAG and $${TAG}", "$TAG and ${TAG}"),
        ("{json: {}}", "{json: {}}"),
        ("}$TAG{", "}24.05{"),
    ],
)
def test_what_is_known(text: str, expected: str) -> None:
    assert substitute(text, SET) == (expected, ())


@pytest.mark.parametrize(
    ("text", "expected", "missing"),
    [
        ("$UNSET", "${UNSET}", ("UNSET",)),
        ("a${UNSET}b${OTHER}c${UNSET}", "a${UNSET}b${OTHER}c${UNSET}", ("UNSET", "OTHER")),
        ("${LATER:-1}", "${LATER}", ("LATER",)),
        ("${UNSET:?set it}", "${UNSET}", ("UNSET",)),
        ("${EMPTY:?set it}", "${EMPTY}", ("EMPTY",)),
        ("${UNSET:-$OTHER}", "${OTHER}", ("OTHER",)),
        ("${TAG:+$OTHER}", "${OTHER}", ("OTHER",)),
    ],
)
def test_what_run_time_decides_is_left_standing(text: str, expected: str, missing: tuple[str, ...]) -> None:
    assert substitute(text, SET) == (expected, missing)


@pytest.mark.parametrize("text", ["$1", "$", "a $(date)", "${", "${}", "${TAG", "${TAG%x}", "${1}", "${TAG:-x", "$-"])
def test_what_compose_refuses(text: str) -> None:
    with pytest.raises(InterpolationError, match="was read"):
        substitute(text, SET)


def test_a_message_quotes_no_value() -> None:
    with pytest.raises(InterpolationError) as caught:
        substitute("hunter2$!topsecret", {})
    assert "hunter2" not in str(caught.value)
    assert "topsecret" not in str(caught.value)


def test_deep_and_long_ones_end() -> None:
    with pytest.raises(InterpolationError, match="nested more than 32 deep"):
        substitute("${A:-" * 50_000, {})
    with pytest.raises(InterpolationError, match="65,536 characters"):
        substitute("$A" * 100, {"A": "x" * 10_000})
    assert substitute("$" * (2 * MAX_LENGTH), {})[0] == "$" * MAX_LENGTH


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="${}:-+?AB \n\"'\\", max_size=60), st.dictionaries(st.sampled_from("AB"), st.none() | st.text())
)
def test_any_text_is_read_or_refused(text: str, variables: dict[str, str | None]) -> None:
    try:
        found, missing = substitute(text, variables)
    except InterpolationError:
        return
    assert all(variables.get(name) is None or not variables[name] for name in missing)
    assert "$" in text or found == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("A=1\nB=two words  # why\n", {"A": "1", "B": "two words"}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("# A=1\n\n  B = 2\nexport C=3\nD: 4\n", {"B": "2", "C": "3", "D": "4"}),
        ("A=x#y\nB=#z\n", {"A": "x#y", "B": ""}),
        ('A=\'$TAG # x\'  # why\nB="a\\nb" # why\nC="$TAG"\n', {"A": "$TAG # x", "B": "a\nb", "C": "24.05"}),
        ('A="first\nsecond"\nB=1\n', {"A": "first\nsecond", "B": "1"}),
        ('A="say \\"x\\""\nB=1\n', {"A": 'say "x"', "B": "1"}),
        ("A=1\nB=${A}2\nC=${A:-9}\nD=${NOBODY:-9}\n", {"A": "1", "B": "12", "C": "1", "D": "9"}),
        ("TAG=1\nB=$TAG\n", {"TAG": "1", "B": "24.05"}),
        ("A=$NOBODY\n", {"A": None}),
        ("A\nTAG\n", {"A": None, "TAG": "24.05"}),
        ("A='never ends\nB=1\n", {"A": "never ends", "B": "1"}),
        ("not a line\n=x\n1=2\n中文=1\nA=数据\n", {"A": "数据"}),
        ("A=\n", {"A": ""}),
    ],
)
def test_env_files(text: str, expected: dict[str, str | None]) -> None:
    assert parse_env(text, {"TAG": "24.05"}) == expected


def test_a_raw_env_file_is_taken_as_it_stands() -> None:
    assert parse_env("A='$TAG' # x\n", {}, raw=True) == {"A": "'$TAG' # x"}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="AB=\"'\\$#{} \n\r:", max_size=80))
def test_any_env_file_is_read(text: str) -> None:
    assert all(name for name in parse_env(text, {"A": "x"}))
