"""OpenCV in `--deep`: the real packages in a throw-away environment (slow), and small stand-ins for what they cannot show."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from envdoctor.probes.cv2_use import parse_build
from envdoctor.selftest import system_library
from envdoctor.selftest.deep.opencv import judge
from envdoctor.selftest.deep.part import Asked
from tests.places import ABOVE
from tests.selftest.conftest import COMPILER, Run, compiled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
LIBGL = "libGL.so.1: cannot open shared object file: No such file or directory"
WORKS: dict[str, Any] = {
    "version": "4.10.0", "file": "/x/cv2/__init__.py", "whole": True, "build": {"NVIDIA CUDA": "NO"}, "error": "",
    "right": True, "cuda_devices": 0,
}  # fmt: skip


def judged(told: dict[str, Any], *needs: str, packages: dict[str, str] | None = None) -> tuple[str, str, str]:
    installed = {"packages": packages or {"opencv-python-headless": "4.10.0.84"}}
    found = judge(Asked("opencv", ("opencv", *needs), {"installed": installed}, (), None), told)
    return found.result, found.text, found.remedy


@pytest.mark.parametrize(
    ("build", "devices", "needs"),
    [
        ("NO", 0, ("torch",)),
        ("YES (ver 12.4, CUFFT CUBLAS)", 1, ("torch",)),
        ("YES (ver 12.4, CUFFT CUBLAS)", 0, ()),  # an image that needs no GPU
        ("NO", None, ()),
    ],
)
def test_what_works(build: str, devices: int | None, needs: tuple[str, ...]) -> None:
    told = {"cv2": {**WORKS, "build": {"NVIDIA CUDA": build}, "cuda_devices": devices}}
    assert judged(told, *needs) == ("ok", "OpenCV 4.10.0 encodes and decodes", "")


@pytest.mark.parametrize(
    ("told", "needs", "cause", "remedy"),
    [
        ({"cv2": {**WORKS, "whole": False}}, (), "cv2 has no imencode, its files are incomplete", "pip uninstall -y"),
        ({"cv2": {**WORKS, "right": False}}, (), "cannot encode and decode an image: it is not the same", "uninstall"),
        ({"cv2": {**WORKS, "error": "error: x"}}, (), "cannot encode and decode an image: error: x", "uninstall"),
        (
            {"cv2": {**WORKS, "build": {"NVIDIA CUDA": "YES (ver 12.4, CUFFT CUBLAS)"}, "cuda_devices": -1}},
            ("cuda",),
            "OpenCV 4.10.0 is built with CUDA ver 12.4, CUFFT CUBLAS and sees no GPU (getCudaEnabledDeviceCount() gives -1)",
            "update the host's driver",
        ),
        (
            {"import_error": "ImportError: numpy.core.multiarray failed to import"},
            (),
            "import cv2 fails: ImportError: numpy.core.multiarray",
            "pip install 'numpy<2'",
        ),
        (
            # what opencv-fixer is for: files of two releases in one folder
            {"import_error": "AttributeError: module 'cv2.dnn' has no attribute 'DictValue'"},
            (),
            "import cv2 fails: AttributeError: module 'cv2.dnn' has no attribute 'DictValue'",
            "then pip install opencv-python-headless",
        ),
        ({"import_error": f"ImportError: {LIBGL}"}, (), f"import cv2 fails: ImportError: {LIBGL}", "another release"),
    ],
)
def test_failures(told: dict[str, Any], needs: tuple[str, ...], cause: str, remedy: str) -> None:
    result, said, helps = judged(told, *needs)
    assert result == "failed"
    assert cause in said
    assert remedy in helps


def test_two_packages_are_named() -> None:
    packages = {"opencv-python": "4.12.0.88", "opencv-python-headless": "5.0.0.93"}
    _, said, helps = judged({"import_error": "AttributeError: x"}, packages=packages)
    assert said.endswith("(opencv-python 4.12.0.88 and opencv-python-headless 5.0.0.93 own the same folder)")
    assert helps.endswith("then pip install the one that you need")


BUILD = """
  Version control:               4.10.0
  GUI:                           QT5
    QT:                          YES (ver 5.15.16 )
  Video I/O:
    FFMPEG:                      YES
      avcodec:                   YES (59.37.100)
    v4l/v4l2:                    YES (linux/videodev2.h)
  NVIDIA CUDA:                   YES (ver 12.4, CUFFT CUBLAS)
