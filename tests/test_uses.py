"""What a workload uses, inferred from commands, builds, launches and packages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Build, Facts, Launch, Origin, Script, Statement, known
from envdoctor.readers.stages import read_dockerfile
from envdoctor.uses import inferred
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import BASE_12_4, MATRIX, NOT_STATED, PYTHON, workload

HERE = Origin("run.sh:1", "run.sh", 1)


def runs(*words: str | None, pip: tuple[str, ...] = (), **launch: object) -> frozenset[str]:
    """What is inferred from a launch with that command."""
    started = Launch(stated=True, origin=HERE, command=known(words, HERE), **launch)  # type: ignore[arg-type]
    return inferred(workload(BASE_12_4, pip=pip)._replace(launch=started), MATRIX)


def builds(*words: str) -> frozenset[str]:
    build = Build(statements=(Statement(words, Origin("Dockerfile:3", "Dockerfile", 3)),))
    return inferred(workload(BASE_12_4)._replace(build=known(build, HERE)), MATRIX)


# --- nothing ---


@pytest.mark.parametrize(
    "command",
    [
        "ffmpeg -i in.mp4 -c:v libx264 out.mp4",
        "ffmpeg -hwaccel vaapi -i in.mp4 out.mp4",
        "python train.py --num-workers 0",
        "torchrun train.py",
        "torchrun --nproc_per_node=1 train.py",
        "gunicorn --workers 4 app:app",
        "python serve.py --decoder my_h264_nvenc_test",
        "echo nvdec",
    ],
)
def test_what_says_nothing_of_the_gpu(command: str) -> None:
    assert runs(*command.split()) == frozenset()


def test_a_package_that_may_decode_or_run_several_processes_says_nothing() -> None:
    names = ["decord", "nvidia-dali-cuda120", "torchcodec", "deepspeed", "pytorch-lightning", "opencv-fixer"]
    assert inferred(workload(BASE_12_4, pip=names), MATRIX) & {"nvdec", "nvenc", "nccl", "dataloader-workers"} == set()


def test_workers_without_torch_are_not_its_data_loaders() -> None:
    assert "dataloader-workers" not in runs("python", "serve.py", "--num-workers", "4")


def test_a_display_without_the_socket_or_the_reverse_is_no_display() -> None:
    socket = known(("/tmp/.X11-unix:/tmp/.X11-unix",), HERE)
    assert "display" not in runs("bash", passed=frozenset({"DISPLAY"}))
    assert "display" not in runs("bash", volumes=socket)


# --- video ---


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ffmpeg -hwaccel cuda -i a.mp4 b.mp4", {"nvdec"}),
        ("ffmpeg -hwaccel nvdec -i a.mp4 b.mp4", {"nvdec"}),
        ("ffmpeg -c:v hevc_cuvid -i a.mp4 -c:v h264_nvenc b.mp4", {"nvdec", "nvenc"}),
        ("bash -c ffmpeg\\ -i\\ a\\ -c:v\\ av1_nvenc\\ b", {"nvenc"}),
        ("gst-launch-1.0 rtspsrc ! nvh264dec ! fakesink", {"nvdec"}),
    ],
)
def test_a_codec_that_the_command_names(command: str, expected: set[str]) -> None:
    assert runs(*command.split()) == expected


def test_the_command_of_the_image_counts_until_the_launch_replaces_it() -> None:
    text = f'FROM {BASE_12_4}\nCMD ["ffmpeg", "-hwaccel", "cuda", "-i", "a.mp4", "b.mp4"]\n'
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file={}.get)
    facts = assemble(declared, NOT_STATED, MATRIX, Stated())
    assert facts.uses.need() == {"nvdec"}
    launch = Launch(stated=True, command=known(("bash",), HERE))
    assert inferred(facts._replace(launch=launch), MATRIX) == frozenset()


def test_the_script_that_the_entrypoint_is() -> None:
    script = Script("/entrypoint.sh", "#!/bin/sh\nexec ffmpeg -c:v h264_cuvid -i $1 out.mp4\n", HERE)
    build = Build(entrypoint=known(("/entrypoint.sh",), HERE), entrypoint_script=known(script, HERE))
    facts = workload(BASE_12_4)._replace(build=known(build, HERE))
    assert inferred(facts, MATRIX) == {"nvdec"}
    replaced = Launch(stated=True, entrypoint=known(("bash",), HERE))
    assert inferred(facts._replace(launch=replaced), MATRIX) == frozenset()


def test_a_build_that_asks_for_it() -> None:
    assert builds("./configure", "--enable-gpl", "--enable-nvenc", "--enable-cuvid") == {"nvdec", "nvenc"}
    assert builds("cmake", "-D", "WITH_CUDA=ON", "-D", "WITH_NVCUVID=ON", "..") == {"nvdec"}
    assert builds("cmake", "-DWITH_NVCUVID=OFF", "-DWITH_NVCUVENC=ON", "..") == {"nvenc"}
    assert builds("./configure", "--disable-nvenc") == frozenset()
    assert builds("echo", "--enable-nvenc") == frozenset()


def test_a_package_that_decodes() -> None:
    assert inferred(workload(PYTHON, pip=["PyNvVideoCodec"]), MATRIX) == {"nvdec"}


# --- launches ---


def test_cameras_and_displays() -> None:
    socket = known(("/tmp/.X11-unix:/tmp/.X11-unix:ro",), HERE)
    assert runs("bash", devices=known(("/dev/video0:/dev/video0",), HERE)) == {"camera"}
    assert runs("bash", passed=frozenset({"DISPLAY"}), volumes=socket) == {"display"}
    assert runs("bash", env=known({"DISPLAY": ":0"}, HERE), volumes=socket) == {"display"}


@pytest.mark.parametrize(
    "command",
    [
        "torchrun --nproc_per_node=4 train.py",
        "torchrun --nproc-per-node gpu train.py",
        "python -m torch.distributed.run --nproc_per_node 2 train.py",
        "accelerate launch --num_processes 8 train.py",
        "deepspeed --num_gpus 4 train.py",
        "horovodrun -np 4 python train.py",
    ],
)
def test_several_processes(command: str) -> None:
    assert runs(*command.split()) == {"nccl"}


def test_who_tunes_nccl_uses_it() -> None:
    assert runs("bash", env=known({"NCCL_SOCKET_IFNAME": "eth0"}, HERE)) == {"nccl"}


@pytest.mark.parametrize("words", ["--num-workers 8", "--num_workers=4", "data.num_workers=2", "--train.num_workers=2"])
def test_workers_of_data_loaders(words: str) -> None:
    assert runs("python", "train.py", *words.split(), pip=("torch==2.4.0",)) == {"torch", "dataloader-workers"}


def test_words_that_are_known_only_at_run_time_say_nothing() -> None:
    assert runs("torchrun", "--nproc_per_node", None, "train.py") == frozenset()


# --- whatever stands there ---


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=20))
def test_any_words_are_read(words: list[str | None]) -> None:
    assert isinstance(runs(*words), frozenset)


def test_a_long_command_is_read_quickly() -> None:
    facts: Facts = workload(BASE_12_4, pip=["torch==2.4.0"])
    words = ("--a.b-num_" * 20_000, "_nvenc" * 20_000, "num-workers-" * 20_000)
    launch = Launch(stated=True, command=known(words, HERE))
    assert inferred(facts._replace(launch=launch), MATRIX) == {"torch"}
