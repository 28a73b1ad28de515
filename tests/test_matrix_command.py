"""`envdoctor matrix list`, `show`, `search` and `verify` through the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envdoctor.cli import main
from envdoctor.commands.matrix import parser
from envdoctor.commands.matrix_online import config
from envdoctor.matrix import Matrix
from envdoctor.online.result import OnlineConfig
from tests.places import ABOVE, DATA

TABLES = tuple(Matrix.load().tables)
CUDA_TAG = "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Told:
    """What the command said and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: str) -> None:
        self.code = main(["matrix", *argv])
        self.out, self.err = capsys.readouterr()

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.mark.parametrize(
    "argv", [["--help"], ["list", "--help"], ["show", "--help"], ["search", "--help"], ["verify", "--help"]]
)
def test_help_has_examples_and_exit_codes(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, *argv)
    assert told.code == 0
    assert "examples:" in told.out
    assert "exit codes: 0; 1" in told.out
    assert "3 where the answer could not be" in told.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "no subcommand; they are list, show, search, verify"),
        (["lisst"], "did you mean list?"),
        (["frob"], "they are list, show, search, verify"),
        (["list", "cuda_tag"], "did you mean cuda_tags"),
        (["list", "\x1b[31m"], r"\x1b[31m"),
        (["list", "torch", "--where", "cuda"], "expected COLUMN=VALUE"),
        (["list", "torch", "--where", "cudda=12"], "did you mean cuda or"),
        (["list", "torch", "--columns", "version,colour"], "no column 'colour'"),
        (["list", "gpus", "--where", "forward_compat=maybe"], "forward_compat=maybe: expected yes or no"),
        (["list", "cudnn", "--where", "cuda_major=twelve"], "cuda_major=twelve: expected a whole number"),
        (["list", "--gaps"], "name one"),
        (["list", "torch", "--format", "xml"], "invalid choice"),
        (["show"], "WHAT"),
        (["show", " "], "nothing is named"),
        (["search"], "TEXT"),
        (["search", " "], "nothing to search for"),
        (["search", "x", "--most", "0"], "--most 0"),
        (["verify", "--table", "torchs"], "did you mean torch"),
        (["verify", "--data", "nowhere"], "not a directory"),
        (["verify", "--jobs", "3"], "--jobs is for --online"),
        (["verify", "--online", "--jobs", "0", "--table", "l4t"], "--jobs 0"),
        (["verify", "--online", "--registry", "docker.io", "--table", "l4t"], "HOST=URL"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, *argv)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert told.err.count("\n") == 1


# list


def test_list_names_every_table_with_its_rows_and_what_a_row_is(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "list")
    assert told.code == 0
    lines = told.out.splitlines()
    assert [line.split()[0] for line in lines[1 : len(TABLES) + 1]] == list(TABLES)
    assert lines[-1] == f"matrix of {Matrix.load().date}"
    document = Told(capsys, "list", "--format", "json").document
    assert [each["name"] for each in document["tables"]] == list(TABLES)
    assert all(each["rows"] and each["what"] and each["checked"] for each in document["tables"])


@pytest.mark.parametrize("table", TABLES)
def test_list_tells_every_row_of_every_table(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = Matrix.load().tables[table].rows()
    told = Told(capsys, "list", table)
    assert len(told.out.splitlines()) == len(rows) + 1
    assert f"{len(rows)} of {len(rows)} rows of {table}" in told.err
    document = Told(capsys, "list", table, "--format", "json").document
    assert len(document["rows"]) == len(rows)
    assert {tuple(sorted(row)) for row in document["rows"]} == {tuple(sorted(rows[0]._fields))}  # type: ignore[attr-defined]


def test_list_filters_by_what_columns_hold(capsys: pytest.CaptureFixture[str]) -> None:
    def versions(*where: str) -> list[tuple[str, str | None]]:
        argv = [part for each in where for part in ("--where", each)]
        rows = Told(capsys, "list", "torch", *argv, "--format", "json").document["rows"]
        return [(row["version"], row["cuda"]) for row in rows]

    assert versions("version=2.4.0", "platform=linux_x86_64", "default=yes") == [("2.4.0", "12.1")]
    assert set(versions("version=2.4", "cuda=12", "platform=linux_x86_64")) == {
        (version, cuda) for version in ("2.4.0", "2.4.1") for cuda in ("12.1", "12.4")
    }
    assert set(versions("cuda=", "version=2.4.1")) == {("2.4.1", None)}
    assert ("2.4.0", "12.1") in versions("sm=90", "python=3.12")
    assert ("2.4.0", "12.1") not in versions("sm=120")


def test_list_chooses_columns_and_writes_a_row_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--where", "l4t=36.5", "--columns", "cuda,l4t")
    assert Told(capsys, "list", "l4t", *where).out.split() == ["cuda", "l4t", "12.6", "36.5"]
    assert Told(capsys, "list", "l4t", *where, "--format", "jsonl").out == '{"cuda": "12.6", "l4t": "36.5"}\n'


def test_list_without_a_row_that_fits_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "list", "torch", "--where", "version=9")
    assert told.code == 1
    assert "0 of " in told.err
    assert Told(capsys, "list", "torch", "--where", "version=9", "--format", "json").code == 1
    assert Told(capsys, "list", "python_versions", "--gaps").code == 0  # no gap is no failure
    assert Told(capsys, "list", "gpus", "--where", "forward_compat=").code == 0