"""


def test_build_information() -> None:
    assert parse_build("") == {}
    assert parse_build(BUILD) == {
        "GUI": "QT5", "FFMPEG": "YES", "v4l/v4l2": "YES (linux/videodev2.h)",
        "NVIDIA CUDA": "YES (ver 12.4, CUFFT CUBLAS)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (f"ImportError: {LIBGL}", "libGL.so.1"),
        ("libgthread-2.0.so.0: cannot open shared object file: No such file or directory", "libgthread-2.0.so.0"),
        ("AttributeError: x", ""),
        ("libGL.so.1: file too short", ""),
    ],
)
def test_the_missing_library(error: str, name: str) -> None:
    assert system_library.missing(error) == name


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ('ID=debian\nVERSION_ID="12"\n', "libgl1"),
        ('ID=ubuntu\nVERSION_ID="22.04"\n', "libgl1"),
        ("ID=alpine\nVERSION_ID=3.20\n", ""),
        ("", ""),
    ],
)
def test_the_package_that_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, expected: str
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(release)
    monkeypatch.setattr(system_library, "LIVE", str(tmp_path))
    assert system_library.package("libGL.so.1") == expected
    assert system_library.package("libnothing.so.1") == ""
    words = system_library.remedy(LIBGL, "take another")
    assert words == (
        "apt-get install -y --no-install-recommends libgl1 in the image (it holds libGL.so.1), or take another"
        if expected
        else "take another"
    )


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler: gcc")
def test_the_quick_self_test_names_the_package_too(run: Run, tmp_path: Path) -> None:
    """A cv2 that is linked with a library that the real loader does not find."""
    site = tmp_path / "site-packages"
    (site / "cv2").mkdir(parents=True)
    (site / "opencv_python-4.11.0.86.dist-info").mkdir()
    missing = compiled("empty.c", tmp_path / "libGL.so.1", "-Wl,-soname,libxcb-envdoctor.so.1")
    compiled("empty.c", site / "cv2" / "cv2.abi3.so", "-Wl,--no-as-needed", str(missing))
    done = run("--expect", "opencv", PYTHONPATH=f"{site}:{ABOVE}")
    assert done.returncode == 1
    assert done.stdout.startswith("unhealthy: import cv2 fails: libxcb-envdoctor.so.1: cannot open shared object file")
    assert "; remedy: install opencv-python-headless instead" in done.stdout


def test_a_cv2_without_a_package_is_opencv(run: Run, tmp_path: Path) -> None:
    """Debian's python3-opencv, and a build of one's own, leave no metadata of pip's."""
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / "cv2.py").write_text("")
    document = json.loads(run("--format", "json", PYTHONPATH=f"{site}:{ABOVE}").stdout)
    assert "opencv" not in [need["name"] for need in document["needs"]]
    (site / "cv2.cpython-311-x86_64-linux-gnu.so").write_text("")
    document = json.loads(run("--format", "json", PYTHONPATH=f"{site}:{ABOVE}").stdout)
    assert {"name": "opencv", "because": "cv2 is installed"} in document["needs"]


# real packages


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    return folder


