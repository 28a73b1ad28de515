"""conda, mamba and micromamba: specs, channels, environment files."""

from __future__ import annotations

import pytest

from envdoctor.readers.conda import Spec, parse_spec
from envdoctor.readers.conda_file import read_conda_file
from tests.readers.installing import installs, names, versions

ENVIRONMENT = """\
name: demo
channels:
  - conda-forge
  - nvidia  # for CUDA
dependencies:
  - python=3.10
  - pytorch=2.1.0=py3.10_cuda12.1_cudnn8.9.2_0
  - "numpy>=1.20,<2"
  - pip
  - pip:
      - onnxruntime-gpu==1.16.0
      - -r more.txt
  - ffmpeg
variables:
  A: b
"""


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("pytorch", Spec("torch")),
        ("pytorch=2.1", Spec("torch", "2.1", "==2.1.*")),
        ("pytorch=2.1.0", Spec("torch", "2.1.0")),
        ("pytorch==2.1.0", Spec("torch", "2.1.0")),
        ("pytorch=2.1.0=py3.10_cuda12.1*", Spec("torch", "2.1.0", build="py3.10_cuda12.1*")),
        ("pytorch=*=*cuda*", Spec("torch", build="*cuda*")),
        ("pytorch-cuda=12.1", Spec("pytorch-cuda", "12.1", "==12.1.*")),
        ("nvidia::cuda-toolkit=12.1.1", Spec("cuda-toolkit", "12.1.1", channel="nvidia")),
        ("numpy>=1.20,<=2", Spec("numpy", None, ">=1.20,<=2")),
        ("python 3.10", Spec("python", "3.10")),
        ("python=3.10.*", Spec("python", "3.10", "==3.10.*")),
        ("numpy=1.20|1.21", Spec("numpy", None, "=1.20|1.21")),
        ("NumPy =1.20", Spec("numpy", "1.20", "==1.20.*")),
    ],
)
def test_specs(text: str, spec: Spec) -> None:
    assert parse_spec(text) == spec


@pytest.mark.parametrize("text", ["", "=1.0", "a b c", "pytorch[version=2]", "https://example.org/x.conda", "x" * 500])
def test_what_is_no_spec(text: str) -> None:
    assert parse_spec(text) is None


@pytest.mark.parametrize(
    ("script", "cuda"),
    [
        ("conda install -y pytorch=2.1.0 torchvision pytorch-cuda=12.1 -c pytorch -c nvidia", "12.1"),
        ("mamba install -y pytorch==1.12.1 torchvision cudatoolkit=11.3 -c pytorch", "11.3"),
        ("/opt/conda/bin/conda install pytorch torchvision cpuonly -c pytorch", "cpu"),
        ("micromamba create -n x -c conda-forge pytorch torchvision cuda-version=12.4", "12.4"),
        ("conda install pytorch=2.1.0=py3.10_cuda11.8_cudnn8.7.0_0 torchvision=0.16.0=py310_cu118", "11.8"),
        ("conda install pytorch=2.1.0=cuda118py310h0", "11.8"),
        ("conda install pytorch torchvision", None),
    ],
)
def test_cuda_of_pytorch(script: str, cuda: str | None) -> None:
    torch = installs(script).packages[0]
    assert (torch.name, torch.manager, torch.cuda) == ("torch", "conda", cuda)


def test_channels_and_other_packages() -> None:
    found = installs(
        "conda install -y -c https://u:hunter2@channels.example/x -c nvidia 'python=3.10' cudnn=8.9 --override-channels"
    )
    assert versions(found) == [("python", "3.10"), ("cudnn", "8.9")]
    assert found.packages[0].extra_indexes == ("https://channels.example/x", "nvidia")
    assert found.packages[0].cuda is None


@pytest.mark.parametrize(
    "command",
    [
        "conda env create -f environment.yml",
        "conda env create",
        "mamba env update -n base --file environment.yml",
        "micromamba install -y -n base -f environment.yml",
    ],
)
def test_environment_files(command: str) -> None:
    found = installs(command, {"/environment.yml": ENVIRONMENT, "/more.txt": "scipy==1.11\n"})
    assert sorted(versions(found)) == sorted(
        [
            ("python", "3.10"),
            ("torch", "2.1.0"),
            ("numpy", ">=1.20,<2"),
            ("pip", ""),
            ("ffmpeg", ""),
            ("onnxruntime-gpu", "1.16.0"),
            ("scipy", "1.11"),
        ]
    )
    by_name = {package.name: package for package in found.packages}
    assert (by_name["torch"].cuda, str(by_name["torch"].origin)) == ("12.1", "environment.yml:7")
    assert by_name["torch"].extra_indexes == ("conda-forge", "nvidia")
    assert (by_name["onnxruntime-gpu"].manager, str(by_name["onnxruntime-gpu"].origin)) == ("pip", "environment.yml:11")
    assert found.gaps == ()


def test_an_environment_file_that_is_not_there() -> None:
    assert installs("conda env create -f environment.yml").gaps == (
        "RUN at Dockerfile:1 installs the conda environment file environment.yml, which cannot be read here",
    )


def test_a_list_of_specs() -> None:
    found = installs("conda install --file conda.txt", {"/conda.txt": "# header\npytorch=2.1.0\nnumpy\n"})
    assert versions(found) == [("torch", "2.1.0"), ("numpy", "")]


@pytest.mark.parametrize(
    "text", ["dependencies: [a, b]\n", "dependencies:\n  key: value\n", "dependencies:\n  *anchor\n"]
)
def test_yaml_beyond_the_usual_is_a_gap(text: str) -> None:
    assert len(read_conda_file(text, "environment.yml").gaps) == 1


def test_removing() -> None:
    assert installs("conda remove -y pytorch && conda uninstall numpy").removed == ("torch", "numpy")


def test_conda_run_is_the_command_inside() -> None:
    assert names(installs("conda run -n x pip install torch")) == ["torch"]
