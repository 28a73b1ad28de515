"""RUNs of which nothing is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.readers.idle_runs import idle
from tests.rules.builds import built

HERE = Origin("Dockerfile:2", "Dockerfile", 2)


@pytest.mark.parametrize(
    "text",
    [
        "apt-get update",
        "cd /src && make",
        "bash install.sh",
        'bash -c "pip install torch"',
        "bash < install.sh",
        "curl -fsSL https://example.com/install.sh | bash",
        ". /root/install.sh",
        "source /opt/ros/humble/setup.bash && colcon build",
        "conda activate base && pip install torch",
        'eval "$(conda shell.bash hook)" && conda activate x',
        "conda init bash",
        "FORCE_CUDA=1 make",
        "export A=$(make install)",
        "export A=1 > /etc/a",
        "echo 'conda activate x' >> ~/.bashrc",
        "set -ex",
        "if [ -f x ]; then cd /x; fi",
        "",
        "A=`make`",
    ],
)
def test_something_may_be_left(text: str) -> None:
    assert idle(text, HERE) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/bin/bash", "shell"),
        ("bash -l", "shell"),
        ("cd /src", "cd"),
        ('bash -c "cd /src"', "cd"),
        ("export CUDA_HOME=/usr/local/cuda", "export"),
        ("A=1", "export"),
        ("export A=1 && export B=2", "export"),
        ("conda activate train", "activate"),
        ("source /opt/venv/bin/activate", "activate"),
        (". ~/.bashrc && conda activate train", "activate"),
        ("source activate train", "activate"),
    ],
)
def test_nothing_is_left(text: str, kind: str) -> None:
    [slip] = idle(text, HERE)
    assert (slip.kind, slip.command, slip.origin) == ("no-effect", kind, HERE)


def test_of_a_dockerfile() -> None:
    facts = built('FROM python:3.11\nRUN ["bash"]\nRUN <<EOF\nexport A=3\nEOF\nRUN pip install torch\n')
    assert [(slip.command, slip.origin.line) for slip in facts.slips] == [("shell", 2), ("export", 3)]


@given(st.text(alphabet="cdexport bash-l=;&|$'\"\n/A1", max_size=80))
def test_any_text(text: str) -> None:
    assert len(idle(text, HERE)) <= 1
