"""A Dockerfile as one workload: which image it rests on, what it installs and sets, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin, Package, Slip
from envdoctor.readers.declared import Declared, Ignore, Statement
from envdoctor.readers.dockerfile import DockerfileError
from envdoctor.readers.entrypoint_files import Write
from envdoctor.readers.stages import read_dockerfile


class Installed(NamedTuple):
    packages: tuple[Package, ...] = ()
    gaps: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()
    slips: tuple[Slip, ...] = ()


class Run(NamedTuple):
    """One call for a RUN."""

    script: str
    lines: tuple[int | None, ...]
    variables: Mapping[str, str | None]
    workdir: str


class Installer:
    """Stands in for the shell's reader, so that these tests see what it is handed: `pip install`, `apt-get install`
    and `pip uninstall` with plain words, `-r`, and $NAME."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def __call__(
        self,
        script: str,
        origin_at: Callable[[int], Origin],
        variables: Mapping[str, str | None],
        read_file: Callable[[str], str | None],
        workdir: str,
    ) -> Installed:
        count = script.count("\n") + 1
        self.runs.append(Run(script, tuple(origin_at(n).line for n in range(count)), dict(variables), workdir))
        result = Installed()
        for command in script.replace("\\\n", " ").replace("\n", " && ").split("&&"):
            words = [variables.get(word[1:]) or word if word[0] == "$" else word for word in command.split()]
            result = self._one(result, words, origin_at(0), read_file)
        return result

    def _one(
        self, before: Installed, words: list[str], origin: Origin, read_file: Callable[[str], str | None]
    ) -> Installed:
        packages, gaps, removed = list(before.packages), list(before.gaps), list(before.removed)
        manager = "apt" if words[:1] == ["apt-get"] else "pip"
        names = iter(words[2:] if words[1:2] in (["install"], ["uninstall"]) else ())
        for word in names:
            if word == "-r":
                path = next(names)
                content = read_file(path)
                lines = (content or "").split()
                packages += [_package(line, manager, Origin(path, path, 1)) for line in lines]
                gaps += [] if content is not None else [f"{path} is not there"]
            elif word[0] != "-" and words[1] == "uninstall":
                removed.append(word)
            elif word[0] != "-":
                packages.append(_package(word, manager, origin))
        statements = (*before.statements, Statement(tuple(words), origin))
        return Installed(tuple(packages), tuple(gaps), statements, tuple(removed))


def _package(word: str, manager: str, origin: Origin) -> Package:
    name, _, version = word.partition("==")
    return Package(name, version or None, manager=manager, origin=origin)


def read(
    text: str,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    files: Mapping[str, str] | None = None,
    installer: Installer | None = None,
) -> Declared:
    return read_dockerfile(
        text,
        "docker/Dockerfile",
        build_args=build_args or {},
        target=target,
        read_file=(files or {}).get,
        label="Dockerfile",
        installs=installer or Installer(),
    )


def runs(text: str, **options: Mapping[str, str]) -> list[Run]:
    installer = Installer()
    read_dockerfile(
        text,
        "Dockerfile",
        build_args=options.get("build_args", {}),
        target=None,
        read_file=lambda _: None,
        installs=installer,
    )
    return installer.runs


def names(declared: Declared) -> list[str]:
    return [f"{item.name}=={item.version}" if item.version else item.name for item in declared.packages.items]


# The image


