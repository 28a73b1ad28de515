"""`envdoctor probe` and `envdoctor check local` of the single file, in a real container of a real dockerd."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envdoctor.readers.environment import schema
from tests.delivery import root_files
from tests.delivery.engines import NODES, Engine, docker

pytestmark = pytest.mark.slow
IMAGE = "cuda-like:1"
SETTINGS = (
    "ENV CUDA_VERSION=12.4.1",
    "ENV NVIDIA_REQUIRE_CUDA=cuda>=12.4",
    "ENV LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
)
LAUNCH = (
    "--rm", "--network=host", "--user=1234:5", "--shm-size=256m", "--cpuset-cpus=0", "--memory=512m",
    "-e", "NVIDIA_VISIBLE_DEVICES=all", "-e", "DB_PASSWORD=hunter2", "-e", "DISPLAY=:7",
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    base = tmp_path_factory.mktemp("base") / "base.tar"
    root_files.write(base)
    with docker() as running:
        running("import", *(word for setting in SETTINGS for word in ("--change", setting)), str(base), IMAGE)
        yield running


def probed(engine: Engine, single_file: Path, *options: str) -> dict[str, Any]:
    mounted = f"{single_file}:/envdoctor.pyz:ro"
    text = engine("run", *LAUNCH, "-v", mounted, *options, IMAGE, "python3", "/envdoctor.pyz", "probe")
    document = json.loads(text)
    assert isinstance(document, dict)
    jsonschema.validate(document, schema())
    assert "hunter2" not in text
    return document


def test_how_the_container_was_started_is_seen(engine: Engine, single_file: Path) -> None:
    seen = probed(engine, single_file)
    assert seen["observed"]["container"] is True
    assert seen["host"]["engine"]["name"] == "docker"
    launch = seen["launch"]
    assert (launch["user"], launch["shm_size"], launch["cpuset_cpus"]) == ("1234:5", 256 << 20, "0")
    assert launch["env"] == {"NVIDIA_REQUIRE_CUDA": "cuda>=12.4", "NVIDIA_VISIBLE_DEVICES": "all"}
    assert launch["privileged"] is False
    image = seen["image"]
    assert (image["cuda"], image["env"]["DB_PASSWORD"]) == ("12.4.1", None)
    user = seen["observed"]["user"]
    assert (user["uid"], user["name"]) == (1234, False)
    assert seen["observed"]["display"]["answers"] is False
    assert seen["observed"]["cpus"] == {"cpuset": "0", "usable": 1}
    assert seen["observed"]["cgroup"]["memory_bytes"] == 512 << 20
    assert seen["observed"]["cuda"]["library"] is False


def given_a_gpu(host_driver: Path) -> list[str]:
    devices = [f"--device={host_driver.parent / name}:/dev/{name}" for name in NODES]
    return [*devices, "-v", f"{host_driver}:/usr/local/nvidia/lib64:ro"]


def test_a_container_that_is_given_a_gpu(engine: Engine, single_file: Path, host_driver: Path) -> None:
    seen = probed(engine, single_file, *given_a_gpu(host_driver))
    assert seen["host"]["driver"]["cuda"] == "12.2" or seen["host"]["driver"]["version"] == "535.104.05"
    assert seen["observed"]["cuda"]["cuInit"] == 0
    assert set(seen["launch"]["devices"]) >= {"/dev/nvidia0", "/dev/nvidiactl"}
    libcuda = next(item for item in seen["libraries"] if item["soname"] == "libcuda.so.1")
    assert libcuda["origin"] == "LD_LIBRARY_PATH"


@pytest.mark.parametrize(("code", "verdict"), [("0", 0), ("804", 1)])
def test_check_local(engine: Engine, single_file: Path, host_driver: Path, code: str, verdict: int) -> None:
    options = [
        *LAUNCH,
        "-v",
        f"{single_file}:/envdoctor.pyz:ro",
        *given_a_gpu(host_driver),
        "-e",
        f"STAND_IN_CUINIT={code}",
    ]
    judged = engine.ask(
        "run", *options, IMAGE, "python3", "/envdoctor.pyz", "check", "local", "--no-config", "--format=json"
    )
    report = json.loads(judged.stdout)
    failed = {result["rule"] for result in report["diagnoses"][0]["results"] if result["outcome"] == "fail"}
    assert ("cuda-does-not-start" in failed) is bool(verdict), report
    assert judged.returncode == verdict, judged.stdout
