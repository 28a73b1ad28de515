"""Speed and memory of the quick `envdoctor selftest`, as whole processes with their children, in ratios to `python -c pass`.

    python benchmarks/selftest.py [--rounds 15] [--torch-python PYTHON] [--rapids PROGRAM] [--env-doctor PROGRAM]
    python benchmarks/selftest.py --soak 10000 [--streams 2]

Five cases: with bytecode as pip installs it, without bytecode (images that set PYTHONDONTWRITEBYTECODE), the single file
envdoctor.pyz, which never has any, an image that needs no GPU, and --deep-first once deep has succeeded. Beside them, in
the same rounds: `import torch; torch.cuda.is_available()`, `rapids doctor` (rapids-cli) and `env-doctor check`
(env-doctor); what is neither given nor found beside this Python is said to be left out. The driver is this project's
stand-in, compiled here (package gcc), for the peers too: what a real driver takes to start its GPUs is not in the
numbers. Medians are printed, and the exit code is 1 if a promise is broken.

--soak leaves the speed out: that many runs, then a tenth as many in one process, and what they left behind (soak.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
TIMES_TORCH = 20.0  # what the CUDA build of PyTorch takes at least, in time and memory
PEER_ROUNDS = 5  # they take seconds

# Linux counts the memory of the process that starts another as that other's, until it has more of its own: a small
# process of its own starts and measures each.
_MEASURE = """
import os, sys, time
nothing = os.open(os.devnull, os.O_RDWR)
start = time.perf_counter()
pid = os.posix_spawn(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, fd) for fd in (0, 1, 2)]
)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """`peak_mib` is the largest process's."""

    seconds: float
    cpu: float
    peak_mib: float
    code: int


class Peer(NamedTuple):
    name: str
    command: list[str]


def run(command: list[str], environment: dict[str, str]) -> Run:
    """One whole process with the children it waited for."""
    measure = [sys.executable, "-I", "-S", "-c", _MEASURE, *command]
    done = subprocess.run(measure, env=environment, check=True, capture_output=True, text=True, timeout=300)
    seconds, cpu, peak, code = done.stdout.split()
    return Run(float(seconds), float(cpu), float(peak), int(code))


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


def peers(options: argparse.Namespace) -> list[Peer]:
    """Those that are there; of the others it is said that they are left out."""
    found = []
    ask = "import torch; print(f'torch {torch.__version__}', f'CUDA {torch.version.cuda}' if torch.version.cuda else 'CPU')"
    done = subprocess.run([options.torch_python, "-W", "ignore", "-c", ask], capture_output=True, text=True)
    if done.returncode == 0:
        use = "import torch; torch.cuda.is_available()"
        found.append(Peer(done.stdout.strip(), [options.torch_python, "-W", "ignore", "-c", use]))
    else:
        print(f"left out: {options.torch_python} cannot import torch (--torch-python)")
    programs = (("rapids", options.rapids, "doctor"), ("env-doctor", options.env_doctor, "check"))
    for name, given, argument in programs:
        path = given or shutil.which(name, path=str(Path(sys.executable).parent))
        if path is None:
            print(f"left out: there is no {name} beside {sys.executable} (--{name})")
        else:
            found.append(Peer(f"{name} {argument}", [os.path.abspath(path), argument]))
    return found


def commands(folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    with_bytecode, without = prepare(folder)
    selftest = [sys.executable, "-m", "envdoctor", "selftest"]
    single = str(folder / "envdoctor.pyz")
    subprocess.run([sys.executable, str(ROOT / "scripts" / "build_pyz.py"), single], check=True, stdout=sys.stderr)
    needs = ["--expect", "cuda,nvdec"]
    on_gpu = [*selftest, *needs]
    return {
        "python -c pass": ([sys.executable, "-c", "pass"], with_bytecode),
        "with bytecode": (on_gpu, with_bytecode),
        "without bytecode": (on_gpu, without),
        "single file": ([sys.executable, single, "selftest", *needs], {**without, "PYTHONPATH": ""}),
        "no GPU needed": ([*selftest, "--expect", "none"], with_bytecode),
        "deep-first": ([*on_gpu, "--deep-first"], {**with_bytecode, "XDG_RUNTIME_DIR": str(folder)}),
    }


def measure(folder: Path, rounds: int, others: list[Peer]) -> dict[str, list[Run]]:
    """Every command once per round, after one warm-up round, so that a busy moment hits all of them."""
    ours = commands(folder)
    base = {name: value for name, value in ours["python -c pass"][1].items() if name != "PYTHONPATH"}
    all_commands = {**ours, **{peer.name: (peer.command, base) for peer in others}}
    os.chdir(folder)
    results: dict[str, list[Run]] = {name: [] for name in all_commands}
    for number in range(rounds + 1):
        for name, (command, environment) in all_commands.items():
            if name not in ours and number > PEER_ROUNDS:
                continue
            result = run(command, environment)
            if result.code != 0 and name in ours:
                sys.exit(f"benchmark: {name} ended with exit code {result.code}, expected 0: {command}")
            if number:
                results[name].append(result)
    return results


def medians(runs: list[Run]) -> Run:
    seconds, cpu, peak = (statistics.median(run[place] for run in runs) for place in range(3))
    return Run(seconds, cpu, peak, runs[-1].code)


def report(results: dict[str, list[Run]]) -> bool:
    """Whether every promise is kept."""
    found = {name: medians(runs) for name, runs in results.items()}
    first, quick, kept = found["python -c pass"], found["with bytecode"], True
    for name, one in found.items():
        words = f"{name:30}{one.seconds * 1000:8.1f} ms{one.cpu * 1000:8.1f} ms CPU{one.peak_mib:7.1f} MiB"
        if name in PROMISES:
            ratio = one.seconds / first.seconds
            fine = ratio <= PROMISES[name] and max(run.peak_mib for run in results[name]) <= MOST_MIB
            words += f"  {ratio:.1f} x pass (at most {PROMISES[name]:g}; {MOST_MIB:g} MiB)"
        elif name != "python -c pass":
            times, memory = one.seconds / quick.seconds, one.peak_mib / quick.peak_mib
            fine = " CUDA " not in name or min(times, memory) >= TIMES_TORCH
            words += f"  {times:.1f} x the time, {memory:.1f} x the memory of selftest; exit code {one.code}"
        else:
            fine = True
        kept = kept and fine
        print(words + ("" if fine else "  BROKEN"))
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--rapids")
    parser.add_argument("--env-doctor")
    parser.add_argument("--soak", type=int, default=0, metavar="N")
    parser.add_argument("--streams", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.soak:
            from soak import soak

            environment, _ = prepare(Path(name))
            kept = soak(environment, Path(name), options.soak, options.streams)
        else:
            kept = report(measure(Path(name), options.rounds, peers(options)))
        os.chdir("/")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