@pytest.mark.parametrize(
    ("head", "build_args", "expected"),
    [
        ("FROM nvidia/cuda:12.4.1-base-ubuntu22.04", {}, "nvidia/cuda:12.4.1-base-ubuntu22.04"),
        ("ARG CUDA=12.4.1\nFROM nvidia/cuda:${CUDA}-base", {}, "nvidia/cuda:12.4.1-base"),
        ("ARG CUDA=12.4.1\nFROM nvidia/cuda:${CUDA}-base", {"CUDA": "11.8.0"}, "nvidia/cuda:11.8.0-base"),
        ("ARG CUDA\nFROM nvidia/cuda:${CUDA}-base", {"CUDA": "11.8.0"}, "nvidia/cuda:11.8.0-base"),
        ("ARG CUDA\nFROM nvidia/cuda:${CUDA:-12.1.0}-base", {}, "nvidia/cuda:12.1.0-base"),
        ("ARG A=12.4\nARG B=${A}.1\nFROM nvidia/cuda:$B-base", {}, "nvidia/cuda:12.4.1-base"),
        ("ARG A=12.4 B=${A}.1\nFROM nvidia/cuda:$B-base", {}, "nvidia/cuda:12.4.1-base"),
        ('ARG BASE="nvcr.io/nvidia/pytorch:24.05-py3"\nFROM $BASE', {}, "nvcr.io/nvidia/pytorch:24.05-py3"),
        ("ARG P=\nFROM ${P:+$P/}nvidia/cuda:12.4.1-base", {}, "nvidia/cuda:12.4.1-base"),
        (
            "ARG P=\nFROM ${P:+$P/}nvidia/cuda:12.4.1-base",
            {"P": "10.0.0.7:5000"},
            "10.0.0.7:5000/nvidia/cuda:12.4.1-base",
        ),
        ("ARG V=12.4.1\nFROM nvidia/cuda:${V%.*}.0-base", {}, "nvidia/cuda:12.4.0-base"),
        ("FROM python:3.11 AS a\nFROM a AS b\nFROM b", {}, "python:3.11"),
        ("FROM python:3.11 as A\nFROM a", {}, "python:3.11"),
        ("ARG V=gpu\nFROM python:3.11 AS cpu\nFROM python:3.12 AS gpu\nFROM ${V}", {}, "python:3.12"),
        ("ARG V=gpu\nFROM python:3.11 AS cpu\nFROM python:3.12 AS gpu\nFROM ${V}", {"V": "cpu"}, "python:3.11"),
        ("FROM python AS python", {}, "python"),
        ("FROM capybara_infer_image:latest", {}, "capybara_infer_image:latest"),
    ],
)
def test_the_image(head: str, build_args: Mapping[str, str], expected: str) -> None:
    image = read(f"{head}\n", build_args=build_args).image
    assert image.need() == expected


def test_an_image_knows_the_line_of_its_from() -> None:
    assert read("FROM a AS x\nRUN y\nFROM b\nFROM x\n").image.origin == Origin("Dockerfile:1", "docker/Dockerfile", 1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ARG BASE\nFROM ${BASE}\n", ("FROM at Dockerfile:2", "ARG BASE", "no default", "--build-arg BASE=VALUE")),
        ("ARG TAG\nFROM nvidia/cuda:$TAG\n", ("ARG TAG", "--build-arg TAG=VALUE")),
        ("FROM nvidia/cuda:${TAG}\n", ("no ARG before the first FROM declares TAG",)),
        ("FROM a AS b\nARG TAG=1\nFROM nvidia/cuda:${TAG}\n", ("no ARG before the first FROM declares TAG",)),
        ("FROM base-${TARGETARCH}\n", ("platform", "--build-arg TARGETARCH=VALUE")),
        ("FROM Nvidia/Cuda:12\n", ("FROM at Dockerfile:1", "upper-case")),
        ("FROM nvidia/cuda:${X:0:2}\n", ("cannot be expanded",)),
        ("ARG X=${Y:0:2}\nFROM nvidia/cuda:$X\n", ("depends on X",)),
    ],
)
def test_an_image_that_cannot_be_told_says_why(text: str, parts: tuple[str, ...]) -> None:
    image = read(text).image
    assert image.is_unknown
    for part in parts:
        assert part in image.reason


def test_a_platform_argument_can_be_stated() -> None:
    text = "FROM a AS base-arm64\nFROM b AS base-amd64\nFROM base-${TARGETARCH}\n"
    assert read(text, build_args={"TARGETARCH": "arm64"}).image.need() == "a"


def test_from_scratch_has_no_image() -> None:
    image = read("FROM scratch\nCOPY x /x\n").image
    assert image.is_absent
    assert "FROM scratch" in image.reason


def test_scratch_filled_with_another_stage_is_not_empty() -> None:
    image = read("FROM nvidia/cuda:12.4.1-base AS a\nFROM scratch\nCOPY --from=a / /\n").image
    assert image.is_unknown
    assert "filled with /" in image.reason


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--platform=linux/arm64 ", "linux/arm64"),
        ("--platform=${P} ", "linux/amd64"),
        ("--platform=$BUILDPLATFORM ", None),
        ("", None),
    ],
)
def test_the_platform(flag: str, expected: str | None) -> None:
    assert read(f"ARG P=linux/amd64\nFROM {flag}ubuntu:22.04 AS a\nFROM a\n").platform == expected


