"""environment.yml as a workload of its own."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin, Package
from envdoctor.readers.conda_environment import CondaEnvironmentError, is_conda_environment, read_conda_environment
from envdoctor.readers.declared import Declared

TRAINING = """\
# for the lab
name: lab
channels:
  - pytorch
  - nvidia
  - defaults
dependencies:
  - python=3.10
  - pytorch=2.1.0
  - torchvision
  - pytorch-cuda=12.1
  - pip
  - pip:
      - --extra-index-url https://u:hunter2@packages.example.org/simple
      - onnxruntime-gpu==1.16.3
      - git+https://github.com/example/tracker.git@v2#egg=tracker
      - -r more.txt
prefix: /opt/conda/envs/lab
"""


def read(text: str, files: dict[str, str] | None = None) -> Declared:
    return read_conda_environment(text, "environment.yml", read_file=(files or {}).get)


def by_name(declared: Declared) -> dict[str, Package]:
    return {item.name: item for item in declared.packages.items}


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n",
        "name: x\nchannels:\n  - conda-forge\ndependencies: []\n",
        "\ufeffname: x\r\ndependencies:\r\n# nothing yet\r\n",
        "---\nname: x\ndependencies:\n...\n",
    ],
)
def test_files_without_a_package(text: str) -> None:
    declared = read(text)
    assert declared.packages.items == ()
    assert declared.packages.complete
    assert declared.problems == ()
    assert declared.image.is_absent


def test_a_usual_file() -> None:
    declared = read(TRAINING, {"more.txt": "scipy==1.11.4\n"})
    found = by_name(declared)
    assert list(found) == [
        "python", "torch", "torchvision", "pytorch-cuda", "pip", "onnxruntime-gpu", "tracker", "scipy",
    ]  # fmt: skip
    assert declared.packages.complete
    assert (found["torch"].version, found["torch"].cuda, found["torch"].manager) == ("2.1.0", "12.1", "conda")
    assert found["torch"].extra_indexes == ("pytorch", "nvidia", "defaults")
    assert found["torch"].origin == Origin("environment.yml:9", "environment.yml", 9)
    assert found["python"].version == "3.10"
    assert (found["onnxruntime-gpu"].manager, str(found["onnxruntime-gpu"].origin)) == ("pip", "environment.yml:15")
    assert found["onnxruntime-gpu"].extra_indexes == ("https://packages.example.org/simple",)
    assert found["tracker"].installed
    assert str(found["scipy"].origin) == "more.txt:1"


@pytest.mark.parametrize(
    ("spec", "version", "cuda"),
    [
        ("pytorch=2.1.0=py3.10_cuda11.8_cudnn8.7.0_0", "2.1.0", "11.8"),
        ("pytorch=2.4.1=cuda120_py311h6ed24bd_300", "2.4.1", "12.0"),
        ("pytorch=2.1.0=py3.10_cpu_0", "2.1.0", "cpu"),
        ("pytorch::pytorch==2.3.1", "2.3.1", None),
        ("pytorch-gpu", None, None),
        ("pytorch-cpu", None, "cpu"),
    ],
)
def test_what_decides_the_build_of_pytorch(spec: str, version: str | None, cuda: str | None) -> None:
    (torch,) = read(f"dependencies:\n  - {spec}\n").packages.items
    assert (torch.name, torch.version, torch.cuda) == ("torch", version, cuda)


@pytest.mark.parametrize(
    "beside", ["cudatoolkit=11.8", "pytorch-cuda=11.8", "cuda-version=11.8", "cuda-version=11.8.*"]
)
def test_packages_that_choose_the_cuda_release(beside: str) -> None:
    assert by_name(read(f"dependencies:\n- pytorch\n- {beside}\n"))["torch"].cuda == "11.8"


def test_the_cpu_is_meant() -> None:
    assert by_name(read("dependencies:\n  - pytorch\n  - cpuonly\n"))["torch"].cuda == "cpu"


def test_a_file_in_other_words_of_yaml() -> None:
    declared = read(
        "{name: x, channels: [conda-forge],\n dependencies: [pytorch=2.1.0,\n {pip: [scipy==1.0, numpy==1.26.4]}]}\n"
    )
    assert [(item.name, item.version, str(item.origin)) for item in declared.packages.items] == [
        ("torch", "2.1.0", "environment.yml:2"),
        ("scipy", "1.0", "environment.yml:3"),
        ("numpy", "1.26.4", "environment.yml:3"),
    ]
    assert declared.packages.complete


def test_what_is_not_read_leaves_a_gap() -> None:
    gaps = read(
        "dependencies:\n  - pytorch\n  - sel(linux): cudnn\n  - a b c\n  - pip:\n    - -r gone.txt\n"
    ).packages.gaps
    assert gaps == (
        "environment.yml:3 has a mapping among its dependencies, which is not read",
        "environment.yml:4 installs what cannot be read here (a b c)",
        "environment.yml:6 includes the requirements file gone.txt, which cannot be read here",
    )


def test_a_requirement_that_pip_refuses_is_a_problem() -> None:
    declared = read("dependencies:\n  - pip:\n    - torch=2.1.0\n")
    assert declared.problems[0].startswith("environment.yml:3: 'torch=2.1.0' is no requirement that pip understands")


def test_ignore_comments() -> None:
    declared = read("dependencies:\n  # envdoctor: ignore=unpinned-gpu-package weekly image\n  - pytorch\n")
    assert [(item.rule, item.line) for item in declared.ignores] == [("unpinned-gpu-package", 3)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependencies:\n  - 'pytorch\n", "environment.yml:2: is not valid YAML: found unexpected end of stream"),
        ("dependencies:\n  - a: b: c\n", "environment.yml:2: is not valid YAML: mapping values are not allowed here"),
        ("- a\n- b\n", "environment.yml is no environment file, expected a mapping with `dependencies:`"),
        ("dependencies: [a]\n\x00\n", "environment.yml: is not valid YAML: it has characters that YAML does not allow"),
    ],
)
def test_a_broken_file_is_one_error(text: str, message: str) -> None:
    with pytest.raises(CondaEnvironmentError) as caught:
        read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("environment.yml", "name: x\ndependencies:\n  - numpy\n", True),
        ("environment-gpu.yaml", "dependencies:\n  - pytorch=2.1\n", True),
        ("conda.yaml", "channels:\n- defaults\ndependencies:\n- pip:\n  - torch\n", True),
        ("lab.yml", "channels:\n  - conda-forge\ndependencies:\n  - numpy\n", True),
        ("lab.yml", "name: x\ndependencies:\n  - numpy\n", False),
        ("Chart.yaml", "name: x\nversion: 1.0\ndependencies:\n  - name: redis\n", False),
        ("environment.yml", "name: production\nservices:\n  web: {}\n", False),
        ("environment.yml", "variables:\n  a: b\n", False),
        ("env.yaml", "apiVersion: v1\nname: x\ndependencies: []\n", False),
        ("environment.txt", "name: x\ndependencies:\n  - numpy\n", False),
    ],
)
def test_which_files_are_environments(name: str, text: str, expected: bool) -> None:
    assert is_conda_environment(name, text) is expected


LINES = st.sampled_from(
    ["dependencies:", "channels:", "  - pytorch=2.1.0", "  - pip:", "    - torch==2.1", "- a", "  - 'x", "\t- b", "  - [a",
     "  - {b: c}", "  - &a x", "  - *a", "  - |", "# c", "", "---", "...", "key: value", "  - a: b", "  -", "x: {", "]"]
)  # fmt: skip


@settings(max_examples=150)
@given(st.one_of(st.lists(LINES, max_size=15).map("\n".join), st.text(max_size=200)))
@example("dependencies: " + "[{" * 5_000)
@example("dependencies:\n" + "? " * 5_000)
@example("dependencies:\n  -" + " -" * 5_000)
def test_any_text_is_read_or_one_clear_error(text: str) -> None:
    try:
        declared = read(text)
    except CondaEnvironmentError as error:
        said = str(error)
    else:
        said = "environment.yml"
        assert all((item.origin.line or 0) >= 1 for item in declared.packages.items)
    assert said.startswith("environment.yml")
    assert "\n" not in said
