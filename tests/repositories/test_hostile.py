"""Repositories that nobody would write on purpose: whatever lies in them, a check answers, and what is broken costs itself."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from envdoctor.formatters import FORMATS
from tests.repositories.checking import HOSTS, Outcome, checked, copied, said

_CODES = (0, 1, 2, 3)
_HOST = HOSTS["A100 on R570"]
_SOUND = "run.sh:2 -> Dockerfile"
_BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}' if before else 'x'] * 9)}]\n"
    for before, name in zip(("", "a", "b", "c", "d", "e"), "abcdef", strict=True)
)

_BROKEN = {
    "compose-syntax": ("compose.yaml", b"services:\n  api: {image: redis\n"),
    "compose-list": ("compose.yaml", b"- api\n- worker\n"),
    "compose-bomb": ("compose.yaml", f"{_BOMB}services:\n  api:\n    image: redis:7\n    x-all: *f\n".encode()),
    "compose-deep": ("compose.yaml", b"services: " + b"[" * 5000),
    "compose-binary": ("compose.yaml", b"services:\n  api:\n    image: \x00\xff\n"),
    "dockerfile-empty": ("Dockerfile", b""),
    "dockerfile-without-from": ("Dockerfile", b"RUN true\n"),
    "dockerfile-latin": ("Dockerfile", "FROM ubuntu:22.04\nLABEL by=Jérôme\n".encode("latin-1")),
    "requirements-shift-jis": ("requirements.txt", "# 推論\nnumpy==1.26.4\n".encode("shift-jis")),
    "pyproject-syntax": ("pyproject.toml", b"[project\nname = 1"),
    "conda-syntax": ("environment.yml", b"dependencies:\n  - python=3.11\n - numpy\n\t- x: [\n"),
    "document-syntax": ("host.json", b'{"schema": "envdoctor.environment/1", "host":'),
    "document-shape": ("host.json", b'{"schema": "envdoctor.environment/1", "host": 3}'),
    "script-binary": ("run.sh", b"docker run --gpus all \x00 redis:7\n"),
}


@contextmanager
def _tree() -> Iterator[Path]:
    """An empty repository that is the current directory. Not tmp_path: hypothesis runs one test many times."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as above:
        root = Path(above, "tree")
        (root / ".git").mkdir(parents=True)
        os.chdir(root)
        try:
            yield root
        finally:
            os.chdir(before)


