"""PATH against what the build installs: conda, virtual environments, CUDA."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import document, does_not_apply, fires, silent

RULE = "path-prefix-not-installed"
BASE = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n"
MINICONDA = "RUN curl -fsSLO https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh && bash Miniconda3-latest-Linux-x86_64.sh -b -p {}\n"


@pytest.mark.parametrize(
    "text",
    [
        MINICONDA.format("/opt/conda") + "ENV PATH=/opt/conda/bin:$PATH\nRUN conda install -y numpy\n",
        "ENV PATH=/opt/conda/bin:$PATH\n" + MINICONDA.format("/opt/conda"),
        "ENV CONDA_DIR=/opt/conda\nENV PATH=$CONDA_DIR/bin:$PATH\n" + MINICONDA.format("$CONDA_DIR"),
        "ENV PATH=/root/miniconda3/bin:$PATH\nRUN bash /tmp/Miniconda3-py310_23.3.1-0-Linux-x86_64.sh -b\n",
        "ENV PATH=/opt/miniconda3/bin:$PATH\nRUN bash /tmp/miniconda.sh -bup /opt/miniconda3\n",
        "ENV PATH=/opt/conda/bin:$PATH\nRUN bash ./conda.sh -b\n",
        "ENV PATH=/root/anaconda2/bin:$PATH\n"
        + MINICONDA.format("/root/anaconda3")
        + "RUN ln -s /root/anaconda3 /root/anaconda2\n",
        "ENV PATH=/opt/conda/bin:$PATH\nRUN echo no conda is installed here\n",
        "RUN python3 -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n",
        "ENV VIRTUAL_ENV=/opt/venv\nRUN python3 -m venv $VIRTUAL_ENV\nENV PATH=$VIRTUAL_ENV/bin:$PATH\n",
        "WORKDIR /app\nRUN uv venv\nENV PATH=/app/.venv/bin:$PATH\n",
        "RUN uv venv /opt/venv\nRUN uv sync\nENV PATH=/app/.venv/bin:$PATH\n",
        "ENV PATH=/opt/venv/bin:$PATH\nCOPY --from=build /opt/venv /opt/venv\n",
        "ENV PATH=/usr/local/cuda/bin:$PATH\n",
        "ENV PATH=/usr/local/cuda-12.4/bin:$PATH CUDA_HOME=/usr/local/cuda-12.4\n",
        "RUN apt-get install -y cuda-toolkit-11-8\nENV CUDA_HOME=/usr/local/cuda-11.8 PATH=/opt/x/bin:$PATH\n",
        "RUN sh cuda_11.8.0_520.61.05_linux.run --silent --toolkit\nENV PATH=/usr/local/cuda-11.8/bin:$PATH\n",
        "ENV PATH=/root/.local/bin:$PATH\n",
    ],
)
def test_what_path_names_is_there(text: str) -> None:
    silent(RULE, built(BASE + text))


def test_conda_is_installed_elsewhere_and_called() -> None:
    text = 'ENV PATH="/root/anaconda2/bin:${PATH}"\nRUN bash Anaconda3-2023.03-Linux-x86_64.sh -b -p /root/anaconda3\nRUN conda install -y pygpu\n'
    finding = fires(RULE, built(BASE + text))
    assert finding.severity is Severity.ERROR
    assert finding.at is not None
    assert finding.at.line == 2
    assert "conda at Dockerfile:4 is not found" in finding.message
    mended = text.replace("anaconda2", "anaconda3")
    silent(RULE, built(BASE + mended))
    assert '/root/anaconda3/bin:${PATH}"' in finding.remedy[0]


@pytest.mark.parametrize(
    "more",
    [
        "RUN /root/miniconda3/bin/conda install -y numpy\n",
        "RUN . /root/miniconda3/etc/profile.d/conda.sh && conda install -y numpy\n",
        "RUN export PATH=/root/miniconda3/bin:$PATH && conda install -y numpy\n",
        "RUN ln -s /root/miniconda3/bin/conda /usr/local/bin/conda && conda install -y numpy\n",
        "RUN pip install numpy\n",
    ],
)
def test_conda_is_installed_elsewhere_and_reached_otherwise(more: str) -> None:
    text = "ENV PATH=/opt/miniconda3/bin:$PATH\n" + MINICONDA.format("/root/miniconda3")
    finding = fires(RULE, built(BASE + text + more))
    assert finding.severity is Severity.WARNING


def test_an_image_that_may_bring_conda() -> None:
    text = "FROM our_base:1\nENV PATH=/opt/miniconda3/bin:$PATH\n" + MINICONDA.format("/root/miniconda3")
    assert fires(RULE, built(text + "RUN conda install -y numpy\n")).severity is Severity.WARNING
    silent(RULE, built(text.replace("/opt/miniconda3", "/opt/conda")))


def test_a_virtual_environment_that_is_made_elsewhere() -> None:
    text = "RUN python3 -m venv /opt/venv\nENV PATH=/venv/bin:$PATH\nRUN pip install torch\n"
    finding = fires(RULE, built(BASE + text))
    assert finding.severity is Severity.WARNING
    assert "made in /opt/venv" in finding.message
    assert finding.at is not None
    assert finding.at.line == 3


def test_a_cuda_of_another_release() -> None:
    note = fires(RULE, built(f"{BASE}ENV PATH=/usr/local/cuda-11.8/bin:$PATH\n"))
    assert note.severity is Severity.NOTE
    warning = fires(
        RULE, built(f"{BASE}ENV CUDA_HOME=/usr/local/cuda-11.8 LD_LIBRARY_PATH=/usr/local/cuda-11.8/lib64\n")
    )
    assert warning.severity is Severity.WARNING
    assert "LD_LIBRARY_PATH and CUDA_HOME name /usr/local/cuda-11.8" in warning.message


def test_nothing_is_put_on_path() -> None:
    does_not_apply(RULE, built(BASE + "RUN pip install torch\n"))
    does_not_apply(RULE, document(image={"reference": "python:3.11"}))
