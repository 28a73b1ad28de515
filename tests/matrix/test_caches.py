"""Where packages keep what they download or compile."""

from __future__ import annotations

from envdoctor.matrix import Matrix, rows

MATRIX = Matrix.load()
ROWS: tuple[rows.CacheRow, ...] = MATRIX.tables["caches"].rows()  # type: ignore[assignment]


def test_a_package_by_any_spelling() -> None:
    for name in ("huggingface_hub", "HuggingFace-Hub"):
        row = MATRIX.cache(name)
        assert row is not None
        assert (row.variable, row.folder, row.xdg) == ("HF_HOME", "~/.cache/huggingface", True)
    assert MATRIX.cache("numpy") is None


def test_what_uses_one_folder_has_one_variable() -> None:
    variables: dict[str, set[str | None]] = {}
    for row in ROWS:
        variables.setdefault(row.folder, set()).add(row.variable)
    assert all(len(names) == 1 for names in variables.values())


def test_who_goes_on_without_its_folder() -> None:
    assert [row.name for row in ROWS if not row.fails] == ["matplotlib", "ultralytics"]
    assert all(row.folder.startswith("~/.cache/") for row in ROWS if row.xdg)
