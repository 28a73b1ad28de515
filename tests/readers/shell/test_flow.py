"""What a shell script runs, for certain or perhaps, in the shapes that Dockerfiles use."""

from __future__ import annotations

import pytest

from envdoctor.readers.shell import Command, commands, read_shell

Words = list[tuple[str | None, ...]]


def run(script: str, **variables: str | None) -> list[Command]:
    return commands(script, variables)


def words(script: str, **variables: str | None) -> Words:
    return [command.words for command in run(script, **variables)]


def certain(script: str, **variables: str | None) -> list[str]:
    """The commands that certainly run, each as one text."""
    return [" ".join(word or "?" for word in c.words) for c in run(script, **variables) if not c.conditional]


def possible(script: str, **variables: str | None) -> list[str]:
    return [" ".join(word or "?" for word in c.words) for c in run(script, **variables) if c.conditional]


@pytest.mark.parametrize(
    "script", ["", "\n", "# nothing", "   ", "X=1", "export A=b", "\\\n", "f() { pip install x; }"]
)
def test_scripts_without_a_command(script: str) -> None:
    shell = read_shell(script, {})
    assert shell.commands == ()
    assert shell.problems == ()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a && b || true; c", ["a", "b", "c"]),
        ("a\nb\n\nc", ["a", "b", "c"]),
        ("set -ex && a", ["set -ex", "a"]),
        ("a | b | c", ["a", "b", "c"]),
        ("a & b", ["a", "b"]),
        ("(a; b) && { c; d; }", ["a", "b", "c", "d"]),
        ("! a", ["a"]),
        ("a \\\n   b \\\n && c", ["a b", "c"]),
        ("a # pip install x\nb", ["a", "b"]),
        ("a &&\n# between\nb", ["a", "b"]),
        ("PIP_NO_CACHE_DIR=1 pip install x", ["pip install x"]),
        ("a > log 2>&1 b", ["a b"]),
        ("a && b \\\n", ["a", "b"]),
    ],
)
def test_commands_in_order(script: str, expected: list[str]) -> None:
    assert certain(script)[: len(expected)] == expected
    assert read_shell(script, {}).problems == ()


def test_every_word_keeps_its_line() -> None:
    (update, install) = run("apt-get update && \\\napt-get install -y \\\n  curl \\\n  libgl1")
    assert update.lines == (0, 0)
    assert install.lines == (1, 1, 1, 2, 3)


@pytest.mark.parametrize(
    "script",
    [
        "if [ -f requirements.txt ]; then pip install x; fi",
        "if command -v nvidia-smi; then pip install x; fi",
        "[ -d /opt/venv ] && pip install x",
        "test -e /usr/bin/python || pip install x",
        "which pip || pip install x",
        "pip download x || pip install x",
        'case "$TARGETARCH" in amd64) pip install x ;; *) ;; esac',
        "while read line; do pip install x; done",
        "for wheel in /wheels/*.whl; do pip install x; done",
        "for ((i = 0; i < 3; i++)); do pip install x; done",
        '[ "$UNKNOWN" = 1 ] && pip install x',
    ],
)
def test_what_the_build_decides_is_conditional(script: str) -> None:
    assert "pip install x" not in certain(script, TARGETARCH=None, UNKNOWN=None)
    assert "pip install x" in possible(script, TARGETARCH=None, UNKNOWN=None)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('[ "$CUDA" = "11.8" ]', True),
        ('[ "$CUDA" == 12.1 ]', False),
        ('[ "$CUDA" != 12.1 ]', True),
        ("[[ $CUDA == 11.* ]]", True),
        ("[[ $CUDA == 12.* ]]", False),
        ('[ -n "$CUDA" ]', True),
        ('[ -z "$CUDA" ]', False),
        ('[ "$EMPTY" ]', False),
        ('test "$CUDA" = 11.8', True),
        ('! test "$CUDA" = 11.8', False),
        ('[ "$N" -ge 3 ]', True),
        ('[ "$N" -lt 3 ]', False),
        ('[ "$CUDA" = 11.8 -a -n "$N" ]', True),
        ('[ "$CUDA" = 12.1 ] || [ "$N" = 3 ]', True),
        ('[ "$CUDA" = 11.8 ] && [ "$N" = 4 ]', False),
        ("true", True),
        ("false", False),
    ],
)
def test_known_values_decide_a_condition(condition: str, holds: bool) -> None:
    script = f"if {condition}; then pip install yes; else pip install no; fi"
    found = certain(script, CUDA="11.8", N="3", EMPTY="")
    assert ("pip install yes" in found, "pip install no" in found) == (holds, not holds)
    assert possible(script, CUDA="11.8", N="3", EMPTY="") == []