def pip(venv: Path, *arguments: str) -> None:
    command = [str(venv / "bin" / "python"), "-m", "pip", *arguments, "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if "NewConnectionError" in done.stderr or "No matching distribution found" in done.stderr:
        pytest.skip("no package index is reachable")
    assert done.returncode == 0, done.stderr


def site_of(venv: Path) -> Path:
    (site,) = venv.glob("lib/python*/site-packages")
    return site


@pytest.mark.slow
def test_real_opencv(run: Run, venv: Path) -> None:
    settings = {"PYTHONPATH": f"{site_of(venv)}:{ABOVE}"}
    pip(venv, "install", "-q", "--only-binary=:all:", "opencv-python-headless")
    done = run("--deep", "--expect", "opencv", "--format", "json", **settings)
    document = json.loads(done.stdout)
    (part,) = document["deep"]
    seen = part["observed"]["cv2"]
    assert (document["healthy"], part["result"], seen["right"], seen["cuda_devices"]) == (True, "ok", True, 0), part
    assert (seen["build"]["GUI"], seen["build"]["FFMPEG"]) == ("NONE", "YES")
    assert document["line"] == f"healthy: opencv; deep: OpenCV {seen['version']} encodes and decodes"

    pip(venv, "install", "-q", "--only-binary=:all:", "--no-deps", "opencv-python")
    document = json.loads(run("--deep", "--expect", "opencv", "--format", "json", **settings).stdout)
    assert any("own the same folder cv2" in note for note in document["notes"])
    if document["healthy"]:  # this system has what its window needs
        assert document["deep"][0]["observed"]["cv2"]["build"]["GUI"] == "QT5"
    else:
        assert "import cv2 fails: lib" in document["line"]

    pip(venv, "uninstall", "-q", "-y", "opencv-python-headless")
    left = run("--deep", "--expect", "opencv", **settings)
    assert left.returncode == 1
    assert left.stdout.startswith(
        "unhealthy: the files of cv2 are incomplete, as after removing one of two OpenCV packages"
    )
    imported = subprocess.run(
        [str(venv / "bin" / "python"), "-c", "import cv2; cv2.imencode"], capture_output=True, text=True
    )
    assert "AttributeError: module 'cv2' has no attribute 'imencode'" in imported.stderr


def wheel(folder: Path, name: str, gpu: bool) -> Path:
    """A stand-in that owns the files of onnxruntime as the real packages do; with CUDA they are 300 MB."""
    stem = name.replace("-", "_")
    files = {
        "onnxruntime/__init__.py": "",
        "onnxruntime/capi/build_and_package_info.py": f"package_name = '{name}'\n__version__ = '1.23.2'\n",
        "onnxruntime/capi/onnxruntime_pybind11_state.so": "",
        f"{stem}-1.23.2.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.23.2\n",
        f"{stem}-1.23.2.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if gpu:
        files["onnxruntime/capi/libonnxruntime_providers_cuda.so"] = ""
    record = f"{stem}-1.23.2.dist-info/RECORD"
    files[record] = "".join(f"{path},,\n" for path in (*files, record))
    path = folder / f"{stem}-1.23.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_, content in files.items():
            archive.writestr(name_, content)
    return path


@pytest.mark.slow
def test_both_packages_of_onnxruntime_by_the_real_pip(run: Run, venv: Path, libraries: Path, tmp_path: Path) -> None:
    cpu, gpu = wheel(tmp_path, "onnxruntime", False), wheel(tmp_path, "onnxruntime-gpu", True)
    settings = {"PYTHONPATH": f"{site_of(venv)}:{ABOVE}", "LD_LIBRARY_PATH": str(libraries)}
    pip(venv, "install", "-q", "--no-index", str(gpu))
    pip(venv, "install", "-q", "--no-index", str(cpu))
    done = run("--deep", "--expect", "onnxruntime-cuda", **settings)
    assert done.stdout.startswith(
        "unhealthy: onnxruntime and onnxruntime-gpu are both installed, and the files are those of onnxruntime"
    )
    pip(venv, "uninstall", "-q", "-y", "onnxruntime")
    done = run("--deep", "--expect", "onnxruntime-cuda", **settings)
    assert done.stdout.startswith("unhealthy: the files of ONNX Runtime are incomplete")
    pip(venv, "uninstall", "-q", "-y", "onnxruntime-gpu")
