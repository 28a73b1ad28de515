"""Indexes over plain http, and hosts whose certificates are not checked."""

from __future__ import annotations

import pytest

from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.vocabulary import PYTORCH, asked, document, does_not_apply, fires, package, silent, workload

RULE = "package-index-unprotected"
BASE = "FROM python:3.11\n"


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install torch --index-url https://download.pytorch.org/whl/cu124",
        "RUN pip install -i http://localhost:3141/simple a",
        "RUN pip install -i http://127.0.0.1:3141/simple --trusted-host 127.0.0.1 a",
        "RUN pip install -i http://devpi:3141/root/pypi --trusted-host devpi a",
        "RUN pip install -i http://host.docker.internal:3141/simple a",
        "ENV PIP_INDEX_URL=https://pypi.tuna.tsinghua.edu.cn/simple",
        "RUN pip install -i https://mirrors.example.com/simple --trusted-host other.example.com a",
        "RUN apt-get install -y curl && curl -O http://example.com/model.onnx",
        "RUN wget http://example.com/a.whl",
        "ENV HTTP_PROXY=http://proxy.example.com:3128",
        "RUN pip install --proxy http://proxy.example.com:3128 a",
        "RUN uv pip install --index https://pypi.example.com/simple a",
    ],
)
def test_what_is_protected_or_near(line: str) -> None:
    silent(RULE, built(f"{BASE}{line}\nRUN true\n"))


def test_a_wheel_index_of_pytorch() -> None:
    silent(RULE, workload("python:3.11", pip=[package("torch", index=f"{PYTORCH}cu124")]))


def test_plain_http_with_a_password() -> None:
    text = "ARG WHO\nARG PW\nRUN python -m pip install --trusted-host 10.1.2.3 \\\n  --index-url http://${WHO}:${PW}@10.1.2.3:8080/simple a\n"
    finding = fires(RULE, built(BASE + text))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("Packages come from 10.1.2.3:8080 over plain http")
    assert "read the password" in finding.message
    assert any("--mount=type=secret" in remedy for remedy in finding.remedy)
    assert finding.at is not None
    assert finding.at.line == 4


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install --extra-index-url http://pypi.example.com/simple a",
        "RUN uv pip install --default-index http://pypi.example.com/simple a",
        "RUN pip config set global.index-url http://pypi.example.com/simple",
        "ENV PIP_INDEX_URL=http://pypi.example.com/simple",
        "ENV UV_INDEX_URL=http://me@pypi.example.com/simple",
        "ENV INDEX=http://pypi.example.com/simple\nRUN pip install -i $INDEX a",
    ],
)
def test_plain_http(line: str) -> None:
    assert "pypi.example.com over plain http" in fires(RULE, built(f"{BASE}{line}\nRUN true\n")).message


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install --trusted-host pypi.org --trusted-host files.pythonhosted.org torch",
        "RUN pip install --trusted-host=pypi.org torch",
        "RUN pip config set global.trusted-host pypi.org",
        "ENV PIP_TRUSTED_HOST=pypi.org",
    ],
)
def test_a_certificate_of_pypi_that_is_not_checked(line: str) -> None:
    finding = fires(RULE, built(f"{BASE}{line}\nRUN true\n"))
    assert finding.message.startswith("The certificate of pypi.org")
    assert "leave --trusted-host out: PyPI" in finding.remedy[0]


def test_a_certificate_of_a_mirror_that_is_not_checked() -> None:
    line = "RUN pip install -i https://mirrors.example.com/simple --trusted-host mirrors.example.com a\n"
    assert "certificate of mirrors.example.com" in fires(RULE, built(BASE + line)).message
    line = "RUN uv pip install --allow-insecure-host gpu.example.com --index https://gpu.example.com/s a\n"
    assert "certificate of gpu.example.com" in fires(RULE, built(BASE + line)).message


def test_one_host_is_told_once_and_two_are_two() -> None:
    line = "RUN pip install --trusted-host p.example.com -i http://p.example.com/s {}\n"
    fires(RULE, built(BASE + line.format("a") + line.format("b")))
    other = line.replace("p.example.com", "q.example.com").format("c")
    assert len(asked(RULE, built(BASE + line.format("a") + other)).findings) == 2


def test_a_requirements_file() -> None:
    finding = fires(RULE, workload(None, pip=[package("a", index="http://pypi.example.com/simple")]))
    assert "pypi.example.com" in finding.message


def test_nothing_is_installed() -> None:
    does_not_apply(RULE, document(image={"reference": "python:3.11"}))
    does_not_apply(RULE, workload("python:3.11"))
