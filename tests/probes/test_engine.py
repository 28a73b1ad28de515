"""The container engine, the toolkit and CDI, by files alone, and their parsers on the literal texts."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.probes import container, docker_info, engine, programs, toolkit
from envdoctor.probes.toolkit import parse_cdi, parse_mode

RECORDINGS = Path(__file__).parents[1] / "recordings"
HERE = Origin("a test")


def touch(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_nothing_found_is_not_absent(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/ls")
    assert engine.probe(str(tmp_path)).name.is_unknown
    assert toolkit.probe(str(tmp_path)).installed.is_unknown


def test_an_engine_without_the_toolkit_is_told_where_debians_list_shows_it(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/dockerd")
    touch(tmp_path, "var/lib/dpkg/status", text="Package: bash\nStatus: install ok installed\nVersion: 5.1-6\n")
    facts = toolkit.probe(str(tmp_path))
    assert facts.installed.need() is False


def test_a_toolkit_of_the_gpu_operator_is_not_missed(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/dockerd", "usr/local/nvidia/toolkit/nvidia-ctk")
    touch(tmp_path, "var/lib/dpkg/status", text="Package: bash\nStatus: install ok installed\nVersion: 5.1-6\n")
    assert toolkit.probe(str(tmp_path)).installed.need() is True


def test_docker_as_a_snap(tmp_path: Path) -> None:
    touch(tmp_path, "snap/docker/current/meta/snap.yaml", text="name: docker\nversion: 28.1.1+1\nsummary: x\n")
    facts = engine.probe(str(tmp_path))
    assert (facts.name.get(), facts.version.get(), facts.snap.get()) == ("docker", "28.1.1", True)


def test_rootless_docker_has_its_socket_in_the_users_run_folder(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/dockerd", "run/user/1000/docker.sock")
    assert engine.probe(str(tmp_path)).rootless.need() is True


def test_dockers_settings(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/dockerd")
    settings = {"default-runtime": "nvidia", "runtimes": {"nvidia": {}}, "exec-opts": ["native.cgroupdriver=cgroupfs"]}
    touch(tmp_path, "etc/docker/daemon.json", text=json.dumps(settings))
    facts = engine.probe(str(tmp_path))
    assert facts.runtimes.need() == ("runc", "nvidia")
    assert (facts.default_runtime.get(), facts.cgroup_driver.get()) == ("nvidia", "cgroupfs")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"runtimes": 3, "exec-opts": {}, "default-runtime": []}'])
def test_settings_that_are_none(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "usr/bin/dockerd")
    touch(tmp_path, "etc/docker/daemon.json", text=text)
    facts = engine.probe(str(tmp_path))
    assert facts.cgroup_driver.is_unknown
    assert facts.runtimes.get() in (None, ("runc",))


def test_a_container_tells_of_its_engine_only_what_its_marks_say(tmp_path: Path) -> None:
    touch(tmp_path, ".dockerenv", "usr/bin/podman")
    facts = engine.probe(str(tmp_path))
    assert facts.name.need() == "docker"
    assert facts.version.is_unknown
    assert "container" in toolkit.probe(str(tmp_path)).installed.reason


def test_podmans_mark_is_empty_unless_privileged(tmp_path: Path) -> None:
    touch(tmp_path, "run/.containerenv")
    facts = engine.probe(str(tmp_path))
    assert facts.name.need() == "podman"
    assert facts.rootless.is_unknown
    assert container.podman(str(tmp_path)).need() == {}


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv", "run/systemd/container"])
def test_marks_of_a_container(tmp_path: Path, mark: str) -> None:
    assert not container.in_container(str(tmp_path))
    touch(tmp_path, mark)
    assert container.in_container(str(tmp_path))


def test_an_overlay_as_root_is_a_container_and_one_below_is_not(tmp_path: Path) -> None:
    line = "612 590 0:52 / {} rw,relatime - overlay overlay rw,lowerdir=/a\n"
    touch(tmp_path, "proc/self/mountinfo", text=line.format("/var/lib/docker/overlay2/x/merged"))
    assert not container.in_container(str(tmp_path))
    touch(tmp_path, "proc/self/mountinfo", text=line.format("/"))
    assert container.in_container(str(tmp_path))


def test_the_mode_is_that_of_its_own_section() -> None:
    text = '[nvidia-container-cli]\nmode = "legacy"\n[nvidia-container-runtime]\nmode = "cdi"\n[x]\nmode = "csv"\n'
    assert parse_mode(text, HERE).need() == "cdi"


@pytest.mark.parametrize(
    "text",
    ["", 'mode = "cdi"', '[nvidia-container-runtime]\n#mode = "cdi"\n', '[nvidia-container-runtime]\nmode="x"\n'],
)
def test_modes_that_are_none(text: str) -> None:
    assert parse_mode(text, HERE).is_unknown


def test_cdi_as_json() -> None:
    text = '{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": [\n{\n"name": "GPU-0-1"}]}'
    assert parse_cdi(text, "x.json")[:3] == ("x.json", "nvidia.com/gpu", ("GPU-0-1",))


def test_cdi_of_others_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "etc/cdi/intel.yaml", text="kind: intel.com/gpu\n")
    touch(tmp_path, "var/run/cdi/nvidia.yaml", text="kind: nvidia.com/gpu\ndevices:\n  - name: all\n")
    (spec,) = toolkit.cdi(str(tmp_path)).need()
    assert (spec.path, spec.devices, spec.driver) == ("/var/run/cdi/nvidia.yaml", ("all",), None)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Docker version 28.2.2, build e6534b4", "28.2.2"),
        ("podman version 4.9.3", "4.9.3"),
        ("NVIDIA Container Toolkit CLI version 1.17.4\ncommit: 9b69590", "1.17.4"),
        ("cli-version: 1.17.4\nlib-version: 1.17.4", "1.17.4"),
        ("", ""),
        ("command not found", ""),
    ],
)
def test_what_programs_say_of_their_version(text: str, version: str) -> None:
    assert programs.parse_version(text) == version


@pytest.mark.skipif(sys.platform == "win32", reason="not on this system")
def test_a_program_is_asked(tmp_path: Path) -> None:
    program = tmp_path / "podman"
    program.write_text("#!/bin/sh\necho podman version 5.0.1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert programs.version(str(program)) == "5.0.1"
    assert programs.version(str(tmp_path / "none")) == ""
    assert programs.where(str(tmp_path), "podman", ["/"]) == "//podman"
    assert os.path.exists(program)


def recorded(root: Path, *command: str, output: str) -> None:
    touch(root, "commands.json", text=json.dumps([{"argv": list(command), "output": output}]))


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "{}", "[1]", "[" * 100_000, '[{"argv": ["/usr/bin/podman", "--version"]}]', '[{"output": 1}]'],
)
def test_nothing_of_a_recording_is_started(tmp_path: Path, text: str) -> None:
    mark = tmp_path / "started"
    touch(tmp_path, "usr/bin/podman", text=f"#!/bin/sh\ntouch {mark}\necho podman version 5.0.1\n")
    (tmp_path / "usr/bin/podman").chmod(0o755)
    touch(tmp_path, "commands.json", text=text)
    assert engine.probe(str(tmp_path)).version.is_unknown
    assert not mark.exists()


def test_recorded_answers(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/podman")
    recorded(tmp_path, "/usr/bin/podman", "--version", output="podman version 5.2.2\n")
    assert engine.probe(str(tmp_path)).version.need() == "5.2.2"


INFO = ("/usr/bin/docker", "-H", "unix:///var/run/docker.sock", "info", "--format", "{{json .}}")


def docker(root: Path, output: str) -> engine.EngineFacts:
    touch(root, "usr/bin/dockerd", "usr/bin/docker", "run/docker.sock", "run/docker.pid")
    touch(root, "etc/docker/daemon.json", text=json.dumps({"default-runtime": "nvidia", "runtimes": {"nvidia": {}}}))
    recorded(root, *INFO, output=output)
    return engine.probe(str(root))


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
        '{"ID":"","Containers":0,"ServerErrors":["permission denied"],"ClientInfo":{"Version":"28.2.2"}}\n',
        "{" * 100_000,
    ],
)
def test_a_daemon_that_does_not_answer_leaves_its_settings_file(tmp_path: Path, output: str) -> None:
    facts = docker(tmp_path, output)
    assert (facts.default_runtime.need(), facts.runtimes.need()) == ("nvidia", ("runc", "nvidia"))


def test_a_daemon_that_does_not_run_is_not_started_by_asking(tmp_path: Path) -> None:
    docker(tmp_path, '{"ServerVersion":"28.2.2","DefaultRuntime":"runc"}\n')
    (tmp_path / "run/docker.pid").unlink()
    assert engine.probe(str(tmp_path)).default_runtime.need() == "nvidia"


def test_the_running_daemon_counts_before_a_file_that_was_edited_since(tmp_path: Path) -> None:
    told = {
        "ServerVersion": "28.2.2", "DefaultRuntime": "runc", "CgroupDriver": "cgroupfs", "CgroupVersion": "2",
        "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
    }  # fmt: skip
    facts = docker(tmp_path, f"WARNING: No swap limit support\n{json.dumps(told)}\n")
    assert (facts.default_runtime.need(), facts.runtimes.need()) == ("runc", ("runc",))
    assert (facts.cgroup_driver.need(), facts.rootless.need()) == ("cgroupfs", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ("ServerVersion", "Runtimes", "DefaultRuntime", "CgroupDriver", "SecurityOptions")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.text())
def test_any_answer_of_docker(told: dict[str, object], text: str) -> None:
    docker_info.parse(text)
    read = docker_info.parse(json.dumps(told))
    for fact in (docker_info.version, docker_info.runtimes, docker_info.default_runtime, docker_info.rootless):
        fact(read)
    docker_info.cgroup_driver(told)


def test_odd_answers_of_docker_tell_nothing() -> None:
    odd = docker_info.parse('{"ServerVersion":"1","Runtimes":[],"DefaultRuntime":3,"CgroupDriver":"none"}')
    assert docker_info.runtimes(odd).is_unknown
    assert docker_info.rootless(odd).is_unknown
    assert [fact(odd).is_unknown for fact in (docker_info.default_runtime, docker_info.cgroup_driver)] == [True, True]
