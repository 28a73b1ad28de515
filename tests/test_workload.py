"""A workload put together: declaration, base image, statements, host."""

from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Host, Launch, Origin, Package, Packages, absent, known
from envdoctor.readers.declared import Declared
from envdoctor.readers.stages import read_dockerfile
from envdoctor.workload import Stated, aliased, assemble, from_environment
from tests.rules.vocabulary import (
    BASE_12_4,
    CUDNN_12_4,
    MATRIX,
    NOT_STATED,
    PYTHON,
    document,
    installed,
    on,
    package,
    workload,
)

NGC = "nvcr.io/nvidia/pytorch:24.05-py3"
PYTORCH_RUNTIME = "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime"


def held(facts: Facts) -> list[tuple[str, str | None, str | None]]:
    return [(item.name, item.version, item.manager) for item in facts.packages.need().items]


# --- packages ---


def test_pip_leaves_what_the_image_holds_where_that_satisfies_the_line() -> None:
    for line in ("torch", "torch>=2.0", "torch==2.4.0"):
        assert held(workload(PYTORCH_RUNTIME, pip=[line])) == [("torch", "2.4.0", "pip")]
        assert workload(PYTORCH_RUNTIME, pip=[line]).packages.need().items[0].installed


def test_pip_replaces_it_where_not() -> None:
    assert held(workload(PYTORCH_RUNTIME, pip=["torch==2.8.0"])) == [("torch", "2.8.0", "pip")]
    assert held(workload(NGC, pip=["torch>=2.4"]))[-1] == ("torch", None, "pip")  # the image's 2.4.0a0 comes before 2.4
    assert ("torch", "2.4.0a0+07cecf4168", "image") in held(workload(NGC, pip=["torch>=2.0"]))
    assert held(workload(PYTORCH_RUNTIME, pip=[package("torch==2.5.0", "conda")])) == [("torch", "2.5.0", "conda")]


def test_apt_replaces_nothing_of_pips() -> None:
    assert ("torch", "2.4.0", "pip") in held(workload(PYTORCH_RUNTIME, apt=["torch"]))


def test_a_hostile_specifier_is_no_reason_to_stop() -> None:
    odd = package("torch")._replace(specifier=">>2")
    assert held(workload(PYTORCH_RUNTIME, pip=[odd])) == [("torch", None, "pip")]


def test_stated_packages_replace_declared_ones() -> None:
    stated = Stated(packages=(Package("onnxruntime-gpu", "1.19.0", origin=Origin("--package")),))
    reference = known(CUDNN_12_4, Origin("Dockerfile:1"))
    facts = assemble(
        Declared(
            "Dockerfile", reference, packages=workload(pip=["onnxruntime-gpu==1.18.1", "torch==2.4.0"]).packages.need()
        ),
        NOT_STATED,
        MATRIX,
        stated,
    )
    assert held(facts) == [("torch", "2.4.0", "pip"), ("onnxruntime-gpu", "1.19.0", "pip")]


@pytest.mark.parametrize(
    ("image", "complete"),
    [
        (CUDNN_12_4, True),
        (PYTHON, True),
        (PYTORCH_RUNTIME, True),
        (None, True),
        ("our_base:1", False),
        ("nvcr.io/nvidia/pytorch:25.07-py3", False),
    ],
)
def test_a_base_of_unknown_contents_is_a_gap(image: str | None, complete: bool) -> None:
    assert workload(image, pip=["torch==2.4.0"]).packages.need().complete is complete


# --- the image ---


def test_apt_brings_libraries_into_the_image() -> None:
    image = workload(BASE_12_4, apt=["libcudnn8=8.9.7.29-1+cuda12.2", "cuda-compat-12-6"]).image
    assert (image.cudnn.get(), image.compat.get(), image.cuda.get()) == ("8.9.7.29", "12.6", "12.4.1")
    assert str(image.cudnn.origin) == "Dockerfile:2"
    plain = workload("ubuntu:22.04", apt=["cuda-toolkit-12-4"]).image
    assert (plain.cuda.get(), plain.flavor.get()) == ("12.4", "runtime")
    assert workload(BASE_12_4, apt=["cuda-toolkit-config-common", "libcudnn8-samples"]).image.cudnn.is_absent


