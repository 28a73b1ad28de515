"""The judge says what `check` says, asks little, and remembers."""

from __future__ import annotations

import pytest

from envdoctor.doctor import diagnose
from envdoctor.facts import Package
from envdoctor.findings import Verdict
from envdoctor.rules import RULES
from envdoctor.suggest.judge import Judge, Memory, workload
from envdoctor.suggest.problem import TORCH, Base, Candidate, Problem, Wheel
from envdoctor.suggest.search import Search
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import MATRIX
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, problem

_PLAIN = Base("python", "python:3.12-slim", "3.12", None, None, None, 0, ())
_CUDA = Base("cuda", "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04", "3.10", "ubuntu22.04", "12.4.1", "9", 0, ())
_TORCH = Wheel(TORCH, "2.7.1", "12.8", "9", False, ("3.12",), "https://download.pytorch.org/whl/cu128")
_HOSTS = (
    "driver=535.104.05,gpu=T4", "driver=535.104.05,gpu=RTX 4090", "driver=535.104.05,gpu=RTX 4090,mode=cdi", "driver=470.57.02,gpu=A100",
    "driver=570.133.07,gpu=RTX 5090", "driver=580.82.07,gpu=V100", "driver=580.82.07,gpu=GTX 1080 Ti", "driver=535,gpu=L4",
)  # fmt: skip


def _judge(asked: Problem) -> Judge:
    return Judge(asked, MATRIX, Memory())


@pytest.mark.parametrize("candidate", [Candidate(_PLAIN, _TORCH), Candidate(_CUDA), Candidate(_CUDA, _TORCH)])
def test_it_says_what_check_says_on_each_host_and_on_all(candidate: Candidate) -> None:
    fits = []
    for text in _HOSTS:
        asked = problem(TRAINING, text)
        facts = assemble(workload(candidate, (), "amd64"), asked.hosts[0], MATRIX, Stated())
        verdict = diagnose(facts, MATRIX, RULES).verdict
        fits.append(_judge(asked).alone(candidate).tier is not None)
        assert fits[-1] == (verdict is Verdict.COMPATIBLE), text
    together = _judge(problem(TRAINING, *_HOSTS)).alone(candidate)
    assert (together.tier is not None) == all(fits)
    good = [text for text, fit in zip(_HOSTS, fits, strict=True) if fit]
    assert good
    assert _judge(problem(TRAINING, *good)).alone(candidate).tier is not None


def test_a_driver_that_does_not_drive_the_gpu_is_told_before_any_search() -> None:
    hopeless = _judge(problem(TRAINING, "driver=535.104.05,gpu=K80")).hopeless()
    assert (hopeless.tier, hopeless.rule) == (None, "gpu-not-in-driver")
    search = Search(problem(BOTH, "driver=535.104.05,gpu=K80"), MATRIX)
    assert search.best(4) == ()
    assert [each.part for each in search.rejected.values()] == ["host"]


@pytest.mark.parametrize("text", _HOSTS)
def test_what_the_asked_candidate_brings_makes_no_host_hopeless(text: str) -> None:
    assert _judge(problem(TRAINING, text)).hopeless().tier is not None


def test_packages_that_cannot_be_together_are_told_without_image_and_host() -> None:
    runtime = Wheel("onnxruntime-gpu", "1.20.0", "12.2", "9", True, ("3.12",), None)
    carried = (Package("onnxruntime"),)
    told = _judge(problem(INFERENCE, _HOSTS[0], carried=carried)).agrees(Candidate(_PLAIN, None, runtime), ())
    assert (told.tier, told.rule) == (None, "onnxruntime-both-packages")
    alone = _judge(problem(INFERENCE, _HOSTS[0], carried=(Package("flask"),))).agrees(
        Candidate(_PLAIN, None, runtime), ()
    )
    assert alone.tier == 0


def test_an_opencv_and_a_numpy_that_cannot_be_together_are_told_at_once() -> None:
    carried = (Package("opencv-python", "4.8.1.78", manager="pip"), Package("numpy", "2.1.0", manager="pip"))
    told = _judge(problem(TRAINING, _HOSTS[0], carried=carried)).agrees(Candidate(_PLAIN, _TORCH), ())
    assert (told.tier, told.rule) == (None, "numpy-abi-mismatch")


@pytest.mark.parametrize("name", ["libnvidia-encode-550", "libnvidia-gl-590", "nvidia-driver-535"])
def test_a_drivers_package_in_the_image_is_no_matter_of_the_base(name: str) -> None:
    carried = (Package(name, manager="apt"),)
    asked = problem(TRAINING, "driver=535.104.05,gpu=T4", carried=carried)
    plain = problem(TRAINING, "driver=535.104.05,gpu=T4")
    candidate = Candidate(_CUDA)
    assert _judge(asked).judge(candidate).tier == _judge(plain).judge(candidate).tier


def test_an_answer_is_asked_for_once() -> None:
    asked = problem(BOTH, "driver=535.104.05,gpu=T4")
    memory = Memory()
    first = Search(asked, MATRIX, memory).best(4)
    count = memory.asked
    assert count > 0
    assert Search(asked, MATRIX, memory).best(4) == first
    assert memory.asked == count


def test_a_search_that_is_given_up_says_so() -> None:
    asked = problem(BOTH, "driver=535.104.05,gpu=T4")
    given_up = Search(asked, MATRIX, most=3)
    given_up.best(4)
    assert given_up.ended
    whole = Search(asked, MATRIX)
    whole.best(4)
    assert not whole.ended


def test_what_no_image_mends_does_not_rule_any_out() -> None:
    """opencv-python in a slim image needs libgl1, which is the file's business, and two packages of OpenCV stay two."""
    candidate = Candidate(_PLAIN, _TORCH)
    carried = tuple(Package(name) for name in ("opencv-python", "opencv-python-headless", "pynvvideocodec"))
    asked = problem(TRAINING, "driver=570.133.07,gpu=L4")._replace(carried=carried)
    facts = assemble(workload(candidate, carried, "amd64"), asked.hosts[0], MATRIX, Stated())
    assert diagnose(facts, MATRIX, RULES).verdict is Verdict.INCOMPATIBLE
    assert _judge(asked).judge(candidate).tier is not None
