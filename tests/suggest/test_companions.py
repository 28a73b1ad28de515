"""What goes along with a choice: numpy 1 for builds of its time, an OpenCV that agrees with it, and its libraries."""

from __future__ import annotations

from envdoctor.facts import Package
from envdoctor.suggest.recipe import dockerfile, pip_lines
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, answer

_R470 = "driver=470.57.02,gpu=T4"
_R580 = "driver=580.82.07,gpu=L4"


def _beside(parts: frozenset[str], host: str, *names: str, family: str = "cuda", **more: object) -> dict[str, str]:
    carried = tuple(Package(name) for name in names)
    found = answer(parts, host, families=(family,), carried=carried, **more)
    return {package.name: package.specifier for package in found.suggestions[0].companions}


def test_a_build_of_numpy_2_asks_for_nothing() -> None:
    assert _beside(INFERENCE, _R580) == {}


def test_a_build_of_numpy_1_keeps_numpy_2_away() -> None:
    """Of onnxruntime-gpu only 1.18.1 says so itself; pip takes the newest numpy for 1.17.1, and the import fails."""
    assert _beside(INFERENCE, _R470) == {"numpy": "<2"}
    wanted = {"onnxruntime-gpu": Package("onnxruntime-gpu", "1.17.1", "==1.17.1")}
    assert _beside(INFERENCE, _R470, wanted=wanted) == {"numpy": "<2"}


def test_who_asks_for_numpy_2_gets_no_build_of_numpy_1() -> None:
    carried = (Package("numpy", specifier=">=2"),)
    assert answer(INFERENCE, _R470, families=("cuda",), carried=carried).suggestions == () or all(
        suggestion.candidate.onnxruntime.numpy2  # type: ignore[union-attr]
        for suggestion in answer(INFERENCE, _R470, families=("cuda",), carried=carried).suggestions
    )


def test_a_numpy_that_is_pinned_is_left_alone() -> None:
    found = answer(INFERENCE, _R470, families=("cuda",), carried=(Package("numpy", "1.26.4", "==1.26.4"),))
    assert found.suggestions[0].companions == ()


def test_opencv_is_pinned_to_the_newest_and_gets_its_libraries() -> None:
    beside = _beside(INFERENCE, _R580, "opencv-python")
    assert beside["opencv-python"].startswith("==")
    assert {"libgl1"} < set(beside)


def test_opencv_without_windows_needs_no_library() -> None:
    assert set(_beside(INFERENCE, _R580, "opencv-python-headless")) == {"opencv-python-headless"}


def test_opencv_of_numpy_2_is_not_put_beside_a_build_of_numpy_1() -> None:
    """4.12 and newer ask for numpy 2; 4.11 takes both."""
    beside = _beside(INFERENCE, _R470, "opencv-python-headless")
    assert beside == {"numpy": "<2", "opencv-python-headless": "==4.11.0.86"}


def test_an_opencv_with_a_version_is_left_alone() -> None:
    carried = (Package("opencv-python-headless", "4.10.0.84", "==4.10.0.84"),)
    found = answer(INFERENCE, _R580, families=("cuda",), carried=carried)
    assert found.suggestions[0].companions == ()
    (line,) = pip_lines(found.suggestions[0], found.problem)
    assert line.endswith(" opencv-python-headless==4.10.0.84")


def test_one_apt_line_names_everything_once() -> None:
    found = answer(
        BOTH, _R580, families=("cuda",), carried=(Package("opencv-python"), Package("ffmpeg", manager="apt"))
    )
    (line,) = [
        line for line in dockerfile(found.suggestions[0], found.problem).splitlines() if "apt-get install" in line
    ]
    names = line.split("--no-install-recommends ")[1].removesuffix(" \\").split()
    assert {"python3", "python3-venv", "ffmpeg", "libgl1"} < set(names)
    assert len(names) == len(set(names))


def test_images_with_pytorch_hold_their_torchvision() -> None:
    wanted = {"torchvision": Package("torchvision")}
    found = answer(TRAINING, _R580, families=("ngc",), wanted=wanted)
    assert found.suggestions[0].companions == ()
    pinned = {"torchvision": Package("torchvision", "0.20.0", "==0.20.0")}
    assert answer(TRAINING, _R580, families=("ngc",), wanted=pinned).suggestions == ()
