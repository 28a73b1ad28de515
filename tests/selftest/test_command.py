"""`envdoctor selftest` as a process: what it says and its exit code, with stand-ins for the driver's libraries."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.selftest.conftest import Run, compiled, own_mounts, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
REAL_GPU = os.path.exists("/dev/nvidiactl")
without_gpu = pytest.mark.skipif(REAL_GPU, reason="not on this system: it has a real NVIDIA driver")


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert done.returncode == (0 if done.stdout.startswith("healthy: ") else 1)
    return done.stdout.rstrip("\n")


# healthy


def test_an_image_that_needs_no_gpu_is_healthy_without_one(run: Run) -> None:
    assert one_line(run("--expect", "none")) == "healthy: nothing that is installed or stated needs a GPU"


def test_a_healthy_t4(with_driver: Run) -> None:
    assert one_line(with_driver("--expect", "cuda")) == "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda"


def test_two_different_gpus_and_video(with_driver: Run) -> None:
    gpus = "NVIDIA A100-SXM4-80GB|14|8.0|81920|1;NVIDIA GeForce RTX 4090|5|8.9|24564|0"
    line = one_line(with_driver("--expect", "nvdec,nvenc", STAND_IN_GPUS=gpus, STAND_IN_CUDA="13010"))
    assert line == (
        "healthy: NVIDIA A100-SXM4-80GB, NVIDIA GeForce RTX 4090, driver 535.104.05, CUDA 13.1; nvdec, nvenc"
    )


def test_cuda_without_nvml_is_healthy(run: Run, libraries: Path, tmp_path: Path) -> None:
    """NVIDIA_DRIVER_CAPABILITIES=compute mounts no libnvidia-ml."""
    (tmp_path / "libcuda.so.1").symlink_to(libraries / "libcuda.so.1")
    assert one_line(run("--expect", "cuda", LD_LIBRARY_PATH=str(tmp_path))) == "healthy: Tesla T4, CUDA 12.2; cuda"


def test_what_a_library_prints_reaches_nobody(with_driver: Run) -> None:
    assert one_line(with_driver("--expect", "cuda", STAND_IN_PRINTS="unhealthy: x\n")).startswith("healthy: Tesla")


def test_a_lost_gpu_that_the_program_does_not_see(with_driver: Run) -> None:
    gpus = "Tesla T4|2|7.5|15360|-1;NVIDIA L4|14|8.9|23034|-1"
    settings = {"STAND_IN_GPUS": gpus, "STAND_IN_LOST": "1"}
    assert one_line(with_driver("--expect", "cuda", CUDA_VISIBLE_DEVICES="0", **settings)).startswith("healthy: ")


# the driver does not work


@without_gpu
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, "NVIDIA_VISIBLE_DEVICES is void, so the container was given no GPU"),
        ({"NVIDIA_VISIBLE_DEVICES": ""}, "NVIDIA_VISIBLE_DEVICES is empty, so the container was given no GPU"),
        ({}, "no /dev/nvidia*"),
    ],
)
def test_no_driver_at_all(run: Run, settings: dict[str, str], words: str) -> None:
    line = one_line(run("--expect", "cuda", **settings))
    assert line.startswith("unhealthy: ")
    assert words in line
    assert "; remedy: " in line


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("34", "is the CUDA toolkit's stub, not the driver"),
        ("802", "start nvidia-fabricmanager"),
        ("803", "cuInit gave 803 (system has unsupported display driver / cuda driver combination)"),
        ("804", "is cuda-compat, which this GPU"),
        ("805", "MPS control daemon"),
    ],
)
def test_codes_that_name_their_cause(with_driver: Run, code: str, words: str) -> None:
    line = one_line(with_driver("--expect", "cuda", STAND_IN_CUINIT=code))
    assert line.startswith("unhealthy: cuInit gave " + code)
    assert words in line


@without_gpu
@pytest.mark.parametrize("code", ["100", "999"])
def test_codes_that_do_not_name_their_cause(with_driver: Run, code: str) -> None:
    line = one_line(with_driver("--expect", "cuda", STAND_IN_CUINIT=code, STAND_IN_INIT="9"))
    assert line.startswith("unhealthy: ")
    assert "no /dev/nvidia*" in line


def test_library_and_kernel_module_of_different_releases(with_driver: Run) -> None:
    line = one_line(with_driver("--expect", "cuda", STAND_IN_CUINIT="999", STAND_IN_INIT="18"))
    assert line.startswith("unhealthy: NVML: Driver/library version mismatch: ")


def test_a_lost_gpu(with_driver: Run) -> None:
    gpus = "Tesla T4|2|7.5|15360|-1;NVIDIA L4|14|8.9|23034|-1"
    line = one_line(with_driver("--expect", "cuda", STAND_IN_GPUS=gpus, STAND_IN_LOST="1"))
    assert line.startswith("unhealthy: GPU 1 is lost (fell off the bus), says NVML; remedy: ")


def test_cuda_hidden_from_the_program(with_driver: Run) -> None:
    line = one_line(with_driver("--expect", "cuda", STAND_IN_GPUS="", CUDA_VISIBLE_DEVICES="7"))
    assert line.startswith("unhealthy: ")


def test_a_file_that_is_no_library(run: Run, tmp_path: Path) -> None:
    """`docker commit` of a container with a GPU leaves empty files in the image."""
    (tmp_path / "libcuda.so.1").write_text("")
    line = one_line(run("--expect", "cuda", LD_LIBRARY_PATH=str(tmp_path)))
    assert "libcuda.so.1 cannot be loaded: " in line
    assert "file too short" in line


@pytest.mark.parametrize("function", ["cuInit", "nvmlInitWithFlags", "nvmlDeviceGetMemoryInfo"])
def test_a_call_that_never_returns(with_driver: Run, function: str, tmp_path: Path) -> None:
    started = time.monotonic()
    line = one_line(with_driver("--expect", "cuda", "--timeout", "1", STAND_IN_HANGS=function))
    assert time.monotonic() - started < 10
    assert line.startswith("unhealthy: the driver does not answer: no answer within ")
    assert f" in {function}; remedy: " in line
    assert not processes(tmp_path)


@pytest.mark.parametrize(
    ("how", "function", "words"),
    [
        ("CRASHES", "cuInit", "the driver's library crashed in cuInit: signal SIGSEGV"),
        ("CRASHES", "nvmlInitWithFlags", "the driver's library crashed in nvmlInitWithFlags: signal SIGSEGV"),
        ("KILLED", "cuInit", "the driver's library crashed in cuInit: signal SIGKILL"),
    ],
)
def test_a_child_that_dies(with_driver: Run, how: str, function: str, words: str) -> None:
    assert words in one_line(with_driver("--expect", "cuda", **{f"STAND_IN_{how}": function}))


@without_gpu
def test_video_without_its_capability(run: Run, libraries: Path, tmp_path: Path) -> None:
    for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
        (tmp_path / name).symlink_to(libraries / name)
    settings = {"LD_LIBRARY_PATH": str(tmp_path), "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}
    line = one_line(run("--expect", "nvdec", **settings))
    assert line.startswith(
        "unhealthy: libnvcuvid.so.1 cannot be loaded: libnvcuvid.so.1: cannot open shared object file"
    )
    assert "set NVIDIA_DRIVER_CAPABILITIES=compute,utility,video" in line


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="not on this system: needs root")
def test_no_device_node_is_made(with_driver: Run, tmp_path: Path) -> None:
    """Debian's libcuda 535.261.03, run by root without a GPU, leaves a /dev/nvidiactl behind."""
    assert with_driver("--expect", "cuda", STAND_IN_MAKES=str(tmp_path / "node")).returncode == 0
    assert not (tmp_path / "node").exists()


