"""pip and uv: options, indexes, constraints, and what an unquoted version becomes."""

from __future__ import annotations

import pytest

from envdoctor.facts import Package
from tests.readers.installing import installs, names, versions

CU118 = "https://download.pytorch.org/whl/cu118"


def only(script: str, files: dict[str, str] | None = None, **variables: str | None) -> Package:
    (package,) = installs(script, files, **variables).packages
    return package


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--no-cache-dir -U -q --pre --user --break-system-packages --no-deps", [("torch", "2.1.0")]),
        ("--upgrade-strategy eager --timeout 100 --retries 3 --trusted-host 10.0.0.1", [("torch", "2.1.0")]),
        ("--target /opt/deps --root-user-action=ignore --progress-bar off", [("torch", "2.1.0")]),
        ("-t /opt/deps --only-binary :all: --cache-dir /c", [("torch", "2.1.0")]),
        ("-qU --prefix=/opt --config-settings a=b", [("torch", "2.1.0")]),
        ("-- ", [("torch", "2.1.0")]),
    ],
)
def test_options_are_not_packages(options: str, expected: list[tuple[str, str]]) -> None:
    found = installs(f"pip install {options} torch==2.1.0")
    assert (versions(found), found.gaps) == (expected, ())


def test_options_before_the_action_and_behind_the_packages() -> None:
    assert names(
        installs("pip --no-cache-dir --timeout 60 install torch numpy --index-url https://packages.example/simple")
    ) == ["torch", "numpy"]


def test_a_full_requirement() -> None:
    package = only("pip install 'ONNXRuntime_GPU[cuda,cudnn]>=1.19,<1.22 ; python_version>\"3.9\"'")
    assert (package.name, package.specifier, package.extras, package.marker, package.manager) == (
        "onnxruntime-gpu",
        ">=1.19,<1.22",
        ("cuda", "cudnn"),
        'python_version>"3.9"',
        "pip",
    )


@pytest.mark.parametrize(
    "command",
    [
        f"pip install torch==2.1.0 --index-url {CU118}",
        f"pip install torch==2.1.0 --index-url={CU118}",
        f"pip install -i {CU118} torch==2.1.0",
        f"pip install -i{CU118} torch==2.1.0",
        f'pip install torch==2.1.0 --index-url "{CU118}"',
        f"PIP_INDEX_URL={CU118} pip install torch==2.1.0",
        f"export PIP_INDEX_URL={CU118} && pip install torch==2.1.0",
        f"uv pip install torch==2.1.0 --default-index {CU118}",
        f"UV_INDEX_URL={CU118} uv pip install torch==2.1.0",
        "pip install torch==2.1.0 --index-url https://download.pytorch.org/whl/$CUDA",
        "pip install torch==2.1.0 --index-url https://download.pytorch.org/whl/cu$(echo $CUDA_VERSION | cut -d. -f1,2 | tr -d .)",
    ],
)
def test_an_index_that_decides_the_variant(command: str) -> None:
    package = only(command, CUDA="cu118", CUDA_VERSION="11.8.0")
    assert (package.version, package.cuda, package.index, package.extra_indexes) == ("2.1.0", "11.8", CU118, ())


@pytest.mark.parametrize(
    "command",
    [
        f"pip install torch --extra-index-url {CU118}",
        f"pip install torch --extra-index-url={CU118}",
        f"pip install torch -f {CU118}",
        f"PIP_EXTRA_INDEX_URL={CU118} pip install torch",
        f"uv pip install torch --index {CU118}",
        f"uv pip install torch --index pytorch={CU118}",
        f"uv pip install torch --extra-index-url {CU118}",
        f"UV_EXTRA_INDEX_URL={CU118} uv pip install torch",
    ],
)
def test_an_extra_index_decides_nothing_by_itself(command: str) -> None:
    package = only(command)
    assert (package.cuda, package.index, package.extra_indexes) == (None, None, (CU118,))
    assert package.manager == ("uv" if "uv " in command else "pip")


def test_the_index_of_the_environment_gives_way_to_the_option() -> None:
    assert only(f"pip install torch -i {CU118}", PIP_INDEX_URL="https://packages.example/simple").index == CU118


def test_other_packages_of_a_torch_index_have_no_variant() -> None:
    found = installs(f"pip install torch torchvision torchaudio xformers numpy --index-url {CU118}")
    assert [package.cuda for package in found.packages] == ["11.8", "11.8", "11.8", "11.8", None]


def test_a_password_is_no_obstacle_to_reading_an_index() -> None:
    package = only("pip install -i http://${ACCOUNT}:${PASSWORD}@10.0.0.1:8080/simple x", ACCOUNT=None, PASSWORD=None)
    assert (package.index, package.installed) == ("http://10.0.0.1:8080/simple", False)


def test_an_index_that_only_the_build_knows_leaves_the_build_of_torch_open() -> None:
    found = installs(
        "pip install torch==2.1.0 numpy==1.26.4 --index-url https://download.pytorch.org/whl/$CUDA", CUDA=None
    )
    torch, numpy = found.packages
    assert (torch.version, torch.specifier, torch.installed, torch.cuda) == (None, "==2.1.0", True, None)
    assert (numpy.version, numpy.installed) == ("1.26.4", False)
    assert found.gaps == ()


def test_a_version_that_only_the_build_knows() -> None:
    package = only("pip install torch==$VERSION", VERSION=None)
    assert (package.name, package.version, package.specifier, package.installed) == ("torch", None, "", True)


