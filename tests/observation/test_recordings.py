"""What the documents of the recorded machines say, and what `check` concludes from each for one workload."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envdoctor.cli import main
from envdoctor.observation import observe

RECORDINGS = Path(__file__).parents[1] / "recordings"
DOCKERFILE = "FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.19.0\n"


def document(name: str) -> dict[str, Any]:
    return observe(str(RECORDINGS / name)).document


def host(name: str) -> dict[str, Any]:
    found = document(name)["host"]
    assert isinstance(found, dict)
    return found


def test_bare_metal_t4() -> None:
    seen = host("bare-metal-t4")
    assert seen["driver"]["kernel_module"] == seen["driver"]["version"] == "535.104.05"
    assert seen["driver"]["open_kernel_module"] is False
    assert seen["engine"] == {
        "name": "docker", "version": "28.2.2-1~ubuntu.22.04~jammy", "rootless": False, "snap": False,
        "runtimes": ["runc", "nvidia"], "default_runtime": "runc", "cgroup_driver": "systemd", "cgroup_version": 2,
    }  # fmt: skip
    assert seen["container_toolkit"] == {"version": "1.17.4-1", "mode": "auto"}
    assert (seen["device_links"], seen["cdi"]) == (True, [])


def test_xids_of_the_kernel_log() -> None:
    assert host("bare-metal-t4")["xids"] == []  # the log reaches back to the boot
    assert host("h200-open-580")["xids"] == [
        {"xid": 31, "pci": "0000:18:00", "count": 2, "seconds": 86412, "gpu": 0},
        {"xid": 79, "pci": "0000:3a:00", "count": 1, "seconds": 90000, "gpu": None},  # the one that is excluded
    ]
    seen = observe(str(RECORDINGS / "rocky9-container"))
    assert (seen.document["host"]["xids"], seen.reasons["host.xids"]) == (None, "there is no /dev/kmsg")


def test_recorded_answers_of_programs() -> None:
    seen = host("rootless-podman-host")
    assert (seen["engine"]["version"], seen["container_toolkit"]["version"]) == ("5.2.2", "1.17.4")
    assert document("rocky9-container")["observed"]["ffmpeg"] == {
        "path": "/usr/local/bin/ffmpeg", "hwaccels": ["vdpau", "cuda", "vaapi"], "cuvid": ["h264_cuvid", "hevc_cuvid"],
        "nvenc": ["h264_nvenc"],
    }  # fmt: skip
    assert document("rootless-podman-container")["observed"]["ffmpeg"] is False


def test_a_container_of_rpm_packages() -> None:
    seen = document("rocky9-container")
    assert [seen["image"][part] for part in ("cuda", "cudnn", "tensorrt")] == ["12.4", "8.9.7.29", False]
    packages = {item["name"]: (item["version"], item["manager"]) for item in seen["packages"]}
    assert packages["libnccl"] == ("2.21.5-1+cuda12.4", "yum")
    assert "bash" not in packages


def test_what_cgroup_version_2_hides_is_told_as_that() -> None:
    assert "BPF" in observe(str(RECORDINGS / "bare-metal-t4")).reasons["observed.cgroup.nvidia_devices"]
    assert document("daemon-reload-container")["observed"]["cgroup"]["nvidia_devices"] is False


def test_a_host_is_described_as_a_host_only() -> None:
    seen = document("bare-metal-t4")
    assert [seen[part] for part in ("image", "packages", "libraries", "launch")] == [None] * 4
    assert seen["observed"]["container"] is False


def test_h200_under_podman_with_cdi() -> None:
    seen = host("h200-open-580")
    assert (seen["engine"]["name"], seen["engine"]["version"]) == ("podman", "4.9.3+ds1-1ubuntu0.2")
    assert seen["engine"]["rootless"] is None
    assert seen["container_toolkit"]["mode"] == "cdi"
    assert seen["cdi"] == [
        {"path": "/etc/cdi/nvidia.yaml", "kind": "nvidia.com/gpu", "devices": ["0", "1", "all"], "driver": "580.65.06"}
    ]


def test_wsl_with_docker_desktop_has_its_engine_elsewhere() -> None:
    seen = observe(str(RECORDINGS / "wsl2"))
    assert seen.document["host"]["wsl"] == 2
    assert seen.document["host"]["engine"]["name"] is None
    assert "neither dockerd nor podman" in seen.reasons["host.engine.name"]
    assert seen.document["host"]["container_toolkit"] is None


def test_a_jetson() -> None:
    seen = host("jetson-orin-r35")
    assert (seen["l4t"], seen["gpus"][0]["name"], seen["engine"]["cgroup_version"]) == ("35.4.1", "Jetson AGX Orin", 1)
    assert (seen["engine"]["default_runtime"], seen["engine"]["cgroup_driver"]) == ("nvidia", "cgroupfs")
    assert seen["container_toolkit"] == {"version": "1.11.0~rc.1-1", "mode": "csv"}


def test_a_laptop_without_nvidia() -> None:
    seen = host("laptop-without-nvidia")
    assert (seen["driver"], seen["gpus"], seen["engine"]["name"]) == (False, [], "podman")
    assert seen["engine"]["rootless"] is True
    assert seen["container_toolkit"] is None  # Fedora's package list is not read: not found is not absent


def test_after_an_upgrade_without_reboot_the_two_versions_and_the_old_specification_are_told() -> None:
    seen = host("upgraded-without-reboot")
    assert (seen["driver"]["version"], seen["driver"]["kernel_module"]) == ("550.54.15", "535.161.08")
    assert [spec["driver"] for spec in seen["cdi"]] == ["535.161.08"]


def test_a_host_whose_containers_lose_their_gpus_at_a_daemon_reload() -> None:
    seen = host("daemon-reload-host")
    assert (seen["device_links"], seen["engine"]["cgroup_driver"]) == (False, "systemd")


def test_a_container_that_lost_its_gpu_at_a_daemon_reload() -> None:
    seen = document("daemon-reload-container")
    assert seen["observed"]["cgroup"] == {
        "version": 1, "driver": "systemd", "memory_bytes": 17179869184, "cpus": 4.0, "nvidia_devices": False,
    }  # fmt: skip
    assert seen["observed"]["cpus"] == {"cpuset": "0-3,8", "usable": 5}
    assert "/dev/nvidia0" in seen["launch"]["devices"]
    image = seen["image"]
    assert [image[part] for part in ("cuda", "cudnn", "tensorrt", "python", "flavor")] == [
        "12.4.1", "9.1.0.70", False, "3.10", "runtime",
    ]  # fmt: skip


def test_secrets_of_the_environment_are_not_in_the_document() -> None:
    seen = document("daemon-reload-container")
    assert "hunter2" not in json.dumps(seen)
    assert "nvapi" not in json.dumps(seen)
    assert {name for name, value in seen["image"]["env"].items() if value is None} == {"DATABASE_URL", "NGC_API_KEY"}
    assert seen["image"]["env"]["NVIDIA_VISIBLE_DEVICES"] == "all"


def test_a_container_under_rootless_podman() -> None:
    seen = document("rootless-podman-container")
    engine = seen["host"]["engine"]
    assert (engine["name"], engine["version"], engine["rootless"]) == ("podman", "4.9.4", True)
    assert seen["image"]["reference"] == "docker.io/nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"
    assert (seen["image"]["cuda"], seen["image"]["cudnn"]) == ("11.8.0", "8.9.6.50")
    assert (seen["launch"]["shm_size"], seen["launch"]["ulimits"]["memlock"]) == (64000 * 1024, 65536)
    assert (seen["launch"]["user"], seen["launch"]["privileged"]) == ("12345:0", False)
    user = seen["observed"]["user"]
    assert (user["uid"], user["name"], user["home"]) == (12345, False, "/")  # no entry in /etc/passwd
    assert user["writable"]["/models"] is False  # HF_HOME on a mount that is read-only, and transformers is installed
    assert seen["observed"]["display"] == {"x11": ":0", "wayland": False, "sockets": [], "answers": False}


def test_packages_of_the_container() -> None:
    packages = {item["name"]: item for item in document("rootless-podman-container")["packages"]}
    assert packages["onnxruntime-gpu"] == {
        "name": "onnxruntime-gpu",
        "version": "1.22.0",
        "manager": "pip",
        "cuda": "12",
    }
    assert packages["libcudnn8"]["manager"] == "apt"
    assert packages["opencv-python-headless"]["version"] == "4.10.0.84"
    assert "numpy" in packages
    assert not any(name.startswith(("umpy", "~")) for name in packages)  # what pip could not remove


def test_libraries_of_the_container_say_who_finds_them() -> None:
    libraries = document("rootless-podman-container")["libraries"]
    origins = {item["soname"]: item["origin"] for item in libraries}
    assert (origins["libcudnn.so.8"], origins["libnvrtc.so.12"]) == ("system", "nvidia-cuda-nvrtc")
    versions = {item["soname"]: item["version"] for item in libraries}
    assert (versions["libcudnn.so.8"], versions["libcudart.so.11.0"]) == ("8.9.6", "11.8.89")
    assert "libnvrtc.so.12" not in {item["soname"] for item in document("daemon-reload-container")["libraries"]}  # gone


def test_a_hosts_document_left_in_a_project_is_no_workload(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "edge.json").write_text(json.dumps(document("bare-metal-t4"), indent=2))
    main(["check", str(tmp_path), "--no-config", "--format", "json", "--driver", "535.104.05"])
    report = json.loads(capsys.readouterr().out)
    assert len(report["diagnoses"]) == 1


VERDICTS = {
    "bare-metal-t4": "compatible",
    "h200-open-580": "degraded",  # PTX only for the H200
    "wsl2": "unknown",  # the driver's version is told by NVML alone
    "jetson-orin-r35": "incompatible",
    "laptop-without-nvidia": "incompatible",
    "laptop-with-nouveau": "incompatible",
    "upgraded-without-reboot": "incompatible",
    "daemon-reload-host": "degraded",  # until the next daemon-reload
    "rootless-podman-host": "compatible",
    # containers, judged for what they hold
    "daemon-reload-container": "incompatible",
    "rootless-podman-container": "incompatible",
    "rocky9-container": "unknown",
}


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_verdicts(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    seen = tmp_path / "seen.json"
    seen.write_text(json.dumps(document(name)))
    container = document(name)["image"] is not None
    arguments = [str(seen)] if container else [str(tmp_path / "Dockerfile"), "--host", str(seen)]
    code = main(["check", *arguments, "--no-config", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == VERDICTS[name], report
    assert code == (1 if VERDICTS[name] == "incompatible" else 0)
