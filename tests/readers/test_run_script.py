"""What the shell gets for a RUN: the same commands as Docker hands it, each on its own line of the Dockerfile."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.dockerfile import parse
from envdoctor.readers.run_script import RunScript, is_shell, run_script


def script(text: str, head: str = "") -> RunScript:
    return run_script(parse(f"{head}FROM a\n{text}", "Dockerfile").instructions[1])


def test_one_line() -> None:
    assert script("RUN pip install torch\n") == RunScript("pip install torch", (2,))


def test_lines_are_parted_where_the_shell_would() -> None:
    found = script("RUN set -ex; \\\n    pip install \\\n    torch; \\\n    x\n")
    assert found.text == "set -ex; \\\n    pip install \\\n    torch; \\\n    x"
    assert found.lines == (2, 3, 4, 5)
    assert [found.line_at(number) for number in (0, 3, 9, -1)] == [2, 5, 5, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN printf 'a\\n\\\n    b' \\\n    > /x\n", "printf 'a\\n    b' \\\n    > /x"),
        ('RUN echo "a \\\n    b" \\\n && c\n', 'echo "a     b" \\\n && c'),
        ("RUN a # b \\\n    && c\n", "a # b     && c"),
        ("RUN pip install tor\\\nch\n", "pip install torch"),
        ("RUN a $(b | grep '#') \\\n    && c\n", "a $(b | grep '#') \\\n    && c"),
        ("RUN a ${#b} $# \\\n    c\n", "a ${#b} $# \\\n    c"),
        ("RUN a 'b \\\n    c\n", "a 'b     c"),
    ],
    ids=["single quotes", "double quotes", "shell comment", "within a word", "quoted #", "length", "open quote"],
)
def test_lines_stay_joined_where_a_break_would_mean_something_else(text: str, expected: str) -> None:
    assert script(text).text == expected


def test_a_line_of_nothing_but_its_continuation_leaves_no_trace() -> None:
    found = script("RUN a \\\n\\\n\\\n    b\n")
    assert found.text == "a \\\n    b"
    assert found.lines == (2, 5)


def test_the_other_escape_character_becomes_the_shells() -> None:
    assert script("RUN a `\n    b\n", "# escape=`\n").text == "a \\\n    b"


def test_a_heredoc_is_the_script() -> None:
    assert script("RUN <<EOF\na\n\nb\nEOF\n") == RunScript("a\n\nb\n", (3, 4, 5))
    assert script("RUN <<-'E F'\n\ta\n\t\tb\n\tE F\n").text == "a\nb\n"
    assert script("RUN <<EOF\r\na\r\nEOF\r\n").text == "a\n"
    assert script("RUN <<EOF\nEOF\n").text == ""


def test_a_heredoc_with_its_own_program() -> None:
    assert script("RUN <<EOF\n#!/usr/bin/env bash\na\nEOF\n").text == "#!/usr/bin/env bash\na\n"
    found = script("RUN <<EOF\n#!/usr/bin/env python3\nimport torch\nEOF\n")
    assert found.text.startswith("/usr/bin/env python3 <<'")
    assert "import torch" in found.text
    assert found.lines == (3, 3, 4, 5)


def test_heredocs_of_commands_are_put_back() -> None:
    found = script("RUN python3 <<EOF \\\n  && cat <<B\nx\nEOF\ny\nB\n")
    assert found.text == "python3 <<EOF \\\n  && cat <<B\nx\nEOF\ny\nB\n"
    assert found.lines == (2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    "program", ["sh", "/bin/bash", "bash.exe", "/usr/local/bin/_dockerfile_shell.sh", "/usr/bin/zsh"]
)
def test_shells(program: str) -> None:
    assert is_shell(program)


@pytest.mark.parametrize("program", ["powershell", "cmd", "python3", "", "-c", "fish", "csh"])
def test_no_shells(program: str) -> None:
    assert not is_shell(program)


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell to ask")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a ", "b", " c", "'", '"', "d\\\n", " \\\n", " \\\n  ", "# ", " #", "e"]), max_size=10
    ).map("".join)
)
def test_the_shell_sees_the_same_words(body: str) -> None:
    instruction = parse(f"FROM a\nRUN : {body}\n", "Dockerfile").instructions[1]
    assert _words(run_script(instruction).text) == _words(instruction.value)


def _words(text: str) -> tuple[bool, bytes]:
    """The words that sh makes of `: …`; only letters, quotes, # and line ends are in it."""
    found = subprocess.run(
        ["sh", "-c", text.replace(":", r"printf %s\\n ", 1)], capture_output=True, check=False, timeout=10
    )
    return found.returncode == 0, found.stdout
