"""TOML: errors with their line, and the lines that values stand on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.readers.toml_text import TomlError, TomlLines, parse_toml, parts_of

TEXT = """\
# [project]
top = 1

[project]
name = "x"
dependencies = [
    # "torch>=2",
    "torch>=2",
    'numpy', "scipy",
    "timm; python_version < \\"3.13\\"",
    "twice", "twice",
    "one", "a = 1",
    "one",
]
optional-dependencies.gpu = ["cupy"]

[ tool . "uv" . sources ]
torch = { index = "a" }

[[tool.uv.index]]
name = "a"
[[tool.uv.index]]
name = "b"

[tool.poetry.dependencies.torch]
version = "^2"
"""


@pytest.mark.parametrize(
    ("table", "key", "value", "line"),
    [
        (("project",), None, None, 4),
        (("project",), "name", None, 5),
        (("project",), "dependencies", None, 6),
        (("project",), "dependencies", "torch>=2", 8),
        (("project",), "dependencies", "scipy", 9),
        (("project",), "dependencies", 'timm; python_version < "3.13"', 10),
        (("project",), "dependencies", "twice", 11),
        (("project", "optional-dependencies"), "gpu", "cupy", 15),
        (("tool", "uv", "sources"), "torch", None, 18),
        (("tool", "poetry", "dependencies"), "torch", None, 25),
        ((), "top", None, 2),
    ],
)
def test_lines(table: tuple[str, ...], key: str | None, value: str | None, line: int) -> None:
    assert parse_toml(TEXT)
    assert TomlLines(TEXT).of(table, key, value) == line
    assert TomlLines("\ufeff" + TEXT.replace("\n", "\r\n")).of(table, key, value) == line


def test_where_a_value_can_stand_in_several_places_the_key_is_told() -> None:
    lines = TomlLines(TEXT)
    assert lines.of(("project",), "dependencies", "one") == 6
    assert lines.of(("project",), "dependencies", "absent") == 6
    assert lines.of(("tool", "uv", "index"), "name", "a") is None
    assert lines.of(("project",), "version") == 4
    assert lines.of(("nowhere",), "version") is None


def test_parts_of_a_key() -> None:
    assert parts_of("tool . \"uv\" . 'x'") == ("tool", "uv", "x")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = 1\nb = \n", 2, "Invalid value"),
        ("a = {b = {b = {" * 5_000, None, "nested too deeply"),
        ("ok = 1\n" + "a." * 301 + "b = 1", 2, "more than 300 dots"),
        (" " * 1_000_001, None, "longer than"),
    ],
)
def test_errors(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(TomlError, match=reason) as caught:
        parse_toml(text)
    assert caught.value.line == line


def test_dots_within_texts_are_no_keys() -> None:
    assert parse_toml(f"a = ['{'1.' * 400}']\n")


@given(st.text(alphabet="[]{}\"'=.#,ab \n\t", max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse_toml(text)
    except TomlError as error:
        reason = str(error)
    else:
        reason = "none"
    assert reason
    assert TomlLines(text).of(("a",), "b", "c") is None or "a" in text
