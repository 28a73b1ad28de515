"""DISPLAY and the X server's socket."""

from __future__ import annotations

from envdoctor.facts import unknown
from envdoctor.findings import Severity
from tests.rules.builds import built
from tests.rules.launches import launched
from tests.rules.vocabulary import PYTHON, document, does_not_apply, fires, silent, workload

RULE = "display-unreachable"
OPENCV = workload(PYTHON, pip=["opencv-python==4.10.0.84"])
LOCAL = workload("our_base:1", pip=["opencv-python==4.10.0.84"])
GUI = workload(PYTHON, pip=["opencv-python==4.10.0.84"], uses=["opencv", "opencv-gui"])
SOCKET = "/tmp/.X11-unix:/tmp/.X11-unix"
PASSED = frozenset({"DISPLAY"})


def test_both_halves() -> None:
    silent(RULE, launched(OPENCV, env={"DISPLAY": ":0"}, volumes=[SOCKET]))
    silent(RULE, launched(OPENCV, passed=PASSED, volumes=["/tmp/.X11-unix/X0:/tmp/.X11-unix/X0:ro"]))
    silent(RULE, launched(OPENCV, passed=PASSED, volumes=["/tmp:/tmp"]))
    silent(RULE, document(launch={"env": {"DISPLAY": ":0"}, "volumes": [SOCKET]}))


def test_the_hosts_network_has_the_abstract_socket() -> None:
    silent(RULE, launched(OPENCV, passed=PASSED, network="host"))


def test_a_display_over_the_network() -> None:
    does_not_apply(RULE, launched(OPENCV, env={"DISPLAY": "host.docker.internal:0"}))
    does_not_apply(RULE, launched(OPENCV, env={"DISPLAY": ""}))


def test_no_window_is_meant() -> None:
    does_not_apply(RULE, OPENCV)
    does_not_apply(RULE, launched(OPENCV, gpus="all"))
    does_not_apply(RULE, document(launch={"gpus": "all"}, uses=["opencv-gui"]))


def test_what_only_the_run_knows() -> None:
    does_not_apply(RULE, launched(GUI, passed=frozenset({"*"})))
    does_not_apply(RULE, launched(GUI, env=unknown("$ENV is known only at run time")))
    does_not_apply(RULE, launched(OPENCV, passed=PASSED, volumes=unknown("$MOUNTS is known only at run time")))
    does_not_apply(RULE, launched(OPENCV, passed=PASSED, network=unknown("$NET is known only at run time")))


def test_displays_of_the_container_itself() -> None:
    virtual = workload(PYTHON, pip=["opencv-python==4.10.0.84"], apt=["xvfb"])
    does_not_apply(RULE, launched(virtual, env={"DISPLAY": ":99"}))
    does_not_apply(RULE, launched(OPENCV, env={"DISPLAY": ":99"}, command=("xvfb-run", "python", "show.py")))
    starts = built(
        'FROM python:3.11\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n',
        {"start.sh": '#!/bin/sh\nXvfb :99 &\nexec "$@"\n'},
    )
    does_not_apply(RULE, launched(starts, env={"DISPLAY": ":99"}))
    does_not_apply(
        RULE, launched(GUI, env={"WAYLAND_DISPLAY": "wayland-0"}, volumes=["/run/user/1000/wayland-0:/tmp/wayland-0"])
    )


def test_display_in_the_image() -> None:
    image = workload(PYTHON, pip=["opencv-python==4.10.0.84"], env={"DISPLAY": ":0"})
    silent(RULE, launched(image, volumes=[SOCKET]))


def test_a_local_display_without_the_socket() -> None:
    found = fires(RULE, launched(OPENCV, env={"DISPLAY": ":0"}))
    assert (found.severity, "/tmp/.X11-unix" in found.remedy[0]) == (Severity.WARNING, True)
    assert fires(RULE, launched(LOCAL, env={"DISPLAY": "unix:0.0"})).severity is Severity.NOTE


def test_a_display_that_is_passed_may_be_anywhere() -> None:
    found = fires(RULE, launched(OPENCV, passed=PASSED))
    assert (found.severity, "unless it names" in found.message) == (Severity.NOTE, True)
    assert fires(RULE, launched(GUI, passed=PASSED)).severity is Severity.WARNING


def test_the_socket_without_the_variable() -> None:
    found = fires(RULE, launched(OPENCV, volumes=[SOCKET]))
    assert (found.severity, "-e DISPLAY" in found.remedy[0]) == (Severity.WARNING, True)
    assert fires(RULE, launched(LOCAL, volumes=[SOCKET])).severity is Severity.NOTE


def test_a_workload_that_is_said_to_open_windows() -> None:
    found = fires(RULE, launched(GUI, gpus="all"))
    assert (found.severity, "gives it no display" in found.message) == (Severity.WARNING, True)
