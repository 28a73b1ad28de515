"""conda without -y."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import document, does_not_apply, fires, silent

RULE = "conda-install-asks"
BASE = "FROM continuumio/miniconda3:24.1.2-0\n"


@pytest.mark.parametrize(
    "text",
    [
        "RUN conda install -y numpy",
        "RUN conda install -qy numpy",
        "RUN conda install numpy --yes",
        "RUN mamba create -y -n train python=3.11",
        "RUN yes | conda install numpy",
        "RUN echo y | conda install numpy",
        "RUN conda config --set always_yes true\nRUN conda install numpy",
        "ENV CONDA_ALWAYS_YES=true\nRUN conda install numpy",
        "RUN conda env create -f environment.yml",
        "RUN conda clean --all --force-pkgs-dirs",
        "ARG OPTIONS\nRUN conda install $OPTIONS numpy",
        "RUN conda info",
    ],
)
def test_it_does_not_ask(text: str) -> None:
    silent(RULE, built(f"{BASE}{text}\n"))


@pytest.mark.parametrize(
    "command", ["conda install numpy", "mamba install -c conda-forge numpy", "conda create -n a python=3.11"]
)
def test_it_asks(command: str) -> None:
    finding = fires(RULE, built(f"{BASE}RUN {command}\n"))
    assert finding.severity is Severity.NOTE
    assert finding.remedy[0].endswith("-y …")


def test_several_are_one_finding() -> None:
    finding = fires(RULE, built(f"{BASE}RUN conda install numpy\nRUN conda install scipy\n"))
    assert "(2 commands)" in finding.message


def test_conda_is_not_called() -> None:
    does_not_apply(RULE, built("FROM python:3.11\nRUN pip install numpy\n"))
    does_not_apply(RULE, document(image={"reference": "python:3.11"}))
