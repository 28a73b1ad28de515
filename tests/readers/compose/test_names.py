"""Which files are compose files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from envdoctor.readers.compose import is_compose, is_compose_name, is_override_name
from tests.places import ABOVE


@pytest.mark.parametrize(
    "name",
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-compose.gpu.yml"]
    + ["docker-compose-dev.yaml", "compose.override.yaml", "compose.prod.yml", "Docker-Compose.yml", "docker-compose_gpu.yml"],
)  # fmt: skip
def test_names_of_compose_files(name: str) -> None:
    assert is_compose_name(name)


@pytest.mark.parametrize(
    "name", ["composer.yaml", "compose.json", "environment.yml", "compose", "my-compose.yml", "a.yml"]
)
def test_names_of_others(name: str) -> None:
    assert not is_compose_name(name)


def test_names_of_what_compose_merges_by_itself() -> None:
    assert is_override_name("compose.override.yaml")
    assert is_override_name("docker-compose.override.yml")
    assert not is_override_name("docker-compose.gpu.yml")


@pytest.mark.parametrize(
    "text", ["services:\n  a: {}\n", "\ufeffservices:\r\n  a:\r\n", "# x\nname: x\nservices: {}\n", '"services": {}\n']
)
def test_texts_of_compose_files(text: str) -> None:
    assert is_compose(text)


@pytest.mark.parametrize(
    "text",
    ["", "name: env\ndependencies: [python]\n", "a:\n  services:\n    b: {}\n", "services-x: 1\n", "# services:\n"]
    + ["apiVersion: v1\nkind: List\nservices:\n"],
)
def test_texts_of_others(text: str) -> None:
    assert not is_compose(text)


def test_telling_a_compose_file_reads_no_yaml() -> None:
    code = (
        "import sys; from envdoctor.readers.compose import is_compose; assert is_compose('services:\\n');"
        "print([name for name in ('ruamel', 'ruamel.yaml', 'rich', 'tree_sitter', 'packaging') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(ABOVE)})
    assert (done.stdout, done.stderr) == ("[]\n", "")
