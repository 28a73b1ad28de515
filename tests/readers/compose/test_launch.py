"""Keys of a service as its launch: https://github.com/compose-spec/compose-spec/blob/main/05-services.md ."""

from __future__ import annotations

from typing import Any

import pytest

from envdoctor.readers.compose import read_compose
from envdoctor.readers.docker_options import ANY_NAME
from tests.readers.compose.reading import launch, of, read, service

FACTS = (
    "gpus gpu_capabilities runtime env privileged devices device_cgroup_rules shm_size ipc network ports ulimits user"
    " group_add volumes cpuset_cpus security_opt cap_add entrypoint command workdir read_only tmpfs"
).split()


def test_what_is_not_given_is_absent_and_known_to_be() -> None:
    found = launch("restart: always\n")
    assert (found.stated, found.how) == (True, "compose")
    for name in FACTS:
        fact = getattr(found, name)
        assert fact.is_absent, name
        assert fact.origin.label == "compose.yaml:2"
    assert found.passed == frozenset()


@pytest.mark.parametrize(
    ("keys", "name", "expected"),
    [
        ("runtime: nvidia", "runtime", "nvidia"),
        ("shm_size: 8gb", "shm_size", 8 << 30),
        ("shm_size: '64M'", "shm_size", 64 << 20),
        ("shm_size: 1073741824", "shm_size", 1 << 30),
        ("shm_size: ${SHM:-2g}", "shm_size", 2 << 30),
        ("ipc: host", "ipc", "host"),
        ("network_mode: host", "network", "host"),
        ("networks: [front, back]", "network", "front,back"),
        ("networks: {front: {aliases: [x]}}", "network", "front"),
        ("user: 1000", "user", "1000"),
        ('user: "1000:${GID:-1000}"', "user", "1000:1000"),
        ("group_add: [video, 44]", "group_add", ("video", "44")),
        ("cpuset: 0-3", "cpuset_cpus", "0-3"),
        ("cpuset: 0", "cpuset_cpus", "0"),
        ("privileged: true", "privileged", True),
        ("privileged: '${PRIVILEGED:-false}'", "privileged", False),
        ("read_only: yes", "read_only", True),
        ("working_dir: /app", "workdir", "/app"),
        ("security_opt: ['seccomp:unconfined']", "security_opt", ("seccomp:unconfined",)),
        ("cap_add: [SYS_ADMIN]", "cap_add", ("SYS_ADMIN",)),
        ("tmpfs: /run", "tmpfs", ("/run",)),
        ("tmpfs: [/run, '/tmp:size=1g']", "tmpfs", ("/run", "/tmp:size=1g")),
        ("device_cgroup_rules: ['c 195:* rmw']", "device_cgroup_rules", ("c 195:* rmw",)),
        ("devices: ['/dev/video0:/dev/video0']", "devices", ("/dev/video0:/dev/video0",)),
        ("devices: [{source: /dev/video0}]", "devices", ("/dev/video0",)),
        ("devices: [{source: /dev/a, target: /dev/b, permissions: rw}]", "devices", ("/dev/a:/dev/b:rw",)),
        ("devices: ['nvidia.com/gpu=all']", "devices", ("nvidia.com/gpu=all",)),
        ("ports: ['8080:80', 9000]", "ports", ("8080:80", "9000")),
        ("ports: [{target: 80, published: '8080', protocol: tcp}]", "ports", ("8080:80",)),
        ("ports: [{target: 53, published: 53, host_ip: 127.0.0.1, protocol: udp}]", "ports", ("127.0.0.1:53:53/udp",)),
        ("ports: [8554:8554]", "ports", ("8554:8554",)),
        ("volumes: [/tmp/.X11-unix:/tmp/.X11-unix:ro]", "volumes", ("/tmp/.X11-unix:/tmp/.X11-unix:ro",)),
        ("volumes: ['cache:/root/.cache', /data]", "volumes", ("cache:/root/.cache", "/data")),
        ("volumes: [{type: bind, source: ./a, target: /a, read_only: true}]", "volumes", ("./a:/a:ro",)),
        ("volumes: [{type: bind, source: a/b, target: /a}]", "volumes", ("./a/b:/a",)),
        ("volumes: [{type: bind, source: ~/a, target: /a}]", "volumes", ("~/a:/a",)),
        ("volumes: [{type: volume, source: a, target: /a}]", "volumes", ("a:/a",)),
        ("volumes: [{type: volume, target: /a}]", "volumes", ("/a",)),
        ("volumes: ['${DATA}:/data', '/x:/x']", "volumes", ("${DATA}:/data", "/x:/x")),
        ("volumes: [{type: tmpfs, target: /t, tmpfs: {size: 64m}}]", "tmpfs", ("/t:size=64m",)),
        ("ulimits: {memlock: -1, nofile: 65535}", "ulimits", {"memlock": -1, "nofile": 65535}),
        ("ulimits: {stack: {soft: 67108864, hard: -1}}", "ulimits", {"stack": 67108864}),
        ("ulimits: {memlock: -1, stack: '${STACK}'}", "ulimits", {"memlock": -1}),
        ('command: python train.py --name "a b"', "command", ("python", "train.py", "--name", "a b")),
        ("command: [python, -c, 'print(1)', 8]", "command", ("python", "-c", "print(1)", "8")),
        ("command: >\n  python\n  x.py\n", "command", ("python", "x.py")),
        ("command: run --n ${N} --m ${M:-1} $$HOME", "command", ("run", "--n", None, "--m", "1", "$HOME")),
        ("command: [run, '--n=${N}', x]", "command", ("run", None, "x")),
        ("command: []", "command", ()),
        ("command: get https://me:pw@host/x", "command", ("get", "https://host/x")),
        ("entrypoint: /run.sh --x", "entrypoint", ("/run.sh", "--x")),
        ("entrypoint: ['']", "entrypoint", ("",)),
        ("entrypoint: ''", "entrypoint", ()),
    ],
)  # fmt: skip
def test_keys(keys: str, name: str, expected: Any) -> None:
    found = getattr(launch(keys), name)
    assert found.need() == expected
    assert found.origin.line == 4


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ('user: "${UID}:${GID}"', "user"),
        ("shm_size: ${SHM}", "shm_size"),
        ("runtime: ${RUNTIME}", "runtime"),
        ("privileged: ${P}", "privileged"),
        ("entrypoint: [run, '${N}']", "entrypoint"),
        ("ulimits: {memlock: '${N}'}", "ulimits"),
        ("user: ${UID:?set it}", "user"),
    ],
)
def test_what_run_time_decides_is_unknown_and_named(keys: str, name: str) -> None:
    found = getattr(launch(keys), name)
    assert found.is_unknown
    assert "known only at run time" in found.reason


