"""NVDEC and NVENC without the driver's libraries for video."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Launch, Origin, Reservation, absent, known
from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    BASE_12_4,
    PYTHON,
    document,
    does_not_apply,
    fires,
    installed,
    on,
    silent,
    undecided,
    workload,
)

RULE = "video-capability-missing"
HERE = Origin("run.sh:3", "run.sh", 3)
DECODES = ["nvdec"]


def launched(facts: Facts, **parts: object) -> Facts:
    return facts._replace(launch=Launch(stated=True, origin=HERE, **parts))  # type: ignore[arg-type]


# --- fine ---


@pytest.mark.parametrize("value", ["all", "compute,utility,video", "video", " compute , video "])
def test_video_or_all_in_the_image_or_the_launch(value: str) -> None:
    env = {"NVIDIA_DRIVER_CAPABILITIES": value}
    silent(RULE, workload(BASE_12_4, env=env, uses=DECODES))
    silent(RULE, workload(BASE_12_4, launch_env=env, uses=DECODES))


def test_an_ngc_image_sets_video() -> None:
    silent(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3", uses=DECODES))


def test_a_gpu_request_that_names_video() -> None:
    facts = workload(BASE_12_4, uses=DECODES)
    silent(RULE, launched(facts, gpu_capabilities=known(("gpu", "compute", "utility", "video"), HERE)))
    silent(RULE, launched(facts, reservations=(Reservation(HERE, "nvidia", "all", None, ("gpu", "video")),)))


# --- does not apply ---


def test_who_does_not_decode_needs_no_video() -> None:
    assert "not known to decode" in does_not_apply(RULE, workload(BASE_12_4, pip=["torch"]))
    does_not_apply(RULE, workload(BASE_12_4, pip=["torch", "opencv-python-headless", "nvidia-dali-cuda120"]))
    does_not_apply(RULE, workload(PYTHON, pip=["decord"]))


def test_cdi_mounts_everything() -> None:
    facts = workload(BASE_12_4, uses=DECODES)
    assert "CDI" in does_not_apply(RULE, launched(facts, devices=known(("nvidia.com/gpu=all",), HERE)))
    does_not_apply(RULE, launched(facts, reservations=(Reservation(HERE, "cdi", None, ("nvidia.com/gpu=all",), None),)))
    does_not_apply(RULE, workload(BASE_12_4, uses=DECODES, host=on("570.86.15", ["L4"], mode="cdi")))


def test_wsl_and_jetson_bring_their_own() -> None:
    does_not_apply(RULE, workload(BASE_12_4, uses=DECODES, host=on("560.94", ["RTX 4090"], wsl="2")))
    does_not_apply(RULE, workload("nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3", uses=DECODES))


def test_a_value_that_is_known_only_at_run_time() -> None:
    facts = workload(BASE_12_4, uses=DECODES)
    does_not_apply(RULE, launched(facts, passed=frozenset({"NVIDIA_DRIVER_CAPABILITIES"})))
    does_not_apply(RULE, workload(BASE_12_4, uses=DECODES, env={"NVIDIA_DRIVER_CAPABILITIES": "$CAPABILITIES"}))


def test_no_image_is_named() -> None:
    does_not_apply(RULE, workload(None, uses=DECODES))


def test_what_was_loaded_is_there() -> None:
    seen = {"nvcuvid": {"loadable": True}}
    facts = document(image={"reference": BASE_12_4}, uses=DECODES, observed=seen)
    assert "was loaded" in does_not_apply(RULE, facts)


# --- fires ---


@pytest.mark.parametrize("image", [BASE_12_4, PYTHON, "pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime", "ubuntu:22.04"])
def test_the_default_lacks_video(image: str) -> None:
    finding = fires(RULE, workload(image, uses=["nvdec", "nvenc"]))
    assert finding.severity is Severity.ERROR
    assert "libnvcuvid.so.1 and libnvidia-encode.so.1" in finding.message
    assert "compute,utility,video" in finding.remedy[0]


def test_the_launch_wins_over_the_image() -> None:
    less, more = {"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}, {"NVIDIA_DRIVER_CAPABILITIES": "all"}
    assert "of the launch" in fires(RULE, workload(BASE_12_4, env=more, launch_env=less, uses=DECODES)).message
    assert "libnvidia-encode" not in fires(RULE, document(launch={"env": less}, uses=DECODES)).message


def test_the_gpu_request_wins_over_both() -> None:
    facts = workload(BASE_12_4, env={"NVIDIA_DRIVER_CAPABILITIES": "all"}, uses=DECODES)
    reserved = Reservation(HERE, "nvidia", "all", None, ("gpu", "compute", "utility"))
    finding = fires(RULE, launched(facts, reservations=(reserved,)))
    assert finding.at == HERE
    assert "gpu, compute, utility" in finding.message
    fires(RULE, launched(facts, gpu_capabilities=known(("gpu", "utility"), HERE)))


def test_gpu_alone_leaves_the_variable() -> None:
    facts = workload(BASE_12_4, env={"NVIDIA_DRIVER_CAPABILITIES": "all"}, uses=DECODES)
    silent(RULE, launched(facts, gpu_capabilities=known(("gpu",), HERE), env=absent("no -e is given")))


def test_docker_29_may_use_cdi() -> None:
    host = {"engine": {"name": "docker", "version": "29.1.0"}}
    facts = document(host=host, image={"reference": BASE_12_4}, packages=[installed("torch")], uses=DECODES)
    assert fires(RULE, facts).severity is Severity.WARNING


# --- cannot tell ---


def test_a_strange_image_may_set_it() -> None:
    assert "not known" in undecided(RULE, workload("our_base:1", uses=DECODES))


@pytest.mark.parametrize("apt", ["libnvidia-encode-535", "libnvidia-decode-550-server", "nvidia-driver-535"])
def test_the_drivers_own_packages_in_the_image(apt: str) -> None:
    does_not_apply(RULE, workload(BASE_12_4, apt=[apt], uses=DECODES))
    fires(RULE, workload(BASE_12_4, apt=["libnvidia-ml-dev"], uses=DECODES))
