"""Cameras as volumes and as devices, and the group video."""

from __future__ import annotations

import pytest

from envdoctor.facts import Fact, Facts, unknown
from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.launches import launched
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires, silent, workload

RULE = "camera-not-accessible"
OPENCV = workload(PYTHON, pip=["opencv-python==4.10.0.84"])
CAMERA = workload(PYTHON, pip=["opencv-python==4.10.0.84"], uses=["opencv", "camera"])
VOLUME, DEVICE = "/dev/video0:/dev/video0", "/dev/video0"


def user_image(more: str = "") -> Facts:
    return built(f"FROM python:3.11\nRUN useradd -m app {more}\nUSER app\n")


def test_a_device_is_enough() -> None:
    silent(RULE, launched(OPENCV, devices=[DEVICE]))
    silent(RULE, launched(OPENCV, devices=["/dev/video2:/dev/video0:rwm"]))
    silent(RULE, document(launch={"devices": [DEVICE], "user": "0"}))


def test_volumes_of_containers_that_may_open_all() -> None:
    silent(RULE, launched(OPENCV, volumes=[VOLUME], privileged=True))
    silent(RULE, launched(OPENCV, volumes=[VOLUME], device_cgroup_rules=["c 81:* rmw"]))
    silent(RULE, launched(OPENCV, volumes=[VOLUME], device_cgroup_rules=["a *:* rwm"]))
    silent(RULE, launched(OPENCV, volumes=[VOLUME], device_cgroup_rules=unknown("$RULES is known only at run time")))


def test_no_camera() -> None:
    does_not_apply(RULE, OPENCV)
    does_not_apply(RULE, CAMERA)
    does_not_apply(RULE, launched(OPENCV, gpus="all"))
    does_not_apply(RULE, launched(OPENCV, volumes=["/dev/shm:/dev/shm", "/data/video0:/data"]))
    does_not_apply(RULE, document(launch={"gpus": "all"}, uses=["camera"]))


def test_what_only_the_run_knows() -> None:
    does_not_apply(RULE, launched(OPENCV, volumes=[VOLUME], devices=unknown("$DEVICES is known only at run time")))
    does_not_apply(RULE, launched(OPENCV, volumes=[VOLUME], privileged=unknown("$FLAGS is known only at run time")))


@pytest.mark.parametrize("how", ["docker run", "compose"])
def test_a_volume_alone_cannot_be_opened(how: str) -> None:
    found = fires(RULE, launched(OPENCV, how, volumes=[VOLUME]))
    assert (found.severity, "Operation not permitted" in found.message) == (Severity.ERROR, True)
    assert DEVICE in found.remedy[0]


def test_a_rule_for_other_devices_does_not_help() -> None:
    assert (
        fires(RULE, launched(OPENCV, volumes=[VOLUME], device_cgroup_rules=["c 189:* rmw"])).severity is Severity.ERROR
    )


def test_engines_that_may_be_rootless() -> None:
    assert fires(RULE, launched(OPENCV, "podman run", volumes=[VOLUME])).severity is Severity.WARNING
    rootless = OPENCV._replace(host=document(host={"engine": {"name": "docker", "rootless": True}}).host)
    assert fires(RULE, launched(rootless, volumes=[VOLUME])).severity is Severity.WARNING
    assert fires(RULE, document(launch={"volumes": [VOLUME]})).severity is Severity.WARNING


def test_both_are_one_too_many() -> None:
    found = fires(RULE, launched(OPENCV, devices=[DEVICE], volumes=[VOLUME]))
    assert (found.severity, "adds nothing" in found.message) == (Severity.NOTE, True)


def test_another_camera_as_a_volume() -> None:
    assert (
        fires(RULE, launched(OPENCV, devices=[DEVICE], volumes=["/dev/video1:/dev/video1"])).severity is Severity.ERROR
    )


def test_users_of_the_group_video() -> None:
    silent(RULE, launched(OPENCV, devices=[DEVICE], user="1000:1000", group_add=["video"]))
    silent(RULE, launched(OPENCV, devices=[DEVICE], user="1000", group_add=["44"]))
    silent(RULE, launched(OPENCV, devices=[DEVICE], user="1000:44"))
    silent(RULE, launched(OPENCV, devices=[DEVICE], user="1000", group_add=["$(stat -c %g /dev/video0)"]))
    silent(RULE, launched(OPENCV, "podman run", devices=[DEVICE], user="1000", group_add=["keep-groups"]))
    silent(RULE, launched(OPENCV, devices=[DEVICE], user="root"))
    silent(RULE, launched(user_image("-G audio,video"), devices=[DEVICE]))
    silent(RULE, launched(user_image("&& usermod -aG video app"), devices=[DEVICE]))
    silent(
        RULE, launched(OPENCV, devices=[DEVICE], user="1000", group_add=unknown("$GROUPS is known only at run time"))
    )


def test_a_user_outside_the_group() -> None:
    found = fires(RULE, launched(OPENCV, devices=[DEVICE], user="1000:1000"))
    assert (found.severity, "--group-add video" in found.remedy[0]) == (Severity.WARNING, True)
    mapped: Fact[str] = unknown("--user is given, but its value '$(id -u):$(id -g)' is known only at run time")
    assert fires(RULE, launched(OPENCV, devices=[DEVICE], user=mapped)).severity is Severity.WARNING
    assert "keep-groups" in fires(RULE, launched(OPENCV, "podman run", devices=[DEVICE], user="1000")).remedy[0]
    assert fires(RULE, launched(user_image(), devices=[DEVICE])).severity is Severity.NOTE
    named = launched(user_image("-G video"), devices=[DEVICE], user="1000:1000")
    assert fires(RULE, named).severity is Severity.WARNING


def test_groups_of_the_image_may_hold_the_user() -> None:
    assert fires(RULE, launched(OPENCV, devices=[DEVICE], user="1000")).severity is Severity.NOTE
    assert fires(RULE, launched(workload("our_base:1"), devices=[DEVICE], user="developer")).severity is Severity.NOTE


def test_a_workload_that_is_said_to_use_a_camera() -> None:
    found = fires(RULE, launched(CAMERA, gpus="all"))
    assert (found.severity, "--device" in found.remedy[0]) == (Severity.WARNING, True)
    does_not_apply(RULE, launched(CAMERA, privileged=True))
    does_not_apply(RULE, launched(CAMERA, volumes=["/dev:/dev"]))
    does_not_apply(RULE, launched(CAMERA, devices=["/dev/bus/usb"]))
