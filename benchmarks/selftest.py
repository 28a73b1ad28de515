"""Speed and memory of the quick `envdoctor selftest`, as whole processes with their children, in ratios to `python -c pass`.

    python benchmarks/selftest.py [--rounds 15]

Five cases: with bytecode as pip installs it, without bytecode (images that set PYTHONDONTWRITEBYTECODE), the single file
envdoctor.pyz, which never has any, an image that needs no GPU, and
--deep-first once deep has succeeded. The driver is this project's stand-in, compiled
here (package gcc): what a real driver takes to start its GPUs is not in the numbers. Runs alternate, medians are
printed, and the exit code is 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STAND_INS = {
    "libcuda.so.1": "cuda.c",
    "libnvidia-ml.so.1": "nvml.c",
    "libnvcuvid.so.1": "nvcuvid.c",
}
PROMISES = {
    "with bytecode": 10.0,
    "without bytecode": 20.0,
    "single file": 15.0,
    "no GPU needed": 10.0,
    "deep-first": 10.0,
}
MOST_MIB = 35.0


class Run(NamedTuple):
    seconds: float
    peak_mib: float
    code: int


def run(command: list[str], environment: dict[str, str]) -> Run:
    """One whole process: wall time, the peak memory of it or a child it waited for, its exit code."""
    start = time.perf_counter()
    nothing = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawn(
        command[0], command, environment, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, fd) for fd in (0, 1, 2)]
    )
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(nothing)
    return Run(seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def prepare(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The environments with and without bytecode, each with a copy of the package of its own."""
    libraries = folder / "libraries"
    libraries.mkdir()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("benchmark: needs a C compiler for the stand-in of the driver")
    for name, source in STAND_INS.items():
        target = ["-o", str(libraries / name), str(ROOT / "tests" / "stand_ins" / source)]
        subprocess.run([compiler, "-D_GNU_SOURCE", "-shared", "-fPIC", *target], check=True)
    base = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LD_LIBRARY_PATH": str(libraries)}
    for name in ("with", "without"):
        shutil.copytree(ROOT / "envdoctor", folder / name / "envdoctor", ignore=shutil.ignore_patterns("__pycache__"))
    with_bytecode = {**base, "PYTHONPATH": str(folder / "with")}
    return with_bytecode, {**base, "PYTHONPATH": str(folder / "without"), "PYTHONDONTWRITEBYTECODE": "1"}


def measure(folder: Path, rounds: int) -> dict[str, list[Run]]:
    """Every command once per round, after one warm-up round, so that a busy moment hits all of them."""
    with_bytecode, without = prepare(folder)
    selftest = [sys.executable, "-m", "envdoctor", "selftest"]
    single = str(folder / "envdoctor.pyz")
    subprocess.run([sys.executable, str(ROOT / "scripts" / "build_pyz.py"), single], check=True, stdout=sys.stderr)
    needs = ["--expect", "cuda,nvdec"]
    on_gpu = [*selftest, *needs]
    commands = {
        "pass": ([sys.executable, "-c", "pass"], with_bytecode),
        "with bytecode": (on_gpu, with_bytecode),
        "without bytecode": (on_gpu, without),
        "single file": ([sys.executable, single, "selftest", *needs], {**without, "PYTHONPATH": ""}),
        "no GPU needed": (selftest, with_bytecode),
        "deep-first": ([*on_gpu, "--deep-first"], {**with_bytecode, "XDG_RUNTIME_DIR": str(folder)}),
    }
    os.chdir(folder)
    results: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (command, environment) in commands.items():
            result = run(command, environment)
            if result.code != 0:
                sys.exit(f"benchmark: {name} ended with exit code {result.code}, expected 0: {command}")
            if number:
                results[name].append(result)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = measure(Path(name), options.rounds)
        os.chdir("/")
    medians = {name: statistics.median(one.seconds for one in runs) for name, runs in results.items()}
    print(f"python -c pass: {medians['pass'] * 1000:.1f} ms")
    broken = False
    for name, limit in PROMISES.items():
        ratio, peak = medians[name] / medians["pass"], max(one.peak_mib for one in results[name])
        kept = ratio <= limit and peak <= MOST_MIB
        broken = broken or not kept
        print(
            f"{name:18}{medians[name] * 1000:7.1f} ms {ratio:6.1f} x (promise: at most {limit:g})  peak {peak:.1f} MiB "
            f"(at most {MOST_MIB:g})  {'kept' if kept else 'BROKEN'}"
        )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
