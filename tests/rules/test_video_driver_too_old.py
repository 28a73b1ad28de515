"""nv-codec-headers that are newer than the driver's NVENC."""

from __future__ import annotations

import pytest

from envdoctor.facts import Build, Facts, Origin, Statement, known
from envdoctor.findings import Severity
from tests.rules.vocabulary import BASE_12_4, document, does_not_apply, fires, installed, on, silent, workload

RULE = "video-driver-too-old"
HERE = Origin("Dockerfile:5", "Dockerfile", 5)


def with_headers(version: str | None, driver: str, **host: object) -> Facts:
    packages = [installed("ffmpeg"), installed("nv-codec-headers", version)]
    return document(host={"driver": {"version": driver}, **host}, packages=packages, uses=["nvenc"])


def cloned(*words: str, driver: str = "550.54.14") -> Facts:
    facts = workload(BASE_12_4, uses=["nvenc"], host=on(driver, ["L4"]))
    return facts._replace(build=known(Build(statements=(Statement(words, HERE),)), HERE))


@pytest.mark.parametrize(
    ("headers", "driver"),
    [
        ("12.2.72.0", "550.54.14"),
        ("12.1.14.0", "535.104.05"),
        ("13", "570.86.15"),
        ("13.0.19.0", "570"),
        ("11.1.5.2", "470.57.02"),
        ("8.2.15.0", "396.24"),
    ],
)
def test_a_driver_that_is_new_enough(headers: str, driver: str) -> None:
    silent(RULE, with_headers(headers, driver))


@pytest.mark.parametrize(
    ("headers", "driver", "floor"),
    [
        ("13", "550.163.01", "570.0"),
        ("12.2.72.0", "550.54.13", "550.54.14"),
        ("12.2.72.0", "535.104.05", "550.54.14"),
        ("12.1.14.0", "525.60.13", "530.41.03"),
        ("12.0.16.0", "515.105.01", "520.56.06"),
        ("9.0.18.0", "410.78", "418.30"),
    ],
)
def test_one_that_is_not(headers: str, driver: str, floor: str) -> None:
    finding = fires(RULE, with_headers(headers, driver))
    assert finding.severity is Severity.ERROR
    assert f"needs driver {floor} or newer" in finding.message


def test_the_first_remedy_is_the_headers_that_the_driver_knows() -> None:
    finding = fires(RULE, with_headers("13.0.19.0", "550.163.01"))
    assert "whose NVENC API is 12.2" in finding.message
    assert "--branch sdk/12.2" in finding.remedy[0]


def test_windows_has_numbers_of_its_own() -> None:
    silent(RULE, with_headers("12.2.72.0", "551.76", os={"id": "windows"}))
    fires(RULE, with_headers("12.2.72.0", "551.61", os={"id": "windows"}))


@pytest.mark.parametrize("tag", ["n12.2.72.0", "sdk/12.2", "n12.1.14.0"])
def test_a_clone_of_a_tag(tag: str) -> None:
    url = "https://github.com/FFmpeg/nv-codec-headers.git"
    silent(RULE, cloned("git", "clone", "--branch", tag, url))
    finding = fires(RULE, cloned("git", "clone", "-b", tag, url, driver="525.60.13"))
    assert finding.at == HERE


def test_nothing_is_said_of_what_is_not_stated() -> None:
    does_not_apply(RULE, with_headers(None, "410.78"))
    does_not_apply(RULE, with_headers("99.1", "410.78"))
    does_not_apply(RULE, document(packages=[installed("nv-codec-headers", "13.0")], uses=["nvenc"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["torch"], host=on("470.57.02", ["T4"])))


def test_a_decoder_alone_does_not_ask_for_a_version() -> None:
    packages = [installed("nv-codec-headers", "13.0")]
    does_not_apply(RULE, document(host={"driver": {"version": "470.57.02"}}, packages=packages, uses=["nvdec"]))


def test_a_branch_alone_that_may_reach_it() -> None:
    silent(RULE, with_headers("12.2.72.0", "550"))


def test_a_tarball_of_a_tag() -> None:
    url = "https://github.com/FFmpeg/nv-codec-headers/archive/n12.1.14.0.tar.gz"
    assert "530.41.03" in fires(RULE, cloned("wget", url, driver="525.60.13")).message
    other = "https://github.com/FFmpeg/nv-codec-headers/archive/refs/heads/master.tar.gz"
    does_not_apply(RULE, cloned("wget", "-O", "main12.1.tar.gz", other, driver="525.60.13"))


def test_a_clone_without_a_tag_takes_the_newest() -> None:
    words = ("git", "clone", "--depth", "1", "https://git.videolan.org/git/ffmpeg/nv-codec-headers.git")
    finding = fires(RULE, cloned(*words, driver="535.104.05"))
    assert finding.severity is Severity.ERROR
    assert "without a tag" in finding.message
    assert "570.0 or newer" in finding.message
    assert "--branch sdk/12.1" in finding.remedy[0]
    assert fires(RULE, cloned(*words, driver="580.95.05")).severity is Severity.WARNING
    silent(RULE, cloned(*words, driver="615.10"))


def test_a_checkout_afterwards_may_be_of_any_version() -> None:
    url = "https://github.com/FFmpeg/nv-codec-headers.git"
    facts = cloned("git", "clone", url, driver="470.57.02")
    clone = facts.build.need().statements[0]
    checkout = Statement(("git", "checkout", "n11.1.5.2"), HERE)
    does_not_apply(RULE, facts._replace(build=known(Build(statements=(clone, checkout)), HERE)))
    does_not_apply(
        RULE, facts._replace(build=known(Build(statements=(clone._replace(words=(*clone.words, None)),)), HERE))
    )
