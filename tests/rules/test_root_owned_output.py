"""Output that belongs to root."""

from __future__ import annotations

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.builds import built, with_entrypoint
from tests.rules.launches import launched
from tests.rules.vocabulary import BASE_12_4, PYTHON, document, does_not_apply, fires, on

RULE = "root-owned-output"
ROOT = built(f"FROM {PYTHON}\n")
CODE = ["${PWD}:/code"]


def test_others_than_root() -> None:
    does_not_apply(RULE, launched(ROOT, user="1000:1000", volumes=CODE))
    caller = unknown("--user is given, but its value '$(id -u):$(id -g)' is known only at run time")
    does_not_apply(RULE, launched(ROOT, user=caller, volumes=CODE))
    does_not_apply(RULE, launched(ROOT, user=unknown("$WHO is known only at run time"), volumes=CODE))
    does_not_apply(RULE, launched(built(f"FROM {PYTHON}\nUSER worker\n"), volumes=CODE))
    does_not_apply(RULE, document(image={"reference": "x/y:1"}, launch={"volumes": ["$(pwd):/workspace"]}))


def test_no_directory_of_the_project_is_written() -> None:
    does_not_apply(RULE, ROOT)
    does_not_apply(RULE, launched(ROOT))
    for volume in (
        "data:/data",
        "/data:/data",
        "./conf:/conf:ro",
        "/tmp/.X11-unix:/tmp/.X11-unix",
        "./app.yaml:/app.yaml",
    ):
        does_not_apply(RULE, launched(ROOT, volumes=[volume]))


def test_the_entrypoint_or_the_command_sees_to_it() -> None:
    does_not_apply(RULE, launched(with_entrypoint(), volumes=CODE))
    does_not_apply(RULE, launched(ROOT, volumes=CODE, passed=frozenset({"USER_ID", "GROUP_ID"})))
    does_not_apply(RULE, launched(ROOT, volumes=CODE, command=("bash", "-c", "python a.py; chown -R 1000 /code")))
    own = built('FROM ubuntu:22.04\nENTRYPOINT ["/opt/entrypoint.sh"]\n')
    does_not_apply(RULE, launched(own, volumes=CODE))  # what it does is not known


def test_engines_that_map_root_to_the_user() -> None:
    does_not_apply(RULE, launched(ROOT, "podman run", volumes=CODE))
    does_not_apply(RULE, launched(ROOT, volumes=CODE)._replace(host=on(engine="docker-desktop")))


def test_the_projects_directory() -> None:
    for volume in ("${PWD}:/code", "$PWD/out:/out", "$(pwd):/w", ".:/w", "./runs:/runs"):
        found = fires(RULE, launched(ROOT, volumes=[volume]))
        assert found.severity is Severity.NOTE
        assert volume in found.message
    fires(RULE, launched(built(f"FROM {BASE_12_4}\nUSER worker\n"), user="root", volumes=CODE))
