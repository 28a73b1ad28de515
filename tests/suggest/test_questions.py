"""The users' own questions, each with what an answer has to be and must not be."""

from __future__ import annotations

from packaging.version import Version

from envdoctor.facts import Package
from envdoctor.suggest.answer import Answer
from envdoctor.suggest.problem import Candidate
from tests.suggest.ask import BOTH, INFERENCE, TRAINING, answer


def _best(found: Answer, family: str) -> Candidate:
    return next(each.candidate for each in found.suggestions if each.candidate.base.family == family)


def _major(cuda: str | None) -> int:
    return int((cuda or "0").split(".")[0])


def test_training_on_an_rtx_3090_with_driver_535() -> None:
    """Minor-version compatibility runs every CUDA 12 wheel; the gate of 12.3 and newer images refuses a GeForce."""
    found = answer(TRAINING, "driver=535.104.05,gpu=RTX 3090")
    assert {each.candidate.base.family for each in found.suggestions} == {"ngc", "cuda", "pytorch", "python"}
    for family in ("cuda", "python"):
        wheel = _best(found, family).torch
        assert wheel is not None
        assert _major(wheel.cuda) == 12
        assert Version(wheel.version) >= Version("2.7")
    assert _best(found, "cuda").base.cuda == "12.2.2"
    assert _best(found, "ngc").base.cuda is not None
    assert _best(found, "ngc").base.cuda.startswith("12.2")  # type: ignore[union-attr]


def test_in_cdi_mode_the_gate_is_not_enforced_and_a_newer_image_starts() -> None:
    legacy = _best(answer(TRAINING, "driver=535.104.05,gpu=RTX 3090", families=("cuda",)), "cuda")
    cdi = _best(answer(TRAINING, "driver=535.104.05,gpu=RTX 3090,mode=cdi", families=("cuda",)), "cuda")
    assert Version(cdi.base.cuda or "0") >= Version(legacy.base.cuda or "0")


def test_inference_on_a_t4_with_driver_470() -> None:
    """CUDA 11.8, cuDNN 8, and the last onnxruntime-gpu of CUDA 11 on PyPI."""
    best = _best(answer(INFERENCE, "driver=470.57.02,gpu=T4"), "cuda")
    assert best.base.image.startswith("nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu")
    assert best.onnxruntime is not None
    assert _major(best.onnxruntime.cuda) == 11
    assert best.onnxruntime.cudnn == "8"
    assert best.onnxruntime.version == "1.18.1"
    assert best.onnxruntime.index is None


def test_onnxruntime_gpu_to_the_newest_on_a_driver_that_runs_cuda_13() -> None:
    found = answer(
        INFERENCE, "driver=580.82.07,gpu=L4", wanted={"onnxruntime-gpu": Package("onnxruntime-gpu", specifier=">=1.31")}
    )
    best = _best(found, "cuda")
    assert _major(best.base.cuda) == 13
    assert best.base.cudnn == "9"
    assert "cudnn-runtime" in best.base.image


def test_a_fleet_of_v100_and_h100() -> None:
    """CUDA 13 and cuDNN 9.11 left Volta behind; H100 needs CUDA 11.8 or newer."""
    found = answer(BOTH, "name=old,driver=580.82.07,gpu=V100", "name=new,driver=580.82.07,gpu=H100")
    assert found.suggestions
    for suggestion in found.suggestions:
        candidate = suggestion.candidate
        assert _major(candidate.base.cuda) == 12
        assert candidate.onnxruntime is not None
        assert _major(candidate.onnxruntime.cuda) == 12


def test_an_rtx_5090_on_driver_570() -> None:
    """Blackwell needs CUDA 12.8 wheels; the driver is below the floor of CUDA 13."""
    found = answer(TRAINING, "driver=570.133.07,gpu=RTX 5090")
    for family in ("cuda", "python"):
        wheel = _best(found, family).torch
        assert wheel is not None
        assert Version("12.8") <= Version(wheel.cuda) < Version("13")


def test_nothing_of_onnxruntime_fits_an_rtx_5090_on_driver_570_and_a_newer_driver_is_the_answer() -> None:
    """Its CUDA 12 builds hold no machine code for Blackwell; those of CUDA 13 do and need R580."""
    found = answer(INFERENCE, "name=desk,driver=570.133.07,gpu=RTX 5090")
    assert found.suggestions == ()
    assert [constraint.text for constraint in found.conflict] == [
        "host desk (RTX 5090, driver 570.133.07)",
        "onnxruntime-gpu is needed",
    ]
    assert found.changes[0].text == "with driver 580.65.06 or newer on desk (RTX 5090, driver 570.133.07)"


def test_a_python_that_no_wheel_is_for_names_the_python_as_the_change() -> None:
    found = answer(INFERENCE, "driver=580.82.07,gpu=H100", python="3.8", families=("cuda",), os="ubuntu24.04")
    assert found.suggestions == ()
    assert {constraint.text for constraint in found.conflict} <= {
        "--python 3.8", "--os ubuntu24.04", "onnxruntime-gpu is needed", "--family cuda", "host H100, driver 580.82.07",
    }  # fmt: skip
    assert "without --python 3.8" in [change.text for change in found.changes]


