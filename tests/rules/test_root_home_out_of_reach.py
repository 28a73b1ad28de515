"""Caches, environments and volumes in root's home."""

from __future__ import annotations

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.launches import launched
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires

RULE = "root-home-out-of-reach"
PLAIN = built(f"FROM {PYTHON}\n")
CACHE = ["$HOME/.cache/huggingface:/root/.cache/huggingface"]


def test_root_itself_and_what_is_not_stated() -> None:
    does_not_apply(RULE, built(f"FROM {PYTHON}\nENV HF_HOME=/root/.cache\n"))
    does_not_apply(RULE, launched(PLAIN, volumes=CACHE))
    does_not_apply(RULE, launched(PLAIN, user="0:0", volumes=CACHE))
    does_not_apply(RULE, launched(PLAIN, user=unknown("$WHO is known only at run time"), volumes=CACHE))
    does_not_apply(RULE, document(image={"reference": "x/y:1"}, launch={"volumes": CACHE}))


def test_nothing_lies_there() -> None:
    does_not_apply(
        RULE, launched(PLAIN, user="1000", volumes=["./a:/a", "cache:/home/x/.cache", "/root/models:/models"])
    )
    does_not_apply(RULE, built(f"FROM {PYTHON}\nENV HF_HOME=/opt/cache PATH=/root/.local/bin:$PATH\nUSER worker\n"))
    moved = built(f"FROM {PYTHON}\nENV HF_HOME=/root/.cache\n")
    does_not_apply(RULE, launched(moved, user="1000", env={"HF_HOME": "/cache"}))
    does_not_apply(RULE, launched(moved, user="1000", env={}, passed=frozenset({"HF_HOME"})))


def test_root_is_opened() -> None:
    opened = built(f"FROM {PYTHON}\nENV HF_HOME=/root/.cache\nRUN chmod 755 /root\nUSER worker\n")
    does_not_apply(RULE, opened)


def test_a_cache_in_root() -> None:
    found = fires(RULE, built(f"FROM {PYTHON}\nENV A=1\nENV HF_HOME=/root/.cache/huggingface\nUSER worker\n"))
    assert found.severity is Severity.WARNING
    assert str(found.at) == "Dockerfile:3"
    assert "HF_HOME=/root/.cache/huggingface" in found.message
    fires(RULE, built(f"FROM {PYTHON}\nENV UV_PYTHON_INSTALL_DIR=/root/python\nUSER 1001\n"))


def test_a_volume_in_root() -> None:
    caller = unknown("--user is given, but its value '$(id -u):$(id -g)' is known only at run time")
    for user in ("1000:1000", caller):
        found = fires(RULE, launched(PLAIN, user=user, volumes=CACHE))
        assert CACHE[0] in found.message
        assert str(found.at) == "run.sh:4"
    fires(RULE, launched(PLAIN, user="1000", volumes=["models:/root/models:ro"]))
