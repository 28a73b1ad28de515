"""NVML through the real `pynvml` in the real child process; libnvidia-ml itself is our stand-in, compiled here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from envdoctor.probes import driver, nvml, presence
from tests.places import ABOVE

SOURCE = Path(__file__).parents[1] / "stand_ins" / "nvml.c"
COMPILER = shutil.which("cc") or shutil.which("gcc")

pytestmark = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler on Linux to build the stand-in for NVML"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("nvml")
    library = target / "libnvidia-ml.so.1"
    command = [str(COMPILER), "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True)
    return target


@pytest.fixture(autouse=True)
def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The stand-in is what the dynamic loader finds; the test sets how it behaves."""
    for name in [name for name in os.environ if name.startswith("STAND_IN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
    return monkeypatch


def test_a_healthy_t4() -> None:
    facts = nvml.probe()
    assert (facts.driver.get(), facts.driver_cuda.get(), facts.error) == ("535.104.05", "12.2", None)
    (gpu,) = facts.gpus.need()
    assert (gpu.index, gpu.name.get(), gpu.compute_capability.get()) == (0, "Tesla T4", "7.5")
    assert (gpu.brand, gpu.memory_mib, gpu.mig) == ("Tesla", 15360, False)


def test_two_different_gpus_one_in_mig_mode(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_GPUS", "NVIDIA A100-SXM4-80GB|14|8.0|81920|1;NVIDIA GeForce RTX 4090|5|8.9|24564|0")
    first, second = nvml.probe().gpus.need()
    assert (first.name.get(), first.brand, first.mig, first.memory_mib) == (
        "NVIDIA A100-SXM4-80GB",
        "NVIDIA",
        True,
        81920,
    )
    assert (second.index, second.brand, second.compute_capability.get(), second.mig) == (1, "GeForce", "8.9", False)


def test_no_gpu_at_all_is_known(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_GPUS", "")
    assert nvml.probe().gpus.need() == ()


def test_cuda_version_with_two_digits(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_CUDA", "13010")
    assert nvml.probe().driver_cuda.need() == "13.1"


def test_driver_not_loaded(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_INIT", "9")
    facts = nvml.probe()
    assert facts.error == nvml.DRIVER_NOT_LOADED
    assert facts.driver.reason == "NVML: Driver Not Loaded"
    assert not facts.missing


def test_library_and_kernel_module_of_different_releases(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_INIT", "18")
    facts = nvml.probe()
    assert facts.error == nvml.VERSION_MISMATCH
    assert "upgraded without a restart" in facts.driver.reason
    assert facts.gpus.is_unknown


def test_a_lost_gpu_does_not_hide_the_other(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_GPUS", "Tesla T4|2|7.5|15360|-1;NVIDIA L4|14|8.9|23034|-1")
    stand_in.setenv("STAND_IN_LOST", "0")
    lost, other = nvml.probe().gpus.need()
    assert lost.name.is_unknown
    assert lost.name.reason == "NVML: GPU is lost"
    assert other.name.need() == "NVIDIA L4"


@pytest.mark.parametrize("function", ["nvmlInitWithFlags", "nvmlDeviceGetMemoryInfo"])
def test_a_call_that_never_returns_meets_the_deadline(stand_in: pytest.MonkeyPatch, function: str) -> None:
    stand_in.setenv("STAND_IN_HANGS", function)
    started = time.monotonic()
    facts = nvml.probe(deadline=1.0)
    assert time.monotonic() - started < 5
    assert facts.driver.is_unknown
    assert facts.driver.reason == "NVML did not answer within 1 s"


def test_a_call_that_crashes_is_unknown(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_CRASHES", "nvmlDeviceGetCount")
    facts = nvml.probe()
    assert facts.driver.is_unknown
    assert facts.driver.reason == "the process that asked NVML ended with signal SIGSEGV"


def test_how_it_ended_is_told_though_sigchld_was_ignored(stand_in: pytest.MonkeyPatch) -> None:
    """`check --host local` asks here, without a probe's own children."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert nvml.probe().driver.need() == "535.104.05"
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        stand_in.setenv("STAND_IN_CRASHES", "nvmlDeviceGetCount")
        assert nvml.probe().driver.reason == "the process that asked NVML ended with signal SIGSEGV"
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_addresses(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_GPUS", "Tesla T4|2|7.5|15360|-1;Tesla T4|2|7.5|15360|-1")
    assert [gpu.pci for gpu in nvml.probe().gpus.need()] == ["0000:00:00", "0000:01:00"]
    assert [nvml.pci_address(told) for told in (None, 3, "", "GPU-1", "0" * 999)] == [None] * 5


def test_what_the_library_prints_does_not_reach_the_answer(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_PRINTS", '{"driver": "999.99"}')
    assert nvml.probe().driver.need() == "535.104.05"


def test_a_version_that_is_none_is_unknown(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_DRIVER", "\x1b[31m")
    facts = nvml.probe()
    assert facts.driver.is_unknown
    assert facts.driver_cuda.need() == "12.2"


def test_this_machine_is_asked_when_the_library_can_be_found() -> None:
    assert presence.driver_is_plausible()
    facts = driver.probe()
    assert facts.driver.need() == "535.104.05"
    assert facts.driver.origin.label == "NVML"
    assert [gpu.name.get() for gpu in facts.gpus.need()] == ["Tesla T4"]


@pytest.mark.skipif(os.path.exists("/proc/driver/nvidia/version"), reason="a real NVIDIA kernel module is loaded here")
def test_installed_but_not_loaded_is_no_driver(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_INIT", "9")
    facts = driver.probe()
    assert facts.driver.is_absent
    assert "not loaded" in facts.driver.reason
    assert facts.gpus.is_unknown


def test_without_a_library_other_sources_are_asked(stand_in: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("not a library")
    stand_in.setenv("LD_LIBRARY_PATH", str(tmp_path))
    facts = nvml.probe()
    assert facts.missing
    assert facts.error == nvml.LIBRARY_NOT_FOUND


def test_without_pynvml_other_sources_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    if (ABOVE / "pynvml.py").exists():
        pytest.skip(
            "not on this system: pynvml lies beside the installed package, and one cannot be hidden without the other"
        )
    kept = [path for path in sys.path if not (Path(path) / "pynvml.py").exists()]
    monkeypatch.setattr(sys, "path", kept)
    facts = nvml.probe()
    assert facts.missing
    assert "pynvml" in facts.driver.reason


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"driver": 5, "cuda": "x", "gpus": 3, "errors": {}},
        {"driver": "banana", "cuda": -1, "gpus": [{}], "errors": {}},
        {"gpus": [{"name": "", "brand": "x", "capability": [1], "memory": None, "mig": None}]},
    ],
)
def test_answers_of_other_shapes_are_unknown(answer: dict[str, object]) -> None:
    facts = nvml.parse_answer(answer)
    assert facts.driver.is_unknown
    assert facts.driver_cuda.is_unknown
    for gpu in facts.gpus.get() or ():
        assert gpu.name.is_unknown
        assert gpu.compute_capability.is_unknown


@pytest.mark.gpu
@pytest.mark.skipif(
    not os.path.exists("/dev/nvidiactl") or shutil.which("nvidia-smi") is None,
    reason="needs a real NVIDIA GPU and driver",
)
def test_a_real_gpu_agrees_with_nvidia_smi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LD_LIBRARY_PATH")
    query = ["nvidia-smi", "--query-gpu=driver_version,name,compute_cap", "--format=csv,noheader"]
    lines = subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
    facts = driver.probe()
    ours = [f"{facts.driver.get()}, {gpu.name.get()}, {gpu.compute_capability.get()}" for gpu in facts.gpus.need()]
    assert ours == lines


def test_the_start_gates_brand_of_every_nvml_brand_is_known() -> None:
    """libnvidia-container names six and calls the rest unknown; none may be left to chance."""
    from envdoctor.facts import Origin
    from envdoctor.readers.host_words import brand_fact

    gate = {number: brand_fact(brand, Origin("NVML")).need() for number, brand in nvml._BRANDS.items()}
    assert {number: brand for number, brand in gate.items() if brand != "unknown"} == {
        1: "quadro", 2: "tesla", 3: "nvs", 4: "grid", 5: "geforce", 6: "titan", 15: "geforce", 16: "titan",
    }  # fmt: skip


def test_a_name_that_is_no_text_costs_only_itself(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_GPUS", "Tesla \udcff|2|7.5|15360|-1")
    facts = nvml.probe()
    assert facts.driver.need() == "535.104.05"
    (gpu,) = facts.gpus.need()
    assert gpu.name.is_unknown
    assert "cannot be read" in gpu.name.reason
    assert (gpu.compute_capability.get(), gpu.memory_mib) == ("7.5", 15360)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_library_that_hangs_does_not_outlive_the_command(stand_in: pytest.MonkeyPatch, kill: signal.Signals) -> None:
    mark = f"ENVDOCTOR_TEST_MARK={os.getpid()}-{kill.name}"
    stand_in.setenv(*mark.split("=", 1))
    stand_in.setenv("STAND_IN_HANGS", "nvmlInitWithFlags")
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:] = {sys.path!r}; from envdoctor.probes import nvml; nvml.probe()",
    ]
    parent = subprocess.Popen(command)
    try:
        assert _eventually(lambda: len(_marked(mark)) == 2)
    finally:
        parent.send_signal(kill)
        parent.wait(10)
    assert _eventually(lambda: not _marked(mark))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
def test_nothing_is_asked_for_a_command_that_has_already_ended(stand_in: pytest.MonkeyPatch) -> None:
    stand_in.setenv("STAND_IN_HANGS", "nvmlInitWithFlags")
    line = (
        f"import sys; sys.path[:] = {sys.path!r}; from envdoctor.probes.nvml_child import main; main(parent=2**22 + 1)"
    )
    assert subprocess.run([sys.executable, "-c", line], timeout=20, stdout=subprocess.PIPE).returncode == 1


def _marked(mark: str) -> list[str]:
    """The processes with that variable which have loaded the library or started at all."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def _eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
