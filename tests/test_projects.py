"""conda environments and pyproject.toml files, from their text to what the rules say."""

from __future__ import annotations

from envdoctor.facts import Facts, Host
from envdoctor.readers.conda_environment import read_conda_environment
from envdoctor.readers.pyproject import read_pyproject, read_pyproject_groups
from envdoctor.readers.stages import read_dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import CUDNN_12_4, MATRIX, asked, does_not_apply, fires, on, silent

OLD = on("470.57.02", ["T4"])
NEW = on("580.95.05", ["NVIDIA GeForce RTX 4090"])
CU124 = "https://download.pytorch.org/whl/cu124"
DETECTOR = f"""
[project]
name = "detector"
requires-python = ">=3.10,<3.11"
dependencies = ["numpy<2"]

[project.optional-dependencies]
cpu = ["torch==2.5.1"]
gpu = ["torch==2.5.1", "onnxruntime-gpu"]

[tool.uv.sources]
torch = [{{ index = "cpu", extra = "cpu" }}, {{ index = "cu124", extra = "gpu" }}]

[[tool.uv.index]]
name = "cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true

[[tool.uv.index]]
name = "cu124"
url = "{CU124}"
explicit = true
"""


def conda(*dependencies: str, host: Host = OLD) -> Facts:
    text = "channels:\n  - pytorch\ndependencies:\n" + "".join(f"  - {each}\n" for each in dependencies)
    return assemble(read_conda_environment(text, "environment.yml"), host, MATRIX, Stated())


def project(text: str, group: str | None = None, host: Host = OLD) -> Facts:
    if group is None:
        return assemble(read_pyproject(text, "pyproject.toml"), host, MATRIX, Stated())
    return assemble(dict(read_pyproject_groups(text, "pyproject.toml"))[group], host, MATRIX, Stated())


def test_what_needs_no_gpu_asks_for_none() -> None:
    for facts in (conda("python=3.10", "numpy"), project(DETECTOR), project(DETECTOR, "cpu")):
        does_not_apply("torch-cpu-wheel", facts)
        does_not_apply("unpinned-gpu-package", project(DETECTOR))


def test_conditions_on_the_machine_and_of_packages_without_a_say_leave_nothing_open() -> None:
    lines = "'torch==2.5.1; platform_machine == \"x86_64\"', 'torch==2.9.0; platform_machine == \"aarch64\"'"
    facts = project(f"[project]\nname = 'x'\ndependencies = ['tomli; python_version < \"3.11\"', {lines}]\n")
    assert [(item.name, item.version) for item in facts.packages.need().items] == [("torch", "2.5.1")]
    assert facts.packages.need().complete
    open_ = project("[project]\nname = 'x'\ndependencies = ['torch; python_version < \"3.11\"']\n")
    assert len(open_.packages.need().gaps) == 1


def test_a_conda_environment_that_the_driver_runs() -> None:
    silent("driver-too-old", conda("python=3.10", "pytorch=2.1.0", "pytorch-cuda=11.8", host=on("535.104.05", ["T4"])))
    silent("driver-too-old", conda("pytorch=2.4.1=py3.10_cuda12.4_cudnn9.1.0_0", host=NEW))


def test_a_conda_environment_for_a_newer_driver() -> None:
    finding = fires("driver-too-old", conda("python=3.10", "pytorch=2.1.0", "pytorch-cuda=12.1"))
    assert finding.at.line == 5
    assert finding.at.path == "environment.yml"


def test_the_index_of_an_extra_decides() -> None:
    silent("driver-too-old", project(DETECTOR, "gpu", on("550.54.15", ["T4"])))
    found = asked("driver-too-old", project(DETECTOR, "gpu")).findings
    assert [str(finding.at) for finding in found] == ["pyproject.toml:9", "pyproject.toml:9"]


def test_requires_python_decides_what_an_open_version_is() -> None:
    finding = fires("unpinned-gpu-package", project(DETECTOR, "gpu", NEW))
    assert "1.23.2 (CUDA 12.2)" in finding.message


def test_a_project_that_a_dockerfile_installs() -> None:
    files = {"pyproject.toml": "[project]\nname = 'api'\ndependencies = ['torchvision==0.19.0', 'faster-whisper']\n"}
    text = (
        f"FROM {CUDNN_12_4}\nRUN apt-get install -y python3-pip && pip install torch==2.3.1 onnxruntime-gpu==1.19.2\n"
        "WORKDIR /app\nCOPY . .\nRUN pip install -e .\n"
    )
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=files.get)
    assert declared.packages.complete
    facts = assemble(declared, NEW, MATRIX, Stated())
    (torch,) = facts.packages.need().named("torch")
    assert (torch.version, str(torch.origin)) == ("2.4.0", "pyproject.toml:3, required by torchvision 0.19.0")
    assert str(fires("onnxruntime-both-packages", facts).at).startswith("pyproject.toml:3")
