"""The line grammar of Dockerfiles: what one instruction is, where it stands, and what is refused in which words."""

from __future__ import annotations

import pytest

from envdoctor.readers.dockerfile import (
    MAX_DOCKERFILE_SIZE,
    MAX_INSTRUCTIONS,
    MAX_LINE_BYTES,
    MAX_LINES,
    DockerfileError,
    Instruction,
    parse,
)


def after_from(text: str, escape: str = "") -> list[Instruction]:
    """The instructions of `text` behind a FROM, which stands on the first line unless a directive does."""
    return list(parse(f"{escape}FROM ubuntu:22.04\n{text}", "Dockerfile").instructions[1:])


def only(text: str) -> Instruction:
    (instruction,) = after_from(text)
    return instruction


def message(text: str) -> str:
    with pytest.raises(DockerfileError) as caught:
        parse(text, "Dockerfile")
    shown = str(caught.value)
    assert shown.isprintable()
    assert len(shown) < 400
    return shown


def test_keyword_value_and_lines() -> None:
    first, second = parse("FROM nvidia/cuda:12.4.1-base-ubuntu22.04\n\nrun  pip3 install torch \n", "D").instructions
    assert (first.keyword, first.value, first.line, first.end_line) == (
        "FROM",
        "nvidia/cuda:12.4.1-base-ubuntu22.04",
        1,
        1,
    )
    assert (second.keyword, second.value, second.line) == ("RUN", "pip3 install torch", 3)


def test_a_continued_run_is_one_line_for_the_shell_and_keeps_its_lines() -> None:
    run = only("RUN apt-get update && \\\n    pip install torch \\\n    numpy\n")
    assert run.value == "apt-get update &&     pip install torch     numpy"
    assert (run.line, run.end_line) == (2, 4)
    assert run.line_at(run.value.index("apt-get")) == 2
    assert run.line_at(run.value.index("torch")) == 3
    assert run.line_at(run.value.index("numpy")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "RUN a \\\n  # a comment\n  b\n",
        "RUN a \\\n\n  b\n",
        "RUN a \\\n\n# c\n   \n  b\n",
        "RUN a \\ \t\n  b\n",
        "RUN a \\\r\n  b\r\n",
    ],
)
def test_comments_blank_lines_and_blanks_do_not_end_a_continuation(text: str) -> None:
    assert only(text).value == "a   b"


def test_the_line_of_a_word_behind_comments_and_blank_lines() -> None:
    run = only("RUN a \\\n# c\n\n  b \\\n  # d\n  c\n")
    assert [run.line_at(run.value.index(word)) for word in "abc"] == [2, 5, 7]


def test_an_escaped_escape_character_continues_nothing() -> None:
    assert [item.value for item in after_from("RUN a \\\\\nRUN b\n")] == ["a \\\\", "b"]


def test_a_stray_continuation_swallows_the_next_instruction() -> None:
    assert only("RUN a \\\n\nRUN b\n").value == "a RUN b"


def test_a_continuation_at_the_end_of_the_file() -> None:
    assert only("RUN a \\").value == "a"


def test_a_comment_needs_its_own_line() -> None:
    assert only("RUN a # b\n").value == "a # b"


def test_the_escape_directive() -> None:
    dockerfile = parse("# escape=`\nFROM a\nRUN dir C:\\ `\n  D:\\\n", "D")
    assert dockerfile.escape == "`"
    assert dockerfile.instructions[1].value == "dir C:\\   D:\\"


@pytest.mark.parametrize(
    "head", ["# Escape = `\n", "#escape=`\n", "# syntax=docker/dockerfile:1\n# escape=`\n", "\ufeff# escape=`\n"]
)
def test_spellings_of_the_escape_directive(head: str) -> None:
    assert parse(f"{head}FROM a\n", "D").escape == "`"


@pytest.mark.parametrize(
    "head", ["# a comment\n# escape=`\n", "\n# escape=`\n", "# escapes=`\n", "# unknown=1\n# escape=`\n"]
)
def test_directives_count_only_at_the_top(head: str) -> None:
    assert parse(f"{head}FROM a\n", "D").escape == "\\"


