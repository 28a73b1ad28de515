"""The driver's libraries and the loaded kernel module are of different releases, as after an upgrade without a reboot."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, FactUnknown, Origin, known, unknown
from envdoctor.rules import find
from tests.rules.vocabulary import (
    CUDNN_12_4,
    MATRIX,
    PYTHON,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    silent,
    workload,
)

RULE = "driver-library-mismatch"


def host(driver: str | None, module: object, **more: object) -> dict[str, object]:
    return {"driver": {"version": driver, "kernel_module": module}, "gpus": [{"name": "Tesla T4"}], **more}


def judged(driver: str | None, module: object, **more: object) -> Facts:
    return document(host=host(driver, module, **more), packages=[installed("torch", "2.4.0")])


@pytest.mark.parametrize(
    ("driver", "module"),
    [("535.104.05", "535.104.05"), ("535", "535.104.05"), ("535.104.05", "535"), ("550.54.15", "550.54")],
)
def test_the_same_release_is_fine_however_exactly_it_is_stated(driver: str, module: str) -> None:
    silent(RULE, judged(driver, module))


def test_hosts_of_which_nobody_states_the_module() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.14", ["T4"])))
    does_not_apply(RULE, workload(CUDNN_12_4))


def test_wsl_and_a_driver_that_is_not_loaded_have_no_module() -> None:
    does_not_apply(RULE, judged("550.54.15", False, wsl=2))
    does_not_apply(RULE, judged("550.54.15", None))


def test_a_jetsons_module_numbers_itself_otherwise() -> None:
    facts = document(
        host={"l4t": "35.4.1", "driver": {"kernel_module": "35.4.1"}}, packages=[installed("torch", "2.4.0")]
    )
    does_not_apply(RULE, facts)


def test_a_workload_without_cuda_is_fine_there() -> None:
    broken = document(host=host("550.54.15", "535.161.08")).host
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0+cpu"], host=broken))


def test_after_an_upgrade_without_a_reboot() -> None:
    finding = fires(RULE, judged("550.54.15", "535.161.08"))
    assert "of release 550.54.15" in finding.message
    assert "is of 535.161.08" in finding.message
    assert finding.remedy[0].startswith("reboot the host")


def test_releases_of_one_branch_differ_too() -> None:
    fires(RULE, judged("535.161.08", "535.104.05"))


def test_without_the_drivers_version_it_is_undecided() -> None:
    facts = judged("550.54.15", "535.161.08")
    facts = facts._replace(
        host=facts.host._replace(driver=unknown("not told"), kernel_module=known("535.161.08", Origin("a test")))
    )
    rule = find(RULE)
    assert rule is not None
    with pytest.raises(FactUnknown, match="not told"):
        list(rule.check(facts, MATRIX))


def test_a_document_of_a_host_alone_is_judged_by_the_launch_that_is_assumed() -> None:
    assert "a launch with --gpus all has no GPU" in fires(RULE, document(host=host("460.73.01", "460.56"))).message