@pytest.mark.parametrize(
    ("image", "apt", "pip", "python"),
    [
        ("python:3.11.9-slim", [], [], "3.11.9"),
        ("ubuntu:22.04", ["python3"], [], "3.10"),
        (CUDNN_12_4, ["python3-pip"], [], "3.10"),
        ("debian:12", ["python3"], [], "3.11"),
        (CUDNN_12_4, ["python3.10"], [], "3.10"),
        (CUDNN_12_4, ["python3.11", "python3.11-dev"], [], None),  # beside the distribution's own
        (CUDNN_12_4, [], [Package("python", "3.11", manager="conda")], "3.11"),
        (CUDNN_12_4, [], ["uv"], None),
        (CUDNN_12_4, [], [Package("numpy", manager="conda")], None),
        ("our_base:1", [], [], None),
        (None, [], [], None),
    ],
)
def test_the_python_that_pip_installs_for(
    image: str | None, apt: list[str], pip: list[str | Package], python: str | None
) -> None:
    fact = workload(image, apt=apt, pip=pip).image.python
    assert fact.get() == python
    assert fact.is_known or fact.is_unknown


def test_a_platform_is_one_architecture() -> None:
    assert workload(CUDNN_12_4, platform="linux/arm64").image.arch.get() == ("arm64",)
    assert workload(CUDNN_12_4).image.arch.get() == ("amd64", "arm64")
    assert workload(CUDNN_12_4, platform="linux/riscv64").image.arch.get() == (
        "amd64",
        "arm64",
    )  # not among those of the tag
    assert workload(CUDNN_12_4, platform="banana").image.arch.get() == ("amd64", "arm64")


def test_without_an_image_there_is_no_gate_and_the_system_is_unknown() -> None:
    image = workload(None).image
    assert image.reference.is_absent
    assert image.gate.is_absent
    assert image.status.is_absent
    assert image.cuda.is_unknown
    assert "names no image" in image.cuda.reason


@pytest.mark.parametrize("alias", ["our_base", "our_base:latest"])
def test_an_alias_with_or_without_its_tag(alias: str) -> None:
    for name in ("our_base", "our_base:latest"):
        found = aliased(known(name, Origin("Dockerfile:1", "Dockerfile", 1)), {alias: CUDNN_12_4})
        assert found.get() == CUDNN_12_4
        assert str(found.origin) == f"Dockerfile:1, --image-alias {alias}"
        assert found.origin.line == 1
    unknown = known("other:1", Origin("Dockerfile:1"))
    assert aliased(unknown, {alias: CUDNN_12_4}) is unknown
    assert aliased(absent("FROM scratch"), {alias: CUDNN_12_4}).is_absent


# --- uses ---


def test_uses_are_inferred_from_packages_unless_stated() -> None:
    facts = workload(PYTHON, pip=["torch==2.4.0", "onnxruntime-gpu==1.20.0", "opencv-python", "numpy"])
    assert facts.uses.need() == {"torch", "onnxruntime-cuda", "opencv"}
    assert not facts.uses_stated
    stated = workload(PYTHON, pip=["torch==2.4.0"], uses=["onnxruntime"])
    assert stated.uses.need() == {"onnxruntime"}
    assert stated.uses_stated
    assert workload(PYTHON, pip=["torch==2.4.0"], uses=[]).uses.get() == frozenset()


def test_every_package_of_opencv_says_that_it_is_used_and_what_an_image_happens_to_hold_does_not() -> None:
    for name in ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless"):
        assert workload(PYTHON, pip=[name]).uses.need() == {"opencv"}
    assert workload(CUDNN_12_4, apt=["python3-opencv"]).uses.need() == {"opencv"}
    assert workload(PYTHON, pip=["opencv-fixer", "my-opencv-tools"]).uses.need() == frozenset()
    ngc = workload("nvcr.io/nvidia/pytorch:24.02-py3")
    assert ("opencv", "4.7.0", "image") in held(ngc)
    assert ngc.uses.need() == {"torch"}