# The stage that is built

STAGES = """\
FROM python:3.11 AS deps
RUN pip install torch==2.4.0
FROM deps AS test
RUN pip install pytest
FROM python:3.12 AS cpu
RUN pip install flask
"""


@pytest.mark.parametrize(
    ("target", "packages"),
    [
        (None, ["flask"]),
        ("cpu", ["flask"]),
        ("test", ["torch==2.4.0", "pytest"]),
        ("TEST", ["torch==2.4.0", "pytest"]),
        ("deps", ["torch==2.4.0"]),
        ("0", ["torch==2.4.0"]),
    ],
)
def test_the_target(target: str | None, packages: list[str]) -> None:
    assert names(read(STAGES, target=target)) == packages


@pytest.mark.parametrize("target", ["gpu", "3", "", "9" * 50])
def test_an_unknown_target_names_those_there_are(target: str) -> None:
    with pytest.raises(DockerfileError, match="its stages are deps, test, cpu"):
        read(STAGES, target=target)


def test_only_needed_stages_are_read() -> None:
    assert [run.script for run in runs(STAGES)] == ["pip install flask"]


def test_a_stage_starts_with_what_its_base_stage_has() -> None:
    declared = read("FROM a AS b\nENV X=1\nWORKDIR /srv\nUSER app\nRUN pip install torch\nFROM b\nENV Y=$X\n")
    assert dict(declared.env) == {"X": "1", "Y": "1"}
    assert declared.user.need() == "app"
    assert names(declared) == ["torch"]


def test_arguments_of_a_base_stage_hold_in_a_stage_built_on_it() -> None:
    (run,) = runs("FROM a AS b\nARG X=1\nFROM b\nRUN y\n")
    assert run.variables["X"] == "1"


def test_a_chain_of_thousands_of_stages() -> None:
    chain = "".join(f"FROM s{number} AS s{number + 1}\n" for number in range(4_000))
    assert read(f"FROM python:3.11 AS s0\n{chain}").image.need() == "python:3.11"


# Variables


def test_a_global_argument_holds_in_a_stage_only_if_declared_again() -> None:
    before, after = runs("ARG V=2.4.0\nFROM a\nRUN x\nARG V\nRUN x\n")
    assert "V" not in before.variables
    assert after.variables["V"] == "2.4.0"


def test_defaults_and_build_arguments_in_a_stage() -> None:
    text = "ARG V=1\nFROM a\nARG V=2\nARG W\nARG X=$V.0\nRUN x\n"
    (run,) = runs(text)
    assert (run.variables["V"], run.variables["W"], run.variables["X"]) == ("2", None, "2.0")
    (run,) = runs(text, build_args={"V": "3", "W": "4"})
    assert (run.variables["V"], run.variables["W"], run.variables["X"]) == ("3", "4", "3.0")


def test_env_counts_after_an_argument_of_its_name() -> None:
    declared = read("FROM a\nARG V=1\nENV V=2\nENV W=$V\n", build_args={"V": "3"})
    assert dict(declared.env) == {"V": "2", "W": "2"}


def test_an_argument_is_not_kept_in_the_image() -> None:
    assert dict(read("FROM a\nARG V=1\n").env) == {}


def test_forms_of_env() -> None:
    declared = read('FROM a\nENV OLD a "quoted" value\nENV A=1 B="x y" C=\'$A\' D=x\\ y \\\n    E=\n')
    assert dict(declared.env) == {"OLD": "a quoted value", "A": "1", "B": "x y", "C": "$A", "D": "x y", "E": ""}
    assert declared.env_origins["OLD"] == Origin("Dockerfile:2", "docker/Dockerfile", 2)


def test_the_values_of_one_env_do_not_see_each_other() -> None:
    assert read("FROM scratch\nENV A=1\nENV A=2 B=$A\n").env["B"] == "1"


def test_what_the_base_image_may_set_is_left_standing() -> None:
    declared = read("FROM a\nENV PATH=/opt/x/bin:$PATH\nENV PATH=/opt/y/bin:${PATH}\nENV V=${V:-1}\n")
    assert declared.env["PATH"] == "/opt/y/bin:/opt/x/bin:${PATH}"
    assert declared.env["V"] == "${V:-1}"
    (run,) = runs("FROM a\nENV PATH=/opt/x/bin:$PATH\nRUN x\n")
    assert run.variables["PATH"] is None


