"""requirements.txt: the line grammar, what files include, and what is wrong in one line only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.readers.declared import Declared
from envdoctor.readers.requirements import (
    MAX_FILES,
    RequirementsFile,
    parse_constraints,
    parse_requirements,
    read_requirements,
)


def read(text: str, files: dict[str, str] | None = None) -> Declared:
    return read_requirements(text, "requirements.txt", (files or {}).get, "requirements.txt")


def parsed(text: str, **files: str) -> RequirementsFile:
    return parse_requirements(text, "requirements.txt", files.get)


def pins(text: str, files: dict[str, str] | None = None) -> list[tuple[str, str | None, str]]:
    return [(item.name, item.version, item.specifier) for item in read(text, files).packages.items]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff", "  \r\n"])
def test_files_without_a_requirement(text: str) -> None:
    declared = read(text)
    assert declared.packages.items == ()
    assert declared.packages.complete
    assert declared.problems == ()
    assert declared.image.is_absent


def test_lines_keep_their_numbers() -> None:
    declared = read("# first\n\ntorch==2.1.0  # why\r\nnumpy>=1.20,<2\\\n  ,!=1.24\nscipy\n")
    assert [(item.name, str(item.origin)) for item in declared.packages.items] == [
        ("torch", "requirements.txt:3"),
        ("numpy", "requirements.txt:4"),
        ("scipy", "requirements.txt:6"),
    ]
    assert declared.packages.items[1].specifier == ">=1.20,<2,!=1.24"
    assert declared.packages.items[0].origin == Origin("requirements.txt:3", "requirements.txt", 3)
    assert declared.path == "requirements.txt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufefftorch==2.1.0", [("torch", "2.1.0", "")]),
        ("torch==2.1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb", [("torch", "2.1.0", "")]),
        ("torch==2.1.0 --no-binary :all:", [("torch", "2.1.0", "")]),
        ("a\\\n# comment in between\nb", [("a", None, ""), ("b", None, "")]),
        ("--pre\n--prefer-binary\n--no-binary :all:\n--trusted-host x\na", [("a", None, "")]),
        ("https://example.org/torch-2.1.0%2Bcu118-cp310-cp310-linux_x86_64.whl", [("torch", "2.1.0+cu118", "")]),
        ("pywin32; sys_platform == 'win32'\nuvloop; sys_platform != 'win32'", [("uvloop", None, "")]),
        ("torch>=2\ntorch<2.5", [("torch", None, ">=2,<2.5")]),
        ("torch>=2\ntorch==2.4.0", [("torch", "2.4.0", "")]),
    ],
)
def test_line_grammar(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    declared = read(text)
    assert [(item.name, item.version, item.specifier) for item in declared.packages.items] == expected
    assert declared.problems == ()


def test_markers_that_the_python_decides_are_kept() -> None:
    text = 'torch==2.4.1; python_version < "3.9"\ntorch==2.8.0; python_version >= "3.9"'
    assert [(item.version, item.marker) for item in read(text).packages.items] == [
        ("2.4.1", 'python_version < "3.9"'),
        ("2.8.0", 'python_version >= "3.9"'),
    ]


def test_indexes_hold_for_the_whole_file() -> None:
    text = "numpy\n--index-url https://u:hunter2@packages.example.org/simple\ntorch\n--extra-index-url=https://x.example/cu118"
    (numpy, torch) = read(text).packages.items
    assert numpy.index == torch.index == "https://packages.example.org/simple"
    assert torch.extra_indexes == ("https://x.example/cu118",)
    assert torch.cuda is None


@pytest.mark.parametrize("option", ["-i", "--index-url", "--index-url=", "-i=", "--pypi-url "])
def test_torch_from_its_own_index(option: str) -> None:
    blank = "" if option.endswith("=") else " "
    (torch,) = read(f"{option}{blank}https://download.pytorch.org/whl/cu121\ntorch==2.1.0").packages.items
    assert (torch.cuda, torch.index) == ("12.1", "https://download.pytorch.org/whl/cu121")


def test_included_files_are_found_beside_the_including_one() -> None:
    files = {"base/common.txt": "-r deeper/more.txt\nnumpy==1.26.4\n", "base/deeper/more.txt": "scipy\n"}
    declared = read("-r base/common.txt\ntorch\n", files)
    assert [(item.name, str(item.origin)) for item in declared.packages.items] == [
        ("scipy", "base/deeper/more.txt:1"),
        ("numpy", "base/common.txt:2"),
        ("torch", "requirements.txt:2"),
    ]
    assert declared.packages.complete


def test_files_that_include_each_other_end() -> None:
    files = {"b.txt": "-r requirements.txt\n-r b.txt\nb\n", "requirements.txt": "-r b.txt\na\n"}
    assert [name for name, _, _ in pins("-r b.txt\na\n", files)] == ["b", "a"]


def test_too_many_files_end() -> None:
    endless = parse_requirements(
        "-r 1.txt", "requirements.txt", lambda path: f"-r {int(path[:-4]) + 1}.txt\np{path[:-4]}"
    )
    assert len(endless.entries) < MAX_FILES
    assert len(endless.gaps) == 1


def test_a_missing_file_is_a_gap_that_names_file_and_line() -> None:
    declared = read("torch\n-r missing.txt\n-c https://example.org/constraints.txt\n")
    assert declared.packages.gaps == (
        "requirements.txt:2 includes the requirements file missing.txt, which cannot be read here",
        "requirements.txt:3 includes the constraints file https://example.org/constraints.txt, which cannot be read here",
    )
    assert [item.name for item in declared.packages.items] == ["torch"]


def test_constraints_pin_what_is_installed_and_nothing_else() -> None:
    files = {"c.txt": "torch==2.1.0+cu118\nscipy==1.10\nnumpy<2\n"}
    assert pins("-c c.txt\ntorch>=2\nnumpy>=1.20\n", files) == [
        ("torch", "2.1.0+cu118", ""),
        ("numpy", None, ">=1.20,<2"),
    ]
    found = parse_constraints("torch==2.1.0", "c.txt", {}.get, "")
    assert [entry.requirement.version for entry in found.constraints] == ["2.1.0"]
    assert found.entries == ()


@pytest.mark.parametrize(
    "line", ["-e .", "--editable=./src/pkg", "-e pkg", ".", "git+https://t0ken@github.com/example/x", "./x"]
)
def test_sources_are_gaps(line: str) -> None:
    declared = read(f"torch\n{line}\n")
    assert len(declared.packages.gaps) == 1
    assert declared.packages.gaps[0].startswith("requirements.txt:2 installs what cannot be read here (")
    assert "t0ken" not in declared.packages.gaps[0]


def test_an_editable_repository_with_a_name() -> None:
    (item,) = read("-e git+https://github.com/example/x.git@main#egg=x").packages.items
    assert (item.name, item.version, item.installed) == ("x", None, True)


def test_variables_of_the_environment() -> None:
    found = parse_requirements(
        "torch==${TORCH}\nnumpy==${NUMPY}\n", "r", {}.get, variables={"TORCH": "2.1.0", "NUMPY": None}
    )
    assert [
        (entry.requirement.name, entry.requirement.version, entry.requirement.known) for entry in found.entries
    ] == [
        ("torch", "2.1.0", True),
        ("numpy", None, False),
    ]


def test_one_bad_line_is_one_problem_and_the_rest_is_read() -> None:
    declared = read("torch==2.1.0\nnumpy=1.26\n<<<<<<< HEAD\nscipy\n")
    assert [item.name for item in declared.packages.items] == ["torch", "scipy"]
    assert [problem.partition(": ")[0] for problem in declared.problems] == ["requirements.txt:2", "requirements.txt:3"]
    assert "pip writes == where conda writes =" in declared.problems[0]


def test_ignore_comments() -> None:
    declared = read("# envdoctor: ignore=unpinned-package we want the newest\ntorch\n")
    assert [(ignore.rule, ignore.reason, ignore.line) for ignore in declared.ignores] == [
        ("unpinned-package", "we want the newest", 2)
    ]


def test_no_index_leaves_the_build_open() -> None:
    (torch,) = read("--no-index\n--find-links /wheels\ntorch==2.1.0\n").packages.items
    assert (torch.version, torch.specifier, torch.installed) == (None, "==2.1.0", True)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abr-ce.=<>#\\\n\r \t\"'${}@:/;[]", max_size=120))
def test_any_text_is_read(text: str) -> None:
    read(text, {"a": text, "r": "-r r\na"})


def test_a_long_file_is_read_line_by_line() -> None:
    assert len(parsed("package==1.0\n" * 5_000).entries) == 5_000
    assert parsed("a" * 1_000_000).problems != ()
    assert parsed("\\\n" * 10_000 + "torch").entries[0].requirement.name == "torch"