# --- environment documents ---


def test_what_a_document_states_wins_over_what_its_image_is_known_to_hold() -> None:
    image = document(image={"reference": CUDNN_12_4, "cudnn": "9.5.1"}).image
    assert (image.cudnn.get(), image.cuda.get(), image.flavor.get()) == ("9.5.1", "12.4.1", "runtime")
    assert image.status.get() == "published"
    assert document(image={"reference": CUDNN_12_4}, launch={"gpus": "all"}).image.status.is_absent  # it exists


def test_a_document_without_packages_has_those_of_its_image() -> None:
    assert held(document(image={"reference": NGC}))[0] == ("torch", "2.4.0a0+07cecf4168", "image")
    assert document(image={"reference": "our_base:1"}).packages.is_unknown
    assert held(document(image={"reference": NGC}, packages=[])) == []


def test_a_document_that_lists_packages_of_an_ngc_image_means_its_torch_too() -> None:
    some = document(image={"reference": NGC}, packages=[{"name": "transformer-engine"}])
    assert held(some)[0] == ("torch", "2.4.0a0+07cecf4168", "image")
    other = document(image={"reference": NGC}, packages=[{"name": "torch", "version": "2.5.0", "manager": "pip"}])
    assert [name for name, _, _ in held(other)] == ["torch"]
    seen = document(image={"reference": NGC}, packages=[{"name": "numpy"}], observed={"container": True})
    assert [name for name, _, _ in held(seen)] == ["numpy"]


def test_a_document_without_an_image_has_no_gate() -> None:
    facts = document(packages=[installed("torch", "2.4.0")])
    assert facts.image.gate.is_absent
    assert facts.image.reference.is_absent


def test_an_image_that_states_its_cuda_is_given_the_gate_of_such_images() -> None:
    image = document(image={"reference": "our_base:1", "cuda": "12.4.1"}).image
    assert (image.gate.get() or "").startswith("cuda>=12.4")
    assert "this image's own is not known" in str(image.gate.origin)


def test_a_stated_host_replaces_the_documents() -> None:
    facts = document(host={"driver": {"version": "470.57.02"}}, image={"reference": CUDNN_12_4})
    assert facts.host.driver.get() == "470.57.02"
    replaced = from_environment(facts, on("580.65.06", ["T4"]), MATRIX, Stated())
    assert replaced.host.driver.get() == "580.65.06"


def test_stated_packages_and_uses_and_aliases_reach_documents() -> None:
    facts = document(image={"reference": "our_base"}, packages=[installed("torch", "2.4.0")])
    stated = Stated((package("torch==2.5.0"),), frozenset({"torch"}), {"our_base": CUDNN_12_4})
    found = from_environment(
        facts._replace(image=facts.image._replace(reference=known("our_base", Origin("x")))), None, MATRIX, stated
    )
    assert held(found) == [("torch", "2.5.0", "pip")]
    assert found.uses_stated
    assert found.image.reference.get() == CUDNN_12_4


def test_what_is_assumed_is_listed() -> None:
    assert workload(CUDNN_12_4).assumptions == ("launched with --gpus all", "the NVIDIA Container Toolkit is installed")
    assert workload(CUDNN_12_4, host=on("580.65.06", toolkit="1.17.4")).assumptions == ("launched with --gpus all",)


@pytest.mark.parametrize(("image", "versions"), [("python:3.8-slim", ["2.0.1"]), ("python:3.11-slim", ["2.4.0"])])
def test_a_marker_is_settled_by_the_images_python(image: str, versions: list[str]) -> None:
    here = Origin("requirements.txt:1", "requirements.txt", 1)
    either = (
        Package("torch", "2.0.1", marker='python_version < "3.9"', origin=here),
        Package("torch", "2.4.0", marker='python_version >= "3.9"', origin=here),
    )
    declared = Declared("Dockerfile", image=known(image, here), packages=Packages(either))
    packages = assemble(declared, Host(), MATRIX, Stated()).packages.need()
    assert ([item.version for item in packages.named("torch")], packages.gaps) == (versions, ())


