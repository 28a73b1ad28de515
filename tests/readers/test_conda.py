"""conda, mamba and micromamba: specs, channels, environment files."""

from __future__ import annotations

import pytest

from envdoctor.readers.conda_file import CondaEnvironmentError, read_conda_file
from envdoctor.readers.conda_specs import Spec, parse_spec
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
        ("pytorch[version=2.1.0]", Spec("torch", "2.1.0")),
        ("pytorch[version='2.1.*', build='*cuda*']", Spec("torch", "2.1", "==2.1.*", "*cuda*")),
        ('pytorch[channel=conda-forge,build="cuda118*"]', Spec("torch", build="cuda118*", channel="conda-forge")),
        ("numpy[version='>=1.20,<2']", Spec("numpy", None, ">=1.20,<2")),
        ("pytorch-cpu", Spec("torch", build="cpu")),
        ("pytorch-gpu=2.5", Spec("torch", "2.5", "==2.5.*")),
    ],
)
def test_specs(text: str, spec: Spec) -> None:
    assert parse_spec(text) == spec


@pytest.mark.parametrize(
    "text", ["", "=1.0", "a b c", "pytorch[subdir=osx-64]", "https://example.org/x.conda", "x" * 500]
)
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
    ("text", "specs", "gaps"),
    [
        ("dependencies: [pytorch=2.1.0, numpy]\n", [(1, "pytorch=2.1.0"), (1, "numpy")], 0),
        ("dependencies:\n  - [a]\n  - b\n", [(3, "b")], 1),
        ("dependencies:\n  key: value\n", [], 1),
        ("x: &all\n  - pytorch\ndependencies: *all\n", [(2, "pytorch")], 0),
        ("dependencies:\n  - >-\n    pytorch=2.1.0\n  - b\n", [(2, "pytorch=2.1.0"), (4, "b")], 0),
        ("dependencies:\n  - pip=23: x\n", [], 1),
    ],
)
def test_yaml_beyond_the_usual(text: str, specs: list[tuple[int, str]], gaps: int) -> None:
    found = read_conda_file(text, "environment.yml")
    assert [tuple(item) for item in found.specs] == specs
    assert len(found.gaps) == gaps


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dependencies:\n  - *anchor\n", 2),
        ('channels:\n  - x\ndependencies:\n  - "pytorch\n', 4),
        ("dependencies:\n\t- pytorch\n", 2),
        ("dependencies:\n  - a\n - b\n", 3),
        ("dependencies: " + "[" * 60, 1),
    ],
)
def test_what_is_no_yaml_is_one_error(text: str, line: int) -> None:
    with pytest.raises(CondaEnvironmentError, match=f"^environment.yml:{line}: ") as caught:
        read_conda_file(text, "environment.yml")
    assert caught.value.line == line


def test_a_long_file_is_not_given_to_the_yaml_parser() -> None:
    text = "dependencies:\n  - [x]\n" + "  - a\n" * 10_000
    found = read_conda_file(text, "environment.yml")
    assert (len(found.specs), len(found.gaps)) == (10_000, 1)


def test_a_broken_file_in_a_run_is_a_problem_and_a_gap() -> None:
    found = installs("conda env create -f e.yml", {"/e.yml": "dependencies:\n  - 'pytorch\n"})
    assert found.problems == ("Dockerfile:1: e.yml:2: is not valid YAML: found unexpected end of stream",)
    assert len(found.gaps) == 1


def test_the_generic_package_gives_way_to_the_one_with_a_version() -> None:
    (torch,) = installs("conda install pytorch-gpu pytorch=2.4.1 -c conda-forge").packages
    assert (torch.version, torch.cuda) == ("2.4.1", None)
    assert [item.cuda for item in installs("conda install pytorch=2.4.1 pytorch-cpu").packages] == ["cpu"]


def test_removing() -> None:
    assert installs("conda remove -y pytorch && conda uninstall numpy").removed == ("torch", "numpy")


def test_conda_run_is_the_command_inside() -> None:
    assert names(installs("conda run -n x pip install torch")) == ["torch"]
