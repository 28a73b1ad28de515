"""The image's non-root user and directories of the host."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.builds import built, with_entrypoint
from tests.rules.launches import launched
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires, on

RULE = "bind-mount-not-writable"
WORKER = built(f"FROM {PYTHON}\nRUN useradd -m worker\nUSER worker\n")
CACHE = ["$HOME/.cache:/home/worker/.cache"]


def test_others_than_the_images_user() -> None:
    does_not_apply(RULE, WORKER)
    does_not_apply(RULE, launched(WORKER))
    does_not_apply(RULE, launched(WORKER, user="0", volumes=CACHE))
    does_not_apply(RULE, launched(WORKER, user="1000:1000", volumes=CACHE))
    does_not_apply(RULE, launched(built(f"FROM {PYTHON}\n"), volumes=CACHE))
    does_not_apply(RULE, document(image={"reference": "x/y:1"}, launch={"volumes": ["$(pwd):/workspace"]}))


def test_volumes_that_belong_to_the_image_or_are_only_read() -> None:
    does_not_apply(RULE, launched(WORKER, volumes=["cache:/home/worker/.cache"]))
    does_not_apply(RULE, launched(WORKER, volumes=["./models:/home/worker/models:ro"]))
    does_not_apply(RULE, launched(WORKER, volumes=["/data/set:/data"]))
    does_not_apply(RULE, launched(WORKER, volumes=["/home/worker/anonymous"]))


def test_the_uid_follows_the_caller() -> None:
    built_for = built(f"FROM {PYTHON}\nARG UID=1000\nRUN useradd -u $UID worker\nUSER worker\n")
    does_not_apply(RULE, launched(built_for, volumes=CACHE))
    does_not_apply(RULE, launched(with_entrypoint(more="USER worker\n"), volumes=CACHE))


def test_engines_that_map_users() -> None:
    does_not_apply(RULE, launched(WORKER, "podman run", volumes=CACHE))
    does_not_apply(RULE, launched(WORKER, volumes=CACHE)._replace(host=on(engine="docker-desktop")))


def test_a_cache_of_the_host_under_the_users_home() -> None:
    found = fires(RULE, launched(WORKER, volumes=CACHE))
    assert found.severity is Severity.NOTE
    assert "user worker" in found.message
    assert str(found.at) == "run.sh:4"
    fires(RULE, launched(WORKER, volumes=["./outputs:/outputs"]))
    fires(RULE, launched(built(f"FROM {PYTHON}\nUSER 1001\n"), volumes=["${PWD}:/code"]))
    found = fires(
        RULE,
        document(image={"user": "appuser"}, launch={"user": "appuser", "volumes": [".cache:/home/appuser/.cache"]}),
    )
    assert "bind mount" in found.message
