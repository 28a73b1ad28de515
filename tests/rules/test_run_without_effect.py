"""RUNs of which nothing is left."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import asked, document, does_not_apply, fires, silent

RULE = "run-without-effect"
BASE = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n"


@pytest.mark.parametrize(
    "text",
    [
        "RUN cd /src && make",
        "RUN conda activate train && pip install torch",
        "RUN . /opt/venv/bin/activate && pip install torch",
        "RUN export FORCE_CUDA=1 && pip install .",
        "RUN bash install.sh",
        "RUN conda init bash && echo 'conda activate train' >> ~/.bashrc",
        'RUN ["/bin/bash", "-c", "pip install torch"]',
    ],
)
def test_something_is_left(text: str) -> None:
    silent(RULE, built(f"{BASE}{text}\nRUN true\n"))


@pytest.mark.parametrize("text", ["RUN /bin/bash", 'RUN ["bash"]', "RUN bash"])
def test_a_shell_alone(text: str) -> None:
    finding = fires(RULE, built(f"{BASE}{text}\n"))
    assert finding.severity is Severity.NOTE
    assert "has nothing to read" in finding.message
    assert "CMD" in finding.remedy[1]


def test_an_environment_that_is_lost() -> None:
    finding = fires(
        RULE, built(f"{BASE}RUN conda create -y -n train\nRUN conda activate train\nRUN pip install torch\n")
    )
    assert finding.severity is Severity.WARNING
    assert "pip at Dockerfile:4 runs in the environment that was active before" in finding.message
    assert finding.at is not None
    assert finding.at.line == 3


def test_an_environment_that_nothing_needs() -> None:
    finding = fires(RULE, built(f"{BASE}RUN pip install torch\nRUN source /opt/venv/bin/activate\n"))
    assert finding.severity is Severity.NOTE


def test_the_next_command_is_in_an_environment_of_its_own() -> None:
    lost = "RUN source /opt/venv/bin/activate\n"
    finding = fires(RULE, built(f"{BASE}{lost}RUN . /opt/venv/bin/activate && pip install torch\n"))
    assert finding.severity is Severity.NOTE
    finding = fires(RULE, built(f"{BASE}ENV PATH=/opt/venv/bin:$PATH\n{lost}RUN pip install torch\n"))
    assert finding.severity is Severity.NOTE


def test_variables_and_folders() -> None:
    assert fires(RULE, built(f"{BASE}RUN export FOO=1\n")).severity is Severity.NOTE
    finding = fires(RULE, built(f"{BASE}RUN export TORCH_CUDA_ARCH_LIST=8.6\n"))
    assert finding.severity is Severity.WARNING
    assert finding.remedy[0] == "write ENV TORCH_CUDA_ARCH_LIST=8.6"
    assert "WORKDIR" in fires(RULE, built(f"{BASE}RUN cd /src\n")).message


def test_each_is_told() -> None:
    assert len(asked(RULE, built(f"{BASE}RUN cd /src\nRUN bash\n")).findings) == 2


def test_nothing_is_run() -> None:
    does_not_apply(RULE, built(BASE))
    does_not_apply(RULE, document(image={"reference": "python:3.11"}))
