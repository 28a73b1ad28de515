"""Paths in an image, and where COPY took them from."""

from __future__ import annotations

import pytest

from envdoctor.readers.copied_files import UNKNOWN_WORKDIR, Copied, CopiedFiles, Search, absolute, inside


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", "a"), ("./a//b", "a/b"), ("/a/../b", "b"), ("../../etc/passwd", "etc/passwd"), (".", ""), ("/", "")],
)
def test_a_path_never_leaves_its_root(path: str, expected: str) -> None:
    assert inside(path) == expected


@pytest.mark.parametrize(
    ("path", "workdir", "expected"),
    [
        ("a", "/w", "/w/a"),
        ("/a", "/w", "/a"),
        ("./", "/w", "/w/"),
        (".", "/w", "/w"),
        ("a/.", "/w", "/w/a/"),
        ("..", "/w/x", "/w"),
        ("../../..", "/w", "/"),
        ("//a", "/w", "/a"),
        ("/", "/w", "/"),
    ],
)
def test_absolute_paths(path: str, workdir: str, expected: str) -> None:
    assert absolute(path, workdir) == expected


def files(*copied: Copied) -> CopiedFiles:
    found = CopiedFiles(Search())
    for item in copied:
        found.add(item)
    return found


def test_the_newest_copy_wins() -> None:
    both = files(
        Copied(("a",), "/x/", {"a": "old"}.get),
        Copied(("a",), "/x/", {"a": "new"}.get),
    )
    assert both.read("/x/a") == "new"


def test_a_folder_over_a_folder_hides_only_what_it_has() -> None:
    both = files(Copied((".",), "/x", {"a": "1", "b": "1"}.get), Copied(("sub",), "/x", {"sub/a": "2"}.get))
    assert (both.read("/x/a"), both.read("/x/b"), both.read("/x/c")) == ("2", "1", None)


def test_the_same_copy_again_is_the_newest() -> None:
    first, second = Copied((".",), "/x", {"a": "1"}.get), Copied((".",), "/x", {"a": "2"}.get)
    assert files(first, second, first).read("/x/a") == "1"


def test_a_file_that_cannot_be_read_hides_the_one_under_it() -> None:
    assert files(Copied(("a",), "/x", {"a": "1"}.get), Copied(("https://a",), "/x", None)).read("/x") is None


def test_a_copy_of_a_stage_does_not_change_it() -> None:
    parent = files(Copied(("a",), "/x", {"a": "1"}.get))
    child = parent.copy()
    child.add(Copied(("b",), "/x", {"b": "2"}.get))
    assert (parent.read("/x"), child.read("/x")) == ("1", "2")


def test_relative_to_a_working_directory_nobody_knows() -> None:
    found = files(Copied(("r.txt",), "/workspace/", {"r.txt": "1"}.get))
    assert found.read("r.txt", UNKNOWN_WORKDIR) == "1"
    assert found.read("r.txt", "/") is None
    assert found.read("/r.txt", UNKNOWN_WORKDIR) is None


def test_patterns_in_sources() -> None:
    found = files(Copied(("req/*.txt", "dir[0-9]"), "/x/", {"req/a.txt": "1", "dir1/b": "2", "req/a.md": "3"}.get))
    assert (found.read("/x/a.txt"), found.read("/x/a.md"), found.read("/x/dir1/b")) == ("1", None, "2")


def test_looking_ends() -> None:
    search = Search(left=10)
    loop = CopiedFiles(search)
    loop.add(Copied(("x",), "/x", loop.read))
    assert loop.read("/x/y") is None
    assert search.depth == Search().depth
    assert loop.read("/x/y") is None