def _write(root: Path, name: str, content: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _crashed(outcome: Outcome) -> list[str]:
    return [
        f"{result['rule']}: {result['reason']}"
        for diagnosis in outcome.report["diagnoses"]
        for result in diagnosis["results"]
        if result["outcome"] == "error"
    ]


# one broken file


@pytest.mark.parametrize("broken", _BROKEN)
def test_a_broken_file_is_one_error_and_the_others_are_judged(broken: str) -> None:
    name, content = _BROKEN[broken]
    with _tree() as root:
        (root / ".git").rmdir()
        copied("clean/inference", root)
        alone = checked(".", host=_HOST)
        _write(root, f"odd/{name}", content)
        outcome = checked(".", host=_HOST)
    assert (alone.code, alone.report["errors"]) == (0, [])
    assert [error["target"] for error in outcome.report["errors"]] == [f"odd/{name}"]
    assert outcome.code == 3
    assert outcome.verdicts == {_SOUND: "compatible"}
    assert outcome.told == alone.told


def test_every_broken_file_is_told_of_at_once() -> None:
    with _tree() as root:
        (root / ".git").rmdir()
        copied("clean/inference", root)
        for broken, (name, content) in _BROKEN.items():
            _write(root, f"{broken}/{name}", content)
        outcome = checked(".", host=_HOST)
    assert {error["target"] for error in outcome.report["errors"]} == {
        f"{key}/{name}" for key, (name, _) in _BROKEN.items()
    }
    assert len(outcome.report["errors"]) == len(_BROKEN)
    assert outcome.verdicts == {_SOUND: "compatible"}


def test_a_finding_outweighs_a_file_that_cannot_be_read() -> None:
    with _tree() as root:
        _write(root, "Dockerfile", b"FROM nvidia/cuda:12.4.1-base-ubuntu22.04\n")
        _write(root, "run.sh", b"docker build -t a . && docker run a\n")
        _write(root, "compose.yaml", b"services: [\n")
        assert checked(".", host={**_HOST, "driver": {"version": "450.80.02"}}).code == 1


def test_settings_that_cannot_be_read_are_a_fault_of_usage() -> None:
    with _tree() as root:
        _write(root, "Dockerfile", b"FROM ubuntu:22.04\n")
        _write(root, "pyproject.toml", b"[tool.envdoctor\n")
        code, out, err = said("check", ".")
    assert (code, out) == (2, "")
    assert "pyproject.toml" in err


# odd trees


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    with _tree() as root:
        _write(root, "a/Dockerfile", b"FROM ubuntu:22.04\n")
        (root / "a/up").symlink_to("..")
        (root / "a/self").symlink_to("self")
        (root / "b").symlink_to("a")
        (root / "Dockerfile").symlink_to("a/again")
        (root / "a/again").symlink_to("../Dockerfile")
        outcome = checked(".", host=_HOST)
    assert outcome.code in _CODES
    assert "compatible" in outcome.verdicts.values()


def test_bases_that_rest_on_each_other_end() -> None:
    with _tree() as root:
        for name, base in (("one", "two_image"), ("two", "three_image"), ("three", "one_image")):
            _write(root, f"{name}/Dockerfile", f"FROM {base}\nRUN pip install numpy==1.26.4\n".encode())
            _write(root, f"{name}/build.sh", f"docker build -t {name}_image {name}\n".encode())
        outcome = checked(".", host=_HOST)
    assert outcome.code == 0
    assert set(outcome.verdicts.values()) == {"unknown"}


def test_a_deep_tree_and_a_directory_called_dockerfile() -> None:
    with _tree() as root:
        _write(root, "/".join(["d"] * 60) + "/Dockerfile", b"FROM ubuntu:22.04\n")
        (root / "Dockerfile").mkdir()
        (root / "compose.yaml").mkdir()
        outcome = checked(".", host=_HOST)
    assert outcome.code in (0, 3)
    assert _crashed(outcome) == []


def test_links_out_of_the_tree_are_not_read() -> None:
    with _tree() as root:
        _write(root.parent, "secret", b"zq7secret: of somebody else\n")
        for name in ("Dockerfile", "compose.yaml", "pyproject.toml", "environment.yml", "requirements.txt", "run.sh"):
            (root / "sub").mkdir(exist_ok=True)
            (root / "sub" / name).symlink_to(root.parent / "secret")
        _write(root, "Dockerfile", b"FROM ubuntu:22.04\n")
        code, out, err = said("check", ".", "-v", "--format", "json")
    assert code in (0, 3)
    assert "sub/Dockerfile: is a link to a file outside the repository" in out + err
    assert "zq7secret" not in out + err


def test_a_command_of_one_giant_word_is_not_split() -> None:
    with _tree() as root:
        _write(root, "compose.yaml", b"services:\n  a: {image: redis, gpus: all, command: " + b"x" * 500_000 + b"}\n")
        outcome = checked(".", host=_HOST)
    assert (outcome.code, outcome.report["errors"], _crashed(outcome)) == (0, [], [])
    assert len(outcome.verdicts) == 1


def test_a_script_that_names_a_file_outside_the_tree_reads_nothing_there() -> None:
    with _tree() as root:
        _write(root.parent, "secret/Dockerfile", b"FROM nvidia/cuda:11.0-base\n")
        _write(root, "run.sh", b"docker build -t a ../secret\ndocker run --gpus all a\n")
        outcome = checked(".", host=_HOST)
    assert outcome.verdicts
    assert all("nvidia/cuda:11.0" not in str(part) for part in outcome.report["diagnoses"])


# random trees of what people write, damaged

_LINES = {
    "Dockerfile": (
        "# syntax=docker/dockerfile:1",
        "ARG CUDA=12.4.1",
        "FROM nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu22.04",
        "FROM nvcr.io/nvidia/pytorch:24.10-py3 AS base",
        "FROM base",
        "FROM own_base:latest",
        "ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,video PATH=/opt/conda/bin:$PATH",
        "RUN pip install torch==2.6.0 'numpy<2' opencv-python --index-url https://download.pytorch.org/whl/cu124",
        "RUN apt-get update && apt-get install -y ffmpeg \\",
        " && rm -rf /var/lib/apt/lists/*",
        "RUN <<EOF",
        "EOF",
        "COPY entry.sh /entry.sh",
        "USER 1000",
        "HEALTHCHECK CMD nvidia-smi",
        'ENTRYPOINT ["/entry.sh"]',
        "CMD python train.py --num-workers 4",
    ),
    "run.sh": (
        "set -eu",
        "IMAGE=own_base",
        'ARGS=(--gpus all --shm-size 8g -e "USER_ID=$(id -u)")',
        "docker build -t own_base -f Dockerfile .",
        'docker run "${ARGS[@]}" $IMAGE python train.py',
        "docker run --rm --gpus '\"device=0,1\"' --ipc=host \\",
        "    -v $PWD:/work:ro own_base:latest",
        'if [ -z "$1" ]; then',
        "fi",
        "for i in 1 2; do",
        "done",
        "run() {",
        "}",
        "podman run --device nvidia.com/gpu=all own_base nvidia-smi",
        'bash -c "docker run --runtime=nvidia own_base"',
        "cat <<EOF",
        "EOF",
    ),
    "compose.yaml": (
        "services:",
        "  a: &a",
        "    image: ${NAME:-own_base}",
        "    build: {context: ., target: base}",
        "    gpus: all",
        "    <<: *a",
        "    extends: {service: a}",
        "    shm_size: 8gb",
        "    environment: [NVIDIA_VISIBLE_DEVICES=all]",
        "    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}",
        "    volumes: !override",
        "      - /dev/video0:/dev/video0",
        "  b:",
        "    command: torchrun --nproc_per_node=2 train.py",
        "include: [compose.yaml]",
    ),
    "requirements.txt": (
        "torch==2.6.0+cu124",
        "--extra-index-url https://download.pytorch.org/whl/cu124",
        "onnxruntime-gpu>=1.20 ; python_version < '3.12'",
        "-r requirements.txt",
        "-c constraints.txt",
        "opencv-python-headless",
        "git+https://example.com/a.git",
    ),
    "environment.yml": (
        "name: env",
        "channels: [conda-forge]",
        "dependencies:",
        "  - python=3.11",
        "  - pytorch::pytorch=2.5.1=*cuda*",
        "  - pip:",
        "    - onnxruntime-gpu==1.21.1",
    ),
    "pyproject.toml": (
        "[project]",
        'name = "a"',
        'dependencies = ["torch==2.6.0", "numpy"]',
        "[[tool.uv.index]]",
        'name = "pytorch"',
        'url = "https://download.pytorch.org/whl/cu124"',
        "[tool.uv.sources]",
        'torch = { index = "pytorch" }',
        "[tool.envdoctor]",
        'fail-on = "warning"',
    ),
    "entry.sh": ('useradd -u "$USER_ID" worker', 'exec gosu worker "$@"', "case $1 in", "esac", "chmod -R 777 /opt"),
}


@st.composite
def _files(draw: st.DrawFn) -> dict[str, bytes]:
    """A few files, in one folder or two, each of lines of its kind in a random order or in theirs, and then damaged."""
    found: dict[str, bytes] = {}
    for name in draw(st.lists(st.sampled_from(sorted(_LINES)), min_size=1, max_size=5, unique=True)):
        chosen = draw(st.lists(st.integers(0, len(_LINES[name]) - 1), min_size=1, max_size=12))
        order = chosen if draw(st.booleans()) else sorted(set(chosen))
        text = "\n".join(_LINES[name][index] for index in order) + "\n"
        # At the top a pyproject.toml is the settings of the check, too, and a fault in them is one of usage.
        folder = "docker/" if name == "pyproject.toml" else draw(st.sampled_from(("", "docker/")))
        found[folder + name] = draw(_damaged(text))
    return found


@st.composite
def _damaged(draw: st.DrawFn, text: str) -> bytes:
    content = text.encode()
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(content)))
        how = draw(st.sampled_from(("cut", "insert", "crlf", "mark", "repeat", "drop")))
        if how == "cut":
            content = content[:at]
        elif how == "insert":
            odd = draw(
                st.sampled_from(
                    (b"\xe9", b"\xff", b"\t", b"\\", b"'", b'"', b"$(", b"${", b"{", b"\r", "学".encode(), b"\x00")
                )
            )
            content = content[:at] + odd + content[at:]
        elif how == "crlf":
            content = content.replace(b"\n", b"\r\n")
        elif how == "mark":
            content = b"\xef\xbb\xbf" + content
        elif how == "repeat":
            content += content[at:]
        else:
            content = content[:at] + content[at + draw(st.integers(1, 40)) :]
    return content


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(_files(), st.booleans(), st.sampled_from(sorted(FORMATS)))
def test_any_tree_gets_an_answer(files: dict[str, bytes], with_host: bool, form: str) -> None:
    with _tree() as root:
        for name, content in files.items():
            _write(root, name, content)
        outcome = checked(".", host=_HOST if with_host else None)
        code, _, err = said("check", ".", "--format", form, "--fail-on", "never", "-v")
    assert outcome.code in _CODES
    assert code in _CODES
    assert "Traceback" not in err
    assert _crashed(outcome) == []
    named = [error["target"] for error in outcome.report["errors"]]
    assert len(named) == len(set(named))


@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(_files())
def test_a_sound_launch_is_judged_whatever_lies_beside_it(files: dict[str, bytes]) -> None:
    with _tree() as root:
        (root / ".git").rmdir()
        copied("clean/inference", root)
        for name, content in files.items():
            _write(root, f"other/{name}", content)
        outcome = checked(".", host=_HOST)
    assert _SOUND in outcome.verdicts
    assert [each for each in outcome.loud if not each.place.startswith("other/")] == []
    assert outcome.code in _CODES
    assert _crashed(outcome) == []
