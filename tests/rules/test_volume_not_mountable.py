"""Volumes that an engine refuses as they are written."""

from __future__ import annotations

import pytest

from envdoctor.doctor import ask
from envdoctor.facts import Facts
from envdoctor.findings import Severity
from envdoctor.readers.launch_script import read_launch_script
from envdoctor.rules import find
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, MATRIX, document, does_not_apply, fires, silent, workload

RULE = "volume-not-mountable"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])
PROGRAMS = ("docker run", "podman run", "nerdctl run")


def mounted(*volumes: str, how: str = "docker run") -> Facts:
    return launched(TORCH, how, volumes=list(volumes))


def script(line: str) -> Facts:
    return TORCH._replace(launch=read_launch_script(line, "run.sh").launches[0].launch)


def on_host(volume: str, how: str = "docker run", **host: object) -> Facts:
    return mounted(volume, how=how)._replace(host=document(host=host).host)


@pytest.mark.parametrize(
    "volume",
    ["/data:/data", "/data:/data:ro,z", "models:/models", "/scratch", "./data:/data", ".:/code", "$(pwd):/$(pwd)", "${PWD}:/code",
     "$PWD/a:/code/a", "`pwd`/x:/x", "${DATA:-/data}:/data", "$DATA:$TARGET", "<path/to/data>:/data", "{{ data/dir }}:/data",
     "/tmp/.X11-unix:/tmp/.X11-unix", "C:\\data:/data", "C:/data:C:\\data", "a.b-c_d:/x", "YOUR_HOST_DIR:YOUR_CONTAINER_DIR", "PATH_TO/data:/data", "$A/b:/c"],
)  # fmt: skip
def test_volumes_that_engines_take(volume: str) -> None:
    silent(RULE, mounted(volume))
    silent(RULE, document(launch={"volumes": [volume]}))


def test_compose_knows_home_and_here() -> None:
    silent(RULE, mounted("~/data:/data", "./a/b:/b", "../a:/c", how="compose"))


def test_nothing_is_mounted() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH))


def test_the_shell_knows_home() -> None:
    silent(RULE, script("docker run -v ~/data:/data app:1"))
    silent(RULE, script("D=~/data\ndocker run -v $D:/data app:1"))
    silent(RULE, script("docker run -v ${1:-~/data}:/data app:1"))


@pytest.mark.parametrize(
    "line", ['-v "~/data:/data"', "-v '~/data:/data'", "--volume=~/data:/data", "--mount type=bind,src=~/a,dst=/a"]
)
def test_a_tilde_that_the_shell_leaves_alone(line: str) -> None:
    found = fires(RULE, script(f"docker run {line} app:1"))
    assert (found.severity, "$HOME" in found.remedy[0]) == (Severity.ERROR, True)


@pytest.mark.parametrize("how", PROGRAMS)
def test_a_relative_path_is_taken_for_a_name(how: str) -> None:
    found = fires(RULE, mounted("data/models:/models", how=how))
    assert (found.severity, "data/models" in found.message) == (Severity.ERROR, True)


def test_a_relative_path_in_compose() -> None:
    found = fires(RULE, mounted("data/models:/models", how="compose"))
    assert "undefined volume" in found.message
    assert found.remedy[0] == "write ./data/models"


def test_relative_paths_before_docker_23() -> None:
    old = {"name": "docker", "version": "20.10.21"}
    assert "20.10.21" in fires(RULE, on_host("./data:/data", engine=old)).message
    silent(RULE, on_host("./data:/data", engine={"name": "docker", "version": "24.0.7"}))
    silent(RULE, on_host("./data:/data", engine={"name": "docker"}))
    silent(RULE, on_host("./data:/data", how="podman run", engine=old))
    silent(RULE, on_host("./data:/data", how="compose", engine=old))


def test_a_variable_that_is_empty() -> None:
    found = fires(RULE, script('DATA=\ndocker run -v "$DATA:/data" app:1'))
    assert "empty section" in found.message


def test_a_place_that_is_not_absolute() -> None:
    assert "'data'" in fires(RULE, mounted("/data:data")).message
    assert "'cache'" in fires(RULE, mounted("cache")).message


def test_paths_of_windows() -> None:
    assert "Windows" in fires(RULE, on_host("C:\\data:/data", os={"id": "ubuntu", "version_id": "22.04"})).message
    silent(RULE, on_host("C:\\data:/data", os={"id": "ubuntu"}, wsl=2))
    silent(RULE, on_host("C:\\data:/data", os={"id": "windows"}))
    silent(RULE, on_host("C:\\data:/data", os={"id": "ubuntu"}, engine={"name": "docker-desktop"}))


def test_two_volumes_at_one_place() -> None:
    assert "Duplicate mount point" in fires(RULE, mounted("/a:/data", "/b:/data/")).message
    silent(RULE, mounted("/a:/data", "/a:/data"))
    silent(RULE, mounted("/a:/data", "/b:/data/b", "$X:$Y", "$Z:$Y"))
    silent(RULE, mounted("/a:/data", "/b:/data", how="compose"))


def test_each_fault_is_told() -> None:
    rule = find(RULE)
    assert rule is not None
    found = ask(rule, mounted("a/b:/x", "/y:z", ":/w"), MATRIX).findings
    assert len(found) == 3
