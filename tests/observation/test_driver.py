"""`envdoctor probe` and `check local` as processes, with compiled stand-ins for the driver's libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envdoctor.observation import asked
from envdoctor.probes.child import Answers
from tests.places import ABOVE
from tests.selftest.conftest import libraries, processes

__all__ = ["libraries"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")


def started(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ABOVE),
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PYTHONWARNINGS": "error",
        **settings,
    }
    command = [sys.executable, "-m", "envdoctor", *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120)


def probed(folder: Path, libraries: Path, **settings: str) -> dict[str, Any]:
    ran = started(folder, "probe", LD_LIBRARY_PATH=str(libraries), **settings)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert processes(folder) == set()
    document = json.loads(ran.stdout)
    assert isinstance(document, dict)
    return document


def test_a_healthy_t4(tmp_path: Path, libraries: Path) -> None:
    seen = probed(tmp_path, libraries)
    driver = seen["host"]["driver"]
    assert (driver["version"], driver["cuda"]) == ("535.104.05", "12.2")
    (gpu,) = seen["host"]["gpus"]
    assert (gpu["name"], gpu["compute_capability"], gpu["memory_mib"], gpu["mig"]) == ("Tesla T4", "7.5", 15360, False)
    cuda = seen["observed"]["cuda"]
    assert (cuda["cuInit"], cuda["gpus"], cuda["error"]) == (0, ["Tesla T4"], None)
    assert cuda["library"] == str(libraries / "libcuda.so.1")
    assert cuda["origin"] == "file"
    assert seen["observed"]["nvml"] == {"library": True, "error": None, "nvmlInit": 0, "gpu_states": [0]}
    assert seen["observed"]["nvcuvid"] == {"loadable": True, "error": None}
    assert seen["observed"]["nvidia_encode"] == {"loadable": True, "error": None}


def test_without_the_drivers_libraries(tmp_path: Path) -> None:
    ran = started(tmp_path, "probe")
    seen = json.loads(ran.stdout)["observed"]
    if seen["cuda"]["library"] is not False:
        pytest.skip("this machine has libcuda: needs a real NVIDIA GPU not to be there")
    assert "libcuda.so.1" in seen["cuda"]["error"]
    assert seen["nvcuvid"]["loadable"] is False
    assert "libnvcuvid.so.1" in seen["nvcuvid"]["error"]


@pytest.mark.parametrize("code", ["100", "803", "804", "999"])
def test_cuda_that_does_not_start(tmp_path: Path, libraries: Path, code: str) -> None:
    seen = probed(tmp_path, libraries, STAND_IN_CUINIT=code)
    assert seen["observed"]["cuda"]["cuInit"] == int(code)
    assert seen["observed"]["cuda"]["gpus"] is None


def test_a_gpu_in_mig_mode_beside_another(tmp_path: Path, libraries: Path) -> None:
    gpus = "NVIDIA A100-SXM4-80GB|14|8.0|81920|1;NVIDIA GeForce RTX 4090|5|8.9|24564|0"
    first, second = probed(tmp_path, libraries, STAND_IN_GPUS=gpus)["host"]["gpus"]
    assert (first["mig"], first["brand"], second["mig"], second["index"]) == (True, "NVIDIA", False, 1)


def test_a_lost_gpu_beside_one_that_works(tmp_path: Path, libraries: Path) -> None:
    gpus = "Tesla T4|2|7.5|15360|-1;Tesla T4|2|7.5|15360|-1"
    seen = probed(tmp_path, libraries, STAND_IN_GPUS=gpus, STAND_IN_LOST="1", STAND_IN_MODE="3")
    first, second = seen["host"]["gpus"]
    assert (first["error"], first["compute_mode"]) == (None, "exclusive-process")
    assert (second["name"], second["error"]) == (None, "GPU is lost")
    assert seen["observed"]["nvml"]["gpu_states"] == [0, 15]


def test_a_driver_that_crashes_costs_only_its_own_answers(tmp_path: Path, libraries: Path) -> None:
    ran = started(tmp_path, "probe", "--verbose", LD_LIBRARY_PATH=str(libraries), STAND_IN_CRASHES="cuInit")
    seen = json.loads(ran.stdout)
    assert seen["observed"]["cuda"]["cuInit"] is None
    assert seen["observed"]["nvml"] is None
    assert seen["host"]["driver"]["version"] == "535.104.05"  # asked in a child of its own
    assert "observed.cuda.cuInit: cuInit was not told: signal SIGSEGV (in cuInit)" in ran.stderr


def test_hostile_names_of_gpus(tmp_path: Path, libraries: Path) -> None:
    ran = started(tmp_path, "probe", LD_LIBRARY_PATH=str(libraries), STAND_IN_GPUS="T4\x1b[31m\x07|2|7.5|15360|0")
    assert "\x1b" not in ran.stdout
    assert json.loads(ran.stdout)["host"]["gpus"][0]["name"] == "T4\x1b[31m\x07"


def test_a_stated_library_is_the_one_on_ld_library_path(tmp_path: Path, libraries: Path) -> None:
    seen = probed(tmp_path, libraries)
    if seen["libraries"] is None:
        pytest.skip("this machine is no container: not on this system")
    found = [item for item in seen["libraries"] if item["soname"] == "libcuda.so.1"]
    assert found[0]["origin"] == "LD_LIBRARY_PATH"


def test_check_local_finds_cuda_that_does_not_start(tmp_path: Path, libraries: Path) -> None:
    arguments = ("check", "local", "--no-config", "--format", "json", "--package", "torch==2.4.0")
    ran = started(tmp_path, *arguments, LD_LIBRARY_PATH=str(libraries), STAND_IN_CUINIT="804")
    if "no container that could be judged" in ran.stdout:
        pytest.skip("this machine is no container: not on this system")
    (diagnosis,) = json.loads(ran.stdout)["diagnoses"]
    failed = {result["rule"]: result for result in diagnosis["results"] if result["outcome"] == "fail"}
    assert "error 804" in failed["cuda-does-not-start"]["findings"][0]["message"]
    assert ran.returncode == 1


# --- what a child's answers become ---


def test_a_hang_names_the_call() -> None:
    answers = Answers({"libcuda": "/x"}, "no answer within 15 s", "cuInit", hung=True)
    found = asked.of_driver(answers)
    assert found["cuda"]["cuInit"].reason == "cuInit was not told: no answer within 15 s (in cuInit)"
    assert found["nvml"].is_unknown
    assert found["nvcuvid"].is_unknown


def test_onnxruntime_and_opencv() -> None:
    installed = {
        "packages": {"onnxruntime": "1.19.0", "onnxruntime-gpu": "1.19.0", "opencv-python": "4.10.0.84"},
        "onnxruntime": {"package": "onnxruntime", "version": "1.19.0", "whole": True, "libraries": {"cuda": "/x.so"}},
        "opencv": {"library": "/cv2.so"},
    }
    told = {
        "installed": installed,
        "loader cuda": {"missing": ["libcublasLt.so.12"]},
        "loader cv2": {"missing": ["libGL.so.1"]},
    }
    found = asked.of_packages(Answers(told))
    assert found["onnxruntime"]["owners"] == ["onnxruntime", "onnxruntime-gpu"]
    assert found["onnxruntime"]["missing"] == {"cuda": ["libcublasLt.so.12"]}
    assert (found["opencv"]["importable"], found["opencv"]["missing"]) == (False, ["libGL.so.1"])
    assert asked.of_packages(Answers({"installed": {"packages": {}}})) == {"onnxruntime": False, "opencv": False}
    assert asked.of_packages(Answers({}, "signal SIGSEGV", "reading"))["opencv"].is_unknown


def test_what_cannot_be_read_is_not_missing() -> None:
    told = {"installed": {"packages": {}, "unreadable": "/x/site-packages cannot be listed: Permission denied"}}
    found = asked.of_packages(Answers(told))
    assert "Permission denied" in found["onnxruntime"].reason
    assert "Permission denied" in found["opencv"].reason


def test_extensions_own_nothing_of_onnxruntime() -> None:
    packages = {"onnxruntime-gpu": "1.20.0", "onnxruntime-extensions": "0.13.0"}
    part = {"package": "onnxruntime-gpu", "version": "1.20.0", "whole": True, "unreadable": "", "libraries": {}}
    found = asked.of_packages(Answers({"installed": {"packages": packages, "onnxruntime": part}}))
    assert found["onnxruntime"]["owners"] == ["onnxruntime-gpu"]


def test_cameras() -> None:
    told = {
        "cameras": {"/dev/video0": 0, "/dev/video1": 13, "/dev/video2": 0},
        "cameras_refused": ["/dev/video2 (crw-------)"],
    }
    assert asked.of_cameras(Answers(told)) == [
        {"path": "/dev/video0", "openable": True, "error": None},
        {"path": "/dev/video1", "openable": False, "error": "Permission denied"},
        {"path": "/dev/video2", "openable": False, "error": "the program's user may not open /dev/video2 (crw-------)"},
    ]
    assert asked.of_cameras(Answers({"cameras": {}})) == []
