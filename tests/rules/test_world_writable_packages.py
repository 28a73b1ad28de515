"""chmod -R 777 on packages and caches."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built, with_entrypoint
from tests.rules.vocabulary import PYTHON, does_not_apply, fires, silent, workload

RULE = "world-writable-packages"
PACKAGES = "/usr/local/lib/python3.10/dist-packages"


def test_without_a_dockerfile() -> None:
    does_not_apply(RULE, workload(PYTHON)._replace(build=workload().build))


@pytest.mark.parametrize(
    "command",
    [
        f"chmod -R g+rwX {PACKAGES}",
        f"chmod -R 775 {PACKAGES}",
        f"chmod -R a+rX {PACKAGES}",
        f"chmod -R u+w {PACKAGES}",
        f"chmod 777 {PACKAGES}",
        "chmod -R 777 /app/outputs",
        "chmod -R 777 /workspace /data",
        "chmod -R 755 /opt/conda",
        f"chmod -R o-w {PACKAGES}",
        f"echo chmod -R 777 {PACKAGES}",
    ],
)
def test_other_modes_and_places(command: str) -> None:
    silent(RULE, built(f"FROM {PYTHON}\nRUN {command}\n"))


def test_a_comment_of_the_entrypoint() -> None:
    silent(RULE, with_entrypoint(f'#!/bin/sh\n# chmod -R 777 {PACKAGES}\nexec "$@"\n'))


@pytest.mark.parametrize(
    "command",
    [
        f"chmod -R 777 {PACKAGES}",
        f"chmod 0777 -R {PACKAGES}/",
        f"chmod --recursive a+rwx {PACKAGES}",
        "chmod -R o+w /opt/conda",
        "chmod -R 666 /root/.cache/huggingface",
        "sudo chmod -Rf ugo+rwX /root/.cache",
        "chmod -R u+rwx,a+w /opt/venv",
    ],
)
def test_opened_during_the_build(command: str) -> None:
    found = fires(RULE, built(f"FROM {PYTHON}\nRUN true\nRUN {command}\n"))
    assert found.severity is Severity.WARNING
    assert str(found.at) == "Dockerfile:3"
    assert "at each start" not in found.message


def test_opened_at_each_start() -> None:
    text = (
        f'FROM {PYTHON}\nRUN pip install transformers\nRUN printf \'#!/bin/bash\\n\\\n    if [ -n "$USER_ID" ]; then\\n\\\n'
        f'    chmod -R 777 {PACKAGES}\\n\\\n    fi\\n\\\n    exec "$@"\' > /e.sh\nENTRYPOINT ["/bin/bash", "/e.sh"]\n'
    )
    found = fires(RULE, built(text))
    assert str(found.at) == "Dockerfile:5"
    assert "at each start" in found.message
    assert "HF_HOME" in found.remedy[0]
    assert "g+rwX" in found.remedy[1]
    found = fires(RULE, with_entrypoint(f'#!/bin/sh\nset -e && chmod -R 777 "{PACKAGES}"; exec "$@"\n'))
    assert str(found.at) == "entrypoint.sh:2"