def test_scratch_sets_nothing() -> None:
    assert read("FROM scratch\nENV A=x:$PATH\n").env["A"] == "x:"


@pytest.mark.parametrize(
    ("flag", "build_args", "expected"),
    [
        ("", {}, (None, None, None)),
        ("--platform=linux/arm64/v8 ", {}, ("arm64", "linux/arm64/v8", "v8")),
        ("--platform=linux/amd64 ", {}, ("amd64", "linux/amd64", "")),
        ("--platform=$BUILDPLATFORM ", {}, (None, None, None)),
        ("", {"TARGETPLATFORM": "linux/arm64"}, ("arm64", "linux/arm64", "")),
        ("", {"TARGETARCH": "arm64"}, ("arm64", None, None)),
    ],
)
def test_platform_arguments_are_not_guessed(
    flag: str, build_args: Mapping[str, str], expected: tuple[str | None, ...]
) -> None:
    text = f"FROM {flag}a\nARG TARGETARCH TARGETPLATFORM TARGETVARIANT BUILDARCH\nRUN x\n"
    (run,) = runs(text, build_args=build_args)
    assert tuple(run.variables[name] for name in ("TARGETARCH", "TARGETPLATFORM", "TARGETVARIANT")) == expected
    assert run.variables["BUILDARCH"] is None


def test_a_value_that_cannot_be_expanded_is_a_problem_of_its_line() -> None:
    declared = read("FROM a\nENV A=${B:0:2}\nENV C=1\n")
    assert dict(declared.env) == {"C": "1"}
    (problem,) = declared.problems
    assert problem.startswith("Dockerfile:2: ")


def test_doubling_values_are_bounded() -> None:
    declared = read("FROM a\nENV A=xxxxxxxx\n" + "ENV A=$A$A\n" * 1_000)
    assert len(declared.env["A"]) <= 64 * 1024
    assert 0 < len(declared.problems) <= 101


@pytest.mark.parametrize(
    ("text", "expected"),
    [("USER 1000:1000\n", "1000:1000"), ("ARG U=app\nUSER $U\n", "app"), ("USER a\nUSER root\n", "root")],
)
def test_the_user(text: str, expected: str) -> None:
    assert read(f"FROM a\n{text}").user.need() == expected


def test_a_user_nobody_knows() -> None:
    assert "no USER" in read("FROM a\n").user.reason
    assert "depends on U" in read("FROM a\nARG U\nUSER $U\n").user.reason


# RUN


def test_a_run_is_handed_over_with_its_lines() -> None:
    (run,) = runs("FROM a\nRUN a && \\\n    b \\\n # c\n\n    d\n")
    assert run.script == "a && \\\n    b \\\n    d"
    assert run.lines == (2, 3, 6)


def test_heredocs_are_handed_over_with_their_lines() -> None:
    (run,) = runs("FROM a\nRUN <<EOF\nset -e\npip install torch\nEOF\n")
    assert run.script == "set -e\npip install torch\n"
    assert run.lines[:2] == (3, 4)


def test_the_exec_form_is_not_read_by_a_shell() -> None:
    (run,) = runs('FROM a\nRUN ["pip", "install", "torch>=2", "$X", "it\'s"]\n')
    assert run.script == "pip install 'torch>=2' '$X' 'it'\"'\"'s'"


@pytest.mark.parametrize(
    "shell", ['["/bin/bash", "-o", "pipefail", "-c"]', '["conda", "run", "-n", "x", "/bin/bash", "-c"]']
)
def test_shells_that_are_read(shell: str) -> None:
    assert names(read(f"FROM a\nSHELL {shell}\nRUN pip install torch\n")) == ["torch"]


def test_other_shells_are_a_gap() -> None:
    declared = read(
        'FROM a\nSHELL ["powershell", "-Command"]\nRUN pip install torch\nRUN ["pip", "install", "numpy"]\n'
    )
    assert names(declared) == ["numpy"]
    (gap,) = declared.packages.gaps
    assert "RUN at Dockerfile:3 is written for powershell" in gap


def test_the_working_directory() -> None:
    found = [run.workdir for run in runs("FROM scratch\nRUN x\nWORKDIR /a\nRUN x\nWORKDIR b/..\nWORKDIR c\nRUN x\n")]
    assert found == ["/", "/a", "/a/c"]


