"""Speed and memory of `envdoctor suggest`, as whole processes, against the bare interpreter and `envdoctor check`.

    python benchmarks/suggest.py [--rounds 9]

Prints: suggestions for one host (three kinds), for 1,000 distinct hosts, and for a host that nothing fits, each against
`python -c pass` and `envdoctor check` of one Dockerfile in the same run. Runs alternate, medians are printed. PROMISES
are absolute seconds, because the users' question is how long they wait; the exit code is 1 if one is broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from processes import alternate, median

# Of a quiet machine. What CI allows on top is SLACK times, for its machines are shared.
PROMISES = {"training": 0.150, "inference": 0.150, "both": 0.150, "fleet": 1.0}
SLACK = 3.0
GPUS = (
    "T4",
    "V100",
    "A10",
    "A100",
    "L4",
    "L40S",
    "RTX 3090",
    "RTX 4090",
    "H100",
    "RTX A6000",
    "RTX 2080 Ti",
    "Quadro RTX 8000",
)
ONE = "FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.20.2\n"


def fleet(count: int) -> str:
    """An envdoctor.toml with that many hosts, no two alike in driver and GPU."""
    draw = random.Random(1)
    seen: set[tuple[str, str]] = set()
    while len(seen) < count:
        branch = draw.choice((525, 535, 550, 560, 565, 570, 575, 580))
        seen.add((f"{branch}.{draw.randrange(61, 230)}.{draw.randrange(1, 20):02}", draw.choice(GPUS)))
    rows = (f'h{n} = {{driver = "{driver}", gpu = ["{gpu}"]}}' for n, (driver, gpu) in enumerate(sorted(seen)))
    return "[hosts]\n" + "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    program = [sys.executable, "-m", "envdoctor"]
    suggest = [*program, "suggest", "--format", "json"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(ONE, encoding="utf-8")
        (folder / "fleet.toml").write_text(fleet(1000), encoding="utf-8")
        t4 = ["--no-config", "--driver", "535.104.05", "--gpu", "T4"]
        commands = {
            "pass": [sys.executable, "-c", "pass"],
            "check": [*program, "check", str(folder / "Dockerfile"), *t4, "--format", "json", "--fail-on", "never"],
            "training": [*suggest, "--for", "training", *t4],
            "inference": [*suggest, "--for", "inference", *t4],
            "both": [*suggest, "--for", "both", *t4],
            "fleet": [*suggest, "--for", "training", "--config", str(folder / "fleet.toml")],
            "none fits": [*suggest, "--for", "inference", "--no-config", "--driver", "570.133.07", "--gpu", "RTX 5090"],
        }
        results = alternate(commands, options.rounds)
    bare, check = median(results["pass"]), median(results["check"])
    print(f"python -c pass: {bare * 1000:.1f} ms; envdoctor check of one Dockerfile: {check * 1000:.0f} ms")
    broken = False
    for name in ("training", "inference", "both", "fleet", "none fits"):
        codes = {result.code for result in results[name]}
        if codes != ({1} if name == "none fits" else {0}):
            sys.exit(f"benchmark: suggest ({name}) ended with exit codes {sorted(codes)}")
        seconds = median(results[name])
        peak = max(result.peak_mib for result in results[name])
        promise = PROMISES.get(name)
        kept = promise is None or seconds <= promise * SLACK
        broken = broken or not kept
        told = (
            ""
            if promise is None
            else f"  (promise: {promise * 1000:.0f} ms on a quiet machine) {'kept' if kept else 'BROKEN'}"
        )
        print(
            f"{name:10} {seconds * 1000:7.0f} ms  {seconds / bare:5.1f} x pass  {seconds / check:4.1f} x check  {peak:4.0f} MiB{told}"
        )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
