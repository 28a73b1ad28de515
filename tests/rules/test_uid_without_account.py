"""A uid that the image has no account for: caches without a home, TorchInductor without a name."""

from __future__ import annotations

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.builds import built, with_entrypoint
from tests.rules.launches import launched
from tests.rules.vocabulary import (
    PYTHON,
    asked,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    silent,
    workload,
)

RULE = "uid-without-account"
NUMBA = workload(PYTHON, pip=["librosa==0.10.2", "numba==0.60.0"])
OLD_TORCH = workload(PYTHON, pip=["torch==2.6.0"])


def test_root_names_and_what_is_not_stated() -> None:
    does_not_apply(RULE, NUMBA)
    does_not_apply(RULE, launched(NUMBA))
    does_not_apply(RULE, launched(NUMBA, user="0:0"))
    does_not_apply(RULE, launched(NUMBA, user="worker"))
    does_not_apply(
        RULE, launched(NUMBA, user=unknown("--user is given, but its value '$WHO' is known only at run time"))
    )
    does_not_apply(RULE, document(launch={"user": "1000"}, image={"reference": "ghcr.io/x/y:1"}))


def test_the_caches_have_a_place() -> None:
    silent(RULE, launched(NUMBA, user="1234", env={"NUMBA_CACHE_DIR": "/tmp/numba"}))
    silent(RULE, launched(NUMBA, user="1234", env={"HOME": "/tmp"}))
    silent(RULE, launched(NUMBA, user="1234", env={"XDG_CACHE_HOME": "/cache"}))
    silent(RULE, launched(NUMBA, user="1234", env={}, passed=frozenset({"HOME"})))
    silent(RULE, launched(NUMBA, user="1234", volumes=["$PWD/cache:/.cache"]))
    silent(RULE, launched(workload(PYTHON, pip=["numba"], env={"HOME": "/work"}), user="1234"))
    silent(RULE, launched(workload(PYTHON, pip=["ultralytics==8.3.0", "matplotlib"]), user="1234"))  # take /tmp


def test_the_uid_has_an_account() -> None:
    does_not_apply(RULE, launched(NUMBA, user="1234", volumes=["/etc/passwd:/etc/passwd:ro"]))
    account = built(f"FROM {PYTHON}\nRUN useradd -m -u 1234 worker && pip install numba\n")
    does_not_apply(RULE, launched(account, user="1234"))
    does_not_apply(RULE, launched(account, user="1000"))
    ubuntu = workload("nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04", pip=["numba"])
    does_not_apply(RULE, launched(ubuntu, user="1000:1000"))  # the account "ubuntu"
    home = with_entrypoint('#!/bin/sh\nexport HOME=/tmp\nexec "$@"\n', PYTHON, "RUN pip install numba\n")
    does_not_apply(RULE, launched(home, user="1234"))


def test_podman_writes_an_entry() -> None:
    does_not_apply(RULE, launched(NUMBA, "podman run", user="1234"))
    does_not_apply(RULE, launched(NUMBA, user="1234")._replace(host=on(engine="podman")))


def test_numba_has_no_place_for_its_cache() -> None:
    for user in ("1234", "1000:1000"):
        found = fires(RULE, launched(NUMBA, user=user))
        assert found.severity is Severity.NOTE
        assert "librosa keeps" in found.message
        assert "-e NUMBA_CACHE_DIR=" in found.remedy[0]
    caller = unknown("--user is given, but its value '$(id -u):$(id -g)' is known only at run time")
    assert "whoever starts it" in fires(RULE, launched(NUMBA, user=caller)).message


def test_a_user_of_the_dockerfile_without_account() -> None:
    found = fires(RULE, built(f"FROM {PYTHON}\nRUN pip install easyocr\nUSER 1001\n"))
    assert "EASYOCR_MODULE_PATH" in found.remedy[0]
    assert str(found.at) == "Dockerfile:3"


def test_a_document() -> None:
    found = fires(RULE, document(packages=[installed("numba")], launch={"user": "$(id -u):$(id -g)"}))
    assert "numba" in found.message


def test_torchinductor_asks_for_a_name() -> None:
    found = fires(RULE, launched(OLD_TORCH, user="955"))
    assert "uid not found" in found.message
    assert found.remedy[0].startswith("add -e USER=")
    assert fires(RULE, document(packages=[installed("torch")], launch={"user": "955"})).severity is Severity.NOTE


def test_torchinductor_has_a_name_or_needs_none() -> None:
    silent(RULE, launched(OLD_TORCH, user="955", env={"USER": "worker"}))
    silent(RULE, launched(OLD_TORCH, user="955", env={"TORCHINDUCTOR_CACHE_DIR": "/tmp/i"}))
    silent(RULE, launched(workload(PYTHON, pip=["torch==2.13.0"]), user="955"))  # falls back to the uid
    silent(RULE, launched(workload(PYTHON, pip=["torch==1.13.1"]), user="955"))  # has no Inductor
    silent(RULE, launched(workload(PYTHON, pip=["torch"]), user="955"))  # the newest


def test_nothing_is_ever_open() -> None:
    facts = launched(NUMBA, user="1234")
    assert asked(RULE, facts._replace(packages=unknown("not read"))).outcome.value == "notApplicable"