def test_onbuild_runs_in_the_stage_that_is_built_on_it() -> None:
    text = "FROM a AS base\nONBUILD RUN pip install torch\nFROM base AS child\nRUN pip install numpy\nFROM child AS grandchild\n"
    assert names(read(text, target="base")) == []
    assert names(read(text, target="child")) == ["torch", "numpy"]
    assert names(read(text, target="grandchild")) == ["torch", "numpy"]


# Installing


def test_a_later_pin_replaces_an_earlier_one() -> None:
    assert names(read("FROM a\nRUN pip install torch==2.1.0\nRUN pip install torch==2.4.0\n")) == ["torch==2.4.0"]


def test_a_satisfied_requirement_leaves_what_is_installed() -> None:
    assert names(read("FROM a\nRUN pip install torch==2.1.0\nRUN pip install torch\n")) == ["torch==2.1.0"]


def test_an_upgrade_does_not_leave_it() -> None:
    assert names(read("FROM a\nRUN pip install torch==2.1.0\nRUN pip install -U torch\n")) == ["torch"]


def test_uninstalling() -> None:
    text = (
        "FROM a\nRUN pip install opencv-python numpy\nRUN pip uninstall -y opencv-python && pip install opencv-fixer\n"
    )
    assert names(read(text)) == ["numpy", "opencv-fixer"]


def test_python_and_system_packages_of_one_name_are_two() -> None:
    assert names(read("FROM a\nRUN apt-get install ffmpeg\nRUN pip install ffmpeg==1.4\n")) == ["ffmpeg", "ffmpeg==1.4"]


# Files

FILES = {"requirements.txt": "torch==2.4.0", "docker/gpu.txt": "onnxruntime-gpu==1.19.0"}


@pytest.mark.parametrize(
    "body",
    [
        "COPY requirements.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt\n",
        "COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\n",
        "COPY requirements.txt /tmp\nRUN pip install -r /tmp/requirements.txt\n",
        "COPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\n",
        "WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "WORKDIR /app\nCOPY ./requirements.txt ./\nRUN pip install -r /app/requirements.txt\n",
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\n",
        "COPY requirements.txt /workspace/\nRUN pip install -r requirements.txt\n",
        "COPY setup.py requirements.txt README.md /app/\nRUN pip install -r /app/requirements.txt\n",
        "COPY require*.txt /app/\nRUN pip install -r /app/requirements.txt\n",
        'COPY ["requirements.txt", "/with blank/"]\nWORKDIR "/with blank"\nRUN pip install -r requirements.txt\n',
        "ENV APP=/srv\nCOPY requirements.txt $APP/\nRUN pip install -r /srv/requirements.txt\n",
        "ADD requirements.txt /r.txt\nRUN pip install -r /r.txt\n",
        "COPY ../../requirements.txt /r.txt\nRUN pip install -r /r.txt\n",
        "RUN --mount=type=bind,source=requirements.txt,target=/tmp/r.txt pip install -r /tmp/r.txt\n",
        "WORKDIR /a\nRUN --mount=type=cache,target=/c --mount=target=. pip install -r requirements.txt\n",
        "COPY old.txt /r.txt\nCOPY requirements.txt /r.txt\nRUN pip install -r /r.txt\n",
        "COPY <<EOF /r.txt\ntorch==2.4.0\nEOF\nRUN pip install -r /r.txt\n",
        "ENV V=2.4.0\nCOPY <<r.txt /tmp/\ntorch==$V\nr.txt\nRUN pip install -r /tmp/r.txt\n",
    ],
)
def test_requirements_are_followed_back_to_the_build_context(body: str) -> None:
    declared = read(f"FROM a\n{body}", files=FILES)
    assert names(declared) == ["torch==2.4.0"]
    assert declared.packages.complete