def test_directives_are_kept() -> None:
    dockerfile = parse("# syntax = docker/dockerfile:1.7 \n# check=skip=all\nFROM a\n", "D")
    assert dockerfile.directives == {"syntax": "docker/dockerfile:1.7", "check": "skip=all"}


def test_a_byte_order_mark_and_crlf() -> None:
    instructions = parse("\ufeffFROM a\r\nENV A=b\r\n", "D").instructions
    assert [(item.keyword, item.value) for item in instructions] == [("FROM", "a"), ("ENV", "A=b")]


def test_flags() -> None:
    run = only('RUN --mount=type=bind,source="a b",target=/c --network=none pip install x --no-cache\n')
    assert run.flags == ("--mount=type=bind,source=a b,target=/c", "--network=none")
    assert run.value == "pip install x --no-cache"
    assert run.flag("network") == "none"
    assert run.flag("from") is None


def test_flags_end_at_two_dashes() -> None:
    assert (only("RUN -- --x y\n").flags, only("RUN -- --x y\n").value) == ((), "--x y")


def test_the_line_of_a_word_behind_flags() -> None:
    run = only("RUN --mount=type=cache,target=/x \\\n    pip install torch \\\n    numpy\n")
    assert [run.line_at(run.value.index(word)) for word in ("pip", "torch", "numpy")] == [3, 3, 4]


def test_the_json_form() -> None:
    assert only('RUN ["pip", "install", "torch"]\n').array == ("pip", "install", "torch")
    assert only('COPY ["a b", "/c/"]\n').words == ("a b", "/c/")


@pytest.mark.parametrize("value", ["[ -f x ] && y", "['a', 'b']", '["a"] b', "[NaN]", "[", '["a",]'])
def test_what_only_looks_like_json_is_a_shell_line(value: str) -> None:
    run = only(f"RUN {value}\n")
    assert (run.array, run.value) == (None, value)


def test_half_a_surrogate_pair_in_json_becomes_printable() -> None:
    assert only('RUN ["\\ud800"]\n').array == ("\ufffd",)


def test_a_heredoc() -> None:
    run, env = after_from("RUN <<EOF\npip install torch\n  # kept\n\nEOF\nENV A=b\n")
    (heredoc,) = run.heredocs
    assert heredoc.content == "pip install torch\n  # kept\n\n"
    assert (heredoc.name, heredoc.expand, heredoc.chomp, heredoc.line) == ("EOF", True, False, 3)
    assert (run.line, run.end_line, env.line) == (2, 6, 7)


def test_several_heredocs_and_their_forms() -> None:
    run = only("RUN <<-A cat <<\"B C\" 3<<'D'\n\tx\n\tA\ny\nB C\nD\n")
    assert [(doc.name, doc.content, doc.expand, doc.chomp, doc.file_descriptor) for doc in run.heredocs] == [
        ("A", "\tx\n", True, True, 0),
        ("B C", "y\n", False, False, 0),
        ("D", "", False, False, 3),
    ]


@pytest.mark.parametrize(
    "line", ["RUN a <<<EOF", "RUN echo it's <<EOF", "RUN $((1<<2))", 'RUN "<<EOF"', "CMD <<EOF", "RUN a<<EOF"]
)
def test_what_opens_no_heredoc(line: str) -> None:
    assert only(f"{line}\n").heredocs == ()


def test_heredocs_of_copy_and_onbuild() -> None:
    assert only("COPY <<a.txt /b/\nx\na.txt\n").heredocs[0].content == "x\n"
    onbuild = only("ONBUILD RUN <<EOF\nx\nEOF\n")
    assert onbuild.trigger is not None
    assert onbuild.trigger.heredocs[0].content == "x\n"


