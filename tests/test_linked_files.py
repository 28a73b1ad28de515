"""The files of one check as one repository: launches with the Dockerfiles that build their images, and their bases.

The trees in tests/projects are small repositories of three kinds; what goes wrong is built here, file by file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from envdoctor.facts import BuildCommand, Launch, Origin, known
from envdoctor.targets import Options, Targets, Workload, collect
from envdoctor.targets.project import Project, tag_key
from envdoctor.targets.starters import Start, Starter

PROJECTS = Path(__file__).parent / "projects"
CUDA = "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()


def _tree(name: str) -> None:
    shutil.copytree(PROJECTS / name, ".", dirs_exist_ok=True)


def _write(tree: Mapping[str, str]) -> None:
    for name, content in tree.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _collect(*targets: str, **options: object) -> Targets:
    return collect(targets or (".",), Options(**options))  # type: ignore[arg-type]


def _labels(found: Targets) -> list[str]:
    return [workload.label for workload in found.workloads]


def _named(found: Targets, label: str) -> Workload:
    (workload,) = [workload for workload in found.workloads if workload.label == label]
    return workload


def _image(workload: Workload) -> str | None:
    assert workload.declared is not None
    return workload.declared.image.get()


def _why(workload: Workload) -> str:
    assert workload.declared is not None
    assert workload.declared.image.is_unknown
    return workload.declared.image.reason


# the index


def _starter(label: str, *commands: tuple[str, str]) -> Starter:
    """A script in the directory of `label` that builds (tag, Dockerfile)."""
    builds = tuple(
        BuildCommand(Origin(f"{label}:{line}", label, line), tags=(tag,), file=file, context=".")
        for line, (tag, file) in enumerate(commands, 1)
    )
    return Starter(label, os.path.realpath(os.path.dirname(label) or "."), os.path.realpath("."), (), builds)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("app", "app:latest"),
        ("docker.io/library/app", "app"),
        ("localhost/app:1", "app:1"),
        ("reg.corp:5000/team/app", "reg.corp:5000/team/app:latest"),
    ],
)
def test_names_of_one_image(one: str, other: str) -> None:
    assert tag_key(one) == tag_key(other)


@pytest.mark.parametrize(("one", "other"), [("app:1", "app"), ("reg.corp/app", "app"), ("team/app", "app")])
def test_names_of_two_images(one: str, other: str) -> None:
    assert tag_key(one) != tag_key(other)


def test_a_dockerfile_is_looked_for_beside_the_script_and_above_it() -> None:
    _write({"docker/Dockerfile": "FROM x\n", "docker/near": "FROM x\n"})
    starter = _starter("docker/build.sh", ("a", "docker/Dockerfile"), ("b", "near"), ("c", "gone"))
    above, beside, gone = Project([starter], Options()).built["docker/build.sh"]
    assert above.variant is not None
    assert above.variant.path == os.path.realpath("docker/Dockerfile")
    assert above.context == os.path.realpath(".")
    assert beside.variant is not None
    assert beside.context == os.path.realpath("docker")
    assert gone.variant is None
    assert gone.missing == "its Dockerfile, gone, is not there"


def test_nothing_outside_the_repository_is_a_dockerfile(tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.Dockerfile"
    outside.write_text("FROM x\n", encoding="utf-8")
    Path("link").symlink_to(outside)
    starter = _starter("build.sh", ("a", str(outside)), ("b", "../outside.Dockerfile"), ("c", "link"))
    assert all(built.variant is None for built in Project([starter], Options()).built["build.sh"])


def test_the_nearest_build_of_a_name_counts() -> None:
    _write({f"{name}/Dockerfile": "FROM x\n" for name in ("a", "b")})
    starters = [_starter(f"{name}/build.sh", ("app", "Dockerfile")) for name in ("a", "b")]
    project = Project(starters, Options())
    for name in ("a", "b"):
        built = project.choose("app:latest", os.path.realpath(f"{name}/scripts")).built
        assert built is not None
        assert built.command.origin.label == f"{name}/build.sh:1"
    choice = project.choose("app", os.path.realpath("."))
    assert choice.built is None
    assert choice.reason is not None
    assert "is built in several ways, at a/build.sh:1 (Dockerfile) and at b/build.sh:1 (Dockerfile)" in choice.reason
    assert project.choose("other", os.path.realpath(".")) == (None, None)


def test_two_commands_that_build_the_same_are_no_contradiction() -> None:
    _write({"Dockerfile": "FROM x\n"})
    starters = [_starter(name, ("app", "Dockerfile")) for name in ("one.sh", "two.sh")]
    project = Project(starters, Options())
    choice = project.choose("app", os.path.realpath("."))
    assert choice.built is not None
    assert choice.built.variant is not None
    assert len(project.commands[choice.built.variant]) == 2


def test_build_args_of_the_command_line_win() -> None:
    _write({"Dockerfile": "FROM x\n"})
    command = BuildCommand(Origin("b.sh:1", "b.sh", 1), {"A": "1", "B": None}, (), ("app",), None, ".")
    start = Start("b.sh:1", known("app", Origin("b.sh:1")), Launch(), Origin("b.sh:1"), build=command)
    here = os.path.realpath(".")
    project = Project([Starter("b.sh", here, here, (start,))], Options(build_args={"A": "2"}))
    built = project.own(Starter("b.sh", here, here), start).built
    assert built is not None
    assert built.variant is not None
    assert built.variant.arguments == (("A", "2"), ("B", None))


# whole repositories


def test_a_training_repository() -> None:
    _tree("training")
    found = _collect()
    assert _labels(found) == ["export.sh:2 -> docker/Dockerfile", "train.sh:3 -> docker/Dockerfile"]
    assert (found.usage, found.errors) == ((), ())
    assert set(found.details) == {
        "docker/Dockerfile: judged as part of what starts it or rests on it",
        "requirements.txt: judged as part of the Dockerfile that installs it",
    }
    train = _named(found, "train.sh:3 -> docker/Dockerfile").declared
    assert train is not None
    assert train.image.get() == "nvcr.io/nvidia/pytorch:24.05-py3"
    assert [package.name for package in train.packages.items] == ["einops"]
    assert (train.launch.gpus.get(), train.launch.ipc.get()) == ("all", "host")
    build = train.build.need()
    assert [command.origin.label for command in build.commands] == ["docker/build.sh:3"]
    assert build.entrypoint.get() == ("python",)


def test_what_the_user_names_is_judged_alone_too() -> None:
    _tree("training")
    assert _labels(_collect(".", "docker/Dockerfile")) == [
        "export.sh:2 -> docker/Dockerfile",
        "train.sh:3 -> docker/Dockerfile",
    ]
    assert _labels(_collect("docker/Dockerfile", "train.sh", "docker/build.sh")) == [
        "docker/Dockerfile",
        "train.sh:3 -> docker/Dockerfile",
    ]
    assert _labels(_collect("docker/Dockerfile")) == ["docker/Dockerfile"]


def test_an_inference_repository_with_a_base_of_its_own() -> None:
    _tree("inference")
    found = _collect()
    assert _labels(found) == ["serve.sh:2 -> service/Dockerfile"]
    assert (found.usage, found.errors) == ((), ())
    declared = found.workloads[0].declared
    assert declared is not None
    assert declared.image.get() == CUDA
    assert declared.image.origin.path == "base/Dockerfile"
    assert declared.build.need().chain == ("base/Dockerfile",)
    assert {command.origin.line for command in declared.build.need().commands} == {2, 3}
    assert {package.name for package in declared.packages.items} == {"onnxruntime-gpu", "python3-pip"}
    assert declared.user.get() == "1000:1000"


def test_a_compose_stack() -> None:
    _tree("stack")
    found = _collect()
    assert _labels(found) == ["compose.yaml: worker", "compose.yaml: batch"]
    assert [_image(workload) for workload in found.workloads] == [CUDA, CUDA]
    assert "compose.yaml: cache: not judged: it asks for no GPU, and the image has no use for one" in found.details
    batch = found.workloads[1].declared
    assert batch is not None
    assert batch.launch.gpus.get() == "all"
    assert [package.name for package in batch.packages.items if package.manager == "pip"] == ["onnxruntime-gpu"]


def test_a_directory_above_shows_paths_as_the_user_types_them() -> None:
    for name in ("training", "inference", "stack"):
        shutil.copytree(PROJECTS / name, name)
    labels = _labels(_collect())
    assert "training/train.sh:3 -> training/docker/Dockerfile" in labels
    assert "inference/serve.sh:2 -> inference/service/Dockerfile" in labels
    assert "stack/compose.yaml: worker" in labels
    assert len(labels) == 5


# what is not there, or not clear


def test_an_image_that_nobody_builds_is_said_to_be_so() -> None:
    _write({"run.sh": "docker run --gpus all my_image:dev\n"})
    (workload,) = _collect().workloads
    assert workload.label == "run.sh:1 -> my_image:dev"
    assert _why(workload) == (
        "what my_image:dev holds is not known: it is no image that is known here, and no file that is checked builds it;"
        " state what it rests on: --image-alias my_image:dev=BASE"
    )


def test_an_image_of_a_registry_is_that_image() -> None:
    _write({"run.sh": f"docker run --gpus all {CUDA} nvidia-smi\n", "pull.sh": "docker run corp.example/team/app:3\n"})
    found = _collect()
    assert {_image(workload) for workload in found.workloads} == {CUDA, "corp.example/team/app:3"}


def test_a_stated_alias_wins_over_the_file_that_builds_the_name() -> None:
    _tree("training")
    found = _collect(aliases={"heron_train": CUDA})
    assert "train.sh:3 -> heron_train" in _labels(found)
    assert "docker/Dockerfile" in _labels(found)
    shutil.rmtree("docker")
    _tree("stack")
    found = _collect(aliases={"heron-worker": "ubuntu:22.04"})
    assert _image(_named(found, "compose.yaml: worker")) == "heron-worker"


def test_a_dockerfile_that_is_not_there() -> None:
    _write({"build.sh": "docker build -f gone.Dockerfile --build-arg A=1 -t app .\n", "run.sh": "docker run app\n"})
    found = _collect()
    assert _labels(found) == ["build.sh:1", "run.sh:1 -> app"]
    build, run = found.workloads
    assert build.declared is not None
    assert build.declared.build.need().commands[0].arguments == {"A": "1"}
    assert _why(run) == (
        "what app holds is not known: it is built at build.sh:1, and its Dockerfile, gone.Dockerfile, is not there;"
        " state what it rests on: --image-alias app=BASE"
    )


def test_a_dockerfile_that_cannot_be_read_is_told_once_and_hides_nothing() -> None:
    _write(
        {
            "Dockerfile": f"FROM {CUDA}\nRUNN x\n",
            "build.sh": "docker build -t app .\n",
            "run.sh": "docker run --gpus all app\ndocker run --gpus all app\n",
            "other/Dockerfile": f"FROM {CUDA}\n",
        }
    )
    found = _collect()
    assert [error.target for error in found.errors] == ["Dockerfile"]
    assert "Dockerfile:2" in found.errors[0].message
    assert _labels(found) == ["run.sh:1 -> Dockerfile", "run.sh:2 -> Dockerfile", "other/Dockerfile"]
    assert "cannot be read" in _why(found.workloads[0])


def test_one_name_built_in_two_ways_is_ambiguous() -> None:
    _write(
        {
            "a.Dockerfile": f"FROM {CUDA}\n",
            "b.Dockerfile": "FROM python:3.11\n",
            "build.sh": "docker build -f a.Dockerfile -t app .\ndocker build -f b.Dockerfile -t app .\n",
            "run.sh": "docker run --gpus all app\n",
        }
    )
    found = _collect()
    why = _why(_named(found, "run.sh:1 -> app"))
    assert why.startswith("what app holds is not known: it is built in several ways, at build.sh:1")
    assert {"a.Dockerfile", "b.Dockerfile"} <= set(_labels(found))


def test_a_dockerfile_built_in_two_ways_is_two_workloads() -> None:
    _write(
        {
            "Dockerfile": "ARG CUDA\nFROM nvidia/cuda:${CUDA}-base-ubuntu22.04\n",
            "build.sh": "docker build --build-arg CUDA=12.4.1 -t new .\ndocker build --build-arg CUDA=11.8.0 -t old .\n",
        }
    )
    found = _collect()
    assert _labels(found) == ["build.sh:1 -> Dockerfile", "build.sh:2 -> Dockerfile"]
    assert [_image(workload) for workload in found.workloads] == [
        "nvidia/cuda:12.4.1-base-ubuntu22.04",
        "nvidia/cuda:11.8.0-base-ubuntu22.04",
    ]


def test_an_image_that_rests_on_itself() -> None:
    _write({"Dockerfile": "FROM app\nRUN pip install torch\n", "build.sh": "docker build -t app .\n"})
    found = _collect()
    assert _labels(found) == ["Dockerfile"]
    assert "rests on itself" in _why(found.workloads[0])
    assert any("rests on itself" in notice for notice in found.notices)


def test_two_images_that_rest_on_each_other_are_judged_all_the_same() -> None:
    _write(
        {
            "a.Dockerfile": "FROM two\n",
            "b.Dockerfile": "FROM one\n",
            "build.sh": "docker build -f a.Dockerfile -t one .\ndocker build -f b.Dockerfile -t two .\n",
        }
    )
    found = _collect()
    assert _labels(found) == ["a.Dockerfile", "b.Dockerfile"]
    assert all("rests on itself" in _why(workload) for workload in found.workloads)


def test_a_base_that_nothing_else_uses_is_judged_and_one_that_is_used_is_part() -> None:
    _write(
        {
            "base.Dockerfile": f"FROM {CUDA}\n",
            "app.Dockerfile": "FROM our_base\n",
            "build.sh": "docker build -f base.Dockerfile -t our_base .\n",
        }
    )
    assert _labels(_collect()) == ["app.Dockerfile"]
    Path("app.Dockerfile").unlink()
    assert _labels(_collect()) == ["base.Dockerfile"]


def test_a_base_that_cannot_be_read_is_an_error_of_its_own() -> None:
    _write(
        {
            "base.Dockerfile": f"FROM {CUDA}\nRUNN x\n",
            "app.Dockerfile": "FROM our_base\n",
            "build.sh": "docker build -f base.Dockerfile -t our_base .\n",
        }
    )
    found = _collect()
    assert _labels(found) == ["app.Dockerfile"]
    assert "cannot be built" in _why(found.workloads[0])
    assert [error.target for error in found.errors] == ["base.Dockerfile"]


def test_a_base_of_another_stage_alone_is_no_part_of_what_is_built() -> None:
    _write(
        {
            "base.Dockerfile": f"FROM {CUDA}\n",
            "app.Dockerfile": "FROM our_base AS build\nFROM python:3.11\nCOPY --from=build /app /app\n",
            "build.sh": "docker build -f base.Dockerfile -t our_base .\n",
        }
    )
    assert _labels(_collect()) == ["app.Dockerfile", "base.Dockerfile"]


def test_a_build_command_named_alone_is_judged_with_its_dockerfile() -> None:
    _tree("training")
    (workload,) = _collect("docker/build.sh").workloads
    assert workload.label == "docker/build.sh:3 -> docker/Dockerfile"
    assert _image(workload) == "nvcr.io/nvidia/pytorch:24.05-py3"


def test_an_argument_known_only_at_run_time_leaves_the_base_open() -> None:
    _write(
        {
            "Dockerfile": "ARG CUDA=12.4.1\nFROM nvidia/cuda:${CUDA}-base-ubuntu22.04\n",
            "build.sh": 'docker build --build-arg CUDA="$1" -t app .\n',
        }
    )
    (workload,) = _collect().workloads
    assert "CUDA" in _why(workload)


def test_a_linked_dockerfile_installs_from_where_the_link_lies() -> None:
    _write(
        {"shared/gpu": f"FROM {CUDA}\nCOPY deps.txt .\nRUN pip install -r deps.txt\n", "app/deps.txt": "torch==2.4.0\n"}
    )
    Path("app/Dockerfile").symlink_to("../shared/gpu")
    (workload,) = _collect("app/Dockerfile").workloads
    assert workload.declared is not None
    assert [package.name for package in workload.declared.packages.items] == ["torch"]


def test_links_that_lead_in_a_circle_end() -> None:
    _tree("training")
    Path("docker/again").symlink_to("..")
    Path("loop.sh").symlink_to("loop.sh")
    found = _collect()
    assert len(found.workloads) == 2
    assert all("loop" not in label for label in _labels(found))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("run.sh", "echo nothing\n", "starts no container"),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n", "Kubernetes manifests: not supported yet"),
        ("devcontainer.json", "{}", "devcontainer.json: not supported yet"),
        ("values.yaml", "a: 1\n", "tell nothing that is known here"),
    ],
)
def test_a_named_file_of_another_kind_is_a_usage_error(name: str, content: str, words: str) -> None:
    _write({name: content})
    found = _collect(name)
    assert found.workloads == ()
    assert words in found.usage[0].message


def test_a_script_without_containers_in_a_directory_is_passed_over() -> None:
    _write({"tidy.sh": "rm -rf build\n", "docs.sh": "echo read the docker docs\n", "Dockerfile": f"FROM {CUDA}\n"})
    found = _collect()
    assert (_labels(found), found.usage, found.errors) == (["Dockerfile"], (), ())


def test_a_script_in_another_encoding_and_with_windows_line_ends() -> None:
    Path("run.sh").write_bytes("# 起動する\r\ndocker run --gpus all \\\r\n  ubuntu:22.04 true\r\n".encode("shift_jis"))
    (workload,) = _collect().workloads
    assert _image(workload) == "ubuntu:22.04"


def test_a_script_without_a_suffix_is_known_by_its_first_line() -> None:
    _write({"launch": "#!/usr/bin/env bash\ndocker run --gpus all ubuntu:22.04\n"})
    assert _labels(_collect()) == ["launch:2 -> ubuntu:22.04"]
    assert _labels(_collect("launch")) == ["launch:2 -> ubuntu:22.04"]


def test_an_ignore_comment_of_a_script_covers_its_command() -> None:
    _write({"run.sh": "# envdoctor: ignore=driver-too-old soon\ndocker run \\\n  --gpus all \\\n  ubuntu:22.04\n"})
    (workload,) = _collect().workloads
    (span,) = workload.ignores
    assert (span.rule, span.reason, span.first, span.last, span.whole) == ("driver-too-old", "soon", 2, 4, True)
    assert span.path == "run.sh"


def test_an_ignore_comment_of_a_compose_file_covers_its_block() -> None:
    _tree("stack")
    text = Path("compose.yaml").read_text(encoding="utf-8")
    Path("compose.yaml").write_text(
        text.replace("  batch:", "  # envdoctor: ignore=driver-too-old soon\n  batch:"), encoding="utf-8"
    )
    worker, batch = _collect().workloads
    assert [span.whole for workload in (worker, batch) for span in workload.ignores if span.whole] == [True]
    (span,) = [span for span in batch.ignores if span.whole]
    assert (span.path, span.first, span.last) == ("compose.yaml", 16, 25)


def test_ignore_comments_of_a_base_and_of_its_build_hold_for_what_rests_on_it() -> None:
    _tree("inference")
    for name in ("base/Dockerfile", "build.sh"):
        text = Path(name).read_text(encoding="utf-8").split("\n", 1)
        comment = "# envdoctor: ignore=driver-too-old soon"
        Path(name).write_text("\n".join([text[0], comment, text[1]]), encoding="utf-8")
    (workload,) = _collect().workloads
    assert {(span.path, span.first, span.whole) for span in workload.ignores} == {
        ("base/Dockerfile", 3, True),
        ("build.sh", 3, False),
    }


def test_a_branch_without_a_gpu_is_for_machines_without() -> None:
    _write({"run.sh": f"if nvidia-smi; then\n  docker run --gpus all {CUDA}\nelse\n  docker run {CUDA}\nfi\n"})
    with_gpu, without = (workload.declared for workload in _collect().workloads)
    assert with_gpu is not None
    assert with_gpu.launch.gpus.get() == "all"
    assert without is not None
    assert without.launch.gpus.is_unknown


def test_a_line_that_starts_a_container_in_two_ways_is_two_workloads() -> None:
    _write({"run.sh": f"start() {{\n  docker run $1 {CUDA}\n}}\nstart --gpus=all\nstart --rm\n"})
    labels = _labels(_collect())
    assert len(set(labels)) == len(labels)
    assert labels[0] == f"run.sh:2 -> {CUDA}"


def test_a_dockerfile_inside_a_compose_file() -> None:
    _write(
        {
            "compose.yaml": "services:\n  app:\n    build:\n      context: app\n      dockerfile_inline: |\n"
            f"        FROM {CUDA}\n        COPY requirements.txt .\n        RUN pip install -r requirements.txt\n",
            "app/requirements.txt": "onnxruntime-gpu==1.19.2\n",
        }
    )
    (workload,) = _collect().workloads
    assert workload.label == "compose.yaml: app"
    assert _image(workload) == CUDA
    assert workload.declared is not None
    assert [package.name for package in workload.declared.packages.items] == ["onnxruntime-gpu"]


@pytest.mark.parametrize(
    "path", ["a\\0b", "\\ud800", "x" * 5_000, "../" * 500, "/", "", "~", "$HOME/x", "-", "https://example.com/x"]
)
@pytest.mark.parametrize("key", ["context", "dockerfile", "dockerfile_inline"])
def test_paths_that_are_none(path: str, key: str) -> None:
    _write({"compose.yaml": f'services:\n  app:\n    env_file: "{path}"\n    build:\n      {key}: "{path}"\n'})
    found = _collect()
    assert len(found.workloads) + len(found.errors) == 1


def test_an_override_file_is_part_of_the_one_that_it_changes() -> None:
    _tree("stack")
    _write({"compose.override.yaml": "services:\n  cache:\n    image: valkey/valkey:8\n"})
    found = _collect("compose.yaml", ".")
    assert _labels(found) == ["compose.yaml: worker", "compose.yaml: batch", "compose.yaml: cache"]
    assert _image(found.workloads[2]) == "valkey/valkey:8"
    assert "compose.override.yaml: judged as part of compose.yaml, which it changes" in found.details


@pytest.mark.parametrize(
    "service",
    [
        "api: {build: ., command: [python, web.py]}",
        "api: {build: {context: ., args: {A: b}}, entrypoint: [python, web.py]}",
        "worker-cpu: {build: other}",
        "alone: {build: other, profiles: [cpu]}",
    ],
)
def test_a_service_that_goes_without_a_gpu_on_purpose(service: str) -> None:
    _write({"compose.yaml": f"services:\n  worker: {{build: ., gpus: all}}\n  {service}\n"})
    (other,) = [workload for workload in _collect().workloads if not workload.label.endswith(": worker")]
    assert other.declared is not None
    assert other.declared.launch.goes_without


@pytest.mark.parametrize(
    "service", ["api: {build: other}", "cpuset: {image: app}", "api: {build: {context: ., target: web}}"]
)
def test_a_service_that_may_have_forgotten_it(service: str) -> None:
    _write({"compose.yaml": f"services:\n  worker: {{build: ., gpus: all}}\n  {service}\n"})
    (other,) = [workload for workload in _collect().workloads if not workload.label.endswith(": worker")]
    assert other.declared is not None
    assert not other.declared.launch.goes_without


def test_a_compose_file_for_gpus_on_top_of_another() -> None:
    _write(
        {
            "compose.yaml": f"services:\n  app:\n    image: {CUDA}\n  db:\n    image: postgres:16\n",
            "compose.gpu.yaml": "services:\n  app:\n    gpus: all\n",
        }
    )
    found = _collect()
    assert _labels(found) == ["compose.gpu.yaml: app", "compose.yaml: app"]
    with_gpu, without = (workload.declared for workload in found.workloads)
    assert with_gpu is not None
    assert (with_gpu.image.get(), with_gpu.launch.gpus.get()) == (CUDA, "all")
    assert without is not None
    assert without.launch.gpus.is_absent
    assert without.launch.goes_without == "compose.gpu.yaml is put on top to pass the GPU"


def test_an_environment_of_any_name_in_a_folder_for_them() -> None:
    conda = "name: se3\nchannels: [pytorch]\ndependencies:\n  - pytorch=2.1.0\n"
    _write({"env/SE3.yml": conda, "config/SE3.yml": conda, "envs/staging.yaml": "name: staging\nregion: eu\n"})
    assert _labels(_collect()) == ["env/SE3.yml"]


def test_lists_of_packages_in_a_directory_count_if_they_bear_on_gpus() -> None:
    _write(
        {
            "a/pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = ["requests"]\n',
            "b/pyproject.toml": '[project]\nname = "b"\nversion = "1"\ndependencies = ["torch==2.4.0"]\n',
            "c/environment.yml": "name: c\ndependencies:\n  - python=3.11\n  - pip:\n    - onnxruntime-gpu==1.19.2\n",
            "d/environment.yml": "name: d\ndependencies:\n  - pandas\n",
            "e/environment.yaml": "name: staging\nregion: eu\n",
        }
    )
    found = _collect()
    assert (_labels(found), found.errors) == (["b/pyproject.toml", "c/environment.yml"], ())
    assert "a/pyproject.toml: lists no package that is known here" in found.details
    assert _labels(_collect("a/pyproject.toml")) == ["a/pyproject.toml"]


NAMES = st.sampled_from(["one", "two", "three", "one:latest", CUDA, "python:3.11", "corp.example/app:1"])
FILES = st.sampled_from(["a.Dockerfile", "b.Dockerfile", "c.Dockerfile", "gone.Dockerfile"])
LINES = st.lists(
    st.one_of(
        st.tuples(FILES, NAMES).map(lambda pair: f"docker build -f {pair[0]} -t {pair[1]} ."),
        st.tuples(FILES, NAMES).map(lambda pair: f"docker build --build-arg X=$1 -f {pair[0]} -t {pair[1]} ."),
        NAMES.map(lambda name: f"docker run --gpus all {name}"),
        st.just('docker run "$@"'),
    ),
    max_size=5,
)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(bases=st.lists(NAMES, min_size=3, max_size=3), here=LINES, below=LINES)
def test_no_dockerfile_is_lost_however_they_rest_on_each_other(
    bases: list[str], here: list[str], below: list[str]
) -> None:
    """Each is judged by itself, with a launch, or as the base of one that is."""
    with tempfile.TemporaryDirectory() as folder:
        tree = {f"{name}.Dockerfile": f"FROM {base}\n" for name, base in zip("abc", bases, strict=True)}
        tree |= {"up.sh": "\n".join(here) + "\n", "sub/up.sh": "\n".join(below) + "\n"}
        _write({f"{folder}/{name}": text for name, text in tree.items()})
        found = _collect(folder)
    assert (found.usage, found.errors) == ((), ())
    judged: set[str] = set()
    for workload in found.workloads:
        assert workload.declared is not None
        build = workload.declared.build.get()
        if build is not None and build.path is not None:
            judged |= {os.path.basename(path) for path in (build.path, *build.chain)}
    assert {"a.Dockerfile", "b.Dockerfile", "c.Dockerfile"} <= judged
    assert len(set(_labels(found))) == len(found.workloads)


# images whose name only the run knows


@pytest.mark.parametrize(
    ("tag", "image"),
    [('"app:$(git describe)"', '"app:$(git describe)"'), ("$IMAGE", '"$IMAGE"'), ("app:${TAG}", "app:$TAG")],
)
def test_the_same_words_in_one_script_name_the_same_image(tag: str, image: str) -> None:
    _write({"Dockerfile": f"FROM {CUDA}\n", "run.sh": f"docker build -t {tag} .\ndocker run --gpus all {image}\n"})
    found = _collect()
    assert _labels(found) == ["run.sh:2 -> Dockerfile"]
    assert _image(_named(found, "run.sh:2 -> Dockerfile")) == CUDA


@pytest.mark.parametrize(
    "script",
    [
        "docker build -t app:$TAG .\ndocker run other:$TAG\n",
        "docker build -t app:$TAG a\ndocker build -t app:$TAG .\ndocker run app:$TAG\n",
        "docker build -t app:$TAG gone\ndocker run app:$TAG\n",
        'build() {\n  docker build -t "$1" .\n}\nstart() {\n  docker run "$1"\n}\n"$@"\n',
    ],
    ids=["other words", "two builds", "no Dockerfile", "positional"],
)
def test_what_may_be_another_image_is_not_followed(script: str) -> None:
    _write({"Dockerfile": f"FROM {CUDA}\n", "a/Dockerfile": "FROM ubuntu:22.04\n", "run.sh": script})
    assert not any("run.sh" in label and "->" in label for label in _labels(_collect()))


def test_the_same_words_in_another_script_say_nothing() -> None:
    _write({"Dockerfile": f"FROM {CUDA}\n", "build.sh": "docker build -t $IMAGE .\n", "run.sh": "docker run $IMAGE\n"})
    assert set(_labels(_collect())) == {"run.sh:1", "Dockerfile"}
