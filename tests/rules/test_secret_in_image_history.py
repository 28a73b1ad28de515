"""Passwords and tokens in ARG, ENV, --build-arg and addresses."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, known
from envdoctor.findings import Finding, Severity
from envdoctor.judging.secret_names import names_a_secret
from envdoctor.readers.compose import read_compose
from envdoctor.readers.launch_script import read_launch_script
from tests.rules.builds import built
from tests.rules.vocabulary import asked, document, does_not_apply, fires, silent

RULE = "secret-in-image-history"
PLAIN = "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n"


def findings(facts: Facts) -> list[Finding]:
    return list(asked(RULE, facts).findings)


def script(text: str) -> Facts:
    """An image that is built by the script's commands."""
    facts = built(PLAIN)
    builds = read_launch_script(text, "build.sh").builds
    return facts._replace(build=known(facts.build.need()._replace(commands=builds), facts.build.origin))


@pytest.mark.parametrize(
    "line",
    [
        "ENV TOKENIZERS_PARALLELISM=false",
        "ENV MAX_TOKENS=4096 PAD_TOKEN=0",
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "ENV SECRET_NAME=train HF_TOKEN_PATH=/run/secrets/hf",
        "ENV HF_TOKEN=",
        "ENV ALLOW_EMPTY_PASSWORD=yes",
        "ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "ARG PYTHON_VERSION=3.11",
        "ARG SSH_PUBLIC_KEY",
        "ENV PIP_INDEX_URL=https://pypi.example.com/simple",
        "RUN --mount=type=secret,id=pip,target=/etc/pip.conf pip install torch",
        "RUN --mount=type=secret,id=t pip install -i https://me:$(cat /run/secrets/t)@host/simple a",
        "RUN --mount=type=secret,id=t,env=T pip install -i https://me:$T@host/simple a",
        "RUN --mount=type=secret,id=hf_token export HF_TOKEN=$(cat /run/secrets/hf_token) && hf download a/b",
        "RUN git clone https://git@github.com/a/b.git",
    ],
)
def test_no_secret_is_left(line: str) -> None:
    silent(RULE, built(f"{PLAIN}{line}\nRUN true\n"))


@pytest.mark.parametrize(
    "command",
    [
        "docker build -t a .",
        "docker build --secret id=hf_token,env=HF_TOKEN -t a .",
        "docker build --build-arg CUDA=12.4 --build-arg MAX_TOKENS=3 -t a .",
    ],
)
def test_builds_without_a_secret(command: str) -> None:
    assert findings(script(command)) == []


def test_an_argument_of_the_image_that_is_built() -> None:
    finding = fires(RULE, built(f"{PLAIN}ARG PYPI_USER\nARG PYPI_PASSWORD\nRUN pip install x\n"))
    assert finding.severity is Severity.WARNING
    assert finding.at is not None
    assert finding.at.line == 3
    assert "id=pypi_password,env=PYPI_PASSWORD" in finding.remedy[0]


def test_the_remedy_fits_the_use() -> None:
    index = fires(RULE, built(f"{PLAIN}ARG PYPI_TOKEN\nRUN pip install -i https://me:$PYPI_TOKEN@host/simple a\n"))
    assert "target=/etc/pip.conf" in index.remedy[1]
    clone = fires(RULE, built(f"{PLAIN}ARG GH_TOKEN\nRUN git clone https://$GH_TOKEN@github.com/a/b\n"))
    assert "target=/root/.netrc" in clone.remedy[1]
    assert len(fires(RULE, built(f"{PLAIN}ARG HF_TOKEN\nRUN true\n")).remedy) == 1


def test_several_arguments_are_one_finding() -> None:
    finding = fires(RULE, built(f"{PLAIN}ARG HF_TOKEN\nARG WANDB_API_KEY\nRUN true\n"))
    assert "HF_TOKEN and WANDB_API_KEY (line 3) are arguments" in finding.message


