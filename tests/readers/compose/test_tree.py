"""YAML as compose files use it: lines, anchors, merge keys, tags, and what hostile files try."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.readers.compose import Compose, ComposeError, read_compose
from envdoctor.readers.compose.tree import MAX_PROBLEMS, MAX_WRITTEN
from tests.readers.compose.reading import read, service


def test_every_fact_names_its_line() -> None:
    found = service("""
        # 训练用的服务
        services:
          trainer:
            image: nvcr.io/nvidia/pytorch:24.05-py3
            shm_size: 8gb

            environment:
              - A=1
            ipc: host
        """)
    assert found.origin == Origin("compose.yaml:4", "compose.yaml", 4)
    assert found.launch.origin == found.origin
    assert found.image.origin.line == 5
    assert found.launch.shm_size.origin == Origin("compose.yaml:6", "compose.yaml", 6)
    assert found.launch.env.origin.line == 8
    assert found.launch.ipc.origin.line == 10
    assert found.launch.runtime.origin.line == 4


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    found = read_compose(
        "\ufeffservices:\r\n  app:\r\n    image: a:1\r\n    ipc: host\r\n", "compose.yaml", read_file=lambda _: None
    )
    assert found.services[0].image.need() == "a:1"
    assert found.services[0].launch.ipc.origin.line == 4


def test_the_label_is_what_facts_are_told_by() -> None:
    found = service("services: {a: {image: x}}", path="/data/compose.yaml", label="compose.yaml")
    assert found.image.origin == Origin("compose.yaml:1", "/data/compose.yaml", 1)


def test_anchors_and_merge_keys() -> None:
    """An own key wins, of several merged maps the first does, and only the top level is merged."""
    found = read("""
        x-base: &base
          image: base:1
          ipc: host
          environment: {A: "1", B: "2"}
        x-more: &more {image: more:1, runtime: nvidia}
        services:
          one:
            <<: *base
            environment: {C: "3"}
          two:
            <<: [*base, *more]
            image: two:1
          three: *base
        """)
    one, two, three = found.services
    assert found.problems == ()
    assert one.image.need() == "base:1"
    assert one.launch.env.need() == {"C": "3"}
    assert one.launch.ipc.origin.line == 4
    assert (two.image.need(), two.launch.runtime.need(), two.launch.ipc.need()) == ("two:1", "nvidia", "host")
    assert three.launch.env.need() == {"A": "1", "B": "2"}
    assert three.origin.line == 14


def test_a_merge_key_in_quotes_is_a_key() -> None:
    assert service('services: {a: {image: x, environment: {"<<": y}}}').launch.env.need() == {"<<": "y"}


def test_a_key_that_is_given_twice() -> None:
    found = read("services:\n  a:\n    image: one\n    ipc: host\n    image: two\n")
    (problem,) = found.problems
    assert problem.startswith("compose.yaml:5: 'image' is given again (first in line 3), expected each key once")
    assert found.services[0].image.need() == "two"


def test_one_broken_part_leaves_the_rest() -> None:
    found = read("""
        services:
          one: {image: one, shm_size: lots, ulimits: [1], privileged: maybe, volumes: {a: b}, devices: x}
          two: [image]
          three: {image: three, ipc: host, environment: {A: [1]}, ports: [[1]], command: "it's"}
        """)
    assert [item.name for item in found.services] == ["one", "three"]
    assert found.services[1].launch.ipc.need() == "host"
    assert found.services[0].launch.shm_size.is_unknown
    assert found.services[1].launch.command.is_unknown
    assert len(found.problems) == 9
    assert all(problem.startswith("compose.yaml:") and ", expected " in problem for problem in found.problems)


def test_several_documents_are_merged() -> None:
    found = service("services: {a: {image: x, environment: [A=1]}}\n---\nservices: {a: {environment: [B=2]}}\n")
    assert found.launch.env.need() == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a compose file with services:"),
        ("just text", "expected a compose file with services:"),
        ("- a\n- b\n", "expected a compose file with services:"),
        ("name: x\n", "no services: was read"),
        ("services: [a]\n", "compose.yaml:1: services is a list, expected a map of services"),
        ("web:\n  image: x\n", "docker-compose's first format"),
        ("services:\n\ta: {}\n", "compose.yaml:2: "),
        ("services:\n  a: {image: x\n", "expected YAML"),
        ("services:\n  a: {image: *x}\n", "compose.yaml:2: *x was read, expected &x before it"),
        ("services: &a\n  b: *a\n", "compose.yaml:2: *a was read, expected &a before it"),
        ("services:\n  {{ name }}:\n    image: x\n    a: b: c\n", "compose.yaml:4: "),
        ("services:\n  a:\n    image: \x07\n", "expected YAML"),
        ("services:\n  a:\n    image: \udcff\n", "expected YAML"),
    ],
)
def test_files_that_cannot_be_read(text: str, told: str) -> None:
    with pytest.raises(ComposeError) as caught:
        read_compose(text, "compose.yaml", read_file=lambda _: None)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def bomb(form: str) -> str:
    lines = ["a0: &a0 " + ("[x, x]" if form == "list" else "{k: x}")]
    for number in range(1, 400):
        held = ", ".join([f"*a{number - 1}"] * 9)
        value = f"[{held}]" if form == "list" else f"{{<<: [{held}], k{number}: x}}"
        lines.append(f"a{number}: &a{number} {value}")
    return "\n".join([*lines, "services: {app: {image: x}}", ""])


HOSTILE = {
    "a bomb of lists": (bomb("list"), "those that aliases repeat"),
    "a bomb of merge keys": (bomb("map"), "those that aliases repeat"),
    "deep by aliases": ("a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 900)), "deep"),
    "deep lists": ("services: " + "[" * 100_000, "nested more than 64 deep"),
    "deep maps": ("services: " + "{a: " * 100_000, "nested more than 64 deep"),
    "deep blocks": ("".join(" " * n + "a:\n" for n in range(500)), "nested more than 64 deep"),
    "keys of keys": ("? " * 10_000, "nested more than 64 deep"),
    "a thousand that extend one of a thousand": (
        "services:\n  s: {image: x, environment: {"
        + ", ".join(f"A{n}: b" for n in range(1_000))
        + "}}\n"
        + "".join(f"  s{n}: {{extends: s}}\n" for n in range(1_000)),
        "hold more than",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str) -> None:
    text, told = HOSTILE[name]
    with pytest.raises(ComposeError, match=told):
        read_compose(text, "compose.yaml", read_file=lambda _: None)


def test_a_long_file_is_read() -> None:
    count = MAX_WRITTEN // 2 - 10
    names = "".join(f"      A{number}: {number}\n" for number in range(count))
    found = read_compose(
        f"services:\n  a:\n    image: x\n    environment:\n{names}", "c.yaml", read_file=lambda _: None
    )
    assert len(found.services[0].launch.env.need()) == count


@pytest.mark.parametrize(
    "text", ["services: [" + "a," * 50_000 + "a]", "services:\n" + "- \n" * 30_000, "---\n" * 30_000]
)
def test_a_file_of_nothing_but_values_is_refused_before_it_takes_seconds(text: str) -> None:
    with pytest.raises(ComposeError, match=f"more than {MAX_WRITTEN:,} keys and values"):
        read_compose(text, "compose.yaml", read_file=lambda _: None)


def test_no_more_problems_than_anybody_reads() -> None:
    found = read("services: {a: {image: x}}\n" + "services: {a: {image: x}}\n" * 1_000)
    assert len(found.problems) == MAX_PROBLEMS


def test_comments_that_silence_a_rule() -> None:
    found = read("""
        services:
          # envdoctor: ignore=shm-too-small it fits
          app:
            image: x
            # envdoctor: ignores=x
            ipc: host
        """)
    ((rule, reason, line),) = found.ignores
    assert (rule, reason, line) == ("shm-too-small", "it fits", 4)
    assert found.services[0].origin.line == 4
    (problem,) = found.problems
    assert problem.startswith("compose.yaml:6: ")


KEYS = st.sampled_from(
    "image build deploy resources reservations devices capabilities count device_ids gpus runtime environment env_file"
    " ports volumes command entrypoint ulimits networks network_mode tmpfs extends service file include services x-a <<"
    " shm_size user profiles args context target type source path required driver platform".split()
)  # fmt: skip
SCALARS = st.sampled_from(
    [
        "x",
        "",
        "~",
        "a",
        "b",
        "compose.yaml",
        "all",
        "1",
        "-1",
        "8gb",
        "$X",
        "${X:-y}",
        "$$",
        "$1",
        "A=1",
        "A",
        "/a:/b",
        ":",
    ]
    + ["gpu", "true", "*a", "&a x", "!reset x", "!override [a]", "'it", "a: b", "nvidia.com/gpu=all", "é", "\ufeff"]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def written(tree: object) -> str:
    """As YAML in the flow style, without quotes, so that what is odd in a text stays odd."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {written(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(value) for value in tree) + "]"
    return str(tree)


