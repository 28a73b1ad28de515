"""Environment markers with and without a known Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.readers.markers import MarkerError, for_python, holds


@pytest.mark.parametrize(
    ("marker", "on_linux", "on_python_3_10"),
    [
        ("", True, True),
        ("sys_platform == 'linux'", True, True),
        ("sys_platform == 'win32'", False, False),
        ("sys_platform != 'darwin'", True, True),
        ('platform_system == "Linux" and python_version < "3.9"', None, False),
        ('python_version < "3.9"', None, False),
        ('python_version >= "3.9"', None, True),
        ('"3.10" == python_version', None, True),
        ("python_version in '3.9 3.10'", None, True),
        ("python_version not in '3.9 3.10'", None, False),
        ('python_full_version < "3.10.5"', None, None),
        ('python_full_version < "3.11"', None, True),
        ('python_full_version < "3.10"', None, False),
        ('python_full_version >= "3.10"', None, True),
        ('python_full_version > "3.10"', None, None),
        ('python_full_version == "3.10.*"', None, True),
        ('python_full_version == "3.9.*"', None, False),
        ('python_full_version >= "3.9.2"', None, True),
        ('(python_version < "3.9" or sys_platform == "linux") and os_name == "posix"', True, True),
        ('python_version < "3.9" and sys_platform == "win32"', False, False),
        ('platform_machine == "x86_64"', None, None),
        ("extra == 'gpu'", False, False),
        ('python_version ~= "3.8"', None, True),
    ],
)
def test_three_answers(marker: str, on_linux: bool | None, on_python_3_10: bool | None) -> None:
    assert holds(marker) is on_linux
    assert holds(marker, for_python("3.10")) is on_python_3_10


def test_a_full_python_version_decides_more() -> None:
    assert holds('python_full_version < "3.10.5"', for_python("3.10.12")) is False


@pytest.mark.parametrize(
    "marker",
    ["python_version", "python_version <", "< '3.9'", "(sys_platform == 'linux'", "a == 'b' c", "x == y z", "'", "()",
     "(" * 60 + "os_name == 'x'" + ")" * 60, "os_name == 'x' and " * 300 + "os_name == 'x'"],
)  # fmt: skip
def test_what_is_no_marker(marker: str) -> None:
    with pytest.raises(MarkerError):
        holds(marker)


@given(st.text(alphabet="()<>=!~\"' andornotinpython_version.39sys_platformlinux", max_size=80))
def test_any_text_is_decided_or_refused(marker: str) -> None:
    try:
        assert holds(marker) in (True, False, None)
    except MarkerError:
        pass
