"""Commands of which it is certain that they need no GPU; anything else may."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Launch, Origin, known
from envdoctor.judging.launched_program import may_do_without, means_the_cpu, needs_no_gpu

HERE = Origin("run.sh:1", "run.sh", 1)


def launch(*command: str | None, entrypoint: tuple[str, ...] | None = None) -> Launch:
    started = Launch(stated=True, command=known(command, HERE))
    return started if entrypoint is None else started._replace(entrypoint=known(entrypoint, HERE))


def test_an_entrypoint_comes_first() -> None:
    assert needs_no_gpu(launch("--version", entrypoint=("nvcc",)))
    assert not needs_no_gpu(launch("ls", entrypoint=("python",)))
    assert needs_no_gpu(launch("-c", "ls -l", entrypoint=("/bin/bash",)))


def test_no_command_is_the_images_own() -> None:
    assert not needs_no_gpu(launch())
    assert not needs_no_gpu(Launch())


def test_a_text_is_only_plain_if_every_command_in_it_is() -> None:
    assert needs_no_gpu(launch("bash", "-c", "cat a | grep b > c 2>&1\nls"))
    assert not needs_no_gpu(launch("bash", "-c", "ls\npython train.py"))
    assert not needs_no_gpu(launch("bash", "-c", "ls & python train.py"))
    assert not needs_no_gpu(launch("bash", "-c", None))
    assert not needs_no_gpu(launch("bash", "-c", ""))
    assert not needs_no_gpu(launch("bash", "-c", "ls `train`"))
    assert not needs_no_gpu(launch("bash", "run.sh"))


def test_python() -> None:
    assert needs_no_gpu(launch("python3.11", "--version"))
    assert needs_no_gpu(launch("python", "-m", "pip", "list"))
    assert not needs_no_gpu(launch("python", "-m", None))
    assert not needs_no_gpu(launch("python", "-m"))
    assert not needs_no_gpu(launch("python", "-m", "torch.distributed.run"))


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=60), st.sampled_from(["bash", "-c", "ls;", "python", "-m"])), max_size=8
    )
)
def test_no_command_makes_it_raise(words: list[str | None]) -> None:
    assert needs_no_gpu(launch(*words)) in (True, False)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    assert not needs_no_gpu(launch("bash", "-c", "ls;" * 1_000_000))


def test_a_command_that_says_the_cpu_is_meant() -> None:
    for words in (
        ("--device", "cpu"),
        ("--device=cpu",),
        ("device=cpu",),
        ("--cpu",),
        ("--no-cuda",),
        ("-m", "not gpu"),
    ):
        assert means_the_cpu(launch("python", "train.py", *words))
    for words in (("--device", "cuda"), ("--cpu-threads", "4"), ("cpu.py",), ("--offload=cpu_only",), (None,)):
        assert not means_the_cpu(launch("python", "train.py", *words))
    assert not means_the_cpu(launch())


def test_what_may_be_meant_without_a_gpu() -> None:
    assert may_do_without(launch("pytest", "-x"))
    assert may_do_without(launch("/bin/bash"))
    assert may_do_without(launch("python", "-m", "unittest"))
    assert not may_do_without(launch("bash", "train.sh"))
    assert not may_do_without(launch("python", "train.py"))
    assert not may_do_without(launch(None))
    assert not may_do_without(launch())