def read_or_refused(text: str) -> Compose | None:
    try:
        found = read_compose(text, "compose.yaml", read_file=lambda path: text if path == "compose.yaml" else None)
    except ComposeError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert refused.startswith("compose.yaml:")
        return None
    assert all(isinstance(problem, str) and problem.startswith("compose.yaml:") for problem in found.problems)
    return found


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.dictionaries(KEYS, TREES, max_size=6), max_size=3), TREES)
def test_any_tree_is_read_or_refused(services: dict[str, object], include: object) -> None:
    read_or_refused(f"include: {written(include)}\nservices: {written(services)}\n")


REAL = """\
x-gpu: &gpu
  deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}}
services:
  app:
    <<: *gpu
    image: ${REGISTRY:-docker.io}/app:$TAG
    build: {context: ., args: {A: "1"}}
    env_file: [.env]
    environment: [A=1, "B=$$x"]
    volumes: ["./data:/data:ro", {type: bind, source: /x, target: /y}]
    command: python "a b" --x
    ulimits: {memlock: {soft: -1, hard: -1}}
"""


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_to_a_real_file_is_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(REAL)))
    end = data.draw(st.integers(start, min(len(REAL), start + 12)))
    piece = data.draw(st.text(alphabet="{}[]:,-&*!<>|\"'#%@` \n\t$?\0a\x85\u2028é", max_size=6))
    read_or_refused(REAL[:start] + piece + REAL[end:])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)
