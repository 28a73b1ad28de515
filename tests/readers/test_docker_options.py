"""The options of docker run and docker build in the forms that people write."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Launch
from envdoctor.readers.docker_gpus import cdi_request, gpu_request
from envdoctor.readers.docker_mounts import mount, tmpfs_mount
from envdoctor.readers.docker_options import ANY_NAME
from envdoctor.readers.docker_words import BUILD, RUN, Word, options
from envdoctor.readers.launch_options import LaunchOptionsError, read_launch_options
from envdoctor.readers.launch_script import read_launch_script
from envdoctor.readers.secret_values import is_secret


def launch(text: str) -> Launch:
    (found,) = read_launch_script(f"docker run {text} image:1 run", "run.sh").launches
    assert found.image.get() == "image:1"
    assert found.launch.command.get() == ("run",)
    return found.launch


def test_what_is_not_given_is_absent() -> None:
    found = launch("--rm")
    assert found.stated
    for name in (
        "gpus",
        "gpu_capabilities",
        "runtime",
        "env",
        "devices",
        "shm_size",
        "ipc",
        "network",
        "ports",
        "user",
    ):
        fact = getattr(found, name)
        assert fact.is_absent, name
        assert fact.origin.label == "run.sh:1"
    assert found.passed == frozenset()


@pytest.mark.parametrize(
    ("text", "gpus", "capabilities"),
    [
        ("--gpus all", "all", None),
        ("--gpus=all", "all", None),
        ("--gpus 2", "2", None),
        ("--gpus '\"device=0,1\"'", "device=0,1", None),
        ("--gpus '\"device=GPU-5c1e,GPU-77aa\"'", "device=GPU-5c1e,GPU-77aa", None),
        ("--gpus device=0", "device=0", None),
        ("--gpus device=0,1", "device=0,count=1", None),
        ("--gpus 'all,capabilities=video'", "all", ("video",)),
        ("--gpus 'all,\"capabilities=compute,utility,video\"'", "all", ("compute", "utility", "video")),
        ('--gpus \'"device=1","capabilities=compute,utility"\'', "device=1", ("compute", "utility")),
        ("--gpus count=-1", "all", None),
        ("--device nvidia.com/gpu=all", "all", None),
        ("--device=nvidia.com/gpu=0 --device nvidia.com/gpu=1", "device=0,1", None),
    ],
)
def test_gpu_requests(text: str, gpus: str, capabilities: tuple[str, ...] | None) -> None:
    found = launch(text)
    assert found.gpus.get() == gpus
    assert found.gpu_capabilities.get() == capabilities


def test_a_cdi_device_is_a_device_as_well() -> None:
    found = launch("--device nvidia.com/gpu=all --device /dev/video0:/dev/video1:rwm")
    assert found.devices.get() == ("nvidia.com/gpu=all", "/dev/video0:/dev/video1:rwm")
    assert launch("--device /dev/nvidia0").gpus.is_absent


@pytest.mark.parametrize("text", ['"device=0', "wat=1", "some", "1,2", "count=x"])
def test_gpu_requests_that_docker_refuses_are_told(text: str) -> None:
    assert gpu_request(text).problem


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("--shm-size=64g", "shm_size", 64 * 1024**3),
        ("--shm-size 512m", "shm_size", 512 * 1024**2),
        ("--ipc=host", "ipc", "host"),
        ("--net=host", "network", "host"),
        ("--net bridge --network=host", "network", "host"),
        ("-p 8080:80 -p127.0.0.1:90:90/udp --publish=5000", "ports", ("8080:80", "127.0.0.1:90:90/udp", "5000")),
        ("--ulimit memlock=-1 --ulimit stack=67108864:67108864", "ulimits", {"memlock": -1, "stack": 67108864}),
        ("--ulimit memlock=-1:-1", "ulimits", {"memlock": -1}),
        ("-u 1000:1000", "user", "1000:1000"),
        ("-u1000", "user", "1000"),
        ("--group-add video --group-add 44", "group_add", ("video", "44")),
        ('--cpuset-cpus="0-31"', "cpuset_cpus", "0-31"),
        ("--security-opt seccomp=unconfined", "security_opt", ("seccomp=unconfined",)),
        ("--cap-add SYS_ADMIN --cap-add=IPC_LOCK", "cap_add", ("SYS_ADMIN", "IPC_LOCK")),
        ("--entrypoint bash", "entrypoint", ("bash",)),
        ('--entrypoint ""', "entrypoint", ()),
        ('--entrypoint \'["python", "-u"]\'', "entrypoint", ("python", "-u")),
        ("-w /work", "workdir", "/work"),
        ("--privileged", "privileged", True),
        ("--privileged=false", "privileged", False),
        ("--read-only", "read_only", True),
        ("--runtime=nvidia", "runtime", "nvidia"),
        ("--tmpfs /run:size=64m", "tmpfs", ("/run:size=64m",)),
        ("--mount type=tmpfs,dst=/dev/shm,tmpfs-size=8g", "tmpfs", ("/dev/shm:size=8g",)),
        ("--device-cgroup-rule 'c 195:* rmw'", "device_cgroup_rules", ("c 195:* rmw",)),
        ("-v /a:/b -v/c:/d:ro --volume cache:/e", "volumes", ("/a:/b", "/c:/d:ro", "cache:/e")),
        ("--mount type=bind,source=/x,target=/y,readonly", "volumes", ("/x:/y:ro",)),
        ("--mount type=volume,src=data,dst=/y", "volumes", ("data:/y",)),
        ("-v $PWD/x:/code -v ${HOME}/.cache:/root/.cache", "volumes", ("$PWD/x:/code", "${HOME}/.cache:/root/.cache")),
        ('--mount type=bind,source="$(pwd)",target=/app', "volumes", ("$(pwd):/app",)),
        ("-itd --name x --rm", "privileged", None),
        ("-itp 80:80", "ports", ("80:80",)),
        ("-it --userns=keep-id --hooks-dir /h --no-hosts --restart unless-stopped -m 8g", "user", None),
    ],
)
def test_options(text: str, name: str, value: object) -> None:
    assert getattr(launch(text), name).get() == value


def test_environment() -> None:
    found = launch("-e A=1 -eB=2 --env C= --env=D -e USER_ID=$(id -u) -e DISPLAY=$DISPLAY -e A=3")
    assert found.env.get() == {"A": "3", "B": "2", "C": ""}
    assert found.passed == {"D", "USER_ID", "DISPLAY"}


def test_values_called_secrets_are_not_kept() -> None:
    found = launch("-e HF_TOKEN=hf_x -e WANDB_API_KEY=1 -e MY_PASSWORD=y -e KEYBOARD=de")
    assert found.env.get() == {"KEYBOARD": "de"}
    assert found.passed == {"HF_TOKEN", "WANDB_API_KEY", "MY_PASSWORD"}
    assert not is_secret("KEYBOARD")


def test_an_env_file_may_pass_any_name() -> None:
    alone = launch("--env-file .env")
    assert alone.env.is_unknown
    assert ANY_NAME in alone.passed
    both = launch("--env-file=.env -e A=1")
    assert both.env.get() == {"A": "1"}
    assert ANY_NAME in both.passed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("--shm-size $SHM", "shm_size"),
        ("--shm-size=${SHM}", "shm_size"),
        ("--gpus $GPUS", "gpus"),
        ('--gpus "device=$GPU"', "gpus"),
        ("-u $(id -u):$(id -g)", "user"),
        ('--network "$NET"', "network"),
        ("--ulimit memlock=$LIMIT", "ulimits"),
        ("--privileged=$P", "privileged"),
        ("--entrypoint $E", "entrypoint"),
    ],
)
def test_values_known_only_at_run_time(text: str, name: str) -> None:
    fact = getattr(launch(text), name)
    assert fact.is_unknown
    assert "known only at run time" in fact.reason


@pytest.mark.parametrize("text", ["--wat", "--wat=1", "--wat x", "-Z", "--gpus all --wat x -it"])
def test_an_unknown_option_is_told_and_skipped(text: str) -> None:
    script = read_launch_script(f"docker run {text} image:1 run", "run.sh")
    assert script.launches[0].image.get() == "image:1"
    assert "no option of docker run" in script.problems[0]


def test_bad_values_are_told() -> None:
    script = read_launch_script("docker run --shm-size big --ulimit memlock a:1", "run.sh")
    assert script.launches[0].launch.shm_size.is_unknown
    assert len(script.problems) == 2


def test_options_of_a_build_may_stand_behind_the_context() -> None:
    words = [Word(text, text, 0) for text in ". -t a --build-arg B=1 --no-cache".split()]
    found = options(words, BUILD, mixed=True)
    assert [word.text for word in found.rest] == ["."]
    assert [item.name for item in found.given] == ["--tag", "--build-arg", "--no-cache"]


def test_no_option_both_takes_a_value_and_takes_none() -> None:
    for table in (RUN, BUILD):
        assert table.flags.isdisjoint(table.valued)
        assert set(table.short.values()) <= table.flags | table.valued


class TestLaunchOptions:
    def test_options(self) -> None:
        found = read_launch_options("--gpus all --shm-size 1g -e A=1 --ipc=host")
        assert (found.gpus.get(), found.shm_size.get(), found.ipc.get()) == ("all", 1024**3, "host")
        assert found.gpus.origin.label == "--launch"
        assert found.runtime.is_absent

    def test_a_tilde_is_the_home_of_whoever_states_it(self) -> None:
        assert read_launch_options("-v ~/data:/data -w /data").volumes.get() == ("$HOME/data:/data",)

    def test_a_whole_command_without_an_image(self) -> None:
        assert read_launch_options("docker run --gpus all").gpus.get() == "all"

    @pytest.mark.parametrize("text", ["", "--shm-size 1g", "--ipc=host -u 1000", "-e NVIDIA_VISIBLE_DEVICES=all"])
    def test_who_says_nothing_of_gpus_does_not_say_that_none_is_passed(self, text: str) -> None:
        found = read_launch_options(text)
        assert found.gpus.is_unknown
        assert found.gpu_capabilities.is_unknown
        assert (found.runtime.is_absent, found.privileged.is_absent, found.devices.is_absent) == (True, True, True)

    @pytest.mark.parametrize("text", ["--runtime runc", "--privileged", "--device /dev/nvidia0", "--runtime=nvidia"])
    def test_another_way_to_pass_a_gpu_says_it(self, text: str) -> None:
        assert read_launch_options(text).gpus.is_absent

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("--gpus all nvidia/cuda", "'nvidia/cuda' is no option"),
            ("--gpu all", "did you mean --gpus"),
            ("--gpus 'all", "quote that is not closed"),
            ("--shm-size", "--shm-size has no value"),
            ("--shm-size big", "is no size"),
            ("--gpus one", "none that Docker takes"),
        ],
    )
    def test_mistakes_are_one_sentence(self, text: str, said: str) -> None:
        with pytest.raises(LaunchOptionsError) as caught:
            read_launch_options(text)
        assert said in str(caught.value)
        assert "--launch" in str(caught.value)
        assert "\n" not in str(caught.value)

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=80))
    def test_any_text(self, text: str) -> None:
        with suppress(LaunchOptionsError):
            assert read_launch_options(text).stated


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=100))
def test_any_value_of_gpus_and_mount(text: str) -> None:
    gpu_request(text)
    cdi_request([text])
    mount(text)
    tmpfs_mount(text)


_WORDS = st.sampled_from(
    ["--gpus", "-it", "-v", "--wat", "--", "-", "--x=", "a:1", "-e", "A=1", "--rm", "", "-p80", "$X"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_WORDS, st.booleans()), max_size=30))
def test_every_word_is_read_once(parts: list[tuple[str, bool]]) -> None:
    words = [Word(None if unknown else text, text, number) for number, (text, unknown) in enumerate(parts)]
    for table, mixed in ((RUN, False), (BUILD, True)):
        found = options(words, table, mixed=mixed)
        assert len(found.rest) + len(found.unknown) <= len(words)
        assert len(found.given) <= 4 * len(words)
