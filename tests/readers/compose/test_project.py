"""Files that belong together: overrides, `extends`, `include`.

https://github.com/compose-spec/compose-spec/blob/main/13-merge.md and 14-include.md
"""

from __future__ import annotations

import pytest

from envdoctor.facts import Origin
from envdoctor.readers.compose import ComposeError
from envdoctor.readers.compose.merging import split_mount
from envdoctor.readers.compose.project import MAX_FILES
from envdoctor.readers.declared import SourceText
from tests.readers.compose.reading import read, service

BASE = """
services:
  app:
    image: app:1
    command: [one, two]
    entrypoint: [/run.sh]
    environment: {A: "1", B: "1"}
    ports: ["8080:80", "9000:9000"]
    volumes: ["./a:/a", "./b:/b"]
    devices: [/dev/video0, "/dev/x:/dev/y"]
    build: {context: ., args: {X: "1", Y: "1"}}
    ulimits: {memlock: -1, stack: {soft: 1, hard: 2}}
    tmpfs: /run
    cap_add: [SYS_ADMIN]
    deploy: {resources: {reservations: {devices: [{count: all, capabilities: [gpu]}]}}}
    ipc: host
"""


def changed(keys: str) -> object:
    return service(BASE, overrides=[(f"services:\n  app: {keys}\n", "compose.gpu.yaml")])


@pytest.mark.parametrize(
    ("keys", "name", "expected"),
    [
        ("{image: app:2}", "ipc", "host"),
        ("{ipc: private}", "ipc", "private"),
        ("{ipc: }", "ipc", "host"),
        ("{command: [three]}", "command", ("three",)),
        ("{command: three four}", "command", ("three", "four")),
        ("{entrypoint: [x]}", "entrypoint", ("x",)),
        ("{environment: {B: '2', C: '2'}}", "env", {"A": "1", "B": "2", "C": "2"}),
        ("{environment: [B=2, C=2]}", "env", {"A": "1", "B": "2", "C": "2"}),
        ("{ports: ['8081:80', '9000:9000']}", "ports", ("8080:80", "9000:9000", "8081:80")),
        ("{volumes: ['./c:/a:ro', '/d']}", "volumes", ("./c:/a:ro", "./b:/b", "/d")),
        ("{volumes: [{type: bind, source: /x, target: /b}]}", "volumes", ("./a:/a", "/x:/b")),
        ("{devices: ['/dev/z:/dev/y']}", "devices", ("/dev/video0", "/dev/z:/dev/y")),
        ("{ulimits: {stack: 5}}", "ulimits", {"memlock": -1, "stack": 5}),
        ("{tmpfs: [/run, /tmp]}", "tmpfs", ("/run", "/tmp")),
        ("{cap_add: [SYS_ADMIN, IPC_LOCK]}", "cap_add", ("SYS_ADMIN", "IPC_LOCK")),
        ("{ports: !override ['1:1']}", "ports", ("1:1",)),
        ("{environment: !override {Z: '1'}}", "env", {"Z": "1"}),
        ("{environment: {A: !reset null}}", "env", {"B": "1"}),
        ("{runtime: nvidia}", "runtime", "nvidia"),
    ],
)
def test_an_override(keys: str, name: str, expected: object) -> None:
    found = changed(keys)
    assert getattr(found.launch, name).need() == expected  # type: ignore[attr-defined]
    assert found.origin.line is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("keys", "name"),
    [("{ports: !reset []}", "ports"), ("{ipc: !reset null}", "ipc"), ("{deploy: !reset }", "gpus"), ("{command: !reset x}", "command")],
)  # fmt: skip
def test_what_reset_takes_away(keys: str, name: str) -> None:
    assert getattr(changed(keys).launch, name).is_absent  # type: ignore[attr-defined]


def test_reset_in_a_file_alone() -> None:
    found = service("services: {a: {image: x, ports: !reset ['1:1'], volumes: [!reset '/a:/a', '/b:/b']}}")
    assert found.launch.ports.is_absent
    assert found.launch.volumes.need() == ("/b:/b",)


def test_the_last_mount_of_a_place_counts_within_one_file_too() -> None:
    found = service(
        "services: {a: {image: x, volumes: ['/a:/x', '/c:/y', '/b:/x:ro'], devices: ['/dev/a:/dev/c', '/dev/c']}}"
    )
    assert found.launch.volumes.need() == ("/b:/x:ro", "/c:/y")
    assert found.launch.devices.need() == ("/dev/c",)


def test_builds_and_reservations_are_merged() -> None:
    found = changed(
        "{build: {args: [Y=2], target: t}, deploy: {resources: {reservations: {devices: [{count: 1, capabilities: [tpu]}]}}}}"
    )
    build = found.build  # type: ignore[attr-defined]
    assert (build.context, build.target, build.arguments) == (".", "t", {"X": "1", "Y": "2"})
    assert [entry.capabilities for entry in found.launch.reservations] == [("gpu",), ("tpu",)]  # type: ignore[attr-defined]
    assert changed("{build: ./other}").build.context == "./other"  # type: ignore[attr-defined]


