"""Version bounds without quotes."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.test_command_cut_short import IMAGE, started
from tests.rules.vocabulary import asked, document, does_not_apply, fires, silent, workload

RULE = "requirement-becomes-redirection"


@pytest.mark.parametrize(
    "command",
    [
        'pip install "torch>=2.0"',
        "pip install 'torch>=2.0,<2.5' torch==2.4.0",
        "pip install torch\\>=2.0",
        "pip install torch > install.log 2>&1",
        "pip install -r requirements.txt >/dev/null",
        "echo torch>=2.0",
    ],
)
def test_what_is_quoted_or_a_redirection_that_is_meant(command: str) -> None:
    silent(RULE, built(f"FROM python:3.11\nRUN {command}\n"))


def test_the_exec_form_has_no_shell() -> None:
    silent(RULE, built('FROM python:3.11\nRUN ["pip", "install", "torch>=2.0"]\n'))


def test_a_bound_becomes_a_file() -> None:
    finding = fires(RULE, built("FROM python:3.11\nRUN pip install torch>=2.0 numpy\n"))
    assert finding.severity is Severity.WARNING
    assert "writes a file called '=2.0'" in finding.message
    assert "given torch alone" in finding.message
    assert '"torch>=2.0"' in finding.remedy[0]


def test_an_upper_bound_looks_for_a_file() -> None:
    assert "looks for a file called '2'" in fires(RULE, built("FROM python:3.11\nRUN pip install numpy<2\n")).message


def test_two_of_a_command_are_one_finding_and_two_commands_two() -> None:
    finding = fires(RULE, built("FROM python:3.11\nRUN pip install torch>=2.0 numpy>=1.26\n"))
    assert "numpy>=1.26" in finding.message
    facts = built("FROM python:3.11\nRUN pip install torch>=2.0\nRUN pip install numpy>=1.26\n")
    assert len(asked(RULE, facts).findings) == 2


def test_what_a_launch_runs() -> None:
    facts = started(f'docker run --rm --gpus all {IMAGE} bash -c "pip install torch>=2.0 && python train.py"\n')
    assert fires(RULE, facts).at is not None


def test_nothing_is_installed() -> None:
    does_not_apply(RULE, workload(IMAGE))
    does_not_apply(RULE, document(image={"reference": IMAGE}))