@pytest.mark.parametrize(
    "body",
    [
        "RUN pip install -r requirements.txt\n",
        "COPY src /app\nRUN pip install -r /app/requirements.txt\n",
        "COPY requirements.txt /app/\nRUN pip install -r /other/requirements.txt\n",
        "COPY requirements.txt /app/\nADD https://example.org/r.txt /app/requirements.txt\nRUN pip install -r /app/requirements.txt\n",
        "COPY --from=image requirements.txt /r.txt\nRUN pip install -r /r.txt\n",
        "RUN --mount=type=bind,source=requirements.txt,target=/r.txt true\nRUN pip install -r /r.txt\n",
        "ARG F\nCOPY $F /r.txt\nRUN pip install -r /r.txt\n",
        "COPY <<other.txt /tmp/\ntorch==2.4.0\nother.txt\nRUN pip install -r /tmp/requirements.txt\n",
    ],
)
def test_a_file_that_is_not_there_is_not_made_up(body: str) -> None:
    declared = read(f"FROM a\n{body}", files=FILES)
    assert names(declared) == []
    assert not declared.packages.complete


def test_a_file_of_another_stage() -> None:
    text = "FROM a AS x\nCOPY docker /src\nFROM b\nCOPY --from=x /src/gpu.txt /r.txt\nRUN pip install -r /r.txt\n"
    assert names(read(text, files=FILES)) == ["onnxruntime-gpu==1.19.0"]
    mounted = (
        "FROM a AS x\nCOPY docker /src\nFROM b\nRUN --mount=from=x,source=/src,target=/m pip install -r /m/gpu.txt\n"
    )
    assert names(read(mounted, files=FILES)) == ["onnxruntime-gpu==1.19.0"]


def test_stages_that_copy_from_stages_are_asked_within_bounds() -> None:
    asked: list[str] = []
    stage = "".join(f"COPY --from={{}} /a{copy} /x/\n" for copy in range(40))
    text = "FROM a AS s0\nCOPY . /\n" + "".join(
        f"FROM a AS s{n}\n" + stage.replace("{}", f"s{n - 1}") for n in range(1, 100)
    )
    read_dockerfile(
        f"{text}RUN pip install -r /x/r.txt\n",
        "Dockerfile",
        build_args={},
        target=None,
        read_file=lambda path: asked.append(path),
        installs=Installer(),
    )
    assert len(asked) < 50_000


# COPY --from

BUILDER = "FROM python:3.11 AS builder\nWORKDIR /app\nRUN apt-get install git\n{run}\nFROM python:3.11-slim\n"


@pytest.mark.parametrize(
    ("run", "copy"),
    [
        ("RUN pip install torch", "/usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages"),
        ("RUN pip install torch", "/usr/local /usr/local"),
        ("RUN python -m venv /opt/venv && pip install torch", "/opt/venv /opt/venv"),
        ("RUN python -m venv /deps && pip install torch", "/deps /deps"),
        ("RUN pip install --prefix=/install torch", "/install /usr/local"),
        ("RUN pip install --target=/deps torch", "/deps/ /deps/"),
        ("RUN pip install --user torch", "/root/.local /root/.local"),
        ("RUN uv sync && pip install torch", "/app /app"),
        ("RUN uv sync && pip install torch", "--chown=1000 /app/.venv /app/.venv"),
        ("ENV VIRTUAL_ENV=/env1\nRUN pip install torch", "/env1 /env1"),
        ("RUN conda create --prefix=/env2 && pip install torch", "/env2 /env2"),
    ],
)
def test_copying_an_environment_brings_its_python_packages(run: str, copy: str) -> None:
    declared = read(BUILDER.format(run=run) + f"COPY --from=builder {copy}\n")
    assert names(declared) == ["torch"]


@pytest.mark.parametrize(
    "copy",
    ["/app/dist /dist", "/usr/local/bin/ffmpeg /usr/local/bin/", "/app/model.onnx /models/", "/etc/passwd /etc/"],
)
def test_copying_anything_else_brings_nothing(copy: str) -> None:
    declared = read(BUILDER.format(run="RUN uv sync && pip install torch") + f"COPY --from=builder {copy}\n")
    assert names(declared) == []
    assert declared.packages.complete


def test_copying_the_whole_system_brings_its_packages_too() -> None:
    assert names(read(BUILDER.format(run="RUN pip install torch") + "COPY --from=0 / /\n")) == ["git", "torch"]


def test_gaps_come_along() -> None:
    declared = read(
        BUILDER.format(run="RUN pip install -r nowhere.txt") + "COPY --from=builder /usr/local /usr/local\n"
    )
    assert declared.packages.gaps == ("nowhere.txt is not there",)


