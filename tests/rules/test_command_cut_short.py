"""Continuation lines that continue nothing."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, known
from envdoctor.findings import Severity
from envdoctor.readers.launch_script import read_launch_script
from tests.rules.builds import built
from tests.rules.launches import launched
from tests.rules.vocabulary import document, does_not_apply, fires, silent, workload

RULE = "command-cut-short"
IMAGE = "nvidia/cuda:12.4.1-runtime-ubuntu22.04"


def started(script: str) -> Facts:
    """What the first docker run of a script starts."""
    found = read_launch_script(script, "run.sh").launches[0]
    return workload(IMAGE)._replace(launch=found.launch, slips=found.slips)


def made(script: str) -> Facts:
    facts = built(f"FROM {IMAGE}\n")
    builds = read_launch_script(script, "build.sh").builds
    return facts._replace(build=known(facts.build.need()._replace(commands=builds), facts.build.origin))


@pytest.mark.parametrize(
    "script",
    [
        f"docker run --rm \\\n  --gpus all \\\n  {IMAGE} nvidia-smi\n",
        f"docker run --rm --gpus all {IMAGE}\necho done\n",
        f"docker run --rm --gpus all {IMAGE} \\\n  bash -c 'echo a \\ # no comment'\n",
        f'ARGS=(\n  --gpus all  # all of them\n  --rm\n)\ndocker run "${{ARGS[@]}}" {IMAGE}\n',
        f"docker run --rm --gpus all {IMAGE} \\\n\necho done\n",
    ],
)
def test_commands_that_are_whole(script: str) -> None:
    silent(RULE, started(script))


def test_a_backslash_is_missing() -> None:
    finding = fires(RULE, started(f"docker run --gpus all \\\n  -v $PWD:/code\n  -it --rm {IMAGE} train.py\n"))
    assert finding.severity is Severity.ERROR
    assert finding.at is not None
    assert (finding.at.path, finding.at.line) == ("run.sh", 2)
    assert f"-it --rm {IMAGE} train.py" in finding.message


@pytest.mark.parametrize("behind", [" ", " # the data set", "\t"])
def test_something_is_behind_the_backslash(behind: str) -> None:
    finding = fires(RULE, started(f"docker run --gpus all \\\n  -v /data:/data \\{behind}\n  --rm {IMAGE} train.py\n"))
    assert finding.severity is Severity.ERROR
    assert finding.at is not None
    assert finding.at.line == 2
    assert "last character" in finding.remedy[0]


def test_a_build_that_is_cut_short() -> None:
    finding = fires(RULE, made("docker build -f Dockerfile \\\n  --build-arg A=1\n  -t app .\n"))
    assert finding.message.startswith("The line ends without a backslash, so docker build ends there")
    silent(RULE, made("docker build -f Dockerfile \\\n  -t app .\n"))


def test_no_script_is_known() -> None:
    does_not_apply(RULE, workload(IMAGE))
    does_not_apply(RULE, document(image={"reference": IMAGE}))
    silent(RULE, launched(workload(IMAGE), gpus="all"))
