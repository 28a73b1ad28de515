"""What an image needs, from what is installed in it: folders as pip, Debian and conda lay them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envdoctor.probes import installed
from envdoctor.selftest import needs, observed, parts
from envdoctor.selftest.needs import UnknownNeed

SITE = "/usr/local/lib/python3.11/site-packages"
TORCH = (
    "from typing import Optional\n\n__version__ = '{0}'\ndebug = False\ncuda: Optional[str] = {1}\ngit_version = 'x'\n"
)
BUILD = "package_name = '{0}'\n__version__ = '{1}'\n"


def image(root: Path, *distributions: str, **files: str) -> dict[str, Any]:
    """Scans a root with those *.dist-info; `files` are paths below site-packages with "__" for "/"."""
    site = root / SITE.lstrip("/")
    site.mkdir(parents=True, exist_ok=True)
    for name in distributions:
        (site / f"{name}.dist-info").mkdir()
    for path, content in files.items():
        target = site / path.replace("__", "/").replace("_dot_", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return installed.scan(str(root), installed.folders(str(root)))


def names(found: dict[str, Any], **environment: str) -> list[str]:
    return list(needs.found(found, environment))


def test_an_empty_image_needs_nothing(tmp_path: Path) -> None:
    assert names(installed.scan(str(tmp_path), installed.folders(str(tmp_path)))) == []


@pytest.mark.parametrize(
    ("version", "cuda", "expected"),
    [
        ("2.4.0+cpu", "None", []),
        ("2.4.0+rocm6.1", "None", []),
        ("2.4.0", "'12.1'", ["torch"]),
        ("2.4.0+cu121", "'12.1'", ["torch"]),
        ("2.10.0", "None", []),
    ],
)
def test_torch_says_what_it_was_built_with(tmp_path: Path, version: str, cuda: str, expected: list[str]) -> None:
    found = image(tmp_path, f"torch-{version}", torch__version_dot_py=TORCH.format(version, cuda))
    assert names(found) == expected
    assert (parts.torch(found, {}) is None) == bool(expected)


@pytest.mark.parametrize(("version", "expected"), [("2.4.0+cu121", ["torch"]), ("2.4.0", []), ("2.4.0+cpu", [])])
def test_torch_without_its_version_file(tmp_path: Path, version: str, expected: list[str]) -> None:
    assert names(image(tmp_path, f"torch-{version}")) == expected


@pytest.mark.parametrize(
    ("cuda", "driver", "fine"),
    [
        ("12.1", 12020, True),
        ("12.8", 12020, True),  # minor-version compatibility
        ("11.8", 13000, True),
        ("13.0", 13000, True),
        ("13.0", 12090, False),
        ("12.1", 11080, False),
        ("12.1", None, True),  # the driver was not asked
    ],
)
def test_a_build_newer_than_the_driver(tmp_path: Path, cuda: str, driver: int | None, fine: bool) -> None:
    torch = image(tmp_path, "torch-2.9.0", torch__version_dot_py=TORCH.format("2.9.0", f"'{cuda}'"))
    found = {**torch, **ort(tmp_path, "onnxruntime-gpu", "onnxruntime_gpu-1.31.1", cuda_version=cuda)}
    told = {"cuDriverGetVersion": driver}
    for problem in (parts.torch(found, told), parts.onnxruntime(found, told, "onnxruntime-cuda")):
        assert (problem is None) == fine
        assert problem is None or f"is built with CUDA {cuda}, and the driver runs CUDA " in problem.cause


def test_the_cpu_package_needs_no_gpu_not_even_on_a_cuda_image(tmp_path: Path) -> None:
    found = image(
        tmp_path,
        "onnxruntime-1.31.1",
        onnxruntime__capi__build_and_package_info_dot_py=BUILD.format("onnxruntime", "1.31.1"),
    )
    assert names(found, NVIDIA_REQUIRE_CUDA="cuda>=12.4") == ["onnxruntime"]


def test_a_cuda_image_without_python_packages(tmp_path: Path) -> None:
    assert names(image(tmp_path), NVIDIA_REQUIRE_CUDA="cuda>=12.4") == ["cuda"]
    assert names(image(tmp_path)) == []


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        ("onnxruntime_gpu-1.19.0", ["onnxruntime-cuda"]),
        ("cupy_cuda12x-13.2.0", ["cuda"]),
        ("tensorrt-10.1.0", ["cuda"]),
        ("PyNvVideoCodec-1.0.2", ["nvdec"]),
        ("opencv_python_headless-4.10.0.84", ["opencv"]),
        ("torchvision-0.19.0", []),
        ("onnxruntime_openvino-1.19.0", []),
        ("numpy-2.0.0", []),
    ],
)
def test_other_packages(tmp_path: Path, distribution: str, expected: list[str]) -> None:
    assert names(image(tmp_path, distribution)) == expected


def ort(root: Path, package: str, *distributions: str, cuda_version: str = "") -> dict[str, Any]:
    build = BUILD.format(package, "1.31.1") + (f"cuda_version = '{cuda_version}'\n" if cuda_version else "")
    return image(
        root,
        *distributions,
        onnxruntime__capi__build_and_package_info_dot_py=build,
        onnxruntime__capi__onnxruntime_pybind11_state_dot_so="",
        onnxruntime__capi__libonnxruntime_providers_cuda_dot_so="",
    )


def test_both_packages_and_the_gpu_one_last(tmp_path: Path) -> None:
    found = ort(tmp_path, "onnxruntime-gpu", "onnxruntime-1.31.1", "onnxruntime_gpu-1.31.1")
    assert names(found) == ["onnxruntime-cuda"]
    assert parts.onnxruntime(found, {}, "onnxruntime-cuda") is None


def test_both_packages_and_the_cpu_one_last(tmp_path: Path) -> None:
    found = ort(tmp_path, "onnxruntime", "onnxruntime-1.31.1", "onnxruntime_gpu-1.31.1")
    problem = parts.onnxruntime(found, {}, "onnxruntime-cuda")
    assert problem
    assert "both installed, and the files are those of onnxruntime" in problem.cause
    assert parts.onnxruntime(found, {}, "onnxruntime") is None


def test_shared_files_removed_with_one_package(tmp_path: Path) -> None:
    found = image(tmp_path, "onnxruntime_gpu-1.31.1", onnxruntime__capi__libonnxruntime_providers_cuda_dot_so="")
    problem = parts.onnxruntime(found, {}, "onnxruntime-cuda")
    assert problem
    assert "incomplete" in problem.cause


def test_a_provider_that_cannot_be_loaded(tmp_path: Path) -> None:
    found = ort(tmp_path, "onnxruntime-gpu", "onnxruntime_gpu-1.19.0")
    error = "libcublasLt.so.12: cannot open shared object file: No such file or directory"
    told = {"loader cuda": {"missing": ["libcublasLt.so.12"], "in_packages": {}, "error": error}}
    problem = parts.onnxruntime(found, told, "onnxruntime-cuda")
    assert problem
    assert problem.cause.endswith(f"cannot be loaded: {error}")
    problem = parts.onnxruntime(found, told, "onnxruntime-tensorrt")
    assert problem
    assert "holds no libonnxruntime_providers_tensorrt.so" in problem.cause


def test_libraries_of_python_packages_are_a_note(tmp_path: Path) -> None:
    found = ort(tmp_path, "onnxruntime-gpu", "onnxruntime_gpu-1.19.0")
    told = {
        "loader cuda": {"missing": ["libcublas.so.12"], "in_packages": {"libcublas.so.12": f"{SITE}/nvidia/cublas/lib"}}
    }
    assert parts.onnxruntime(found, told, "onnxruntime-cuda") is None
    assert "onnxruntime.preload_dlls()" in parts.preloaded(told)[0]


def test_where_python_packages_hold_a_library(tmp_path: Path) -> None:
    image(tmp_path, nvidia__cublas__lib__libcublas_dot_so_dot_12="")
    root = str(tmp_path)
    assert installed.in_packages(root, SITE, "libcublas.so.12") == f"{SITE}/nvidia/cublas/lib"
    assert installed.in_packages(root, SITE, "libcudnn.so.9") == ""
    assert installed.in_packages(root, SITE, "../../x") == ""


def test_opencv(tmp_path: Path) -> None:
    found = image(tmp_path, "opencv_python-4.11.0.86", cv2__cv2_dot_abi3_dot_so="")
    assert parts.opencv(found, {}) is None
    error = "libGL.so.1: cannot open shared object file: No such file or directory"
    problem = parts.opencv(found, {"loader cv2": {"missing": ["libGL.so.1"], "error": error}})
    assert problem
    assert problem.cause == f"import cv2 fails: {error}"
    broken = parts.opencv({"opencv": {"library": ""}}, {})
    assert broken
    assert "incomplete" in broken.cause


def test_debian_and_conda_folders_are_found(tmp_path: Path) -> None:
    for place in ("usr/lib/python3/dist-packages", "opt/conda/lib/python3.10/site-packages"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "opt/conda/lib/python3.10/site-packages/onnxruntime_gpu-1.18.1-py3.10.egg-info").mkdir()
    assert installed.folders(str(tmp_path)) == (
        "/usr/lib/python3/dist-packages",
        "/opt/conda/lib/python3.10/site-packages",
    )
    found = installed.scan(str(tmp_path), installed.folders(str(tmp_path)))
    assert found["packages"] == {"onnxruntime-gpu": "1.18.1"}


@pytest.mark.parametrize("text", ["", " , ", "torhc", "none,torch", "Torch"])
def test_stated_needs_that_are_none(text: str) -> None:
    with pytest.raises(UnknownNeed, match="--expect"):
        needs.stated(text, "--expect")


def test_stated_needs() -> None:
    assert list(needs.stated("torch, nvdec,", "--expect")) == ["torch", "nvdec"]
    assert needs.stated("none", "--expect") == {}


def test_a_display(tmp_path: Path) -> None:
    assert parts.display({"DISPLAY": "host:0"}) is None  # over the network: not told, not wrong
    (tmp_path / "wayland-0").write_text("")
    assert parts.display({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}) is None
    problem = parts.display({"DISPLAY": ":987"})
    assert problem
    assert "/tmp/.X11-unix/X987" in problem.cause
    assert parts.display({}) is not None


def test_a_camera() -> None:
    assert parts.camera({"cameras": {"/dev/video0": 0, "/dev/video1": 2}, "cameras_refused": []}) is None
    assert parts.camera({"cameras": {"/dev/video0": 16}}) is None  # busy: the workload itself has it
    denied = parts.camera({"cameras": {"/dev/video0": 13}})
    assert denied
    assert denied.cause == "/dev/video0 cannot be opened: Permission denied"
    assert parts.camera({"cameras": {}}) is not None
    assert parts.camera({}) is None


@pytest.mark.parametrize(
    ("distributions", "expected"),
    [
        (("tensorflow-2.17.0", "nvidia_nccl_cu12-2.21.5"), []),
        (("tensorflow-2.17.0", "nvidia_cublas_cu12-12.3.4.1", "nvidia_cudnn_cu12-8.9.7.29"), ["cuda"]),
        (("ctranslate2-4.5.0", "onnxruntime-1.20.0", "nvidia_cublas_cu12-12.4.5.8"), ["onnxruntime", "cuda"]),
        (("nvidia_cuda_runtime-13.0.48",), ["cuda"]),
        (("onnxruntime_gpu-1.20.0", "nvidia_cublas_cu12-12.4.5.8"), ["onnxruntime-cuda"]),
        (("torch-2.10.0+cpu", "nvidia_cublas_cu12-12.4.5.8"), []),
    ],
)
def test_cuda_wheels_without_pytorch(tmp_path: Path, distributions: tuple[str, ...], expected: list[str]) -> None:
    found = image(tmp_path, *distributions)
    wheels = observed.cuda_wheels(str(tmp_path), installed.folders(str(tmp_path)))
    assert names({**found, "packages": {**found["packages"], **wheels}}) == expected
