"""The Dockerfile that is printed."""

from __future__ import annotations

from envdoctor.facts import Package
from envdoctor.suggest.problem import Suggestion
from envdoctor.suggest.recipe import dockerfile, pip_lines
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, answer


def _printed(parts: frozenset[str], host: str, family: str, **more: object) -> str:
    found = answer(parts, host, families=(family,), **more)
    return dockerfile(found.suggestions[0], found.problem)


def test_an_image_without_python_gets_one_and_pip_leaves_it_alone() -> None:
    text = _printed(INFERENCE, "driver=580.82.07,gpu=L4", "cuda")
    assert "python3-venv" in text
    assert "ENV PATH=/opt/venv/bin:$PATH" in text
    assert "break-system-packages" not in text


def test_an_image_with_python_is_left_as_it_is() -> None:
    text = _printed(TRAINING, "driver=580.82.07,gpu=L4", "ngc")
    assert "apt-get" not in text
    assert "venv" not in text


def test_the_health_check_needs_a_python_that_envdoctor_runs_on() -> None:
    assert 'CMD ["envdoctor", "selftest"]' in _printed(TRAINING, "driver=580.82.07,gpu=L4", "python")
    assert "HEALTHCHECK" not in _printed(INFERENCE, "driver=470.57.02,gpu=T4", "ngc", python="3.8")


def test_video_asks_for_the_codec_libraries() -> None:
    with_video = _printed(INFERENCE, "driver=580.82.07,gpu=L4", "cuda", video=True)
    assert "ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,video\n" in with_video
    assert "NVIDIA_DRIVER_CAPABILITIES" not in _printed(INFERENCE, "driver=580.82.07,gpu=L4", "cuda")


def test_each_index_has_a_line_of_its_own_and_the_shell_redirects_nothing() -> None:
    found = answer(
        BOTH, "driver=580.82.07,gpu=V100", families=("cuda",), carried=(Package("numpy", specifier=">=1.26,<3"),)
    )
    suggestion: Suggestion = found.suggestions[0]
    lines = pip_lines(suggestion, found.problem)
    assert [line for line in lines if "--index-url https://download.pytorch.org/whl/" in line and "torch==" in line]
    (default,) = [line for line in lines if "--index-url" not in line]
    assert "onnxruntime-gpu==" in default
    assert '"numpy>=1.26,<3"' in default


def test_a_build_of_microsofts_feeds_gets_its_requirements_from_pypi_first() -> None:
    wanted = {"onnxruntime-gpu": Package("onnxruntime-gpu", specifier=">=1.20")}
    found = answer(INFERENCE, "driver=470.57.02,gpu=T4", families=("cuda",), wanted=wanted)
    lines = pip_lines(found.suggestions[0], found.problem)
    assert lines[0].startswith("pip install coloredlogs flatbuffers numpy")
    assert lines[1].startswith("pip install onnxruntime-gpu==1.20")
    assert "--index-url https://aiinfra" in lines[1]
