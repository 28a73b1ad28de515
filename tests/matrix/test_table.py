"""The loader: what it finds, and that a damaged table is refused with its file, row, column and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.matrix import Matrix, MatrixError

HEAD = '{"table":"toolkits","sources":{"notes":"https://docs.example/notes"},"rows":[\n'
GOOD = '{"cuda":"12.4.0","driver_linux":"550.54.14","source":["notes"],"checked":"2026-11-20"}'
NEWER = '{"cuda":"12.4.1","driver_linux":"550.54.15","source":["github:NVIDIA/x y.c"],"checked":"2026-11-21"}'


def matrix_with(folder: Path, *rows: str, head: str = HEAD, name: str = "toolkits") -> Matrix:
    (folder / f"{name}.json").write_text(head + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
    return Matrix(folder)


def test_reads_rows_resolves_sources_and_leaves_out_columns_that_may_be_unknown(tmp_path: Path) -> None:
    newest, oldest = matrix_with(tmp_path, GOOD, NEWER).toolkits("12.4")
    assert (newest.cuda, newest.source) == ("12.4.1", ("github:NVIDIA/x y.c",))
    assert (oldest.source, oldest.driver_windows, oldest.note) == (("https://docs.example/notes",), None, None)


def test_a_look_up_by_key_does_not_parse_the_other_rows(tmp_path: Path) -> None:
    head = HEAD.replace("toolkits", "cuda_tags")
    tag = '{"tag":"12.4.1-base-ubuntu22.04","cuda":"12.4.1","flavor":"base","status":"published","source":["notes"],"checked":"2026-11-20"}'
    matrix = matrix_with(tmp_path, "this is not JSON", tag, head=head, name="cuda_tags")
    found = matrix.cuda_tag("12.4.1-base-ubuntu22.04")
    assert found is not None
    assert found.flavor == "base"
    assert matrix.cuda_tag("12.4.1-base-ubuntu22") is None  # a prefix is another tag
    assert matrix.cuda_tag('12.4.1"') is None


def test_nothing_is_read_before_a_question(tmp_path: Path) -> None:
    Matrix(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD.replace('"cuda":"12.4.0"', '"cuda":12.4'), "column 'cuda': 12.4 is not a text"),
        (GOOD.replace('"driver_linux"', '"driver_linx"'), "column 'driver_linx': toolkits has no such column"),
        (GOOD.replace(',"checked":"2026-11-20"', ""), "column 'checked': None is not a text"),
        (GOOD.replace('["notes"]', '"notes"'), "column 'source': 'notes' is not a list of texts"),
        (GOOD.replace('["notes"]', '["rn1"]'), "column 'source': 'rn1' is no address"),
        (GOOD[:-1], "not a JSON object on a line of its own"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object on a line of its own"),
        (GOOD.replace('"12.4.0"', "[" * 500 + "]" * 500), "column 'cuda': [[["),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_value(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(MatrixError) as caught:
        matrix_with(tmp_path, GOOD.replace("12.4.0", "12.3.0"), row).toolkits("12.4")
    assert "toolkits.json, line 3" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "head", ['{"table":"windows","rows":[\n', "[\n", '{"rows":[\n', '{"table":"toolkits","sources":[],"rows":[\n']
)
def test_a_head_that_is_not_this_tables_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(MatrixError, match=r"toolkits\.json, line 1"):
        matrix_with(tmp_path, GOOD, head=head).toolkits("12.4")


def test_a_missing_table_is_a_matrix_error_not_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"branches\.json cannot be read: No such file"):
        Matrix(tmp_path).branches()


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [("branch", '"535"', "a whole number"), ("branch", "true", "a whole number"), ("supported", "1", "true or false")],
)
def test_numbers_and_truth_values_are_not_mistaken_for_each_other(
    tmp_path: Path, column: str, value: str, kind: str
) -> None:
    cells = {
        "branch": "535",
        "cuda": '"12.2"',
        "supported": "false",
        "source": '["https://x"]',
        "checked": '"2026-11-20"',
    }
    cells[column] = value
    row = "{" + ",".join(f'"{name}":{cell}' for name, cell in cells.items()) + "}"
    with pytest.raises(MatrixError, match=f"column '{column}': .* is not {kind}"):
        matrix_with(tmp_path, row, head='{"table":"branches","rows":[\n', name="branches").branches()
