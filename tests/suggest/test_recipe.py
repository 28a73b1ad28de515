"""The Dockerfile that is printed."""

from __future__ import annotations

from envdoctor.facts import Package
from envdoctor.suggest.problem import Suggestion
from envdoctor.suggest.recipe import dockerfile, lines_for, pip_lines
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
    assert 'CMD ["envdoctor", "selftest", "--deep-first"]' in _printed(TRAINING, "driver=580.82.07,gpu=L4", "python")
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


def _first(parts: frozenset[str], system: str, host: str = "driver=580.82.07,gpu=L4") -> list[str]:
    return _printed(parts, host, "cuda", os=system).splitlines()


def test_the_pip_of_a_newer_python_is_left_as_it_is() -> None:
    assert not [line for line in _first(TRAINING, "ubuntu22.04") if "--upgrade pip" in line]


def test_the_pip_of_python_3_8_is_too_old_for_the_names_of_wheels() -> None:
    lines = _first(TRAINING, "ubuntu20.04")
    at = lines.index("RUN pip install --no-cache-dir --upgrade pip")
    assert lines.index("ENV PATH=/opt/venv/bin:$PATH") < at
    assert at < next(number for number, line in enumerate(lines) if "torch==" in line)


def test_red_hats_line_has_dnf_and_a_python_that_the_wheels_have() -> None:
    for system in ("rockylinux9", "ubi9", "rockylinux8", "oraclelinux9"):
        text = "\n".join(_first(TRAINING, system))
        assert "apt-get" not in text
        assert "RUN dnf install -y python3.12 python3.12-pip \\\n    && dnf clean all\n" in text
        assert "RUN python3.12 -m venv /opt/venv\n" in text
    assert "RUN dnf install -y python3 python3-pip" in "\n".join(_first(TRAINING, "rockylinux10"))


def test_lines_for_some_packages_keep_their_quotes_and_indexes() -> None:
    packages = (Package("numpy", specifier="<2"), Package("torch", "2.7.1", "==2.7.1", index="https://host/cu128"))
    assert lines_for(packages) == (
        'pip install "numpy<2"',
        "pip install torch==2.7.1 --index-url https://host/cu128",
    )
