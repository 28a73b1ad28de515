"""Addresses in commands: what is told of a password, and that nothing of it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Address
from envdoctor.readers.addresses import addresses
from envdoctor.readers.launch_script import read_launch_script
from tests.rules.builds import built


def _of(*texts: str) -> tuple[Address, ...]:
    return addresses(texts, texts)


@pytest.mark.parametrize(
    ("text", "scheme", "host", "password"),
    [
        ("https://pypi.org/simple", "https", "pypi.org", ""),
        ("http://10.0.0.1:8080/simple", "http", "10.0.0.1:8080", ""),
        ("https://me:hunter2@pypi.example.com/simple", "https", "pypi.example.com", "***"),
        ("https://${USER}:${PYPI_TOKEN}@host/simple", "https", "host", "PYPI_TOKEN"),
        ("https://__token__:$TOKEN@host/simple", "https", "host", "TOKEN"),
        ('"https://${A:-x}:${B:-y}@host"', "https", "host", "B"),
        ("https://user:$(cat /run/secrets/token)@host/simple", "https", "host", ""),
        ("git+https://git@github.com/a/b.git", "https", "github.com", ""),
        ("git+https://ghp_0123456789abcdefghij@github.com/a/b.git", "https", "github.com", "***"),
        ("git+https://${GITHUB_TOKEN}@github.com/a/b.git", "https", "github.com", "GITHUB_TOKEN"),
        ("https://a:prefix$B@host/", "https", "host", "***"),
        ("http://$HOST/simple", "http", "", ""),
        ("http://[::1]:8080/simple", "http", "[::1]:8080", ""),
    ],
)
def test_what_an_address_tells(text: str, scheme: str, host: str, password: str) -> None:
    assert _of(text) == (Address("", scheme, host, password),)


def test_the_option_in_front_of_it() -> None:
    assert _of("pip", "--index-url", "http://h/s")[0].option == "--index-url"
    assert _of("pip", "--index-url=http://h/s")[0].option == "--index-url"
    assert _of("pip", "-i", "http://h/s")[0].option == "-i"
    assert _of("pip", "--timeout=3", "http://h/s")[0].option == ""


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert _of("pip", "install", "torch==2.4.0") == ()
    assert _of() == ()


def test_an_address_in_a_variable_is_seen_expanded() -> None:
    assert addresses(["$URL"], ["http://10.0.0.1/simple"])[0].host == "10.0.0.1"
    assert addresses(["$URL"], [None]) == ()


def test_of_a_dockerfile() -> None:
    facts = built("FROM python:3.11\nARG PW\nRUN pip install -i http://me:${PW}@10.0.0.1/simple a\n")
    assert facts.build.need().statements[0].addresses == (Address("-i", "http", "10.0.0.1", "PW"),)


def test_no_password_is_kept_anywhere() -> None:
    facts = built(
        "FROM python:3.11\n"
        "ENV PIP_INDEX_URL=https://${WHO}:hunter2@host/simple\n"
        "RUN pip install -i https://me:hunter2@host/simple a && curl https://hunter2hunter2hunter2@host/x\n"
    )
    build = facts.build.need()
    assert "hunter2" not in repr(build.statements)
    assert "hunter2" not in repr(build.variables)


@given(st.lists(st.text(alphabet="htps:/@$(){}`'\"ab.0123-= ", max_size=60), max_size=6))
def test_any_words(words: list[str]) -> None:
    for found in addresses(words, list(words)):
        assert found.scheme in ("http", "https")


@pytest.mark.parametrize("piece", ["http://", "http://a:", "https://${a}:", "$(", "`", "https://a@"])
def test_long_words_take_no_time(piece: str) -> None:
    assert len(addresses([piece * 20_000], [None])) <= 20


def test_where_the_arguments_of_a_build_stand() -> None:
    script = "docker build \\\n  --build-arg A=1 \\\n  --build-arg TOKEN=hunter2 .\n"
    [command] = read_launch_script(script, "build.sh").builds
    assert {name: origin.line for name, origin in command.places.items()} == {"A": 2, "TOKEN": 3}
    assert str(command.places["TOKEN"]) == "build.sh:3"
    assert "hunter2" not in repr(command)
