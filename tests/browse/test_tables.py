"""Filters, gaps, fitted columns and the likes of browsing the matrix."""

from __future__ import annotations

import pytest

from envdoctor.browse.search import holding, search
from envdoctor.browse.tables import columns, fits, gaps
from envdoctor.browse.text import cell, paragraph, table
from envdoctor.matrix import Matrix


@pytest.mark.parametrize(
    ("value", "wanted", "answer"),
    [
        ("12.4.1", "12.4.1", True),
        ("12.4.1", "12.4", True),
        ("12.4.1", "12", True),
        ("12.4.1", "12.4.1.0", False),
        ("12.4", "12.40", False),
        ("2", "20", False),
        ("Ubuntu", "ubuntu", True),
        ("12.4.1-base", "12.4.1", False),  # a tag is a text, no version
        (535, "535", True),
        (True, "yes", True),
        (False, "yes", False),
        (("75", "80"), "80", True),
        (("3.10", "3.11"), "3.1", False),
        (None, "", True),
        ((), "", True),
        ("12.4", "", False),
        (None, "12", False),
    ],
)
def test_what_a_filter_lets_through(value: object, wanted: str, answer: bool) -> None:
    assert fits(value, wanted) is answer


def test_a_column_that_is_left_out_is_a_gap_unless_it_says_something() -> None:
    assert gaps("toolkits", {"cuda": "12.4", "driver_linux": None, "note": None}) == ("driver_linux",)
    assert gaps("toolkits", {"cuda": "13.4.1", "driver_linux": None, "driver_windows": None}) == ()
    assert gaps("ngc_images", {"image": "tensorrt:24.05", "torch": None, "onnxruntime": None, "cudnn": None}) == (
        "cudnn",
    )
    assert gaps("ngc_images", {"image": "tritonserver:24.05-trtllm", "torch": None, "onnxruntime": None}) == ("torch",)
    assert gaps("l4t_images", {"image": "nvcr.io/nvidia/l4t-cuda:11.4.19-runtime", "torch": None, "sm": None}) == ()
    assert gaps("cuda_tags", {"cudnn": None, "supported": None, "os": None}) == ("os",)
    assert gaps("torch", {"cuda": None, "cudnn": None, "sm": ()}) == ()  # the CPU build
    assert gaps("torch", {"cuda": "12.4", "cudnn": None, "sm": ()}) == ("cudnn",)
    assert gaps("onnxruntime", {"python": (), "sm": ()}) == ("python",)  # a wheel that was not read
    assert gaps("ngc_pytorch", {"sm_amd64": None, "sm_arm64": None, "arch": ("amd64",)}) == ("sm_amd64",)


@pytest.mark.parametrize("name", sorted(Matrix.load().tables))
def test_every_column_is_shown_once_and_what_identifies_the_row_first(name: str) -> None:
    listed = columns(Matrix.load(), name)
    fields = Matrix.load().tables[name].rows()[0]._fields  # type: ignore[attr-defined]
    assert sorted(listed) == sorted(fields)
    assert listed[-3:] == ("note", "checked", "source")


def test_columns_share_the_width_and_the_last_ones_go() -> None:
    rows = [["a" * 30, "b" * 30, "c"], ["short", "", "c" * 30]]
    wide = table(("first", "second", "third"), rows, None)
    assert wide.left_out == ()
    assert "b" * 30 in wide.text
    fitted = table(("first", "second", "third"), rows, 40)
    assert fitted.left_out == ()
    assert max(map(len, fitted.text.splitlines())) <= 40
    assert "…" in fitted.text
    narrow = table(("first", "second", "third"), rows, 22)
    assert narrow.left_out == ("third",)


def test_wide_letters_count_twice() -> None:
    fitted = table(("name",), [["显卡" * 20]], 20)
    assert fitted.text.splitlines()[1].endswith("…")
    assert len(fitted.text.splitlines()[1]) <= 11


def test_cells_are_harmless_to_look_at() -> None:
    assert cell("\x1b[31m") == r"\x1b[31m"
    assert cell(("a\n", "b")) == r"a\n b"
    assert (cell(None), cell(()), cell(True), cell(7)) == ("", "none", "yes", "7")
    assert paragraph("a\nb", None, "- ", "  ") == "- a\\nb\n"


def test_all_words_must_occur_in_one_row_upper_and_lower_case_alike() -> None:
    hits = search(Matrix.load(), ["TESLA", "t4", "turing"], 5)
    assert [each.table for each in hits] == ["gpus"]
    assert {row["key"] for row in hits[0].rows} >= {"t4"}
    assert holding(hits[0].rows[0], ["turing"]) == ("architecture",)
    assert search(Matrix.load(), ["tesla", "no such word"], 5) == ()
