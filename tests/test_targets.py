"""From what the user names to workloads: kinds, directories, the build context, and everything that cannot be read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from envdoctor.targets import Options, Targets, collect
from envdoctor.targets.files import MAX_BYTES, BuildContext, Unreadable, decoded
from envdoctor.targets.kinds import Kind, begins_like_dockerfile, by_content, by_name, is_environment_document, not_yet
from envdoctor.targets.walk import find

DOCKERFILE = (
    "FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
)
ENVIRONMENT = json.dumps(
    {"schema": "envdoctor.environment/1", "image": {"cuda": "12.4"}, "host": {"driver": {"version": "535.104.05"}}}
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()


def _write(tree: Mapping[str, str | bytes]) -> None:
    for name, content in tree.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _collect(*targets: str, **options: object) -> Targets:
    return collect(targets, Options(**options))  # type: ignore[arg-type]


def _labels(found: Targets) -> list[str]:
    return [workload.label for workload in found.workloads]


# what a file is


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "Containerfile",
        "Dockerfile.gpu",
        "a/b/Dockerfile.cuda12.4",
        "app.Dockerfile",
        "x.dockerfile",
    ],
)
def test_dockerfile_names(name: str) -> None:
    assert by_name(name) is Kind.DOCKERFILE


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-gpu.txt", "a/requirements/base.txt", "requirements_dev.txt"]
)
def test_requirements_names(name: str) -> None:
    assert by_name(name) is Kind.REQUIREMENTS


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore",
        "Dockerfile.j2",
        "Dockerfile.gpu.bak",
        "Dockerfile~",
        "Dockerfile.md",
        "mydockerfile",
        "notes.txt",
        "a.json",
    ],
)
def test_names_that_promise_nothing(name: str) -> None:
    assert by_name(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("run.sh", Kind.SCRIPT),
        ("scripts/launch.bash", Kind.SCRIPT),
        ("compose.yaml", Kind.COMPOSE),
        ("a/docker-compose.yml", Kind.COMPOSE),
        ("docker-compose.gpu.yml", Kind.COMPOSE),
        ("compose.override.yaml", Kind.COMPOSE),
        ("environment.yml", Kind.CONDA),
        ("conda/environment-gpu.yaml", Kind.CONDA),
        ("pyproject.toml", Kind.PYPROJECT),
        ("values.yaml", None),
        ("composer.yaml", None),
    ],
)
def test_names_of_launches_and_lists(name: str, kind: Kind | None) -> None:
    assert by_name(name) is kind


@pytest.mark.parametrize(
    ("name", "text"), [("k8s/pod.yaml", "# a pod\napiVersion: v1\nkind: Pod\n"), ("devcontainer.json", "{}")]
)
def test_kinds_of_a_later_version(name: str, text: str) -> None:
    assert not_yet(name, text)
    assert not not_yet("values.yaml", "a: 1\n")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("build", "# syntax=docker/dockerfile:1\n\nARG X=1\nfrom ubuntu:22.04\n", Kind.DOCKERFILE),
        ("build", "\n  FROM\tubuntu\n", Kind.DOCKERFILE),
        ("host", '{"schema": "x"}', Kind.ENVIRONMENT),
        ("deps.txt", "torch==2.4.0\n", Kind.REQUIREMENTS),
        ("deps.in", "torch\n", Kind.REQUIREMENTS),
        ("deps", "torch==2.4.0\n", None),
        ("poem", "A letter FROM me\n", None),
        ("import", "from torch import nn\n", Kind.DOCKERFILE),  # its reader says what is wrong
    ],
)
def test_content(name: str, text: str, kind: Kind | None) -> None:
    assert by_content(name, text) is kind


def test_a_file_of_comments_begins_like_nothing() -> None:
    assert not begins_like_dockerfile("# a\n# b\n" * 10)


def test_environment_documents_are_known_by_their_first_bytes() -> None:
    assert is_environment_document(b'\xef\xbb\xbf\n{ "x": 1, "schema" : "envdoctor.environment/1"')
    assert not is_environment_document(b'{"schema": "envdoctor.report/1"}')
    assert not is_environment_document(b'["schema": "envdoctor.environment/1"]')


# single targets


def test_an_image_is_a_workload() -> None:
    (workload,) = _collect("nvcr.io/nvidia/pytorch:24.05-py3").workloads
    assert workload.declared is not None
    assert workload.declared.image.get() == "nvcr.io/nvidia/pytorch:24.05-py3"


def test_a_path_that_is_there_is_a_path_even_if_it_looks_like_an_image() -> None:
    _write({"ubuntu:22.04": DOCKERFILE})
    (workload,) = _collect("ubuntu:22.04").workloads
    assert workload.declared is not None
    assert workload.declared.path == "ubuntu:22.04"


def test_a_dockerfile_a_requirements_file_and_a_document_each_with_its_reader() -> None:
    _write({"Dockerfile": DOCKERFILE, "requirements.txt": "torch==2.4.0\n", "host.json": ENVIRONMENT})
    dockerfile, requirements, document = _collect("Dockerfile", "./requirements.txt", "host.json").workloads
    assert dockerfile.declared is not None
    assert dockerfile.declared.image.get() == "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
    assert [package.name for package in dockerfile.declared.packages.items] == ["torch"]
    assert requirements.label == "requirements.txt"
    assert requirements.declared is not None
    assert [package.version for package in requirements.declared.packages.items] == ["2.4.0"]
    assert document.facts is not None
    assert (document.facts.workload, document.facts.host.driver.get()) == ("host.json", "535.104.05")


def test_build_args_and_stage_reach_the_reader() -> None:
    _write({"Dockerfile": "ARG TAG\nFROM nvidia/cuda:$TAG AS base\nFROM ubuntu:22.04\n"})
    (workload,) = _collect("Dockerfile", build_args={"TAG": "12.4.1-base-ubuntu22.04"}, stage="base").workloads
    assert workload.declared is not None
    assert workload.declared.image.get() == "nvidia/cuda:12.4.1-base-ubuntu22.04"


def test_named_twice_judged_once() -> None:
    _write({"Dockerfile": DOCKERFILE})
    Path("link").symlink_to("Dockerfile")
    found = _collect("Dockerfile", "./Dockerfile", os.path.abspath("Dockerfile"), "link", ".", "a/b:1", "a/b:1")
    assert _labels(found) == ["Dockerfile", "a/b:1"]


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DOCKERFILE.encode())))
    (workload,) = _collect("-").workloads
    assert workload.label == "<stdin>"
    assert workload.declared is not None
    assert workload.declared.image.is_known


def test_a_pipe_is_read() -> None:
    read, write = os.pipe()
    os.write(write, DOCKERFILE.encode())
    os.close(write)
    try:
        assert len(_collect(f"/dev/fd/{read}").workloads) == 1
    finally:
        os.close(read)


# what cannot be read: one message each, the others are still judged


BAD: dict[str, tuple[str | bytes, str]] = {
    "Dockerfile.empty": ("", "is empty"),
    "Dockerfile.blank": (" \n\t\n", "is empty"),
    "Dockerfile.binary": (b"FROM x\n\0\1\2", "binary file"),
    "Dockerfile.utf16": ("FROM x\n".encode("utf-16"), "UTF-16"),
    "Dockerfile.big5": (b"FROM x\n# \xa4\xa4\xa4\xe5\n", "not UTF-8 text (byte 0xa4 in line 2)"),
    "Dockerfile.large": (b"FROM x\n" + b"#" * MAX_BYTES, "larger than 5 MiB"),
    "Dockerfile.syntax": ("FROM x\n\nRUNN y\n", "Dockerfile.syntax:3"),
    "broken.json": ('{"schema": "envdoctor.environment/1", "host": {"driver": {"version": "banana"}}}', "banana"),
    "cut.json": ('{"schema": "envdoctor.environment/1", "host": ', "JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable(name: str) -> None:
    content, words = BAD[name]
    _write({name: content, "Dockerfile": DOCKERFILE})
    found = _collect(name, "Dockerfile")
    assert _labels(found) == ["Dockerfile"]
    assert [error.target for error in found.errors] == [name]
    assert words in found.errors[0].message
    assert len(found.errors[0].message) < 400
    assert found.usage == ()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n", "Kubernetes manifests: not supported yet"),
        ("run.sh", "echo x\n", "starts no container"),
        ("other.json", '{"schema": "https://example.com/x"}', "envdoctor.environment/1"),
        ("list.json", '{"a": [1, 2]}', "envdoctor.environment/1"),
        ("poem", "roses are red\n", "expected a Dockerfile"),
    ],
)
def test_a_target_of_another_kind_is_a_usage_error(name: str, content: str, words: str) -> None:
    _write({name: content, "Dockerfile": DOCKERFILE})
    found = _collect(name, "Dockerfile")
    assert _labels(found) == ["Dockerfile"]
    assert [error.target for error in found.usage] == [name]
    assert words in found.usage[0].message
    assert found.errors == ()


@pytest.mark.parametrize(
    "target", ["missing", "a/Dockerfile", "missing.txt", "missing.json", "nvidia/cuda:", "./x:1", "x/"]
)
def test_what_is_not_there(target: str) -> None:
    found = _collect(target)
    assert found.workloads == ()
    assert "no such file or directory" in found.errors[0].message


def test_a_link_to_nothing_and_a_loop_of_links() -> None:
    Path("Dockerfile.gone").symlink_to("nowhere")
    Path("Dockerfile.loop").symlink_to("Dockerfile.loop")
    found = _collect("Dockerfile.gone", "Dockerfile.loop")
    assert ["cannot be read" in error.message for error in found.errors] == [True, True]


def test_permission_denied(tmp_path: Path) -> None:
    """Root may read everything, so as root the test is somebody else for a moment."""
    _write({"Dockerfile": DOCKERFILE})
    tmp_path.chmod(0o755)
    os.chmod("Dockerfile", 0)
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        (error,) = _collect("Dockerfile").errors
    finally:
        os.seteuid(user)
    assert "permission denied" in error.message


@pytest.mark.parametrize("target", ["", " ", "a\0b"])
def test_no_file_name_at_all(target: str) -> None:
    assert "is not a file name" in _collect(target).usage[0].message


def test_decoding() -> None:
    assert decoded(b"\xef\xbb\xbfFROM x") == "FROM x"
    assert decoded("FROM x # 中文".encode()) == "FROM x # 中文"
    with pytest.raises(Unreadable):
        decoded(b"")


# directories


def test_a_directory_holds_all_kinds_and_lists_of_packages_come_last() -> None:
    _write(
        {
            "proj/requirements/base.txt": "torch\n",
            "proj/host.json": ENVIRONMENT,
            "proj/package.json": "{}",
            "proj/z/Dockerfile.gpu": "FROM ubuntu:22.04\n",
            "proj/app.Dockerfile": "FROM ubuntu:22.04\n",
            "proj/docker-compose.yml": "services:\n  web:\n    image: corp.example/web:1\n",
            "proj/run.sh": "docker run corp.example/app:1\n",
            "proj/pyproject.toml": '[project]\nname = "p"\nversion = "1"\ndependencies = ["torch"]\n',
        }
    )
    found = _collect("proj")
    assert _labels(found) == [
        "proj/app.Dockerfile",
        "proj/docker-compose.yml: web",
        "proj/host.json",
        "proj/run.sh:1 -> corp.example/app:1",
        "proj/z/Dockerfile.gpu",
        "proj/pyproject.toml",
        "proj/requirements/base.txt",
    ]
    assert (found.usage, found.errors) == ((), ())


def test_what_is_skipped() -> None:
    for folder in ("node_modules/x", ".hidden", "venv", "lib/site-packages/x"):
        _write({f"{folder}/Dockerfile": DOCKERFILE})
    _write({"venv/pyvenv.cfg": "", "Dockerfile": "FROM ubuntu:22.04\n"})
    os.mkfifo("Dockerfile.fifo")
    assert _labels(_collect(".")) == ["Dockerfile"]


def test_a_directory_loop_ends() -> None:
    _write({"a/b/Dockerfile": DOCKERFILE})
    Path("a/b/loop").symlink_to("../..")
    Path("a/again").symlink_to("b")
    assert _labels(_collect(".")) == ["a/b/Dockerfile"]


def test_an_empty_directory_says_what_was_looked_for() -> None:
    Path("empty").mkdir()
    (error,) = _collect("empty").errors
    assert "nothing to check" in error.message
    assert "requirements*.txt" in error.message


def test_too_many_files_are_cut_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(
        {f"many/{number:03}.txt": "x" for number in range(30)}
        | {"many/Dockerfile": DOCKERFILE, "zz/Dockerfile": DOCKERFILE}
    )
    monkeypatch.setattr("envdoctor.targets.walk.MAX_FILES", 20)
    assert find("many").cut
    found = _collect("many", "zz")
    assert "only the first were looked at" in found.notices[0]
    assert "zz/Dockerfile" in _labels(found)


def test_requirements_that_a_dockerfile_installs_are_not_judged_again() -> None:
    _write({"Dockerfile": DOCKERFILE, "requirements.txt": "torch==2.4.0\n", "requirements-dev.txt": "pytest\n"})
    found = _collect(".")
    assert _labels(found) == ["Dockerfile", "requirements-dev.txt"]
    assert found.details == ("requirements.txt: judged as part of the Dockerfile that installs it",)
    assert _labels(_collect(".", "requirements.txt")) == ["Dockerfile", "requirements-dev.txt"]
    assert _labels(_collect("requirements.txt")) == ["requirements.txt"]


# the build context


def test_context_beside_the_dockerfile_then_above_it_up_to_the_repository() -> None:
    _write(
        {"docker/Dockerfile": DOCKERFILE, "requirements.txt": "above\n", "docker/x.txt": "beside\n", "x.txt": "above\n"}
    )
    context = BuildContext("docker", ".")
    assert context.read_file("requirements.txt") == "above\n"
    assert context.read_file("x.txt") == "beside\n"
    assert context.read_file("missing.txt") is None
    assert context.read == {os.path.realpath("requirements.txt"), os.path.realpath("docker/x.txt")}


def test_nothing_outside_the_context_is_read(tmp_path: Path) -> None:
    _write({"secret.txt": "secret\n", "repo/docker/Dockerfile": DOCKERFILE, "repo/ok.txt": "ok\n"})
    Path("repo/docker/link.txt").symlink_to(tmp_path / "secret.txt")
    context = BuildContext("repo/docker", "repo")
    for path in (
        "../../secret.txt",
        "../../../../../etc/passwd",
        "/etc/passwd",
        "link.txt",
        str(tmp_path / "secret.txt"),
        "",
        "a\0",
    ):
        assert context.read_file(path) is None
    assert context.read_file("../ok.txt") == "ok\n"


def test_context_files_that_cannot_be_read_are_none() -> None:
    _write({"binary.txt": b"\0", "empty.txt": ""})
    context = BuildContext(".", ".")
    assert [context.read_file(name) for name in ("binary.txt", "empty.txt")] == [None, None]


def test_without_a_repository_the_named_directory_bounds_the_context() -> None:
    shutil.rmtree(".git")
    _write({"p/docker/Dockerfile": DOCKERFILE, "p/requirements.txt": "torch==2.4.0\n", "secret.txt": "x"})
    (workload,) = _collect("p").workloads
    assert workload.declared is not None
    assert [package.name for package in workload.declared.packages.items] == ["torch"]


# ignore comments


def test_an_ignore_comment_covers_the_instruction_below_it() -> None:
    _write(
        {
            "Dockerfile": "# envdoctor: ignore=driver-too-old new driver in May\nFROM ubuntu:22.04\n"
            "# envdoctor: ignore=unpinned-gpu-package\nRUN pip install \\\n  torch \\\n  onnxruntime-gpu\n"
        }
    )
    (workload,) = _collect("Dockerfile").workloads
    first, second = workload.ignores
    assert (first.rule, first.reason, first.first, first.whole) == ("driver-too-old", "new driver in May", 2, True)
    assert (second.rule, second.first, second.last, second.whole) == ("unpinned-gpu-package", 4, 6, False)


ANY_NAME = (
    "Dockerfile requirements.txt x.json unknown run.sh compose.yaml environment.yml pyproject.toml x.yaml".split()
)


@pytest.mark.parametrize("name", ANY_NAME)
@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_content_is_a_workload_or_one_message(name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    found = _collect(name)
    assert len(found.workloads) + len(found.usage) + len(found.errors) >= 1
    assert len(found.usage) + len(found.errors) <= 1
    assert all(len(error.message) < 1000 for error in (*found.usage, *found.errors))


@pytest.mark.parametrize("name", ["nvidia/cuda", "pytorch/pytorch", "docker.io/nvidia/cuda"])
def test_a_repository_that_the_matrix_covers_needs_no_tag_to_be_an_image(name: str) -> None:
    assert [workload.label for workload in collect([name], Options()).workloads] == [name]


HOST = '{"schema": "envdoctor.environment/1", "host": {"driver": {"version": "535.104.05"}}}'


def test_a_host_document_in_a_project_is_no_workload_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n", encoding="utf-8")
    (tmp_path / "edge.json").write_text(HOST, encoding="utf-8")
    found = collect(["."], Options())
    assert [workload.label for workload in found.workloads] == ["Dockerfile"]
    assert found.details == ("edge.json: describes a host and no workload; give it to --host",)
    assert [workload.label for workload in collect(["edge.json"], Options()).workloads] == ["edge.json"]


def test_a_directory_with_hosts_alone_holds_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "edge.json").write_text(HOST, encoding="utf-8")
    assert [error.message for error in collect(["."], Options()).errors] == [
        "nothing to check: edge.json: describes a host and no workload; give it to --host"
    ]


def test_a_collection_of_documents_is_none_itself(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n", encoding="utf-8")
    (tmp_path / "cases.json").write_text(f'{{"a01": {{"environment": {HOST}}}}}', encoding="utf-8")
    found = collect(["."], Options())
    assert ([workload.label for workload in found.workloads], found.errors) == (["Dockerfile"], ())


@pytest.mark.parametrize("name", ["dockerfile.py", "Dockerfile.html", "dockerfile.go", "Dockerfile.j2"])
def test_source_files_called_dockerfile_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\n", encoding="utf-8")
    (tmp_path / name).write_text("import this\n", encoding="utf-8")
    assert [workload.label for workload in collect(["."], Options()).workloads] == ["Dockerfile"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this system")
def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envdoctor.targets.files.PIPE_SECONDS", 0.05)
    os.mkfifo(tmp_path / "pipe")
    assert "said nothing" in collect(["pipe"], Options()).errors[0].message


def test_a_requirement_that_cannot_be_read_leaves_a_gap(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("torch~~2\n", encoding="utf-8")
    declared = collect(["requirements.txt"], Options()).workloads[0].declared
    assert declared is not None
    assert len(declared.packages.gaps) == 1


@pytest.mark.parametrize("text", ["ARG TOKEN\nFROM reg/${TOKEN}:x\n", "FROM user:s3cR3T@reg.corp/x:y\n"])
def test_a_secret_in_from_is_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    found = collect(["Dockerfile"], Options(build_args={"TOKEN": "s3cR3T"}))
    assert "s3cR3T" not in repr(found)