def test_an_argument_of_a_stage_that_is_copied_from() -> None:
    text = "FROM python:3.11 AS build\nARG HF_TOKEN\nRUN true\nFROM python:3.11\nCOPY --from=build /a /a\n"
    finding = fires(RULE, built(text))
    assert finding.severity is Severity.NOTE
    assert "build cache" in finding.message


def test_a_variable_of_the_image() -> None:
    finding = fires(RULE, built(f"{PLAIN}ENV HF_TOKEN=hf_hunter2hunter2\n"))
    assert "docker inspect" in finding.message
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize("url", ["https://me:hunter2@host/simple", "https://${WHO}:${WHAT}@host/simple"])
def test_a_variable_that_is_an_address_with_a_password(url: str) -> None:
    finding = fires(RULE, built(f"{PLAIN}ENV PIP_EXTRA_INDEX_URL={url}\n"))
    assert finding.message.startswith("PIP_EXTRA_INDEX_URL is a variable of the image")
    assert "hunter2" not in repr(finding)


def test_a_password_that_is_written_in_a_command() -> None:
    finding = fires(RULE, built(f"{PLAIN}RUN pip install -i https://me:hunter2@pypi.example.com/simple a\n"))
    assert "for pypi.example.com is written in the command" in finding.message
    assert "hunter2" not in repr(finding)


def test_a_password_from_an_argument_whose_name_does_not_tell() -> None:
    finding = fires(RULE, built(f"{PLAIN}ARG PYPI_PW\nRUN pip install -i https://me:${{PYPI_PW}}@host/simple a\n"))
    assert "comes from PYPI_PW, a variable of the build" in finding.message


def test_the_argument_and_its_use_are_told_once() -> None:
    fires(RULE, built(f"{PLAIN}ARG PYPI_TOKEN\nRUN pip install -i https://me:$PYPI_TOKEN@host/simple a\n"))


def test_a_script_that_passes_secrets() -> None:
    text = "docker build \\\n  -f Dockerfile \\\n  --build-arg HF_TOKEN=$HF_TOKEN \\\n  --build-arg API_KEY=hunter2 -t a .\n"
    [finding] = findings(script(text))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("HF_TOKEN and API_KEY are passed to the build")
    assert finding.at is not None
    assert (finding.at.path, finding.at.line) == ("build.sh", 3)
    assert "hunter2" not in repr(finding)


def test_a_name_alone_is_passed_from_the_environment() -> None:
    assert len(findings(script("docker buildx build --build-arg HF_TOKEN -t a ."))) == 1


def test_a_compose_file_that_passes_one() -> None:
    text = "services:\n  app:\n    build:\n      context: .\n      args:\n        HF_TOKEN: ${HF_TOKEN}\n"
    service = read_compose(text, "compose.yaml", read_file={}.get, environment={"HF_TOKEN": "hunter2"}).services[0]
    facts = built(PLAIN)
    assert service.build is not None
    facts = facts._replace(build=known(facts.build.need()._replace(commands=(service.build,)), facts.build.origin))
    [finding] = findings(facts)
    assert "build: secrets: [hf_token]" in finding.remedy[0]
    assert finding.at is not None
    assert finding.at.line == 6
    assert "hunter2" not in repr(finding)


def test_without_a_build_nothing_is_known() -> None:
    does_not_apply(RULE, document(image={"reference": "a"}))
    does_not_apply(RULE, built("FROM python:3.11\n"))


@pytest.mark.parametrize(
    "name",
    "HF_TOKEN PYPI_PASSWORD WANDB_API_KEY AWS_SECRET_ACCESS_KEY GH_PAT hfToken db_passwd SSH_PRIVATE_KEY".split(),
)
def test_names_of_secrets(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    "TOKENIZERS_PARALLELISM MAX_TOKENS MAX_TOKEN SECRET_NAME KEY PATH GPG_KEY SSH_PUBLIC_KEY AWS_ACCESS_KEY_ID PATCH MONKEY NVIDIA_VISIBLE_DEVICES TOKEN_URL API_KEY_HEADER TOKEN_LIFETIME_SECONDS".split(),
)
def test_names_of_others(name: str) -> None:
    assert not names_a_secret(name)
