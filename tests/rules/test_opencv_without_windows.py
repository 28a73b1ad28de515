"""A headless OpenCV where windows are opened."""

from __future__ import annotations

from envdoctor.facts import Launch, Origin, known
from envdoctor.findings import Severity
from tests.rules.vocabulary import PYTHON, does_not_apply, fires, workload

RULE = "opencv-without-windows"
HERE = Origin("run.sh:1", "run.sh", 1)


def test_a_build_with_windows() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["opencv-python"], uses=["opencv", "opencv-gui"]))
    does_not_apply(RULE, workload(PYTHON, apt=["python3-opencv"], uses=["opencv-gui"]))


def test_nobody_opens_any() -> None:
    assert "not known to open" in does_not_apply(RULE, workload(PYTHON, pip=["opencv-python-headless"]))
    does_not_apply(RULE, workload(PYTHON, pip=["numpy"], uses=["display"]))


def test_beside_a_build_with_windows_it_depends() -> None:
    does_not_apply(RULE, workload(PYTHON, pip=["opencv-python-headless", "opencv-python"], uses=["opencv-gui"]))


def test_windows_of_opencv() -> None:
    finding = fires(RULE, workload(PYTHON, pip=["opencv-contrib-python-headless"], uses=["opencv", "opencv-gui"]))
    assert finding.severity is Severity.ERROR
    assert "cv2.imshow" in finding.message
    assert "pip install opencv-contrib-python," in finding.remedy[0]


def test_a_launch_with_a_display_may_be_for_something_else() -> None:
    launch = Launch(
        stated=True,
        passed=frozenset({"DISPLAY"}),
        volumes=known(("/tmp/.X11-unix:/tmp/.X11-unix",), HERE),
        env=known({}, HERE),
    )
    facts = workload(PYTHON, pip=["opencv-python-headless"])._replace(launch=launch)
    from envdoctor.uses import inferred
    from tests.rules.vocabulary import MATRIX

    facts = facts._replace(uses=known(inferred(facts, MATRIX), HERE))
    assert fires(RULE, facts).severity is Severity.WARNING
