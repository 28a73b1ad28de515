"""Container engines that do not pass the GPU in the way that the launch asks for."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, silent, undecided, workload

RULE = "engine-without-gpu-support"
ALL = ["nvidia.com/gpu=all"]


def with_engine(name: str, version: str | None = None, image: str = CUDNN_12_4, **more: object) -> Facts:
    engine: dict[str, object] = {"name": name, "version": version}
    engine |= {key: more.pop(key) for key in ("snap", "rootless") if key in more}
    return workload(image)._replace(host=document(host={"engine": engine, **more}).host)


def test_engines_that_are_not_stated_or_of_another_kind() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, host=on("550.54.15", ["T4"])))
    does_not_apply(RULE, with_engine("containerd", "1.7.2"))
    does_not_apply(RULE, launched(with_engine("docker", "28.2.2"), "podman run", devices=ALL))


def test_ordinary_engines() -> None:
    silent(RULE, with_engine("docker", "28.2.2"))
    silent(RULE, launched(with_engine("docker", "19.03"), gpus="all"))
    silent(RULE, launched(with_engine("docker", "29.1.3"), devices=ALL))
    silent(RULE, launched(with_engine("podman", "4.1.0"), "podman run", devices=ALL))
    silent(RULE, launched(with_engine("podman", rootless=True), "podman run", devices=ALL))


def test_podman_before_cdi() -> None:
    finding = fires(RULE, launched(with_engine("podman", "3.4.4"), "podman run", devices=ALL))
    assert finding.severity is Severity.ERROR
    assert "Podman 3.4.4 is older than 4.1" in finding.message


def test_docker_and_cdi() -> None:
    assert fires(RULE, launched(with_engine("docker", "24.0.7"), devices=ALL)).severity is Severity.ERROR
    finding = fires(RULE, launched(with_engine("docker", "27.5.1"), devices=ALL))
    assert finding.severity is Severity.NOTE
    assert "daemon.json" in finding.remedy[0]
    listed = with_engine("docker", "27.5.1", cdi=[{"kind": "nvidia.com/gpu", "devices": ["all"]}])
    silent(RULE, launched(listed, devices=ALL))


def test_docker_before_gpus() -> None:
    finding = fires(RULE, launched(with_engine("docker", "18.09.9"), gpus="all"))
    assert "unknown flag: --gpus" in finding.message


def test_docker_desktop() -> None:
    finding = fires(RULE, with_engine("docker-desktop", "27.3.1", os={"id": "ubuntu"}))
    assert finding.severity is Severity.ERROR
    assert "virtual machine" in finding.message
    silent(RULE, with_engine("docker-desktop", "27.3.1", os={"id": "windows"}))
    silent(RULE, with_engine("docker-desktop", "27.3.1", os={"id": "ubuntu"}, wsl=2))
    silent(RULE, with_engine("docker-desktop", "27.3.1"))


def test_the_snap() -> None:
    assert fires(RULE, with_engine("docker", snap=True)).severity is Severity.NOTE
    assert fires(RULE, launched(with_engine("docker", snap=True), gpus="all")).severity is Severity.WARNING
    silent(RULE, launched(with_engine("docker", snap=True), runtime="nvidia"))
    silent(RULE, with_engine("docker", snap=False))


def test_rootless_docker_is_told_of_its_setting() -> None:
    finding = fires(RULE, launched(with_engine("docker", "27.5.1", rootless=True), gpus="all"))
    assert finding.severity is Severity.NOTE
    assert "no-cgroups" in finding.message
    silent(RULE, with_engine("docker", "29.1.3", rootless=True))
    silent(RULE, with_engine("docker", rootless=True, container_toolkit={"mode": "cdi"}))


@pytest.mark.parametrize("mode", ["cdi", "csv"])
def test_the_hook_refuses_its_service(mode: str) -> None:
    before = with_engine("docker", "27.5.1", container_toolkit={"mode": mode})
    finding = fires(RULE, launched(before, gpus="all"))
    assert finding.severity is Severity.ERROR
    assert "Hook directly" in finding.message
    silent(RULE, before)
    silent(RULE, launched(before, runtime="nvidia"))
    silent(RULE, launched(with_engine("docker", "29.1.3", container_toolkit={"mode": mode}), gpus="all"))


def test_a_jetson_is_in_csv_mode() -> None:
    orin = launched(with_engine("docker", l4t="36.4.3"), gpus="all")
    finding = fires(RULE, orin)
    assert finding.severity is Severity.WARNING
    assert "--runtime nvidia" in finding.remedy[0]


def test_a_workload_without_cuda_is_fine_there() -> None:
    does_not_apply(RULE, with_engine("docker", image=PYTHON, snap=True))


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, with_engine("docker", image="our_base:1", snap=True))