def test_list_names_the_gaps_and_nothing_that_is_known_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Told(capsys, "list", "architectures", "--gaps", "--format", "json").document["rows"]
    gaps = {row["name"]: row["not_known"] for row in rows}
    assert "first_branch" in gaps["Turing"]
    assert not any("last_branch" in each or "note" in each for each in gaps.values())  # still supported; nothing to add
    told = Told(capsys, "list", "architectures", "--gaps")
    assert "capabilities 7.5" in told.out
    assert "have gaps" in told.err


def test_list_fits_a_terminal_and_names_what_found_no_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = Told(capsys, "list", "ngc_pytorch")
    assert max(map(len, told.out.splitlines())) <= 60
    assert "no room for the columns" in told.err
    assert "source" in told.err


# show


def shown(capsys: pytest.CaptureFixture[str], *what: str) -> tuple[set[str], str]:
    """The tables that have rows of it, and everything that is told, as one text."""
    told = Told(capsys, "show", *what, "--format", "json")
    assert told.code == 0, told.err
    things = told.document["things"]
    assert Told(capsys, "show", *what).code == 0
    return {group["table"] for thing in things for group in thing["tables"]}, told.out


@pytest.mark.parametrize(
    ("what", "tables", "says"),
    [
        ("nvcr.io/nvidia/pytorch:24.05-py3", {"ngc_pytorch"}, ["cuda>=9.0", "525.60.13", "2.4.0a0+07cecf4168"]),
        (CUDA_TAG, {"cuda_tags", "requirements"}, ["9.1.0.70", "cuda>=12.4", "cuda-compat 12.4", "525.60.13"]),
        ("docker.io/nvidia/cuda:12.4.1-base-ubuntu22.04", {"cuda_tags", "requirements"}, ["12.4.1"]),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", {"torch_images"}, ["3.11"]),
        ("nvcr.io/nvidia/tritonserver:24.05-py3", {"ngc_images"}, ["12.4"]),
        ("nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3", {"l4t_images"}, ["11.4", "L4T release"]),
        (
            "nvcr.io/nvidia/pytorch:24.08-py3-igpu",
            {"ngc_pytorch"},
            ["names JetPack 6.0", "capability 8.7", "L4T release"],
        ),
        ("ubuntu:22.04", {"distributions"}, ["jammy", "hold no CUDA"]),
        ("python:3.11", {"python_versions"}, ["hold no CUDA", "--where python=3.11"]),
        ("onnxruntime-gpu 1.20", {"onnxruntime"}, ["1.20.2", "cuda-11", "450.80.02", "525.60.13"]),
        ("onnxruntime-gpu==1.20.0", {"onnxruntime"}, ["libcudnn.so.9"]),
        ("torch==2.4.0+cu121", {"torch"}, ["torchvision 0.19.0", "torchaudio 2.4.0", "9.1.0.70", "machine code"]),
        ("torch 2.4", {"torch"}, ["2.4.1"]),
        ("package torch v2.4", {"torch"}, ["2.4.1"]),
        ("cuda v12.4", {"toolkits"}, ["550.54.15"]),
        ("PyTorch 2.4.0", {"torch"}, ["2.4.0"]),
        ("torchvision 0.19", {"companions"}, ["==2.4.0"]),
        ("ctranslate2 4.5", {"needs"}, ["cudnn"]),
        ("ultralytics", {"brings"}, ["torch"]),
        ("opencv-python-headless 4.10", {"opencv"}, ["libz"]),
        ("RTX 5090", {"gpus", "architectures"}, ["12.0", "Blackwell", "CUDA 12.8 to", "forward compatibility"]),
        ("gpu T4", {"gpus", "architectures"}, ["Turing", "7.5"]),
        ("T4", {"gpus", "architectures"}, ["Tesla T4"]),
        ("driver 535", {"branches", "compat"}, ["12.2", "CUDA 12.x", "13.0", "Hopper"]),
        ("535.104.05", {"branches", "compat"}, ["535", "12.2"]),
        ("cuda 12.4", {"toolkits", "major_floors", "windows", "branches", "compat"}, ["550.54.15", "525.60.13"]),
        ("cuda 12.7", {"branches"}, ["only what drivers report"]),
        ("cudnn 9.10", {"cudnn"}, ["9.10.2.21", "tags of nvidia/cuda"]),
        ("sm_89", {"architectures", "gpus"}, ["Ada", "RTX 4090"]),
        ("8.9", {"architectures", "gpus"}, ["Ada"]),
        ("12.0", {"architectures", "gpus", "toolkits"}, ["compute capability 12.0", "CUDA 12.0"]),
        ("L4T 36.4", {"l4t"}, ["12.6", "12.9"]),
        ("jetson orin nano", {"gpus", "architectures"}, ["8.7", "L4T release"]),
        ("python 3.12", {"python_versions"}, ["torch"]),
        ("ngc_pytorch 24.05", {"ngc_pytorch"}, ["24.05-py3"]),
        ("24.05", {"ngc_pytorch"}, ["24.05-py3"]),
        ("debian12", {"distributions"}, ["bookworm"]),
        # a table by its name
        ("toolkits 12.4.1", {"toolkits"}, ["550.54.15"]),
        ("toolkits 12.4", {"toolkits"}, ["12.4.0", "12.4.1"]),
        ("ngc_pytorch 24.05-py3", {"ngc_pytorch"}, ["12.4.1"]),
        ("architectures hopper", {"architectures"}, ["9.0"]),
        ("gpus rtx 5090", {"gpus"}, ["GeForce RTX 5090"]),
        ("l4t_images", {"l4t_images"}, ["r35.2.1-pth2.0-py3"]),
        # as people write
        ("R535", {"branches", "compat"}, ["12.2"]),
        ("driver R470", {"branches", "compat"}, ["11.4"]),
        ("driver=535", {"branches", "compat"}, ["12.2"]),
        ("L4T r36.4", {"l4t"}, ["12.6"]),
        ("r36.4.3", {"l4t"}, ["6.2"]),
        ("cuda12.4", {"toolkits"}, ["550.54.15"]),
        ("cudnn8", {"cudnn"}, ["8.9.7.29"]),
        ("python3.11", {"python_versions"}, ["torch"]),
        ("JetPack 6.1", {"l4t"}, ["L4T 36.4: natively CUDA 12.6"]),
        ("JetPack 5.1.2", {"l4t"}, ["L4T 35"]),
        ("torch>=2.4,<2.5", {"torch"}, ["2.4.0", "2.4.1"]),
        ("24.05-py3", {"ngc_pytorch", "ngc_images"}, ["nvcr.io/nvidia/pytorch:24.05-py3", "tritonserver:24.05"]),
        ("tritonserver:24.05", {"ngc_images"}, ["nvcr.io/nvidia/tritonserver:24.05"]),
        ("hopper", {"architectures", "gpus"}, ["H100", "CUDA 11.8 to"]),
        ("551.61", {"branches"}, ["Windows, of R550", "on Windows it runs CUDA 12.x"]),
        ("4090", {"gpus", "architectures"}, ["GeForce RTX 4090"]),
        ("1080", {"gpus", "architectures"}, ["GeForce GTX 1080"]),
        # what follows of old drivers, old CUDA and images with a wheel
        ("driver 450.51.06", {"branches"}, ["it runs CUDA 10.2, 10.1, 10.0"]),
        ("driver 418.87", {"branches"}, ["it runs CUDA 10.1, 10.0"]),
        ("driver 410.48", {"branches"}, ["it runs CUDA 10.0, 9.2"]),
        (
            "cuda 10",
            {"toolkits"},
            ["Linux driver, 410.48", "Linux driver, 418.39", "Linux driver, 440.33", "Windows driver"],
        ),
        ("torch 1.8.0", {"torch"}, ["418.39", "440.33", "450.80.02"]),
        (
            "torch==1.8.0+cu111",
            {"torch"},
            ["torch==1.8.0+cu111", "-f https://download.pytorch.org/whl/torch_stable.html"],
        ),
        (
            "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime",
            {"torch_images"},
            ["525.60.13", "its PyTorch 2.4.0 for CUDA 12.1 has machine code", "Hopper 9.0"],
        ),
    ],
)
def test_show_finds_a_thing_by_what_it_is(
    what: str, tables: set[str], says: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found, text = shown(capsys, *what.split())
    assert tables <= found
    assert [word for word in says if word not in text] == []


@pytest.mark.parametrize(
    ("what", "never"),
    [
        ("driver 410.48", ["runs CUDA 10.1", "11.x"]),
        ("cudnn 9.11.0", ["9.10"]),  # CUDA 11 had its last release in 9.10: it says nothing of 9.11
        ("nvcr.io/nvidia/pytorch:24.05-py3-igpu", ["525.60.13", "cuda-compat", "its PyTorch on amd64"]),
        ("4090", ["driver 4090"]),
        ("torch>=2.4,<2.5", ["2.5.0", "2.3.1"]),
    ],
)
def test_show_does_not_tell_what_is_not_so(what: str, never: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, *what.split())
    text = Told(capsys, "show", *what.split()).out
    assert [word for word in never if word in text] == []


@pytest.mark.parametrize("what", ["470", "12.4", "13", "RTX 5090", "24.05", "cuda 12.4", "8.9"])
def test_show_tells_each_row_once(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = Told(capsys, "show", *what.split(), "--format", "json").document
    rows = [
        json.dumps([group["table"], row])
        for thing in document["things"]
        for group in thing["tables"]
        for row in group["rows"]
    ]
    assert len(rows) == len(set(rows))


def test_show_names_only_tags_that_can_be_pulled(capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("nvcr.io/nvidia/pytorch:29.01-py3", "pytorch/pytorch:1.99.0-cuda12.1-cudnn9-runtime"):
        document = Told(capsys, "show", what, "--format", "json").document
        nearest = document["missing"][0]["nearest"]
        assert nearest
        assert all(each.endswith(("-py3", "-runtime")) for each in nearest)


def test_show_says_that_the_matrix_is_old(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "months ago" not in Told(capsys, "show", "T4").err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")  # 2030-03-17
    assert "more than six months ago" in Told(capsys, "show", "T4").err


def test_show_cites_sources_days_and_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "show", "nvcr.io/nvidia/pytorch:24.05-py3")
    assert "(checked 20" in told.out
    assert "\n  source         https://" in told.out
    assert "\n  not known " in told.out
    assert "\nwhat follows\n" in told.out


def test_show_tells_both_where_sources_disagree(capsys: pytest.CaptureFixture[str]) -> None:
    """NVIDIA's table, the release notes and the images' own expressions each say something of one package."""
    document = Told(capsys, "show", "driver", "535", "--format", "json").document
    rows = next(group["rows"] for group in document["things"][0]["tables"] if group["table"] == "compat")
    assert {row["basis"] for row in rows if row["cuda"] == "12.4"} == {"matrix", "release-notes", "gate"}


def test_show_does_not_claim_a_gpu_for_a_driver_that_is_older(capsys: pytest.CaptureFixture[str]) -> None:
    document = Told(capsys, "show", "driver", "535", "--format", "json").document
    drives = next(each["text"] for each in document["things"][0]["conclusions"] if each["text"].startswith("it drives"))
    assert "Hopper" in drives
    assert "Blackwell" not in drives
    assert "Kepler" not in drives


def test_show_keeps_a_command_on_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = Told(capsys, "show", "driver", "535").out.splitlines()
    assert [line for line in lines if "pip install" in line and "/whl/cu" in line and "# CUDA" in line]


def test_show_of_a_tag_that_never_was_says_so_and_names_one_that_is(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "show", "nvidia/cuda:12.4.1-cudnn8-runtime-ubuntu22.04")
    assert told.code == 0
    assert "never-published" in told.out
    assert CUDA_TAG in told.out


@pytest.mark.parametrize(
    ("what", "nearest"),
    [
        ("RTX 5099", "GeForce RTX 5090"),
        ("torch 2.99", "torch 2."),
        ("torch==2.4.0+cu126", "torch==2.4.0+cu121"),
        ("onnxruntime-gpu 1.99", "onnxruntime-gpu 1."),
        ("nvidia/cuda:14.1.0-base-ubuntu24.04", "nvidia/cuda:13."),
        ("nvcr.io/nvidia/pytorch:29.01-py3", "nvcr.io/nvidia/pytorch:26."),
        ("driver 700", "driver 6"),
        ("driver 300", "driver 3"),
        ("cuda 14.1", "CUDA 13."),
        ("cudnn 12", "cuDNN 9."),
        ("cudnn 9.99.0", "cuDNN 9."),
        ("cudnn 9.30.1.1", "cuDNN 9.28"),
        ("cuda 12.4.99", "CUDA 12.4.1"),
        ("JetPack 9", "JetPack 7.2"),
        ("torch>=99", "torch 2."),
        ("toolkits 99", "13."),
        ("gpus rtx 5099", "rtx 5090"),
        ("R700", "driver 6"),
        ("sm_150", "12."),
        ("L4T 45", "L4T 39"),
        ("python 3.99", "Python 3."),
        ("tourch", "torch"),
    ],
)
def test_show_of_something_unknown_names_the_nearest_and_exits_1(
    what: str, nearest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told(capsys, "show", *what.split())
    assert (told.code, told.out) == (1, "")
    assert "the matrix holds no " in told.err
    assert f"nearest known: {nearest}" in told.err or f", {nearest}" in told.err
    document = Told(capsys, "show", *what.split(), "--format", "json").document
    assert document["things"] == []
    assert any(near.startswith(nearest) for near in document["missing"][0]["nearest"])


@pytest.mark.parametrize(
    "what",
    ["\x1b]0;x\x07", "x" * 100_000, "::" * 5000, "1" * 5000, "9" * 30 + ".1", "torch==" + "1." * 2000, "[" * 400,
     "a:b@c:d/e", "sm_", "driver", "cuda x", "python ...", "gpu", "@", "torch 2.4.0+" + "z" * 50, "\u202e5090", "l4t -1",
     "pytorch/pytorch:2.4.0-cuda99999999999999.1-cudnn9-runtime", "pytorch/pytorch:2.4.0-cuda99999999999999.1-cudnn9-devel",
     "R999.99999999999999999999", "torch>=1.*", "toolkits ((("],
)  # fmt: skip
def test_show_takes_any_text(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "show", what)
    assert told.code in (0, 1)
    assert "internal error" not in told.err
    assert "\x1b" not in told.err + told.out
    assert len(told.err) < 3000


# search


def test_search_finds_rows_with_all_words_in_any_column(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "search", "Thor", "orin", "jetpack")
    assert told.code == 0
    assert "l4t: 1 row" in told.out
    assert "39" in told.out
    document = Told(capsys, "search", "pci-ids", "rtx 4090", "--format", "json").document
    assert [each["table"] for each in document["tables"]] == ["gpus"]  # a source counts too


def test_search_is_bounded_and_counts_what_it_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    total = len([row for row in Matrix.load().tables["cuda_tags"].rows() if "ubuntu22.04" in str(row)])
    told = Told(capsys, "search", "ubuntu22.04", "cudnn", "--most", "3")
    document = Told(capsys, "search", "ubuntu22.04", "--most", "3", "--format", "json").document
    tags = next(each for each in document["tables"] if each["table"] == "cuda_tags")
    assert (len(tags["rows"]), tags["left_out"]) == (3, total - 3)
    assert "more rows were left out" in told.err
    assert "more\n" in told.out


def test_search_without_a_hit_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "search", "quantum", "flux")
    assert (told.code, told.out) == (1, "")
    assert "no row of the matrix has quantum and flux" in told.err


# verify


def test_verify_of_the_shipped_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "verify")
    assert (told.code, told.out) == (0, "")
    assert f"{len(TABLES)} tables" in told.err
    assert told.err.rstrip().endswith("no problem")
    assert Told(capsys, "verify", "--format", "json").document["problems"] == []


def test_verify_of_another_directory_names_file_line_row_column_and_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    table = tmp_path / "data" / "l4t.json"
    table.write_text(table.read_text("utf-8").replace('"cuda":"12.6"', '"cuda":"twelve\\u001b[31m"', 1), "utf-8")
    told = Told(capsys, "verify", "--data", "data")
    assert told.code == 1
    assert told.out.startswith("l4t.json:")
    assert "[schema] l4t 36.4, column cuda, twelve\\x1b[31m: must match pattern" in told.out
    assert "1 problem; the invariants" in told.err
    problem = Told(capsys, "verify", "--data", "data", "--format", "json").document["problems"][0]
    assert (problem["file"], problem["row"], problem["column"]) == ("l4t.json", "l4t 36.4", "cuda")
    assert Told(capsys, "verify", "--data", "data", "--table", "torch").code == 0


def test_verify_tells_the_first_thousand_problems_and_counts_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    table = tmp_path / "data" / "cuda_tags.json"
    text = table.read_text("utf-8")
    table.write_text(text.replace('"checked":"', '"checked":"x'), "utf-8")
    told = Told(capsys, "verify", "--data", "data")
    rows = text.count('"checked":"')
    assert rows > 1000
    assert told.out.count("[schema]") == 1000
    assert f"{rows - 1000} more" in told.out
    assert f"{rows} problems" in told.err
    document = Told(capsys, "verify", "--data", "data", "--format", "json").document
    assert (len(document["problems"]), document["left_out"]) == (1000, rows - 1000)


def test_verify_tells_a_broken_invariant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    table = tmp_path / "data" / "toolkits.json"
    table.write_text(table.read_text("utf-8").replace('"550.54.15"', '"550.54.13"', 1), "utf-8")
    told = Told(capsys, "verify", "--data", "data")
    assert told.code == 1
    assert "[a-newer-toolkit-never-comes-with-an-older-driver] cuda 12.4.1, column driver_linux, 550.54.13" in told.out


def test_verify_of_an_empty_directory_and_of_what_is_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told(capsys, "verify", "--data", ".")
    assert told.code == 1
    assert told.out.count("cannot be read") == len(TABLES)
    online = Told(capsys, "verify", "--data", ".", "--online", "--table", "torch", "--table", "l4t")
    assert online.code == 1
    assert "torch: torch could not be compared: torch.json cannot be read" in online.out
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "l4t.json")
        assert "not a file of at most" in Told(capsys, "verify", "--data", ".", "--table", "l4t").out


def test_verify_online_says_what_it_cannot_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """A table that nothing outside is asked about: no request is made."""
    told = Told(capsys, "verify", "--online", "--table", "l4t")
    assert told.code == 0
    assert "l4t could not be compared" in told.out
    assert "online: 0 answers" in told.err
    document = Told(capsys, "verify", "--online", "--table", "l4t", "--format", "json").document
    assert document["online"]["failures"][0]["kind"] == "not-covered"


def test_the_options_of_online_reach_the_one_who_asks() -> None:
    words = ["verify", "--online", "--timeout", "5", "--jobs", "2", "--limit", "7", "--complete"]
    words += [
        "--registry",
        "docker.io=https://mirror.example",
        "--index-url",
        "https://a.example",
        "--index-url",
        "https://b.example",
    ]
    found = config(parser().parse_intermixed_args(words))
    assert (found.timeout_s, found.jobs, found.limit, found.complete) == (5.0, 2, 7, True)
    assert found.mirrors == {"docker.io": "https://mirror.example"}
    assert found.index_urls == ("https://a.example", "https://b.example")
    assert config(parser().parse_intermixed_args(["verify", "--online"])) == OnlineConfig()


def test_a_password_in_an_address_is_in_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "verify", "--online", "--table", "l4t", "--registry", "https://me:secret@mirror.example")
    assert told.code == 2
    assert "secret" not in told.err


# the process


def _process(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envdoctor", "matrix", *argv],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ABOVE)},
        timeout=120,
        **more,
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f'"{sys.executable}" -m envdoctor matrix list cuda_tags | head -n 1; echo "${{PIPESTATUS[0]}}"'
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    environment = {**os.environ, "PYTHONPATH": str(ABOVE)}
    done = subprocess.run([bash, "-c", command], capture_output=True, text=True, env=environment, timeout=120)
    assert done.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_output_that_cannot_be_written_is_no_answer() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "envdoctor", "matrix", "show", "T4"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ABOVE)},
            timeout=120,
        )
    assert done.returncode == 3
    assert "could not be written" in done.stderr
    assert "--output" not in done.stderr


def test_help_imports_neither_the_matrix_nor_a_validator() -> None:
    code = (
        "import sys; from envdoctor.cli import main; main(['matrix', 'verify', '--help']); "
        "print([name for name in ('envdoctor.matrix', 'fastjsonschema', 'httpx', 'rich') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ABOVE)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_output_in_a_pipe_is_plain_and_whole() -> None:
    done = _process("list", "ngc_pytorch", "--where", "release=24.05")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "source" in done.stdout.splitlines()[0]
    assert "…" not in done.stdout
