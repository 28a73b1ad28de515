"""Completion scripts, run by the shells they are for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from envdoctor.cli import main

BASH = """\
source ./completion
COMP_WORDS=({words}); COMP_CWORD={last}
_envdoctor
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["envdoctor", "ch"], ["check"]),
        (["envdoctor", "--v"], ["--version"]),
        (["envdoctor", "check", "--dr"], ["--driver"]),
        (["envdoctor", "check", "--fail-on", ""], ["error", "warning", "never"]),
        (["envdoctor", "check", ".", "--format", "j"], ["json"]),
        (["envdoctor", "check", "--ignore", "driver-too"], ["driver-too-old"]),
        (["envdoctor", "explain", "driver-too"], ["driver-too-old"]),
        (["envdoctor", "schema", "rep"], ["report"]),
        (["envdoctor", "completion", "z"], ["zsh"]),
        (["envdoctor", "matrix", "s"], ["show", "search"]),
        (["envdoctor", "matrix", "list", "torch_im"], ["torch_images"]),
        (["envdoctor", "matrix", "list", "--gap"], ["--gaps"]),
        (["envdoctor", "matrix", "list", "torch", "--format", "jsonl"], ["jsonl"]),
        (["envdoctor", "matrix", "verify", "--table", "cuda_"], ["cuda_tags"]),
        (["envdoctor", "matrix", "verify", "--inde"], ["--index-url"]),
        (["envdoctor", "matrix", "show", "x"], []),
        (["envdoctor", "check", "Docker"], []),  # file names are the shell's own
        (["envdoctor", "check", "--driver", ""], []),
        (["envdoctor", "nonsense", ""], []),
    ],
)
def test_bash(words: list[str], offered: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    Path("completion").write_text(_script("bash", capsys))
    quoted = " ".join(f"'{word}'" for word in words)
    script = BASH.format(words=quoted, last=len(words) - 1)
    done = subprocess.run([bash, "--norc", "-euc", script], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.split() == offered


def test_bash_registers_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    Path("completion").write_text(_script("bash", capsys))
    done = subprocess.run(
        [bash, "--norc", "-c", "source ./completion; complete -p envdoctor"], capture_output=True, text=True
    )
    assert done.stdout == "complete -o default -F _envdoctor envdoctor\n"


def test_zsh(capsys: pytest.CaptureFixture[str]) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    Path("completion").write_text(_script("zsh", capsys))
    script = (
        "autoload -U compinit && compinit -u -D; source ./completion && (( ${+_comps[envdoctor]} )) && print registered"
    )
    done = subprocess.run([zsh, "-fc", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("registered\n", "")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("envdoctor ch", "check"),
        ("envdoctor check --fail-on w", "warning"),
        ("envdoctor explain driver-too", "driver-too-old"),
    ],
)
def test_fish(line: str, offered: str, capsys: pytest.CaptureFixture[str]) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    Path("completion").write_text(_script("fish", capsys))
    done = subprocess.run(
        [fish, "--no-config", "-c", f"source ./completion; complete -C '{line}'"], capture_output=True, text=True
    )
    assert offered in [row.split("\t")[0] for row in done.stdout.splitlines()]
    assert done.stderr == ""
