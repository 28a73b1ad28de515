"""Variable substitution as BuildKit does it, and what happens to values that nobody knows."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.expansion import MAX_LENGTH, Budget, Expanded, ExpansionError, expand
from envdoctor.readers.wildcards import replaced, without_prefix, without_suffix

KNOWN = {"CUDA": "12.4.1", "EMPTY": "", "FILE": "/a/b/model.tar.gz", "STAR": "a*b*c", "UNKNOWN": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nvidia/cuda:12.4.1-base", "nvidia/cuda:12.4.1-base"),
        ("$CUDA", "12.4.1"),
        ("${CUDA}", "12.4.1"),
        ("a$CUDA-b", "a12.4.1-b"),
        ("$NOBODY|", "|"),
        ("${NOBODY:-y}", "y"),
        ("${EMPTY:-y}", "y"),
        ("${EMPTY-y}", ""),
        ("${NOBODY-y}", "y"),
        ("${CUDA:-y}", "12.4.1"),
        ("${CUDA:+y}", "y"),
        ("${EMPTY:+y}", ""),
        ("${EMPTY+y}", "y"),
        ("${NOBODY+y}", ""),
        ("${CUDA:?must be set}", "12.4.1"),
        ("${EMPTY?must be set}", ""),
        ("${NOBODY:-${CUDA%.*}}", "12.4"),
        ("${NOBODY:-a ${ALSO:-b} c}", "a b c"),
        ("${CUDA%.*}", "12.4"),
        ("${CUDA%%.*}", "12"),
        ("${CUDA#*.}", "4.1"),
        ("${CUDA##*.}", "1"),
        ("${FILE##*/}", "model.tar.gz"),
        ("${FILE%.tar.gz}", "/a/b/model"),
        ("${CUDA%x}", "12.4.1"),
        ("${CUDA%}", "12.4.1"),
        ("cu${CUDA//./}", "cu1241"),
        ("${CUDA/./-}", "12-4.1"),
        ("${FILE//\\//_}", "_a_b_model.tar.gz"),
        ("${CUDA//?/x}", "xxxxxx"),
        ("${STAR//\\*/-}", "a-b-c"),
        ("${STAR#a\\*}", "b*c"),
        ("${CUDA/[0-9]/x}", "12.4.1"),
        ("${CUDA//4*/x}", "12.x"),
        ("'$CUDA'", "$CUDA"),
        ('"$CUDA"', "12.4.1"),
        ("\"a '$CUDA'\"", "a '12.4.1'"),
        ("\\$CUDA", "$CUDA"),
        ('"\\$CUDA \\x"', "$CUDA \\x"),
        ("a\\ b", "a b"),
        ("a\\", "a"),
        ("$", "$"),
        ("$ x", "$ x"),
        ("$$", ""),
        ("$(id -u)", "$(id -u)"),
        ("$1", ""),
    ],
)
def test_substitution(text: str, expected: str) -> None:
    found = expand(text, KNOWN)
    assert (found.text, found.missing) == (expected, ())
    assert found.partial == expected


def test_the_other_escape_character() -> None:
    assert expand("C:\\dir`$CUDA $CUDA", KNOWN, "`").text == "C:\\dir$CUDA 12.4.1"


def test_a_name_ends_where_shells_end_it() -> None:
    assert expand("$CUDA_VERSION|$CUDA.x|${CUDA}_x", KNOWN).text == "|12.4.1.x|12.4.1_x"


@pytest.mark.parametrize(
    ("text", "partial"),
    [
        ("/opt:$UNKNOWN", "/opt:${UNKNOWN}"),
        ("${UNKNOWN}$CUDA", "${UNKNOWN}12.4.1"),
        ("${UNKNOWN:-y}", "${UNKNOWN:-y}"),
        ("${UNKNOWN:+y}", "${UNKNOWN:+y}"),
        ("${UNKNOWN:?y}", "${UNKNOWN:?y}"),
        ("${UNKNOWN%.*}", "${UNKNOWN%.*}"),
        ("${UNKNOWN//a/b}", "${UNKNOWN//a/b}"),
        ("${NOBODY:-$UNKNOWN}", "${UNKNOWN}"),
        ("${CUDA%$UNKNOWN}", "${CUDA%$UNKNOWN}"),
        ("${CUDA//$UNKNOWN/x}", "${CUDA//$UNKNOWN/x}"),
    ],
)
def test_an_unknown_value_makes_the_text_unknown(text: str, partial: str) -> None:
    assert expand(text, KNOWN) == Expanded(None, ("UNKNOWN",), partial)


@pytest.mark.parametrize(
    "text", ["${CUDA:-$UNKNOWN}", "${EMPTY:+$UNKNOWN}", "'$UNKNOWN'", "\\$UNKNOWN", "${CUDA:?$UNKNOWN}"]
)
def test_an_unknown_value_that_is_not_used_does_not_matter(text: str) -> None:
    assert expand(text, KNOWN).missing == ()


def test_undeclared_variables_may_come_from_a_base_image() -> None:
    assert expand("$LD_LIBRARY_PATH:/x", {}, undeclared_is_empty=False) == Expanded(
        None, ("LD_LIBRARY_PATH",), "${LD_LIBRARY_PATH}:/x"
    )


def test_variables_without_a_value_are_named() -> None:
    assert expand("cuda:${TAG}-$TAG${OTHER:-x}", {}).unset == ("TAG",)
    assert expand("${OTHER:-$TAG}", {}).unset == ("TAG",)


def test_quotes_stay_in_the_content_of_a_file() -> None:
    assert expand('torch; python_version<"3.10" # it\'s $CUDA', KNOWN, takes_quotes=False).text == (
        'torch; python_version<"3.10" # it\'s 12.4.1'
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("'a", "second single quote"),
        ('"a', "second double quote"),
        ("${CUDA", "was read, expected"),
        ("${CUDA:-a", "expected a }"),
        ("${CUDA:0:2}", "expected :- - :+"),
        ("${CUDA^^}", "expected :- - :+"),
        ("${CUDA//.}", "expected a / to end"),
        ("${}", "expected ${NAME}"),
        ("${", "expected ${NAME}"),
        ("${NOBODY:?state --build-arg NOBODY}", "NOBODY: state --build-arg NOBODY"),
        ("${EMPTY:?}", "EMPTY: no value is given"),
        ("${A:-" * 40 + "}" * 40, "more than 32 deep"),
        ("$BIG$BIG", f"more than {MAX_LENGTH:,} characters"),
        ("${BIG%x}", "of value"),
        ("${CUDA%" + "x" * 200 + "}", "of pattern"),
    ],
)
def test_what_cannot_be_expanded(text: str, part: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        expand(text, {**KNOWN, "BIG": "x" * 40_000})
    assert part in str(caught.value)
    assert len(str(caught.value)) < 300


def test_all_expansions_of_a_file_share_a_budget() -> None:
    budget = Budget(1_000)
    for _ in range(5):
        expand("$X", {"X": "x" * 150}, budget=budget)
    with pytest.raises(ExpansionError, match="expand to more than can be read"):
        expand("$X$X", {"X": "x" * 150}, budget=budget)


# The patterns, against the same ones as regular expressions.

TEXTS = st.text(alphabet="ab.", max_size=12)
PATTERNS = st.text(alphabet="ab.*?", max_size=6)


def regular(pattern: str, star: str) -> str:
    return "".join({"*": star, "?": "."}.get(character, re.escape(character)) for character in pattern)


@settings(deadline=None)
@given(TEXTS, PATTERNS)
def test_prefixes_and_suffixes_are_the_shortest_and_longest(text: str, pattern: str) -> None:
    heads = [text[end:] for end in range(len(text) + 1) if fnmatch.fnmatchcase(text[:end], pattern)]
    tails = [text[:start] for start in range(len(text) + 1) if fnmatch.fnmatchcase(text[start:], pattern)]
    assert without_prefix(text, pattern, False) == (heads[0] if heads else text)
    assert without_prefix(text, pattern, True) == (heads[-1] if heads else text)
    assert without_suffix(text, pattern, False) == (tails[-1] if tails else text)
    assert without_suffix(text, pattern, True) == (tails[0] if tails else text)


@settings(deadline=None)
@given(TEXTS, PATTERNS.filter(lambda pattern: pattern.strip("*")))
def test_replacement_takes_the_leftmost_longest_match(text: str, pattern: str) -> None:
    expression = regular(pattern, ".*")
    assert replaced(text, pattern, "-", False) == re.sub(expression, "-", text, count=1)
    assert replaced(text, pattern, "-", True) == re.sub(expression, "-", text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aA_$\\'\"{}:-+?#%/*0 `", max_size=40), st.sampled_from(["\\", "`"]), st.booleans())
def test_nothing_but_the_one_error(text: str, escape: str, undeclared_is_empty: bool) -> None:
    try:
        found = expand(text, {"A": "a/a", "a": None}, escape, undeclared_is_empty=undeclared_is_empty)
    except ExpansionError:
        return
    assert (found.text is None) == bool(found.missing)