# a child that cannot be killed


def test_an_unkillable_child_is_left_and_no_second_one_started(with_driver: Run, tmp_path: Path) -> None:
    preloaded = compiled("unkillable.c", tmp_path / "unkillable.so")
    settings = {"STAND_IN_HANGS": "cuInit", "LD_PRELOAD": str(preloaded)}
    started = time.monotonic()
    try:
        line = one_line(with_driver("--expect", "cuda", "--timeout", "2", **settings))
        assert time.monotonic() - started < 10
        assert "the driver does not answer: no answer within " in line
        (left,) = processes(tmp_path)
        line = one_line(with_driver("--expect", "cuda"))
        assert f"process {left} of an earlier self-test still hangs" in line
        assert processes(tmp_path) == {left}
    finally:
        for pid in processes(tmp_path):
            os.kill(pid, signal.SIGKILL)
    _wait(lambda: not processes(tmp_path))
    assert one_line(with_driver("--expect", "cuda")).startswith("healthy: ")


def test_a_killed_command_leaves_no_child(libraries: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """A HEALTHCHECK's own timeout ends with SIGKILL."""
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries), "STAND_IN_HANGS": "cuInit"}
    command = [sys.executable, "-m", "envdoctor", "selftest", "--expect", "cuda", "--timeout", "60"]
    with subprocess.Popen(command, env=settings, cwd=tmp_path) as running:
        _wait(lambda: bool(processes(tmp_path)))
        running.kill()
    _wait(lambda: not processes(tmp_path))


def _wait(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


# surroundings of the command


def test_the_streams_are_never_held(with_driver: Run, environment: dict[str, str], tmp_path: Path) -> None:
    """A container runtime waits for the end of the output, not of the process."""
    done = with_driver("--expect", "cuda", "--timeout", "1", STAND_IN_HANGS="cuInit")
    assert done.returncode == 1  # subprocess.run reads until everyone closed the pipes


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("803", 1)])
def test_output_that_cannot_be_written(
    libraries: Path, environment: dict[str, str], tmp_path: Path, redirection: str, code: str, expected: int
) -> None:
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries), "STAND_IN_CUINIT": code}
    command = f"{sys.executable} -m envdoctor selftest --expect cuda {redirection}"
    done = subprocess.run(["sh", "-c", command], env=settings, cwd=tmp_path, timeout=60)
    assert done.returncode == expected


