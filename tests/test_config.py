"""The settings file: where it is found, what it may hold, and one clear message for everything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.config import MAX_BYTES, Config, ConfigError, Ignored, discover, load

FULL = """\
fail-on = "warning"
strict = true
uses = ["torch", "onnxruntime-cuda"]
ignore = [{rule = "driver-end-of-life", reason = "replaced in spring"}]
image-alias = {my_base = "nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04"}
build-arg = {TAG = "12.4.1"}
package = ["onnxruntime-gpu==1.19.0"]

[hosts.edge]
driver = "470.57.02"
gpu = ["T4"]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "envdoctor.toml").write_text(FULL)
    assert load("envdoctor.toml") == Config(
        source="envdoctor.toml",
        fail_on="warning",
        strict=True,
        uses=("torch", "onnxruntime-cuda"),
        ignores=(Ignored("driver-end-of-life", "replaced in spring"),),
        image_alias={"my_base": "nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04"},
        build_args={"TAG": "12.4.1"},
        packages=("onnxruntime-gpu==1.19.0",),
        hosts={"edge": {"driver": "470.57.02", "gpu": ["T4"]}},
    )


def test_none(tmp_path: Path) -> None:
    assert discover(str(tmp_path)) == Config()


def test_pyproject_upwards_and_own_file_before_it(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.envdoctor]\nstrict = true\n")
    assert discover(str(below)).source == "pyproject.toml"
    (tmp_path / "envdoctor.toml").write_text('fail-on = "never"\n')
    assert discover(str(below)) == Config(source="envdoctor.toml", fail_on="never")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.envdoctor]\n")
    assert discover(str(below)) == Config(source="a/pyproject.toml")


def test_a_pyproject_without_our_table_is_passed_over_and_not_even_parsed(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (below / "pyproject.toml").write_text("this is [[not TOML")
    (tmp_path / "pyproject.toml").write_text("[tool.envdoctor]\n")
    assert discover(str(below)).source == "pyproject.toml"


def test_the_search_ends_at_the_repository_root_and_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.envdoctor]\n")
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    assert discover(str(inner)) == Config()
    home = tmp_path / "home"
    (home / "project").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    assert discover(str(home / "project")) == Config()


def test_no_settings_cost_no_toml_parser(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    code = "import sys; from envdoctor.config import discover; discover('.'); sys.exit('tomllib' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment).returncode == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fail_on = 'error'", ["unknown key 'fail_on'", "did you mean fail-on?"]),
        ("zzz = 1", ["unknown key 'zzz'", "the keys are fail-on, strict"]),
        ("fail-on = 'errors'", ["fail-on is 'errors'", "error, warning, never", "did you mean error"]),
        ("fail-on = 1", ["fail-on is the number 1", "expected a text"]),
        ("strict = 'yes'", ["strict is the text 'yes'", "expected true or false"]),
        ("uses = 'torch'", ["uses is the text 'torch'", "expected a list"]),
        ("uses = ['torch', 3]", ["uses[1] is the number 3"]),
        ("ignore = ['driver-too-old']", ["ignore[0]", "needs its reason"]),
        ("ignore = [{rule = 'driver-too-old'}]", ["ignore[0]: reason is missing"]),
        ("ignore = [{rule = 'driver-too-old', reason = ' '}]", ["ignore[0].reason is an empty text"]),
        ("ignore = [{rule = 'a', reason = 'b', until = 'c'}]", ["unknown key 'until'"]),
        ("image-alias = ['a=b']", ["image-alias is a list", "expected a table"]),
        ("build-arg = {TAG = 12}", ["build-arg.TAG is the number 12"]),
        ("hosts = ['edge']", ["hosts: expected a table of hosts"]),
        ("hosts = {edge = 'T4'}", ["hosts: expected a table of hosts"]),
        ("strict = ", ["is not valid TOML"]),
        ("x = " + "[" * 100_000, ["is not valid TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "envdoctor.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load("envdoctor.toml")
    message = str(caught.value)
    assert message.startswith("envdoctor.toml: ")
    assert [word for word in words if word not in message] == []
    assert len(message) < 600


def test_unreadable_files(tmp_path: Path) -> None:
    for name, content in (("a.toml", b"\xff\xfe"), ("b.toml", b"#" * (MAX_BYTES + 1)), ("pyproject.toml", b"")):
        (tmp_path / name).write_bytes(content)
    for name, word in (
        ("a.toml", "not UTF-8"),
        ("b.toml", "larger than"),
        ("pyproject.toml", "no [tool.envdoctor] table"),
        ("missing.toml", "No such file"),
        (".git", "directory"),
    ):
        with pytest.raises(ConfigError, match=word.replace("[", r"\[")):
            load(name)


def test_a_table_of_ours_in_any_toml_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[tool.envdoctor]\nstrict = true\n")
    assert load("settings.toml").strict is True
    (tmp_path / "settings.toml").write_text("[tool]\nenvdoctor = 3\n")
    with pytest.raises(ConfigError, match=r"tool\.envdoctor is the number 3"):
        load("settings.toml")