def test_a_marker_that_cannot_be_told_leaves_a_gap() -> None:
    here = Origin("requirements.txt:1", "requirements.txt", 1)
    torch = Package("torch", "2.0.1", marker='python_version < "3.9"', origin=here)
    declared = Declared("requirements.txt", image=absent("no image"), packages=Packages((torch,)))
    packages = assemble(declared, Host(), MATRIX, Stated()).packages.need()
    assert (packages.named("torch"), len(packages.gaps)) == ((), 1)


@pytest.mark.parametrize(
    ("lines", "python"),
    [
        ("RUN python3.11 -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH", "3.11"),
        ("RUN /usr/bin/python3.12 -m venv --clear /v/\nENV PATH=/v/bin:/usr/bin:$PATH", "3.12"),
        (
            "RUN python3 -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH",
            None,
        ),  # of the distribution, which is not known
        ("RUN python3.11 -m venv /opt/venv", None),  # pip is not its
        ("RUN python3.11 -m venv /opt/venv\nENV PATH=/other/bin:/opt/venv/bin:$PATH", None),
        ("RUN python3.11 -m venv $HERE\nENV PATH=/opt/venv/bin:$PATH", None),
    ],
)
def test_the_python_of_an_environment_that_path_puts_first(lines: str, python: str | None) -> None:
    text = f"FROM nvidia/cuda:12.9.1-base-rockylinux9\n{lines}\nRUN pip install onnxruntime-gpu==1.20.0\n"
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=lambda name: None)
    assert assemble(declared, Host(), MATRIX, Stated()).image.python.get() == python


# --- the launch ---


STATED_LAUNCH = Launch(stated=True, gpus=known("all", Origin("--launch")), env=known({"A": "2"}, Origin("--launch")))
OWN_LAUNCH = Launch(
    stated=True,
    gpus=absent("no GPU is asked for"),
    shm_size=known(1 << 30, Origin("run.sh:1")),
    env=known({"A": "1", "B": "1"}, Origin("run.sh:1")),
)


def test_a_stated_launch_holds_where_no_file_says() -> None:
    declared = Declared("Dockerfile", known(BASE_12_4, Origin("Dockerfile:1")))
    facts = assemble(declared, NOT_STATED, MATRIX, Stated(launch=STATED_LAUNCH))
    assert facts.launch == STATED_LAUNCH
    assert "launched with --gpus all" not in facts.assumptions
    assert "launched with --gpus all" in assemble(declared, NOT_STATED, MATRIX, Stated()).assumptions


def test_a_launch_of_a_script_is_not_changed_by_a_stated_one() -> None:
    declared = Declared("run.sh:1", known(BASE_12_4, Origin("run.sh:1")), launch=OWN_LAUNCH)
    facts = assemble(declared, NOT_STATED, MATRIX, Stated(launch=STATED_LAUNCH))
    assert facts.launch == OWN_LAUNCH
    assert "launched with --gpus all" not in facts.assumptions  # none is asked for, which is no assumption


def test_what_is_stated_wins_over_a_documents_launch() -> None:
    own = document(image={"reference": BASE_12_4})._replace(launch=OWN_LAUNCH)
    facts = from_environment(own, None, MATRIX, Stated(launch=STATED_LAUNCH))
    assert facts.launch.gpus.get() == "all"
    assert facts.launch.shm_size.get() == 1 << 30
    assert facts.launch.env.need() == {"A": "2", "B": "1"}
    without = document(image={"reference": BASE_12_4})
    assert from_environment(without, None, MATRIX, Stated(launch=STATED_LAUNCH)).launch == STATED_LAUNCH
