"""ONNX Runtime: the real CPU package, and packages made here whose provider libraries the real loader judges."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from envdoctor.probes import onnxruntime_session
from tests.places import ABOVE
from tests.selftest.conftest import COMPILER, Run, compiled

pytestmark = pytest.mark.skipif(sys.platform != "linux" or COMPILER is None, reason="needs Linux and a C compiler: gcc")
real = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is None, reason="needs onnxruntime: pip install '.[test]'"
)
LOADERS_WORDS = "libcublasLt.so.12: cannot open shared object file: No such file or directory"


def test_the_model_is_small() -> None:
    assert len(onnxruntime_session.model()) < 200


@real
def test_a_real_session_runs(run: Run) -> None:
    done = run("--deep", "--expect", "onnxruntime")
    assert (done.stdout, done.stderr) == ("healthy: onnxruntime; deep: a session ran on CPUExecutionProvider\n", "")
    assert done.returncode == 0


@real
def test_the_real_cpu_package_is_not_the_gpu_one(with_driver: Run) -> None:
    done = with_driver("--expect", "onnxruntime-cuda")
    assert done.stdout.startswith("unhealthy: only the CPU package onnxruntime ")
    assert done.returncode == 1


@real
def test_a_real_fallback_to_the_cpu_is_seen() -> None:
    from envdoctor.probes.child import ask
    from envdoctor.selftest.deep.onnxruntime import judge
    from envdoctor.selftest.deep.part import Asked

    spec = importlib.util.find_spec("onnxruntime")
    assert spec
    assert spec.origin
    site = str(Path(spec.origin).parent.parent)
    needs = ["onnxruntime", "onnxruntime-cuda"]
    work = partial(onnxruntime_session.probe, site=site, needs=needs, preload=False)
    answers = ask(work, time.monotonic() + 60)
    on_cpu, on_cuda = (judge(Asked(need, tuple(needs), {}, (), None), answers.told) for need in needs)
    assert (on_cpu.result, on_cuda.result) == ("ok", "failed")
    assert on_cuda.text.startswith("ONNX Runtime does not run on CUDAExecutionProvider but on CPUExecutionProvider: ")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site-packages with onnxruntime-gpu, its CUDA provider linked with a cuBLAS that lies elsewhere."""
    folder = tmp_path / "site-packages"
    capi = folder / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    (folder / "onnxruntime_gpu-1.22.0.dist-info").mkdir()
    (capi / "build_and_package_info.py").write_text("package_name = 'onnxruntime-gpu'\n__version__ = '1.22.0'\n")
    (capi / "onnxruntime_pybind11_state.so").write_text("")
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    cublas = compiled("empty.c", libraries / "libcublasLt.so.12", "-Wl,-soname,libcublasLt.so.12")
    compiled("empty.c", capi / "libonnxruntime_providers_cuda.so", "-Wl,--no-as-needed", str(cublas))
    return folder


