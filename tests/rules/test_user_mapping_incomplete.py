"""Launches and entrypoints that disagree about the user."""

from __future__ import annotations

import pytest

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.builds import MAPPING, built, with_entrypoint
from tests.rules.launches import launched
from tests.rules.vocabulary import PYTHON, does_not_apply, fires, silent

RULE = "user-mapping-incomplete"
BOTH = frozenset({"USER_ID", "GROUP_ID"})
CODE = ["${PWD}:/code"]
PLAIN_SCRIPT = '#!/bin/sh\nset -e\nexec python "$@"\n'


def test_what_is_not_stated_or_known_only_at_run_time() -> None:
    does_not_apply(RULE, with_entrypoint())
    does_not_apply(RULE, launched(with_entrypoint(), user="1000:1000"))
    does_not_apply(RULE, launched(with_entrypoint(), env=unknown("from a file"), passed=frozenset({"*"})))
    does_not_apply(RULE, launched(with_entrypoint(), entrypoint=unknown("$E is known only at run time")))


def test_both_sides_agree() -> None:
    silent(RULE, launched(with_entrypoint(), passed=BOTH, volumes=CODE))
    silent(RULE, launched(with_entrypoint(), env={"USER_ID": "1000", "GROUP_ID": "1000"}, volumes=CODE))
    silent(RULE, launched(with_entrypoint(more="ENV USER_ID=1000 GROUP_ID=1000\n"), volumes=CODE))
    silent(RULE, launched(with_entrypoint(PLAIN_SCRIPT), volumes=CODE))
    silent(RULE, launched(built(f"FROM {PYTHON}\n"), volumes=CODE))
    silent(RULE, launched(with_entrypoint(), passed=BOTH, entrypoint=("/bin/bash", "/entrypoint.sh")))


def test_the_script_finds_the_uid_itself() -> None:
    script = '#!/bin/bash\nUSER_ID=$(stat -c %u /code)\nuseradd -o -u "$USER_ID" worker\nexec gosu worker "$@"\n'
    silent(RULE, launched(with_entrypoint(script), volumes=CODE))
    silent(RULE, launched(with_entrypoint('#!/bin/bash\nchown -R "$UID" /x\nexec "$@"\n'), volumes=CODE))


def test_without_a_mount_a_guarded_script_may_run_as_root() -> None:
    silent(RULE, launched(with_entrypoint()))
    silent(RULE, launched(with_entrypoint(), volumes=["data:/data", "./x:/x:ro"]))


def test_a_guarded_script_gets_nothing() -> None:
    found = fires(RULE, launched(with_entrypoint(), volumes=CODE))
    assert found.severity is Severity.NOTE
    assert "entrypoint.sh:3" in found.message
    assert "-e GROUP_ID=$(id -g)" in found.remedy[0]
    assert "-e USER_ID=$(id -u)" in found.remedy[0]
    defaults = MAPPING.replace('"$USER_ID"', '"${USER_ID:-9001}"')
    found = fires(RULE, launched(with_entrypoint(defaults), volumes=CODE))
    assert found.severity is Severity.NOTE
    assert "goes on with its default (USER_ID=9001)" in found.message
    assert "root" not in found.message


def test_one_of_two_is_passed() -> None:
    defaults = MAPPING.replace('"$GROUP_ID"', '"${GROUP_ID:-9001}"')
    found = fires(RULE, launched(with_entrypoint(defaults), passed=frozenset({"USER_ID"}), volumes=CODE))
    assert (found.severity, "GROUP_ID=9001" in found.message) == (Severity.NOTE, True)
    found = fires(RULE, launched(with_entrypoint(), passed=frozenset({"USER_ID"}), volumes=CODE))
    assert "GROUP_ID" in found.message
    assert "root or to somebody else" in found.message


@pytest.mark.parametrize(
    ("script", "effect"),
    [
        ('#!/bin/sh\nusermod -o -u "$PUID" worker\nexec su-exec worker "$@"\n', "empty uid"),
        ('#!/bin/sh\nuseradd -u "${HOST_UID:?pass it}" worker\n', "ends with an error"),
        ('#!/bin/sh\nLOCAL=1\nsetpriv --reuid "$LOCAL_UID" "$@"\n', "empty uid"),
    ],
)
def test_an_unguarded_script_gets_nothing(script: str, effect: str) -> None:
    found = fires(RULE, launched(with_entrypoint(script)))
    assert found.severity is Severity.WARNING
    assert effect in found.message


def test_the_entrypoint_ignores_what_is_passed() -> None:
    found = fires(RULE, launched(with_entrypoint(PLAIN_SCRIPT), passed=BOTH))
    assert found.severity is Severity.WARNING
    assert "reads neither" in found.message
    python = built(f'FROM {PYTHON}\nENTRYPOINT ["python"]\n')
    assert fires(RULE, launched(python, passed=BOTH, command=("a.py",))).severity is Severity.NOTE
    none = built(f"FROM {PYTHON}\n")
    assert fires(RULE, launched(none, passed=frozenset({"PUID", "PGID"}))).severity is Severity.NOTE


def test_somebody_else_may_read_them() -> None:
    silent(RULE, launched(built(f'FROM {PYTHON}\nCMD ["/start.sh"]\n'), passed=BOTH))
    silent(RULE, launched(built(f"FROM {PYTHON}\n"), passed=BOTH, command=("bash", "-c", "useradd -u $USER_ID x")))
    silent(RULE, launched(built(f"FROM {PYTHON}\n"), passed=BOTH, command=(None,)))
    silent(RULE, launched(with_entrypoint('#!/bin/sh\n. /opt/users.sh\nexec "$@"\n'), passed=BOTH))
    silent(RULE, launched(built('FROM ubuntu:22.04\nENTRYPOINT ["/opt/entrypoint.sh"]\n'), passed=BOTH))
    silent(RULE, launched(built("FROM somebody/image:1\n"), passed=BOTH))
    silent(RULE, launched(built(f"FROM {PYTHON}\n"), env={"USER_ID": "42"}))  # of a program, without a group


def test_the_entrypoint_is_replaced() -> None:
    found = fires(RULE, launched(with_entrypoint(), passed=BOTH, entrypoint=("/bin/bash",)))
    assert found.severity is Severity.WARNING
    assert "replaces that entrypoint" in found.message
    silent(RULE, launched(with_entrypoint(), entrypoint=("/bin/bash",)))


@pytest.mark.parametrize(
    "line",
    ["[" + " " * 100_000, "[[\n" * 20_000, "$" * 100_000, "useradd -u $A_ID " * 5_000, "a" * 200_000, "su " * 40_000],
)
def test_long_scripts_are_judged_at_once(line: str) -> None:
    facts = launched(with_entrypoint(f"#!/bin/sh\nuseradd -u $PUID x\n{line}\n"), env={"PUID": "1"})
    silent(RULE, facts)
