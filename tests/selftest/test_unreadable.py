"""A site-packages that cannot be listed: what lies in it need not be missing, and the probe says the same."""

from __future__ import annotations

import pytest

from envdoctor.probes.child import Answers
from envdoctor.selftest import parts, run

UNSEEN = "/usr/lib/python3.11/site-packages cannot be listed: Permission denied"


@pytest.mark.parametrize("need", ["torch", "onnxruntime", "onnxruntime-cuda", "opencv"])
def test_what_is_expected_cannot_be_told(need: str) -> None:
    missing = run._part(need, {"installed": {"packages": {}, "unreadable": ""}})
    unseen = run._part(need, {"installed": {"packages": {}, "unreadable": UNSEEN}})
    assert missing
    assert unseen
    assert missing.cause.endswith("is expected and not installed")
    assert unseen.cause.endswith(f"is installed cannot be told: {UNSEEN}")
    assert "not installed" not in unseen.cause


def test_what_was_found_all_the_same_is_judged() -> None:
    torch = {"version": "2.4.0+cu121", "cuda": "12.1"}
    assert parts.torch({"torch": torch, "unreadable": UNSEEN}, {"cuDriverGetVersion": 12020}) is None


def test_a_note_says_what_was_not_seen() -> None:
    assert run._notes(Answers({}), {"installed": {"packages": {}, "unreadable": ""}}) == ()
    told = {"installed": {"packages": {}, "unreadable": UNSEEN}}
    assert run._notes(Answers({}), told) == (f"not all that is installed could be seen: {UNSEEN}",)


def test_an_image_of_which_not_all_was_seen_is_not_said_to_need_nothing() -> None:
    assert run._works({}, {"installed": {"packages": {}}}) == ("nothing that is installed or stated needs a GPU",)
    assert run._works({}, {"installed": {"unreadable": UNSEEN}}) == ("nothing that could be seen needs a GPU",)