def test_elif_and_else() -> None:
    script = 'if [ "$V" = a ]; then one; elif [ "$V" = b ]; then two; else three; fi'
    assert certain(script, V="b") == ["two"]
    assert certain(script, V="c") == ["three"]
    assert possible(script, V=None) == ["one", "two", "three"]


def test_case_with_a_known_value() -> None:
    script = 'case "$V" in "arm64"|aarch64) one ;; amd*) two ;; *) three ;; esac'
    assert certain(script, V="aarch64") == ["one"]
    assert certain(script, V="amd64") == ["two"]
    assert certain(script, V="riscv") == ["three"]


def test_for_over_known_words_runs_each() -> None:
    assert certain('for p in a "b c" $LIST; do pip install $p; done', LIST="d e") == [
        "pip install a",
        "pip install b c",
        "pip install d",
        "pip install e",
    ]


def test_a_function_runs_where_it_is_called() -> None:
    script = "get() { pip install $1; }; before; get torch; get numpy"
    assert certain(script) == ["before", "pip install torch", "pip install numpy"]


def test_pipeline_input_is_remembered() -> None:
    fetch, shell = run("curl -sSL https://example.org/install.sh | sudo bash -s -- -y")
    assert fetch.piped == ()
    assert shell.piped == ("curl", "-sSL", "https://example.org/install.sh")


def test_subshells_are_numbered_and_forget_their_variables() -> None:
    inside, after = run("(X=2; echo $X); echo $X", X="1")
    assert (inside.words, after.words) == (("echo", "2"), ("echo", "1"))
    assert inside.scope != after.scope == ()


def test_assignments_reach_later_commands() -> None:
    assert words('X=1; export Y="a b"; V=$X.2 && pip install t==$V "$Y"') == [("pip", "install", "t==1.2", "a b")]


def test_an_assignment_in_a_branch_is_unknown_afterwards() -> None:
    assert words("V=1; if grep -q x /etc/issue; then V=2; fi; echo $V")[-1] == ("echo", None)
    assert words("if grep -q x /etc/issue; then V=2; else V=2; fi; echo $V")[-1] == ("echo", "2")


def test_what_a_command_sees_of_its_environment() -> None:
    (command,) = run("export A=1; B=2 env C=3 pip install x", D="4")
    assert {name: command.variables[name] for name in "ABCD"} == {"A": "1", "B": "2", "C": "3", "D": "4"}


def test_heredocs_are_text_and_not_commands() -> None:
    script = "cat <<EOF > /etc/x\npip install no\nEOF\npython3 - <<'PY'\nimport pip\nPY\npip install yes"
    found = run(script)
    assert [command.words[0] for command in found] == ["cat", "python3", "pip"]
    assert found[1].stdin == "import pip\n"
    assert found[2].lines == (6, 6, 6)


@pytest.mark.parametrize("script", ["bash <<EOF\npip install a\nEOF\n", "cat <<EOF | bash\npip install a\nEOF\n"])
def test_a_heredoc_for_a_shell_is_a_script(script: str) -> None:
    (command,) = [command for command in run(script) if command.words[0] == "pip"]
    assert command.words == ("pip", "install", "a")
    assert command.lines[0] == 1


def test_redirections_of_an_unquoted_version() -> None:
    (command,) = run("pip install torch>=2.0 numpy 2>/dev/null >log")
    assert command.words == ("pip", "install", "torch", "numpy")
    assert [(r.operator, r.target, r.attached_to) for r in command.redirects] == [
        (">", "=2.0", "torch"),
        (">", "/dev/null", ""),
        (">", "log", ""),
    ]


def test_a_syntax_error_does_not_lose_the_rest() -> None:
    shell = read_shell("pip install a\nif then )\npip install b", {})
    assert ("pip", "install", "a") in [command.words for command in shell.commands]
    assert shell.problems
    assert shell.problems[0].line == 1


def test_set_x_and_windows_line_ends() -> None:
    assert words("set -x\r\npip install a\r\n") == [("set", "-x"), ("pip", "install", "a")]
