"""pyproject.toml: what the project brings, without and with its optional parts, by the rules of pip, uv and Poetry."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin, Package
from envdoctor.readers.declared import Declared
from envdoctor.readers.pyproject import (
    PyprojectError,
    brings_gpu,
    read_pyproject,
    read_pyproject_groups,
)

CU124 = "https://download.pytorch.org/whl/cu124"
CPU = "https://download.pytorch.org/whl/cpu"
INDEXES = f"""
[[tool.uv.index]]
name = "pytorch-cpu"
url = "{CPU}"
explicit = true

[[tool.uv.index]]
name = "pytorch-cu124"
url = "{CU124}"
explicit = true
"""
VARIANTS = (
    """
[project]
name = "detector"
requires-python = ">=3.10"
dependencies = ["numpy>=1.26"]

[project.optional-dependencies]
cpu = ["torch==2.5.1"]
gpu = [
    "torch==2.5.1",
    # "onnxruntime-gpu==1.18.0",
    "onnxruntime-gpu==1.20.1; sys_platform == 'linux'",
]
docs = ["sphinx"]

[tool.uv]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]

[tool.uv.sources]
torch = [
    { index = "pytorch-cpu", extra = "cpu" },
    { index = "pytorch-cu124", extra = "gpu" },
]
"""
    + INDEXES
)


def read(text: str, files: dict[str, str] | None = None, **chosen: list[str]) -> Declared:
    return read_pyproject(text, "pyproject.toml", read_file=(files or {}).get, **chosen)  # type: ignore[arg-type]


def groups(text: str, files: dict[str, str] | None = None) -> dict[str, Declared]:
    return dict(read_pyproject_groups(text, "pyproject.toml", read_file=(files or {}).get))


def by_name(declared: Declared) -> dict[str, Package]:
    return {item.name: item for item in declared.packages.items}


def base(*lines: str, more: str = "") -> str:
    listed = "".join(f"  {line!r},\n" for line in lines)
    return f"[project]\nname = 'x'\ndependencies = [\n{listed}]\n{more}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool.ruff]\nline-length = 120\n",
        "[project]\nname = 'x'\nversion = '1'\n",
        "[project]\r\nname = 'x'\r\ndependencies = []\r\n",
        "\ufeff[build-system]\nrequires = ['torch']\n",
        "[tool.poetry.dependencies]\npython = '^3.10'\n",
    ],
)
def test_files_without_a_package(text: str) -> None:
    declared = read(text)
    assert (declared.packages.items, declared.packages.gaps, declared.problems) == ((), (), ())
    assert declared.image.is_absent
    assert groups(text) == {}


def test_a_library_without_gpu_packages_has_no_groups_of_interest() -> None:
    text = base(
        "httpx>=0.27", more="[project.optional-dependencies]\ntest = ['pytest']\n[dependency-groups]\ndev = ['ruff']\n"
    )
    assert not brings_gpu(read(text).packages.items)
    assert groups(text) == {}


def test_dependencies_keep_their_lines() -> None:
    declared = read(base("torch==2.4.0", "numpy>=1.26,<2 ; python_version < '3.13'", "timm [extra] ~=1.0"))
    assert [(item.name, item.version, item.specifier, item.manager) for item in declared.packages.items] == [
        ("torch", "2.4.0", "", "pip"),
        ("numpy", None, ">=1.26,<2", "pip"),
        ("timm", None, "~=1.0", "pip"),
    ]
    assert [item.origin.line for item in declared.packages.items] == [4, 5, 6]
    assert declared.packages.items[0].origin == Origin("pyproject.toml:4", "pyproject.toml", 4)
    assert declared.packages.items[1].marker == "python_version < '3.13'"


def test_a_line_that_could_be_two_is_the_line_of_its_key() -> None:
    text = "[project]\nname = 'x'\ndependencies = [\n  # one\n  'torch',\n  'numpy', 'torch',\n]\n"
    assert {item.name: item.origin.line for item in read(text).packages.items} == {"torch": 3, "numpy": 6}


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("==3.10.*", "3.10"), ("~=3.11.2", "3.11"), (">=3.9,<3.10", "3.9"), (">=3.10", None), (">=3.9,<3.12", None),
        ("^3.10", None), ("", None),
    ],
)  # fmt: skip
def test_requires_python_that_leaves_one_release(python: str, expected: str | None) -> None:
    found = by_name(read(f"[project]\nname = 'x'\nrequires-python = '{python}'\n")).get("python")
    assert (found.version if found else None) == expected


# --- optional parts ---


def test_optional_parts_are_not_in_the_base() -> None:
    assert list(by_name(read(VARIANTS))) == ["numpy"]


def test_each_optional_part_with_gpu_packages_is_a_workload_of_its_own() -> None:
    found = groups(VARIANTS)
    assert {name: declared.label for name, declared in found.items()} == {
        "cpu": "pyproject.toml [cpu]",
        "gpu": "pyproject.toml [gpu]",
    }
    cpu, gpu = by_name(found["cpu"])["torch"], by_name(found["gpu"])["torch"]
    assert (cpu.index, cpu.cuda, cpu.origin.line) == (CPU, "cpu", 8)
    assert (gpu.index, gpu.cuda, gpu.origin.line) == (CU124, "12.4", 10)
    onnxruntime = by_name(found["gpu"])["onnxruntime-gpu"]
    assert (onnxruntime.version, onnxruntime.index, onnxruntime.origin.line, onnxruntime.marker) == (
        "1.20.1",
        None,
        12,
        "",
    )
    assert by_name(found["gpu"])["numpy"].specifier == ">=1.26"


def test_chosen_extras_and_groups() -> None:
    text = base("numpy", more="[project.optional-dependencies]\nall = ['x[gpu]']\ngpu = ['torch']\n[dependency-groups]\n"
                "Dev_Tools = ['ruff', {include-group = 'train'}]\ntrain = ['deepspeed', {include-group = 'Dev-Tools'}]\n")  # fmt: skip
    assert list(by_name(read(text, extras=["all"]))) == ["numpy", "torch"]
    assert list(by_name(read(text, groups=["dev-tools"]))) == ["numpy", "ruff", "deepspeed"]
    assert list(groups(text)) == ["all", "gpu", "Dev_Tools", "train"]


# --- uv ---


def test_an_index_of_uv_for_one_package() -> None:
    text = base("torch==2.5.1", "numpy", more="[tool.uv.sources]\ntorch = { index = 'pytorch-cu124' }\n" + INDEXES)
    found = by_name(read(text))
    assert (found["torch"].index, found["torch"].extra_indexes, found["torch"].cuda) == (CU124, (), "12.4")
    assert (found["numpy"].index, found["numpy"].extra_indexes, found["numpy"].manager) == (None, (), "uv")


def test_a_source_for_another_platform_says_nothing() -> None:
    text = base("torch", more="[tool.uv.sources]\ntorch = [{ index = 'pytorch-cpu', marker = \"sys_platform == 'darwin'\" },"
                " { index = 'pytorch-cu124', marker = \"sys_platform == 'linux'\" }]\n" + INDEXES)  # fmt: skip
    assert by_name(read(text))["torch"].index == CU124


def test_a_source_that_depends_on_the_machine_leaves_the_build_open() -> None:
    text = base("torch==2.5.1", more="[tool.uv.sources]\ntorch = [{ index = 'pytorch-cpu', marker = \"platform_machine == 'x'\" },"
                " { index = 'pytorch-cu124', marker = \"platform_machine != 'x'\" }]\n" + INDEXES)  # fmt: skip
    torch = by_name(read(text))["torch"]
    assert (torch.installed, torch.version, torch.cuda) == (True, None, None)


def test_indexes_that_every_package_is_looked_for_on() -> None:
    more = f"[tool.uv]\nextra-index-url = ['https://u:hunter2@packages.example.org/simple']\n[[tool.uv.index]]\nurl = '{CU124}'\n"
    torch = by_name(read(base("torch", more=more)))["torch"]
    assert (torch.index, torch.extra_indexes) == (None, (CU124, "https://packages.example.org/simple"))
    assert torch.manager == "uv"
    best = by_name(
        read(base("torch", more=more.replace("[tool.uv]", "[tool.uv]\nindex-strategy = 'unsafe-best-match'")))
    )
    assert best["torch"].manager == "pip"
    default = by_name(read(base("torch", more=f"[[tool.uv.index]]\nurl = '{CU124}'\ndefault = true\n")))["torch"]
    assert (default.index, default.cuda) == (CU124, "12.4")


def test_constraints_and_overrides() -> None:
    more = "[tool.uv]\nconstraint-dependencies = ['torch<2.6', 'numpy<2']\noverride-dependencies = ['torchvision==0.20.1']\n"
    found = by_name(read(base("torch>=2.4", "torchvision", more=more)))
    assert (found["torch"].specifier, found["torchvision"].version) == (">=2.4,<2.6", "0.20.1")
    assert list(found) == ["torch", "torchvision"]


@pytest.mark.parametrize(
    ("source", "version", "cuda", "installed"),
    [
        ("{ git = 'https://github.com/pytorch/pytorch', tag = 'v2.5.1' }", None, None, True),
        ("{ path = '../torch' }", None, None, True),
        ("{ workspace = true }", None, None, True),
        ("{ url = 'https://download.pytorch.org/whl/cu124/torch-2.5.1%2Bcu124-cp311-cp311-linux_x86_64.whl' }", "2.5.1+cu124", "12.4", False),
        ("{ index = 'nowhere' }", None, None, True),
    ],
)  # fmt: skip
def test_other_sources(source: str, version: str | None, cuda: str | None, installed: bool) -> None:
    torch = by_name(read(base("torch==2.5.1", more=f"[tool.uv.sources]\ntorch = {source}\n")))["torch"]
    assert (torch.version, torch.cuda, torch.installed) == (version, cuda, installed)


def test_development_dependencies_of_an_older_uv() -> None:
    text = base("numpy", more="[tool.uv]\ndev-dependencies = ['torch']\n")
    assert list(by_name(read(text))) == ["numpy"]
    assert list(by_name(groups(text)["dev"])) == ["numpy", "torch"]


# --- dynamic dependencies ---


def test_dependencies_that_setuptools_reads_from_files() -> None:
    text = (
        "[project]\nname = 'x'\ndynamic = ['dependencies', 'optional-dependencies']\n[tool.setuptools.dynamic]\n"
        "dependencies = {file = ['requirements.txt']}\noptional-dependencies.gpu = {file = 'gpu.txt'}\n"
    )
    files = {"requirements.txt": "numpy\ntorch==2.4.0\n", "gpu.txt": "onnxruntime-gpu\n"}
    found = by_name(read(text, files))
    assert {name: str(item.origin) for name, item in found.items()} == {
        "numpy": "requirements.txt:1",
        "torch": "requirements.txt:2",
    }
    assert list(groups(text, files)) == ["gpu"]
    assert read(text).packages.gaps == (
        "pyproject.toml:3 takes its dependencies from requirements.txt, which cannot be read here",
    )


def test_dependencies_that_only_a_build_tells_are_a_gap() -> None:
    gaps = read("[project]\nname = 'x'\ndynamic = ['version', 'dependencies']\n").packages.gaps
    assert gaps == ("pyproject.toml:3 leaves its dependencies to the build, which is not run here",)
    assert read("[project]\nname = 'x'\ndynamic = ['version']\n").packages.complete


# --- Poetry ---


@pytest.mark.parametrize(
    ("written", "version", "specifier"),
    [
        ('"2.1.0"', "2.1.0", ""), ('"^2.1"', None, ">=2.1,<3"), ('"^0.2.3"', None, ">=0.2.3,<0.3"), ('"^0.0.3"', None, ">=0.0.3,<0.0.4"),
        ('"~2.1"', None, ">=2.1,<2.2"), ('"~2.1.3"', None, ">=2.1.3,<2.2"), ('"~2"', None, ">=2,<3"), ('"*"', None, ""),
        ('"2.1.*"', None, "==2.1.*"), ('">=2.0,<2.3"', None, ">=2.0,<2.3"), ('">=2.0 <2.3"', None, ">=2.0,<2.3"),
        ('"~=2.1.0"', None, "~=2.1.0"), ('{version = "2.1.0", extras = ["opt-einsum"]}', "2.1.0", ""),
    ],
)  # fmt: skip
def test_constraints_of_poetry(written: str, version: str | None, specifier: str) -> None:
    (torch,) = read(f"[tool.poetry.dependencies]\npython = '^3.10'\ntorch = {written}\n").packages.items
    assert (torch.version, torch.specifier, torch.installed, torch.origin.line) == (version, specifier, False, 3)


@pytest.mark.parametrize(
    "written", ['"^1 || ^2"', '{git = "https://github.com/pytorch/pytorch"}', '{path = "../torch"}']
)
def test_poetry_leaves_the_version_open(written: str) -> None:
    (torch,) = read(f"[tool.poetry.dependencies]\ntorch = {written}\n").packages.items
    assert (torch.version, torch.installed) == (None, True)


@pytest.mark.parametrize(
    "here",
    ["markers = \"sys_platform == 'linux'\"", 'platform = "linux"', "markers = \"platform_machine == 'x86_64'\""],
)
@pytest.mark.parametrize("there", ["markers = \"sys_platform == 'darwin'\"", 'platform = "darwin"'])
def test_a_source_of_poetry_for_each_system(here: str, there: str) -> None:
    text = f"""