def test_requirements_and_constraints_files() -> None:
    files = {
        "/app/requirements.txt": f"--extra-index-url {CU118}\n-r more.txt\ntorch>=2\n",
        "/app/more.txt": "numpy\n",
        "/app/constraints.txt": "torch==2.1.0+cu118\nnumpy<2\nscipy==1.0\n",
    }
    found = installs("pip install -r requirements.txt -c constraints.txt", files, workdir="/app")
    assert versions(found) == [("numpy", "<2"), ("torch", "2.1.0+cu118")]
    assert [str(package.origin) for package in found.packages] == ["more.txt:1", "requirements.txt:3"]
    assert found.packages[1].cuda == "11.8"
    assert found.packages[1].extra_indexes == (CU118,)
    assert found.gaps == ()


@pytest.mark.parametrize(
    "option", ["-r requirements.txt", "-rrequirements.txt", "--requirement=requirements.txt", "-Ur requirements.txt"]
)
def test_ways_to_name_a_requirements_file(option: str) -> None:
    assert names(installs(f"pip install {option}", {"/requirements.txt": "torch"})) == ["torch"]


@pytest.mark.parametrize(
    ("command", "gap"),
    [
        (
            "pip install -r missing.txt",
            "RUN at Dockerfile:1 installs the requirements file missing.txt, which cannot be read here",
        ),
        (
            "pip install x -c missing.txt",
            "RUN at Dockerfile:1 installs under the constraints file missing.txt, which cannot be read here",
        ),
        (
            "pip install -r https://u:hunter2@h/r.txt",
            "RUN at Dockerfile:1 installs the requirements file https://h/r.txt, which cannot be read here",
        ),
        ("pip install -r $FILE", "RUN at Dockerfile:1 installs the requirements file $FILE, which cannot be read here"),
        (
            "uv pip install -r pyproject.toml",
            "RUN at Dockerfile:1 installs the requirements file pyproject.toml, which cannot be read here",
        ),
    ],
)
def test_files_that_cannot_be_read(command: str, gap: str) -> None:
    assert installs(command, {"/pyproject.toml": ""}, FILE=None).gaps == (gap,)


def test_a_requirement_on_the_command_line_and_in_a_file_hold_together() -> None:
    files = {"/r.txt": "torch>=2.0\nnumpy>=1.20\n"}
    assert (
        versions(installs("pip install -r r.txt torch==2.1.0 'numpy<2'", files))
        == [("numpy", "<2,>=1.20"), ("torch", "2.1.0")][::-1]
    )


def test_problems_of_a_file_are_passed_on() -> None:
    assert installs("pip install -r r.txt", {"/r.txt": "torch=2.1"}).problems[0].startswith("r.txt:1: ")
    found = installs("pip install torch=2.1")
    assert found.problems[0].startswith("Dockerfile:1: 'torch=2.1' is no requirement that pip understands")
    assert found.gaps != ()


def test_an_unquoted_version_is_a_redirection() -> None:
    found = installs("pip install torch>=2.0 torchvision \\\n  numpy<2 >/dev/null 2>&1")
    assert versions(found) == [("torch", ""), ("torchvision", ""), ("numpy", "")]
    assert found.problems == ()  # a slip, of which a rule tells


@pytest.mark.parametrize(
    "command",
    [
        "pip install 'torch>=2.0'",
        'pip install "torch>=2.0"',
        r"pip install torch\>=2.0",
        "pip install torch > log.txt",
        "pip install torch>log.txt",
    ],
)
def test_quoted_versions_and_real_redirections_are_no_problem(command: str) -> None:
    assert installs(command).problems == ()


def test_wheels_and_repositories() -> None:
    found = installs(
        f"pip install {CU118}/torch-2.1.0%2Bcu118-cp310-cp310-linux_x86_64.whl 'git+https://github.com/example/x.git#egg=x' /wheels/y-1.0-py3-none-any.whl"
    )
    torch, x, y = found.packages
    assert (torch.name, torch.version, torch.cuda, torch.index) == ("torch", "2.1.0+cu118", "11.8", None)
    assert (x.name, x.version, x.installed) == ("x", None, True)
    assert (y.name, y.version, y.installed) == ("y", "1.0", False)
    assert found.gaps == ()


def test_uv_takes_its_torch_backend() -> None:
    package = only("uv pip install torch numpy --torch-backend=cu126".replace(" numpy", ""))
    assert (package.cuda, package.index, package.manager) == ("12.6", "https://download.pytorch.org/whl/cu126", "uv")
    assert only("uv pip install torch", UV_TORCH_BACKEND="cpu").cuda == "cpu"
    auto = only("uv pip install torch==2.7.0 --torch-backend auto")
    assert (auto.cuda, auto.installed) == (None, True)


def test_uv_with_the_best_match_is_as_pip() -> None:
    assert only(f"uv pip install torch --extra-index-url {CU118} --index-strategy unsafe-best-match").manager == "pip"


def test_other_commands_of_uv() -> None:
    assert versions(installs("uv add torch==2.1.0 'numpy<2'")) == [("torch", "2.1.0"), ("numpy", "<2")]
    assert names(installs("uv pip sync requirements.txt", {"/requirements.txt": "torch"})) == ["torch"]
    assert installs("uv pip uninstall torch").removed == ("torch",)
    assert names(installs("uv pip install --system --python /opt/python torch")) == ["torch"]


def test_the_default_index_stated_is_the_default_index() -> None:
    assert only("pip install x --index-url https://pypi.org/simple").index is None
    assert only("pip install x -i https://pypi.tuna.tsinghua.edu.cn/simple").index is None