@pytest.mark.parametrize("keys", ["ipc:", "command: null", "ports: []", "ports: [null]", "volumes: ~", "environment:"])
def test_a_key_without_a_value_is_not_given(keys: str) -> None:
    name = keys.partition(":")[0].replace("environment", "env")
    assert getattr(launch(keys), name).is_absent


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("shm_size: 8 quarts", "shm_size of service app is a text, expected a size such as 8gb"),
        ("privileged: perhaps", "privileged of service app is a text, expected true or false"),
        ("runtime: [nvidia]", "runtime of service app is a list, expected a text"),
        ("ports: 80:80", "ports of service app is a text, expected a list"),
        ("devices: {a: b}", "devices of service app is a map, expected a list"),
        ("volumes: [{source: /a}]", "an entry of volumes of service app is a map"),
        ("volumes: [[a]]", "an entry of volumes of service app is a list"),
        ("ulimits: [memlock]", "ulimits of service app is a list, expected a map of limits"),
        ("ulimits: {memlock: unlimited}", "the limit memlock of service app is a text, expected a number"),
        ("networks: x", "networks of service app is a text"),
        ("command: {a: b}", "command of service app is a map"),
        ("environment: A=1", "environment of service app is a text, expected a map or a list of NAME=VALUE"),
        ("environment: [[A]]", "an entry of environment of service app is a list"),
        ("env_file: [[a]]", "an entry of env_file of service app is a list"),
        ("shm_size: $1", "a $ was read with no name after it"),
    ],
)
def test_what_is_not_of_the_specification_is_a_problem(keys: str, told: str) -> None:
    found = read(of(keys))
    (problem,) = found.problems
    assert problem.startswith("compose.yaml:4: ")
    assert told in problem
    assert found.services[0].image.need() == "app:1"


# the environment


def test_forms_of_environment() -> None:
    assert launch("environment: [A=1, 'B=x=y', C=]").env.need() == {"A": "1", "B": "x=y", "C": ""}
    assert launch("environment: {A: 1, B: true, C: '', D: 1.10}").env.need() == {
        "A": "1",
        "B": "true",
        "C": "",
        "D": "1.10",
    }


@pytest.mark.parametrize(
    "keys", ["environment: [A, DISPLAY, 'B=${B}', C=1]", "environment: {A: , DISPLAY: ~, B: $B, C: 1}"]
)
def test_names_whose_values_only_run_time_knows(keys: str) -> None:
    found = launch(keys)
    assert found.env.need() == {"C": "1"}
    assert found.passed == {"A", "DISPLAY", "B"}


