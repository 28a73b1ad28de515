"""The diff applies wherever the file lies and whatever its name holds."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from envdoctor.suggest.edits import Edit, Texts
from tests.suggest.ask import INFERENCE
from tests.suggest.patching import FEED, Patched, asked_for, write

_TEXT = "FROM nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.18.1\n"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Dockerfile", "./Dockerfile"), ("Dockerfile", "docker/../Dockerfile"), ("docker/Dockerfile", "docker//Dockerfile"),
        ("a b/Docker file", "a b/Docker file"), ('quo"te/back\\slash', 'quo"te/back\\slash'), ("画像/Dockerfile", "画像/Dockerfile"),
    ],
)  # fmt: skip
def test_names_are_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, typed: str
) -> None:
    write(tmp_path, monkeypatch, {name: _TEXT, "docker/x": ""})
    after = Patched(tmp_path, *asked_for(tmp_path, INFERENCE, path=typed))
    assert "1.18.1" not in after.text(name)
    assert after.notices == []


def test_an_absolute_path_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, monkeypatch, {"docker/Dockerfile": _TEXT})
    diff, notices = asked_for(tmp_path, INFERENCE, path=str(tmp_path / "docker/Dockerfile"))
    assert diff.startswith("--- a/docker/Dockerfile\n+++ b/docker/Dockerfile\n")
    assert notices == []


def test_a_file_elsewhere_is_named_from_its_folder_and_the_place_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    write(tmp_path, monkeypatch, {"other place/Dockerfile": _TEXT})
    monkeypatch.chdir(tmp_path / "here")
    diff, notices = asked_for(tmp_path, INFERENCE, path="../other place/Dockerfile")
    assert diff.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n")
    command = notices[-1].partition("apply it there: ")[2]
    assert command == f"cd {shlex.quote(str(tmp_path / 'other place'))} && patch -p1"
    subprocess.run(["sh", "-c", f"{command} -s"], input=diff.encode(), check=True)
    assert "1.18.1" not in (tmp_path / "other place/Dockerfile").read_text()


def test_lines_end_at_line_feeds_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form feed or a line separator inside a comment would shift the numbers of every line behind it."""
    write(tmp_path, monkeypatch, f"# a\x0cb\u2028c\x85d\n{_TEXT}")
    after = Patched(tmp_path, *asked_for(tmp_path, INFERENCE))
    assert after.text().startswith("# a\x0cb\u2028c\x85d\nFROM nvidia/cuda:1")


def test_of_two_changes_of_the_same_characters_the_first_counts(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one two\nthree\n")
    texts = Texts()
    texts.note(str(path), [Edit(0, 0, 3, "1"), Edit(0, 0, 3, "1"), Edit(0, 7, 7, "!"), Edit(1, 0, None, "")])
    assert texts.changed() == {str(path): "1 two!\n"}


def test_a_first_line_that_goes_leaves_its_byte_order_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = FEED.format(12)
    files = {
        "Dockerfile": _TEXT.replace("onnxruntime-gpu==1.18.1", "-r r.txt").replace("RUN", "COPY r.txt .\nRUN"),
        "r.txt": f"\ufeff--extra-index-url {feed}\nflask\nonnxruntime-gpu==1.18.0",
    }
    write(tmp_path, monkeypatch, files)
    after = Patched(tmp_path, *asked_for(tmp_path, INFERENCE)).text("r.txt")
    assert after.startswith("\ufeffflask\nonnxruntime-gpu==1.")
    assert not after.endswith("\n")


def test_changes_that_lie_apart_are_hunks_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    between = "".join(f"ENV N{number}=1\n" for number in range(12))
    first, second = _TEXT.splitlines(keepends=True)
    write(tmp_path, monkeypatch, f"# top\n{first}{between}{second}{between}{second}# end")
    after = Patched(tmp_path, *asked_for(tmp_path, INFERENCE))
    assert after.diff.count("@@ -") == 3
    assert after.text().count("1.18.1") == 0
    assert after.text().endswith("# end")