def test_facts_name_the_file_that_they_are_from() -> None:
    found = changed("{ipc: private}")
    assert found.launch.ipc.origin == Origin("compose.gpu.yaml:2", "compose.gpu.yaml", 2)  # type: ignore[attr-defined]
    assert found.image.origin == Origin("compose.yaml:4", "compose.yaml", 4)  # type: ignore[attr-defined]
    assert found.origin == Origin("compose.gpu.yaml:2", "compose.gpu.yaml", 2)  # type: ignore[attr-defined]


def test_kinds_that_cannot_be_merged() -> None:
    found = read(BASE, overrides=[("services: {app: {ports: {a: b}}}", "o.yaml")])
    assert "o.yaml:1: ports is a map over a list (compose.yaml:8), expected the same kind" in found.problems[0]
    assert found.services[0].image.need() == "app:1"


@pytest.mark.parametrize(
    ("path", "override"),
    [
        ("compose.yaml", "compose.override.yaml"),
        ("docker-compose.yml", "docker-compose.override.yml"),
        ("docker/compose.yml", "compose.override.yml"),
    ],
)
def test_the_override_file_that_compose_finds_by_itself(path: str, override: str) -> None:
    text = "services: {a: {image: one}}"
    files = {override: "services: {a: {image: two}, b: {image: b}}"}
    found = read(text, files, path)
    assert [item.image.need() for item in found.services] == ["two", "b"]
    folder = path.rpartition("/")[0]
    assert found.services[0].image.origin.path == (f"{folder}/{override}" if folder else override)
    assert found.services[0].origin.path == path
    assert read(text, files, path, overrides=[]).services[0].image.need() == "one"
    assert read(text, files, "docker-compose.gpu.yml").services[0].image.need() == "one"


def test_an_override_that_cannot_be_read() -> None:
    with pytest.raises(ComposeError, match=r"^o\.yaml:1: "):
        read(BASE, overrides=[("services: {a: [", "o.yaml")])


# extends


def test_extends_in_the_same_file() -> None:
    found = read("""
        services:
          base: {image: base, ipc: host, environment: {A: "1"}, volumes: ["/a:/a"]}
          one: {extends: base, image: one, environment: {B: "1"}}
          two: {extends: {service: one}, volumes: ["/x:/a"]}
        """)
    assert found.problems == ()
    two = found.services[2]
    assert (two.image.need(), two.launch.ipc.need()) == ("one", "host")
    assert two.launch.env.need() == {"A": "1", "B": "1"}
    assert two.launch.volumes.need() == ("/x:/a",)
    assert two.origin.line == 5


def test_extends_a_file_in_another_folder() -> None:
    """Its paths count from where it lies, and it reads no .env of its own."""
    found = service(
        "services: {app: {extends: {file: common/gpu.yaml, service: base}, environment: {B: '1'}}}",
        {
            "common/gpu.yaml": """
                services:
                  base:
                    extends: {file: ../more.yaml, service: root}
                    build: {context: ., dockerfile: D}
                    env_file: base.env
                    volumes: ["./data:/data", "cache:/c", {type: bind, source: ../up, target: /up}]
                    ipc: ${IPC:-host}
                """,
            "more.yaml": "services: {root: {runtime: nvidia, build: {args: [A=1]}}}",
            "common/base.env": "A=1\n",
            "common/.env": "IPC=private\n",
        },
    )
    assert found.build is not None
    assert (found.build.context, found.build.file, found.build.arguments) == ("common", "D", {"A": "1"})
    assert found.launch.env.need() == {"A": "1", "B": "1"}
    assert found.launch.volumes.need() == ("./common/data:/data", "cache:/c", "./up:/up")
    assert (found.launch.ipc.need(), found.launch.runtime.need()) == ("host", "nvidia")
    assert found.launch.runtime.origin == Origin("more.yaml:1", "more.yaml", 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("services: {a: {image: a, extends: a}}", "service a extends itself"),
        ("services: {a: {image: a, extends: b}, b: {image: b, extends: a}}", "extends itself"),
        ("services: {a: {image: a, extends: b}}", "service a extends 'b', expected a service of compose.yaml"),
        ("services: {a: {image: a, extends: {file: x.yaml, service: b}}}", "x.yaml is not there"),
        ("services: {a: {image: a, extends: {file: 'https://x/y', service: b}}}", "lies elsewhere"),
        ("services: {a: {image: a, extends: {file: broken.yaml, service: b}}}", "broken.yaml:1: "),
        ("services: {a: {image: a, extends: {file: '${F}', service: b}}}", "what service a extends is not told"),
        ("services: {a: {image: a, extends: [b]}}", "what service a extends is not told"),
        ("services: {a: {image: a, extends: {file: loop.yaml, service: a}}}", "extends itself"),
    ],
)
def test_extends_that_lead_nowhere(text: str, told: str) -> None:
    loop = "services: {a: {extends: {file: loop.yaml, service: b}}, b: {extends: a}}"
    found = read(text, {"broken.yaml": "a: [", "loop.yaml": loop})
    assert told in found.problems[0]
    assert found.services[0].image.need() == "a"