def test_values_from_the_shell_and_from_the_env_file_beside_it() -> None:
    found = launch("environment: [A, B, 'C=${B}-${D:-4}']", {".env": "A=1\nB=2\nD=3\n"}, environment={"B": "shell"})
    assert found.env.need() == {"A": "1", "B": "shell", "C": "shell-3"}
    assert found.passed == frozenset()


def test_passwords_are_kept_nowhere() -> None:
    found = launch(
        "environment:\n  HF_TOKEN: hf_secret\n  DB_PASSWORD: hunter2\n  URL: https://me:hunter2@host/x\n  A: b\nenv_file: keys\n",
        {"keys": "API_KEY=abc\n"},
    )
    assert found.env.need() == {"A": "b", "URL": "https://host/x"}
    assert found.passed == {"HF_TOKEN", "DB_PASSWORD", "API_KEY"}
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "keys", ["env_file: app.env", "env_file: [./app.env]", "env_file: [{path: app.env}]", "env_file: {path: app.env}"]
)
def test_forms_of_env_file(keys: str) -> None:
    found = launch(keys, {"app.env": "A=1\n# B=2\nC='x y'\n", "./app.env": "A=1\nC=x y\n"})
    assert found.env.need() == {"A": "1", "C": "x y"}


def test_environment_wins_over_env_file_and_later_files_over_earlier_ones() -> None:
    found = launch("env_file: [one, two]\nenvironment: [B=own, D]\n", {"one": "A=1\nB=1\n", "two": "A=2\nC=$A\nD=1\n"})
    assert found.env.need() == {"A": "2", "B": "own", "C": "2"}
    assert found.passed == {"D"}


def test_one_env_file_of_many_services_is_read_once() -> None:
    asked: list[str] = []

    def read_file(path: str) -> str | None:
        asked.append(path)
        return "A=1\n" if path == "shared.env" else None

    names = "".join(f"  s{number}: {{image: x, env_file: shared.env}}\n" for number in range(200))
    found = read_compose(f"services:\n{names}", "app/compose.prod.yaml", read_file=read_file)
    assert found.problems == ()
    assert [item.launch.env.need() for item in found.services] == [{"A": "1"}] * 200
    assert asked == [".env", "shared.env"]


def test_a_missing_env_file_may_set_anything() -> None:
    found = read(of("env_file: app.env\nenvironment: [A=1]\n"))
    (problem,) = found.problems
    assert "compose.yaml:4: env_file app.env of service app is not there" in problem
    assert found.services[0].launch.env.need() == {"A": "1"}
    assert found.services[0].launch.passed == {ANY_NAME}
    assert read(of("env_file: app.env\n")).services[0].launch.env.is_unknown


def test_an_env_file_that_need_not_be_there() -> None:
    found = launch("env_file: [{path: app.env, required: false}]\nenvironment: [A=1]\n")
    assert found.env.need() == {"A": "1"}
    assert found.passed == frozenset()


def test_an_env_file_named_at_run_time_may_set_anything() -> None:
    assert launch("env_file: ${FILE}\n").passed == {ANY_NAME}
    assert launch("env_file: ${FILE:-x}\n", {"x": "A=1"}).env.need() == {"A": "1"}


def test_the_files_of_version_2() -> None:
    found = service("""
        version: "2.3"
        services:
          app:
            image: app:1
            runtime: nvidia
            environment:
              - NVIDIA_VISIBLE_DEVICES=all
        """)
    assert found.launch.runtime.need() == "nvidia"
    assert found.launch.env.need() == {"NVIDIA_VISIBLE_DEVICES": "all"}


def test_each_volume_device_and_variable_has_its_own_line() -> None:
    found = launch(
        "volumes:\n  - ./a:/a\n  - {type: volume, source: b, target: /b}\n"
        "devices:\n  - /dev/video0\n  - source: /dev/video1\nenvironment:\n  - DISPLAY\n  - MODE=fast\n"
    )
    first = found.place("./a:/a", found.origin).line or 0
    lines = {text: (origin.line or 0) - first for text, origin in found.places.items()}
    assert lines == {"./a:/a": 0, "b:/b": 1, "/dev/video0": 3, "/dev/video1": 4, "DISPLAY": 6, "MODE": 7}
    assert set(found.places) >= {*(found.volumes.get() or ()), *(found.devices.get() or ())}


def test_the_line_of_a_variable_in_a_map() -> None:
    found = launch("environment:\n  MODE: fast\n  DISPLAY:\n")
    mode, display = (found.place(name, found.origin).line or 0 for name in ("MODE", "DISPLAY"))
    assert display - mode == 1