def paths(site: Path, *libraries: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{site}:{ABOVE}", "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def test_the_loaders_own_error_is_told(run: Run, site: Path, libraries: Path) -> None:
    done = run("--expect", "onnxruntime-cuda", **paths(site, libraries))
    assert done.returncode == 1
    cause = "ONNX Runtime would run on the CPU, its cuda provider cannot be loaded"
    assert done.stdout.startswith(f"unhealthy: {cause}: {LOADERS_WORDS}; remedy: ")


def test_a_library_on_the_loaders_path_is_fine(run: Run, site: Path, libraries: Path) -> None:
    done = run("--expect", "onnxruntime-cuda", **paths(site, libraries, site.parent / "libraries"))
    assert done.stdout == "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; onnxruntime-cuda\n"


def test_a_library_in_a_python_package_is_a_note(run: Run, site: Path, libraries: Path) -> None:
    place = site / "nvidia" / "cublas" / "lib"
    place.mkdir(parents=True)
    (site.parent / "libraries" / "libcublasLt.so.12").rename(place / "libcublasLt.so.12")
    done = run("--expect", "onnxruntime-cuda", "--format", "json", **paths(site, libraries))
    document = json.loads(done.stdout)
    assert (document["healthy"], done.returncode) == (True, 0)
    assert any("onnxruntime.preload_dlls()" in note for note in document["notes"])


def test_what_is_installed_is_needed(run: Run, site: Path) -> None:
    document = json.loads(run("--format", "json", **paths(site)).stdout)
    assert (
        "; or set ENVDOCTOR_EXPECT=none if it is not needed (onnxruntime-gpu 1.22.0 is installed)" in document["line"]
    )
    needs = {need["name"]: need["because"] for need in document["needs"]}
    assert needs["onnxruntime-cuda"] == "onnxruntime-gpu 1.22.0 is installed"


def test_a_crash_at_the_import_is_a_result(run: Run, site: Path, libraries: Path) -> None:
    """onnxruntime-gpu 1.22.0 where libcuda is missing."""
    (site / "onnxruntime" / "__init__.py").write_text("import os\nos.kill(os.getpid(), 11)\n")
    done = run("--deep", "--expect", "onnxruntime-cuda", **paths(site, libraries, site.parent / "libraries"))
    assert done.returncode == 1
    assert done.stdout.startswith("unhealthy: ONNX Runtime crashed in import onnxruntime: signal SIGSEGV; remedy: ")


def test_an_import_that_fails_is_a_result(run: Run, site: Path, libraries: Path) -> None:
    (site / "onnxruntime" / "__init__.py").write_text("raise ImportError('libx.so.1: no\\n\\x1b[31m')\n")
    done = run("--deep", "--expect", "onnxruntime-cuda", **paths(site, libraries, site.parent / "libraries"))
    assert done.returncode == 1
    assert "import onnxruntime fails: ImportError: libx.so.1: no \\x1b[31m" in done.stdout


@pytest.mark.parametrize(
    "answer", ['["session CUDAExecutionProvider", 7]', '["session CUDAExecutionProvider", {}]', "[[["]
)
def test_an_answer_that_was_spoilt_is_no_failure(run: Run, site: Path, libraries: Path, answer: str) -> None:
    (site / "onnxruntime" / "__init__.py").write_text(
        f"import os\nos.write(3, b'{answer}\\n[\"done\", true]\\n')\nos._exit(0)\n"
    )
    done = run("--deep", "--expect", "onnxruntime-cuda", **paths(site, libraries, site.parent / "libraries"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "deep skipped: onnxruntime-cuda: what ONNX Runtime answered cannot be read" in done.stdout


def test_an_import_that_hangs_meets_the_deadline(run: Run, site: Path, libraries: Path) -> None:
    (site / "onnxruntime" / "__init__.py").write_text("import time\ntime.sleep(600)\n")
    started = time.monotonic()
    settings = paths(site, libraries, site.parent / "libraries")
    done = run("--deep", "--timeout", "2", "--expect", "onnxruntime-cuda", **settings)
    assert time.monotonic() - started < 15
    assert done.stdout.startswith("unhealthy: ONNX Runtime does not answer in import onnxruntime: no answer within ")


def test_deep_with_nothing_to_run_says_so(with_driver: Run) -> None:
    done = with_driver("--deep", "--expect", "cuda")
    assert done.stdout.endswith("; cuda; deep: nothing that is needed has more to run\n")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("log", "error", "expected"),
    [
        ("2026 [E:onnxruntime:Default, x.cc:2458 operator()] Failed to load library a.so with error: "
         + LOADERS_WORDS + "\nmore\n", "", LOADERS_WORDS),
        ("", "Fail: [ONNXRuntimeError]", "Fail: [ONNXRuntimeError]"),
        ("a\nb\n\n", "", "b"),
        ("", "", "it gives no reason"),
    ],
)  # fmt: skip
def test_the_reason_of_a_fallback(log: str, error: str, expected: str) -> None:
    from envdoctor.selftest.deep.onnxruntime import reason

    assert reason(log, error) == expected