def test_onbuild_keeps_the_instruction_behind_it() -> None:
    trigger = only('ONBUILD COPY --from=base ["a", "b"]\n').trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.words, trigger.flag("from"), trigger.line) == ("COPY", ("a", "b"), "base", 2)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("FROM a\nRUN x\nRNU y\n", ("Dockerfile:3: ", "'RNU'", "did you mean RUN?")),
        ("FROM a\n<html>\n", ("Dockerfile:2: ", "'<html>'", "expected an instruction")),
        ("FROM a\nRUN <<EOF\nx\n", ("Dockerfile:2: ", "heredoc", "expected a line 'EOF'")),
        ("RUN x\nFROM a\n", ("Dockerfile:1: ", "RUN was read before the first FROM")),
        ("", ("Dockerfile: ", "no instruction was read", "FROM IMAGE")),
        ("# only a comment\n", ("no instruction was read",)),
        ("ARG A=1\n", ("only ARG was read",)),
        ("FROM a b\n", ("Dockerfile:1: ", "'a b'", "FROM IMAGE AS NAME")),
        ("FROM {{ base }}\n", ("Dockerfile:1: ", "expected FROM IMAGE")),
        ("FROM a AS 1b\n", ("stage name '1b'",)),
        ("FROM\n", ("expected FROM IMAGE",)),
        ("FROM a\nENV A\n", ("Dockerfile:2: ", "'A' was read", "ENV NAME=VALUE")),
        ("FROM a\nENV A=b c\n", ("'c' was read in ENV", "NAME=VALUE")),
        ("FROM a\nENV =b\n", ("a name before the =",)),
        ("FROM a\nARG\n", ("ARG without a name",)),
        ("FROM a\nCOPY a\n", ("COPY 'a' was read", "SOURCE… DESTINATION")),
        ("FROM a\nUSER\n", ("USER without an argument",)),
        ("FROM a\nSHELL bash -c\n", ("expected a JSON array",)),
        ('FROM a\nRUN ["a", 1]\n', ("JSON array of strings only",)),
        ("FROM a\nRUN " + "[" * 60_000 + "\n", ("Dockerfile:2: ", "array within arrays")),
        ("FROM a\nONBUILD ONBUILD RUN x\n", ("Dockerfile:2: ", "ONBUILD 'ONBUILD' was read")),
        ("FROM a\nONBUILD\n", ("ONBUILD '' was read",)),
        ("# escape=x\nFROM a\n", ("Dockerfile:1: ", "expected ` or \\")),
        ("# escape=`\n# escape=`\nFROM a\n", ("Dockerfile:2: ", "a second `# escape=`")),
        ("FROM a\nRUN x\0y\n", ("Dockerfile:2: ", "NUL byte", "which is text")),
        ("FROM a\n\\\n", ("Dockerfile:2: ", "a line with nothing but \\")),
        ("FROM a\n\x1b[31mRUN x\n", ("Dockerfile:2: ", "unknown instruction")),
    ],
)
def test_what_is_refused(text: str, parts: tuple[str, ...]) -> None:
    shown = message(text)
    for part in parts:
        assert part in shown


def test_the_longest_line_is_buildkits() -> None:
    longest = "RUN " + "x" * (MAX_LINE_BYTES - 4)
    assert len(only(f"{longest}\n").value) == MAX_LINE_BYTES - 4
    assert "expected at most 65,535 bytes" in message(f"FROM a\n{longest}x\n")
    assert "expected at most 65,535 bytes" in message("FROM a\nRUN " + "é" * 40_000)


def test_ten_megabytes_of_one_line_are_refused_before_parsing() -> None:
    assert f"expected a Dockerfile of at most {MAX_DOCKERFILE_SIZE:,}" in message("FROM a\nRUN " + "x" * 10_000_000)


def test_counts_are_bounded() -> None:
    assert f"more than {MAX_INSTRUCTIONS:,} instructions" in message("FROM a\n" + "RUN x\n" * MAX_INSTRUCTIONS)
    assert f"expected at most {MAX_LINES:,}" in message("FROM a\n" + "\n" * (MAX_LINES + 1))


def test_an_error_knows_its_line() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM a\nRUN x \\\n  y\nXYZ\n", "docker/Dockerfile.gpu")
    assert caught.value.line == 4
    assert str(caught.value).startswith("docker/Dockerfile.gpu:4: ")
