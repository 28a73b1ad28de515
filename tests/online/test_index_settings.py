"""Which package indexes are configured, by pip's files and variables and uv's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envdoctor.online.index_settings import PYPI, index_settings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="not on this system: the paths are those of Linux and macOS")


def settings(tmp_path: Path, content: str | None = None, **variables: str) -> tuple[str, ...]:
    return index_settings((), environment(tmp_path, content, **variables)).indexes


def environment(tmp_path: Path, content: str | None = None, **variables: str) -> dict[str, str]:
    """Nothing of the machine's own: a home without files, and the one file that is stated."""
    file = tmp_path / "stated.conf"
    file.write_text(content or "")
    return {
        "HOME": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path),
        "PIP_CONFIG_FILE": str(file),
    } | variables


@pytest.fixture(autouse=True)
def only_these_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """/etc/pip.conf may be there on the machine that runs the tests."""
    from envdoctor.online import index_settings as module

    files = module._files
    monkeypatch.setattr(
        module, "_files", lambda environ: [file for file in files(environ) if not file.startswith(("/etc", "/Library"))]
    )


def test_nothing_configured_is_pypi(tmp_path: Path) -> None:
    assert settings(tmp_path) == (PYPI,)
    assert settings(tmp_path, PIP_CONFIG_FILE=os.devnull) == (PYPI,)


def test_a_file_with_several_extra_indexes(tmp_path: Path) -> None:
    content = "[global]\nindex_url = https://a.example/simple/\n[install]\nextra-index-url =\n  https://b.example/simple\n  file:///srv/c\n"
    assert settings(tmp_path, content) == ("https://a.example/simple", "https://b.example/simple", "file:///srv/c")


def test_variables_win_over_files_and_repeats_are_asked_once(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "[global]\nindex-url = https://a.example/simple\n",
        PIP_INDEX_URL="https://b.example/simple",
        PIP_EXTRA_INDEX_URL="https://b.example/simple/ https://download.pytorch.org/whl/cu124",
    )
    assert found == ("https://b.example/simple", "https://download.pytorch.org/whl/cu124")


def test_the_files_of_user_and_environment(tmp_path: Path) -> None:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url=https://user.example/simple\ncert=/nowhere\n"
    )
    assert settings(tmp_path) == ("https://user.example/simple",)
    (tmp_path / "pip.conf").write_text("[global]\nindex-url=https://site.example/simple\n")
    assert settings(tmp_path) == ("https://site.example/simple",)


def test_uv(tmp_path: Path) -> None:
    assert settings(tmp_path, UV_INDEX_URL="https://a.example/simple") == ("https://a.example/simple",)
    named = settings(
        tmp_path,
        UV_DEFAULT_INDEX="main=https://a.example/simple",
        UV_INDEX="cu=https://b.example/x?y=z https://c.example",
    )
    assert named == ("https://a.example/simple", "https://b.example/x?y=z", "https://c.example")


def test_no_index_and_stated_addresses(tmp_path: Path) -> None:
    assert settings(tmp_path, PIP_NO_INDEX="1") == ()
    assert index_settings(("https://x.example/simple/",), environment(tmp_path, PIP_NO_INDEX="1")).indexes == (
        "https://x.example/simple",
    )


def test_percent_signs_are_no_interpolation(tmp_path: Path) -> None:
    assert settings(tmp_path, "[global]\nindex-url = https://me:p%40ss@a.example/simple\n") == (
        "https://me:p%40ss@a.example/simple",
    )


def test_certificates_by_pip_and_by_requests(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    assert index_settings((), environment(tmp_path, PIP_CERT=str(bundle))).ca_file == str(bundle)
    assert index_settings((), environment(tmp_path, REQUESTS_CA_BUNDLE=str(bundle))).ca_file == str(bundle)
    assert index_settings((), environment(tmp_path, PIP_CERT="/nowhere")).ca_file is None


@pytest.mark.parametrize(
    "content", ["index-url = https://me:s3cret@a.example/\n", "[global\n", "[global]\nx=1\nx=2\n", "\0[[["]
)
def test_a_damaged_file_is_a_problem_with_its_name_and_without_its_secrets(tmp_path: Path, content: str) -> None:
    found = index_settings((), environment(tmp_path, content))
    assert found.indexes == (PYPI,)
    assert len(found.problems) == 1
    assert "stated.conf" in found.problems[0]
    assert "s3cret" not in found.problems[0]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    (tmp_path / "stated.conf").write_bytes(b"\xff\xfe" * 10)
    assert len(index_settings((), environ).problems) == 1


def test_a_directory_in_place_of_a_file_is_passed_over(tmp_path: Path) -> None:
    assert index_settings((), environment(tmp_path, PIP_CONFIG_FILE=str(tmp_path))).problems == ()
