from __future__ import annotations

import re

import pytest

from envdoctor import facts
from envdoctor.facts import Fact, Gpu, Host, Image
from envdoctor.formatters.hints import hint
from envdoctor.formatters.layout import Line, cells, is_prose, plain, wrapped
from envdoctor.formatters.visible import lines, visible

# Controls, bidirectional marks and overrides, zero-width characters, separators, surrogates, tags.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def _texts(found: list[Line]) -> list[str]:
    return [line.text for line in found]


def test_short_text_is_left_alone() -> None:
    assert _texts(wrapped("one two", 80, "  ", "    ")) == ["  one two"]


def test_text_wraps_at_blanks_with_the_hanging_indent() -> None:
    assert _texts(wrapped("one two three", 10, "- ", "  ")) == ["- one two", "  three"]


def test_a_word_longer_than_the_line_is_not_broken() -> None:
    assert _texts(wrapped("a bbbbbbbbbbbbbbbb c", 8, "", "")) == ["a", "bbbbbbbbbbbbbbbb", "c"]


def test_chinese_and_japanese_characters_take_two_columns() -> None:
    assert cells("推論") == 4
    assert cells("e\u0301") == 1
    assert _texts(wrapped("推論 映像 推論", 9, "", "")) == ["推論 映像", "推論"]


def test_no_words_are_lost() -> None:
    text = " ".join(f"word{number}" for number in range(200)) + " 映像" * 50
    assert " ".join(line.strip() for line in _texts(wrapped(text, 33, "  ", "    "))).split() == text.split()


@pytest.mark.parametrize(
    "text", ["pip install torch==2.4", "use `torch`", "see nvidia/cuda", "FROM ubuntu", "--gpus all"]
)
def test_what_looks_like_a_command_is_no_prose(text: str) -> None:
    assert not is_prose(text)


def test_prose_is() -> None:
    assert is_prose("upgrade the driver of the host to 525.60.13 or newer")


def test_a_ci_log_takes_no_line_for_a_command() -> None:
    assert plain([Line("  ::error::x"), Line("##[error]x"), Line("a::b  ")]) == "  : :error::x\n## [error]x\na::b\n"


def test_visible_escapes_what_acts_and_keeps_what_is_read() -> None:
    assert visible("\x1b[31m\u202e\x9b\t\n\ud800") == "\\x1b[31m\\u202e\\x9b\\t\\n\\ud800"
    assert visible("推論\u3000é ü\xa0— … 😀") == "推論\u3000é ü\xa0— … 😀"
    every = "".join(map(chr, range(0x110000)))
    assert not HIDDEN.search(visible(every))
    assert lines("a\r\nb\x07") == ["a", "b\\x07"]


def test_every_default_reason_of_the_facts_has_a_hint() -> None:
    records = (Host(), Image(), Gpu(0), facts.Launch(), facts.Facts("x"))
    reasons = [value.reason for record in records for value in record if isinstance(value, Fact)]
    assert [reason for reason in (*reasons, facts.NO_HOST) if hint(reason) is None] == []


def test_what_a_reason_says_to_type_is_repeated_whole() -> None:
    assert (
        hint("FROM uses ARG A, B; state it with --build-arg A=VALUE --build-arg B=VALUE")
        == "--build-arg A=VALUE --build-arg B=VALUE"
    )
    assert (
        hint("its contents are not known (if it is public, state it: --image-alias a:1=BASE)")
        == "--image-alias a:1=BASE"
    )


def test_a_reason_that_no_option_decides_gets_none() -> None:
    assert hint("the matrix does not know which GPUs CUDA 14.0 targets") is None
