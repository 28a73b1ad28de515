"""A system cuDNN in the way of torch's own."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import (
    CUDNN_12_4,
    PYTHON,
    document,
    does_not_apply,
    fires,
    fires_and_stays_open,
    installed,
    silent,
    undecided,
    workload,
)

RULE = "cudnn-shadowed"
ON_PATH = {"reference": CUDNN_12_4, "env": {"LD_LIBRARY_PATH": "/usr/local/nvidia/lib64:/opt/cudnn/lib/"}}


def library(version: str, folder: str = "/opt/cudnn/lib") -> dict[str, str]:
    return {"soname": f"libcudnn.so.{version[0]}", "path": f"{folder}/libcudnn.so.{version[0]}", "version": version}


def test_as_new_as_the_wheels_is_silent() -> None:
    for version in ("9.1.0", "9.1.1", "9.5.0"):
        silent(RULE, document(image=ON_PATH, packages=[installed("torch", "2.4.0")], libraries=[library(version)]))


def test_another_major_is_another_library() -> None:
    silent(RULE, document(image=ON_PATH, packages=[installed("torch", "2.4.0")], libraries=[library("8.9.7")]))


def test_older_than_a_wheel_without_rpath_is_an_error() -> None:
    facts = document(
        image=ON_PATH, packages=[installed("torch", "2.0.1")], libraries=[library("8.4.1")]
    )  # built with 8.5.0
    finding = fires(RULE, facts)
    assert finding.severity is Severity.ERROR
    assert "8.4.1" in finding.message
    assert "8.5.0.96" in finding.message
    assert "LD_LIBRARY_PATH" in finding.remedy[0]


def test_wheels_from_2_1_on_look_at_their_own_first() -> None:
    facts = document(image=ON_PATH, packages=[installed("torch", "2.7.0")], libraries=[library("9.1.0")])
    finding, reason = fires_and_stays_open(RULE, facts)
    assert finding.severity is Severity.NOTE
    assert "9.5.1.17" in finding.message
    assert "2.1 and later" in reason


def test_two_cudnn_in_one_process_as_observed() -> None:
    packages = [installed("torch", "2.6.0"), installed("onnxruntime-gpu", "1.22.0")]
    image = {"reference": CUDNN_12_4}
    finding = fires(RULE, document(image=image, packages=packages, observed={"torch": {"cudnn": 90501}}))
    assert finding.severity is Severity.WARNING
    assert "torch brings 9.5, the image holds 9.1.0" in finding.message
    does_not_apply(RULE, document(image=image, packages=packages, observed={"torch": {"cudnn": 90100}}))
    does_not_apply(RULE, document(image=image, packages=packages[:1], observed={"torch": {"cudnn": 90501}}))


def test_open_and_not_applicable() -> None:
    unlisted = document(image=ON_PATH, packages=[installed("torch", "9.9.9")], libraries=[library("9.1.0")])
    assert "torch 9.9.9" in undecided(RULE, unlisted)
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, gaps=["Dockerfile:4: -r missing.txt"]))
    elsewhere = document(
        image=ON_PATH, packages=[installed("torch", "2.0.1")], libraries=[library("8.4.1", "/usr/lib/x86_64-linux-gnu")]
    )
    does_not_apply(RULE, elsewhere)
    does_not_apply(RULE, workload(PYTHON, pip=["torch==2.4.0"]))
    does_not_apply(RULE, workload("nvcr.io/nvidia/pytorch:24.05-py3"))