# include


def test_include() -> None:
    found = read(
        """
        include:
          - infra/compose.yaml
          - path: [a.yaml, b.yaml]
            env_file: a.env
        services:
          app: {image: app}
          db: {ipc: host}
        """,
        {
            "infra/compose.yaml": "services: {db: {build: ., image: 'db:${V:-1}', env_file: db.env}}",
            "infra/.env": "V=2\n",
            "infra/db.env": "X=1\n",
            "a.yaml": "services: {a: {image: 'a:${V:-0}'}}",
            "b.yaml": "services: {a: {runtime: nvidia}}",
            "a.env": "V=5\n",
        },
    )
    assert found.problems == ()
    by_name = {item.name: item for item in found.services}
    assert set(by_name) == {"app", "db", "a"}
    db = by_name["db"]
    assert (db.image.need(), db.launch.ipc.need(), db.launch.env.need()) == ("db:2", "host", {"X": "1"})
    assert db.build is not None
    assert db.build.context == "infra"
    assert (by_name["a"].image.need(), by_name["a"].launch.runtime.need()) == ("a:5", "nvidia")


def test_the_outer_env_file_wins_over_that_of_an_include() -> None:
    found = read(
        "include: [x/c.yaml]\n",
        {".env": "V=1\n", "x/.env": "V=2\nW=2\n", "x/c.yaml": "services: {a: {image: 'a:$V-$W'}}"},
    )
    assert found.services[0].image.need() == "a:1-2"


def test_project_directory_of_an_include() -> None:
    text = "include: [{path: deep/x/c.yaml, project_directory: other}]\n"
    build = read(text, {"deep/x/c.yaml": "services: {a: {build: ./y}}"}).services[0].build
    assert build is not None
    assert build.context == "other/y"


@pytest.mark.parametrize(
    ("include", "told"),
    [
        ("[x.yaml]", "include: x.yaml is not there"),
        ("['oci://host/x']", "lies elsewhere and is not read"),
        ("[broken.yaml]", "what it includes cannot be read: broken.yaml:1"),
        ("['${WHERE}/c.yaml']", "an include without a path that is known"),
        ("x.yaml", "include is a text, expected a list"),
        ("[{env_file: x}]", "an include without a path"),
        ("[loop.yaml]", "loop.yaml includes itself in the end"),
    ],
)
def test_includes_that_lead_nowhere(include: str, told: str) -> None:
    files = {"broken.yaml": "a: [", "loop.yaml": "include: [loop.yaml]\nservices: {b: {image: b}}"}
    found = read(f"include: {include}\nservices: {{a: {{image: a}}}}\n", files)
    assert told in found.problems[0]
    assert "a" in [item.name for item in found.services]


def test_only_so_many_files_are_read() -> None:
    asked: list[str] = []

    class Endless(dict[str, str]):
        def get(self, name: str, default: object = None) -> str | None:  # type: ignore[override]
            asked.append(name)
            return "services: {}" if name.endswith(".yaml") and name != "compose.override.yaml" else None

    from envdoctor.readers.compose import read_compose

    text = "include:\n" + "".join(f"  - d{number}/c.yaml\n" for number in range(1_000)) + "services: {a: {image: a}}\n"
    found = read_compose(text, "compose.yaml", read_file=Endless().get)
    assert len(asked) <= MAX_FILES + 10
    assert [item.name for item in found.services] == ["a"]
    assert "is not there or may not be read" in found.problems[0]


def test_files_are_told_by_the_path_that_the_caller_knows() -> None:
    text = SourceText("services: {b: {image: b}}", "deploy/common.yaml")
    found = read("services: {a: {extends: {file: common.yaml, service: b}}}", path="deploy/compose.yaml")
    assert "deploy/compose.yaml:1" in found.problems[0]
    from envdoctor.readers.compose import read_compose

    held = {"common.yaml": text}
    found = read_compose(
        "services: {a: {extends: {file: common.yaml, service: b}}}", "deploy/compose.yaml", read_file=held.get
    )
    assert found.services[0].image.origin == Origin("deploy/common.yaml:1", "deploy/common.yaml", 1)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("/a:/b", ["/a", "/b"]),
        ("/a:/b:ro", ["/a", "/b", "ro"]),
        ("/a", ["/a"]),
        ("${A:-/x}:/b", ["${A:-/x}", "/b"]),
        ("C:\\data:/b", ["C:\\data", "/b"]),
        ("C:/data:/b:ro", ["C:/data", "/b", "ro"]),
        ("a:/b", ["a:/b"]),
    ],
)
def test_parts_of_a_mount(text: str, parts: list[str]) -> None:
    assert split_mount(text) == parts
