"""`# envdoctor: ignore=RULE reason` comments."""

from __future__ import annotations

import pytest

from envdoctor.readers.declared import Ignore
from envdoctor.readers.ignore_comments import ignore_comments


@pytest.mark.parametrize(
    "text",
    ["", "FROM a\n", "# ignore=a\nFROM a\n", "RUN echo envdoctor: ignore=a\n", "RUN x # envdoctor: ignore=a\nRUN y\n"],
)
def test_no_such_comment(text: str) -> None:
    assert ignore_comments(text, "Dockerfile") == ((), ())


@pytest.mark.parametrize(
    ("text", "ignores"),
    [
        ("# envdoctor: ignore=driver-too-old known\nFROM a\n", (Ignore("driver-too-old", "known", 2),)),
        ("#envdoctor:ignore = a\r\nFROM a\r\n", (Ignore("a", "", 2),)),
        (
            "FROM a\n  # envdoctor: ignore=a,b-c two of them \n\n# c\nRUN x\n",
            (Ignore("a", "two of them", 5), Ignore("b-c", "two of them", 5)),
        ),
        ("# envdoctor: ignore=a\n# envdoctor: ignore=b\nFROM x\n", (Ignore("a", "", 3), Ignore("b", "", 3))),
        ("FROM a\n# envdoctor: ignore=a at the end\n", ()),
    ],
)
def test_comments(text: str, ignores: tuple[Ignore, ...]) -> None:
    assert ignore_comments(text, "Dockerfile") == (ignores, ())


@pytest.mark.parametrize(
    "comment", ["ignore", "ignore=", "ignore a", "ignore=A", "ignores=a", "ignore=a,", "ignore=a, b", "", "ignore=*"]
)
def test_a_typo_is_told(comment: str) -> None:
    ignores, (problem,) = ignore_comments(f"FROM a\n# envdoctor: {comment}\nRUN x\n", "Dockerfile")
    assert ignores == ()
    assert problem.startswith("Dockerfile:2: ")
    assert "expected `# envdoctor: ignore=RULE reason`" in problem


def test_their_number_is_bounded() -> None:
    ignores, _ = ignore_comments("# envdoctor: ignore=a\n" * 5_000 + "FROM a\n", "Dockerfile")
    assert len(ignores) == 1_000