def test_an_environment_of_a_base_image_with_packages_is_a_gap() -> None:
    declared = read(
        "FROM pytorch/pytorch:2.4.0 AS b\nRUN pip install x\nFROM ubuntu:22.04\nCOPY --from=b /opt/conda /opt/conda\n"
    )
    assert names(declared) == ["x"]
    (gap,) = declared.packages.gaps
    assert "COPY at Dockerfile:4" in gap


@pytest.mark.parametrize(
    "path",
    [
        "/opt/venv",
        "/usr/local/lib/python3.10/dist-packages",
        "/usr/local/cuda",
        "/usr/lib/x86_64-linux-gnu/libcudnn.so.9",
    ],
)
def test_packages_or_cuda_from_an_image_are_a_gap(path: str) -> None:
    declared = read(f"FROM ubuntu:22.04\nCOPY --from=nvidia/cuda:12.4.1-runtime-ubuntu22.04 {path} /x\n")
    (gap,) = declared.packages.gaps
    assert "from the image nvidia/cuda:12.4.1-runtime-ubuntu22.04" in gap


def test_a_program_from_an_image_brings_nothing() -> None:
    assert read("FROM ubuntu:22.04\nCOPY --from=ghcr.io/astral-sh/uv:0.4 /uv /uvx /bin/\n").packages.complete


def test_a_stage_cannot_copy_from_one_behind_it() -> None:
    declared = read("FROM a AS x\nCOPY --from=y /opt/venv /opt/venv\nFROM b AS y\nRUN pip install torch\n", target="x")
    assert names(declared) == []
    assert not declared.packages.complete


# Comments, names, errors


def test_ignore_comments() -> None:
    declared = read(
        "# envdoctor: ignore=image-unpinned local image\nFROM a\nRUN x \\\n  # envdoctor: ignore=b,c\n  y\n"
    )
    assert declared.ignores == (Ignore("image-unpinned", "local image", 2), Ignore("b", "", 5), Ignore("c", "", 5))


def test_names_of_the_file() -> None:
    declared = read("FROM a\nRUN pip install torch\n")
    assert (declared.label, declared.path) == ("Dockerfile", "docker/Dockerfile")
    assert declared.packages.items[0].origin == Origin("Dockerfile:2", "docker/Dockerfile", 2)
    assert [statement.words for statement in declared.statements] == [("pip", "install", "torch")]


def test_errors_name_the_label() -> None:
    with pytest.raises(DockerfileError, match=r"^Dockerfile:2: unknown instruction 'RNU'"):
        read("FROM a\nRNU x\n")


LINES = st.sampled_from(
    [
        *(
            "FROM a",
            "FROM b AS x",
            "FROM x",
            "FROM ${A}",
            "FROM scratch",
            "ARG A",
            "ARG A=b",
            "ARG A=${A}$B",
            "ENV A=$A:$B",
        ),
        *(
            "ENV A b",
            "ENV A=${B%%.*}",
            'ENV A="',
            "RUN pip install a \\",
            "  b",
            "# c",
            "",
            "RUN <<E",
            "E",
            "COPY . /",
            "\\",
        ),
        *(
            "COPY --from=x / /",
            "COPY --from=0 a b",
            "COPY --from=9 a b",
            "COPY <<E /r",
            "USER $A",
            "WORKDIR $A",
            "WORKDIR a",
        ),
        *(
            "ONBUILD RUN x",
            "ONBUILD COPY --from=x /usr /",
            "SHELL []",
            'SHELL ["x"]',
            'RUN ["a"]',
            "RUN --mount=,=a,from x",
        ),
        *(
            "RUN pip install -r r",
            "ADD http://x /r",
            "# envdoctor: ignore",
            "# envdoctor: ignore=a b",
            "LABEL a",
            "CMD x",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(LINES, max_size=14),
    st.sampled_from([None, "x", "0"]),
    st.dictionaries(st.sampled_from("AB"), st.text(max_size=3)),
)
def test_nothing_but_the_one_error(lines: list[str], target: str | None, build_args: dict[str, str]) -> None:
    try:
        declared = read("\n".join(["FROM python AS x", *lines]), target=target, build_args=build_args)
    except DockerfileError as error:
        read_again = str(error)
    else:
        read_again = declared.label
    assert read_again.startswith("Dockerfile")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    try:
        read(text)
    except DockerfileError as error:
        shown = str(error)
        assert shown.isprintable()