def test_a_starter_that_ignores_its_children(libraries: Path, environment: dict[str, str], tmp_path: Path) -> None:
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries), "STAND_IN_CRASHES": "cuInit"}
    script = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    command = [sys.executable, "-m", "envdoctor", "selftest", "--expect", "cuda"]
    done = subprocess.run(
        [sys.executable, "-c", script, *command], env=settings, cwd=tmp_path, capture_output=True, text=True
    )
    assert "crashed in cuInit: signal SIGSEGV" in one_line(done)


def test_twenty_in_parallel(libraries: Path, environment: dict[str, str], tmp_path: Path) -> None:
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries)}
    command = [sys.executable, "-m", "envdoctor", "selftest", "--expect", "cuda", "--timeout", "60"]
    codes = ["0", "803"] * 10
    running = [
        subprocess.Popen(command, env={**settings, "STAND_IN_CUINIT": code}, cwd=tmp_path, stdout=subprocess.DEVNULL)
        for code in codes
    ]
    assert [process.wait(120) for process in running] == [int(code != "0") for code in codes]


@pytest.mark.skipif(not own_mounts(), reason="not on this system: needs root and mount namespaces")
@pytest.mark.parametrize(("code", "expected"), [("0", 0), ("803", 1)])
def test_without_proc_and_with_nothing_to_write_to(
    libraries: Path, environment: dict[str, str], tmp_path: Path, code: str, expected: int
) -> None:
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries), "STAND_IN_CUINIT": code}
    settings.pop("XDG_RUNTIME_DIR")
    empty = tmp_path / "empty"
    empty.mkdir()
    hidden = f"for d in /proc /run /dev /var/tmp; do mount --bind {empty} $d; mount -o remount,bind,ro $d; done"
    script = f"{hidden}; cd /; exec {sys.executable} -m envdoctor selftest --expect cuda 2>&1"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", script], env=settings, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.count("\n")) == (expected, 1), done


# the command line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--expect", "torhc"), "--expect: 'torhc' is not known; the names are cuda, torch"),
        (("--expect", ""), "--expect is empty"),
        (("--expect", "none,torch"), "none stands alone"),
        (("--timeout", "soon"), "--timeout 'soon': expected seconds"),
        (("--timeout", "nan"), "expected seconds"),
        (("--format", "xml"), "--format"),
        (("--deep", "--deep-first"), "not allowed with argument"),
        (("image",), "unrecognized arguments"),
    ],
)
def test_usage_errors_are_unhealthy(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert words in done.stderr


def test_help_is_healthy(run: Run) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "HEALTHCHECK" in done.stdout


def test_needs_from_the_environment_and_the_settings(with_driver: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.envdoctor]\nexpect = ["nvdec"]\n')
    assert one_line(with_driver()).endswith("; nvdec")
    assert one_line(with_driver(ENVDOCTOR_EXPECT="nvenc")).endswith("; nvenc")
    assert one_line(with_driver("--expect", "cuda", ENVDOCTOR_EXPECT="nvenc")).endswith("; cuda")
    done = with_driver(ENVDOCTOR_EXPECT="x")
    assert (done.returncode, done.stderr.startswith("envdoctor: error: ENVDOCTOR_EXPECT: 'x' is not known")) == (
        1,
        True,
    )
    (tmp_path / "pyproject.toml").write_text("[tool.envdoctor]\nexpect = 3\n")
    assert with_driver().returncode == 1


def test_json_holds_what_the_line_says(with_driver: Run) -> None:
    document = json.loads(with_driver("--expect", "cuda,nvdec", "--format", "json").stdout)
    assert (document["schema"], document["healthy"], document["problems"]) == ("envdoctor.selftest/1", True, [])
    assert document["needs"] == [{"name": "cuda", "because": "--expect"}, {"name": "nvdec", "because": "--expect"}]
    assert document["observed"]["cuInit"] == 0
    document = json.loads(with_driver("--expect", "cuda", "--format", "json", STAND_IN_CUINIT="804").stdout)
    assert (document["healthy"], len(document["problems"])) == (False, 1)
    assert document["line"].startswith("unhealthy: cuInit gave 804")


def test_nothing_heavy_is_imported(environment: dict[str, str], libraries: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from envdoctor.cli import main; main(['selftest', '--expect', 'cuda']); "
        "print([name for name in ('torch', 'onnxruntime', 'httpx', 'rich', 'pynvml', 'packaging', 'subprocess', "
        "'envdoctor.matrix', 'envdoctor.rules', 'envdoctor.probes.nvml') if name in sys.modules])"
    )
    settings = {**environment, "LD_LIBRARY_PATH": str(libraries)}
    done = subprocess.run([sys.executable, "-c", script], env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["[]"], done.stderr
