"""Seals the tests from the world, and lets CI insist that nothing is skipped for want of a part it installs.

ENVDOCTOR_REQUIRE_PARTS=1 turns every skip into a failure of the run, except those that no installation mends: a real
GPU, another operating system, another CPU.
"""

from __future__ import annotations

import os

import hypothesis
import pytest

# No deadline: a busy machine is no failure. In CI the examples are the same in every run, so that a change is judged and not
# the luck of the draw; at a desk they are new each time, which is where new faults are found.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

_CANNOT_BE_INSTALLED = (
    "needs a real NVIDIA GPU",
    "only on Windows",
    "only on macOS",
    "needs Windows",
    "not on this system",
    "no package index is reachable",
)
_skipped: list[str] = []


@pytest.fixture(autouse=True)
def _sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in (
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "ENVDOCTOR_DEBUG",
        "LD_LIBRARY_PATH",
    ):
        monkeypatch.delenv(name, raising=False)
    # The clock that judges the matrix's age stands still: a checkout that grows old fails no test.
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _skipped.append(f"{report.nodeid}: {report.longrepr[2]}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not os.environ.get("ENVDOCTOR_REQUIRE_PARTS"):
        return
    missing = [line for line in _skipped if not any(reason in line for reason in _CANNOT_BE_INSTALLED)]
    if missing and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = [line for line in _skipped if not any(reason in line for reason in _CANNOT_BE_INSTALLED)]
    if missing and os.environ.get("ENVDOCTOR_REQUIRE_PARTS"):
        terminalreporter.section("skipped although ENVDOCTOR_REQUIRE_PARTS is set: install the part")
        for line in missing:
            terminalreporter.write_line(line)