def test_a_requirement_holds() -> None:
    torch = Package("torch", specifier=">=2.4,<2.6")
    found = answer(TRAINING, "driver=580.82.07,gpu=A100", wanted={"torch": torch}, count=8)
    assert found.suggestions
    for suggestion in found.suggestions:
        assert (2, 4) <= Version(suggestion.candidate.torch_version or "0").release[:2] < (2, 6)


def test_torchvision_goes_with_its_torch() -> None:
    found = answer(
        TRAINING, "driver=580.82.07,gpu=A100", wanted={"torchvision": Package("torchvision")}, families=("cuda",)
    )
    best = found.suggestions[0]
    assert [package.name for package in best.companions] == ["torchvision"]
    assert best.companions[0].index == best.candidate.torch.index  # type: ignore[union-attr]


def test_what_is_taken_as_it_is_does_not_change_the_choice_without_reason() -> None:
    free = answer(TRAINING, "driver=580.82.07,gpu=A100", families=("cuda",)).suggestions[0].candidate
    carried = (Package("requests", specifier=">=2", origin=free.wheels[0].package().origin),)
    kept = answer(TRAINING, "driver=580.82.07,gpu=A100", families=("cuda",), carried=carried).suggestions[0].candidate
    assert kept == free


def test_arm_servers_get_images_and_wheels_for_arm() -> None:
    found = answer(TRAINING, "driver=580.82.07,gpu=GH200,arch=aarch64", families=("ngc", "python"))
    assert found.suggestions
    wheel = _best(found, "python").torch
    assert wheel is not None
    assert _major(wheel.cuda) >= 12


def _images(found: Answer) -> list[str]:
    return [each.candidate.base.image for each in found.suggestions]


def test_training_on_a_jetson_agx_orin_with_jetpack_6() -> None:
    """NVIDIA's monthly images for the JetPack on the board; a release that may be too old gets no newer one."""
    partial = answer(TRAINING, "l4t=36.4,gpu=Jetson AGX Orin")
    assert _images(partial)[0] == "nvcr.io/nvidia/pytorch:25.01-py3-igpu"  # JetPack 6.1
    assert any("NVIDIA names JetPack 6.1" in reason for reason in partial.suggestions[0].reasons)
    assert _images(answer(TRAINING, "l4t=36.4.3,gpu=Jetson AGX Orin"))[0] == "nvcr.io/nvidia/pytorch:25.06-py3-igpu"
    assert _images(answer(TRAINING, "l4t=36.3,gpu=Jetson Orin Nano"))[0] == "nvcr.io/nvidia/pytorch:24.08-py3-igpu"
    for image in _images(partial):
        assert image.endswith("-igpu")


def test_training_on_an_orin_or_a_xavier_with_jetpack_5() -> None:
    for board in ("Jetson AGX Orin", "Jetson AGX Xavier"):
        found = answer(TRAINING, f"l4t=35.4.1,gpu={board}")
        assert _images(found)[0] == "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"
        assert "made for L4T 35.2.1, and runs on the releases of its line" in found.suggestions[0].reasons[0]
        assert all("r35" in image for image in _images(found))


def test_training_on_a_jetson_nano_with_jetpack_4() -> None:
    found = answer(TRAINING, "l4t=32.7.1,gpu=Jetson Nano")
    assert _images(found)[0] == "nvcr.io/nvidia/l4t-pytorch:r32.7.1-pth1.10-py3"


def test_training_on_a_jetson_thor() -> None:
    """JetPack 7 runs the wheels for Arm servers, of the CUDA that its driver is of and not of a newer one."""
    found = answer(TRAINING, "l4t=38.2,gpu=Jetson AGX Thor")
    for family in ("python", "cuda"):
        wheel = _best(found, family).torch
        assert wheel is not None
        assert wheel.cuda == "13.0"
    assert _best(found, "ngc").base.image == "nvcr.io/nvidia/pytorch:25.11-py3"  # the last for JetPack 7.0
    newer = answer(TRAINING, "l4t=38.4,gpu=Jetson AGX Thor", families=("ngc",))
    assert _images(newer)[0] == "nvcr.io/nvidia/pytorch:26.03-py3"


def test_where_nothing_is_known_of_a_jetson_it_says_where_to_go_on() -> None:
    for parts, host in ((TRAINING, "l4t=39.2,gpu=Jetson AGX Orin"), (INFERENCE, "l4t=36.4,gpu=Jetson AGX Orin")):
        found = answer(parts, host)
        assert not found.suggestions
        assert any("pypi.jetson-ai-lab.io" in line for line in found.advice)
    unstated = answer(TRAINING, "gpu=Jetson AGX Orin")
    assert not unstated.suggestions
    assert any("/etc/nv_tegra_release" in line for line in unstated.advice)
    assert answer(TRAINING, "driver=390.157,gpu=Tesla K80").advice == ()


def test_a_jetson_and_a_server_have_no_image_in_common() -> None:
    found = answer(
        TRAINING, "name=edge,l4t=36.4.3,gpu=Jetson AGX Orin", "name=rack,driver=580.82.07,gpu=GH200,arch=aarch64"
    )
    assert not found.suggestions