[tool.poetry.dependencies]
torch = [
  {{version = "2.5.1", source = "cuda", {here}}},
  {{version = "2.5.1", source = "pypi", {there}}},
]
[[tool.poetry.source]]
name = "cuda"
url = "{CU124}"
priority = "explicit"
"""
    (torch,) = read(text).packages.items
    assert (torch.version, torch.index) == ("2.5.1", CU124)


def test_sources_groups_and_extras_of_poetry() -> None:
    text = f"""
[tool.poetry.dependencies]
python = ">=3.10,<3.13"
numpy = "^1.26"
onnxruntime-gpu = {{version = "1.19.2", optional = true}}

[tool.poetry.dependencies.torch]
version = "2.5.1"
source = "pytorch"

[tool.poetry.group.train.dependencies]
deepspeed = "*"

[tool.poetry.extras]
gpu = ["onnxruntime-gpu"]

[[tool.poetry.source]]
name = "pytorch"
url = "{CU124}"
priority = "explicit"
"""
    found = by_name(read(text))
    assert list(found) == ["numpy", "torch"]
    assert (found["torch"].index, found["torch"].cuda, found["torch"].origin.line) == (CU124, "12.4", 7)
    assert (found["numpy"].index, found["numpy"].manager) == (None, "pip")
    assert set(by_name(groups(text)["gpu"])) == {"numpy", "torch", "onnxruntime-gpu"}
    assert set(by_name(groups(text)["train"])) == {"numpy", "torch", "deepspeed"}


def test_a_primary_source_of_poetry_replaces_pypi() -> None:
    source = "[[tool.poetry.source]]\nname = 'mirror'\nurl = 'https://packages.example.org/simple'\npriority = '{}'\n"
    text = "[tool.poetry.dependencies]\ntorch = '2.5.1'\n"
    assert read(text + source.format("primary")).packages.items[0].index == "https://packages.example.org/simple"
    assert read(text + source.format("supplemental")).packages.items[0].index is None


# --- what is wrong ---


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[project\n", 1, "pyproject.toml:1: is not valid TOML: "),
        ("a = 1\na = 2\n", 2, "pyproject.toml:2: is not valid TOML: "),
        ("a = " + "[" * 20_000, None, "pyproject.toml: is not valid TOML: it is nested too deeply"),
        ("b = 1\n" + "a." * 400 + "a = 1\n", 2, "pyproject.toml:2: is not valid TOML: a line has more than 300 dots"),
        ("# " + "x" * 1_000_001, None, "pyproject.toml: is not valid TOML: it is longer than 1,000,000 characters"),
    ],
)
def test_a_broken_file_is_one_error(text: str, line: int | None, message: str) -> None:
    with pytest.raises(PyprojectError) as caught:
        read(text)
    assert str(caught.value).startswith(message)
    assert caught.value.line == line


def test_what_pip_refuses_is_a_problem_and_a_gap() -> None:
    declared = read(base("torch=2.1", "numpy"))
    assert declared.problems[0].startswith("pyproject.toml:4: 'torch=2.1' is no requirement")
    assert (list(by_name(declared)), len(declared.packages.gaps)) == (["numpy"], 1)
    assert read("[project]\nname = 'x'\ndependencies = 'torch'\n").problems == (
        'pyproject.toml:3: dependencies is no list of requirements, expected ["torch==2.4.0"]',
    )


def test_ignore_comments() -> None:
    text = "[project]\nname='x'\ndependencies = [\n  # envdoctor: ignore=unpinned-gpu-package library\n  'torch',\n]\n"
    assert [(item.rule, item.line) for item in read(text).ignores] == [("unpinned-gpu-package", 5)]


VALUES = st.recursive(
    st.one_of(st.sampled_from(["torch", "^1", "x[gpu]", "a ; b", "https://u:p@h/x.whl", ""]), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["index", "extra", "version", "git", "url", "include-group", "name", "marker", "file"]), inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip
TABLES = st.dictionaries(
    st.sampled_from(
        ["project.dependencies", "project.name", "project.dynamic", "project.requires-python", "project.optional-dependencies",
         "dependency-groups", "tool.uv.sources", "tool.uv.index", "tool.uv.constraint-dependencies", "tool.uv.default-groups",
         "tool.poetry.dependencies", "tool.poetry.extras", "tool.poetry.source", "tool.poetry.group", "tool.setuptools.dynamic"]
    ),
    VALUES,
    max_size=6,
)  # fmt: skip


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {written(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@settings(max_examples=200)
@given(TABLES)
def test_tables_of_any_shape_are_read(tables: dict[str, object]) -> None:
    text = "".join(f"{key} = {written(value)}\n" for key, value in tables.items())
    for declared in (read(text, extras=["torch"]), *groups(text).values()):
        assert all(item.name for item in declared.packages.items)


@settings(max_examples=100)
@given(st.text(max_size=200))
@example("[project]\ndependencies = ['" + "a" * 5_000 + "']")
@example("[" + "a " * 5_000 + "]")
def test_any_text_is_read_or_one_clear_error(text: str) -> None:
    try:
        read(text)
    except PyprojectError as error:
        said = str(error)
    else:
        said = "pyproject.toml"
    assert said.startswith("pyproject.toml")
