"""Shell scripts that start containers and build images, in the forms that people write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import BuildCommand, Slip
from envdoctor.readers.docker_options import ANY_NAME
from envdoctor.readers.launch_script import MAX_LAUNCHES, Launched, LaunchScript, is_launch_script, read_launch_script
from tests.readers.shell.test_hostile import TOKENS


def read(text: str) -> LaunchScript:
    return read_launch_script(text, "run.sh")


def one(text: str) -> Launched:
    script = read(text)
    assert script.problems == ()
    (launched,) = script.launches
    return launched


def images(text: str) -> list[str | None]:
    return [launched.image.get() for launched in read(text).launches]


def build(text: str) -> BuildCommand:
    (command,) = read(text).builds
    return command


def slips(text: str) -> list[tuple[str, str, int | None]]:
    script = read(text)
    found: list[Slip] = [slip for launched in script.launches for slip in launched.slips]
    found += [slip for command in script.builds for slip in command.slips]
    return [(slip.kind, slip.shown, slip.origin.line) for slip in found]


class TestForms:
    @pytest.mark.parametrize(
        "text",
        [
            "docker run a:1",
            "docker create a:1",
            "docker container run --rm a:1",
            "sudo docker run a:1",
            "sudo -E docker --context remote run a:1",
            "exec docker run a:1",
            "time docker run a:1",
            "nohup docker run a:1 &",
            "timeout 60 docker run a:1",
            "podman run a:1",
            "nerdctl --namespace k8s.io run a:1",
            "nvidia-docker run a:1",
            "/usr/bin/docker run a:1",
            "DOCKER_BUILDKIT=1 docker run a:1",
            "$DOCKER run a:1",
            "$SUDO docker run a:1",
            "$SUDO $DOCKER run a:1",
            'DOCKER="sudo docker"; $DOCKER run a:1',
            "${CONTAINER_RUNTIME:-docker} run a:1",
            "docker run a:1 | tee log",
            "docker run a:1 > log 2>&1",
            "docker run -i a:1 <<EOF\nhello\nEOF",
            "ID=$(docker run -d a:1)",
            "echo `docker run a:1`",
            "if docker run a:1; then echo; fi",
            "if ! docker run a:1; then exit 1; fi",
            "bash -c 'docker run a:1'",
            'bash -c "docker run -v $PWD:/x a:1"',
            "bash <<'EOF'\ndocker run a:1\nEOF",
            'CMD="docker run -v $PWD:/x a:1"\neval $CMD',
            'CMD="docker run -v $PWD:/x a:1"\n$CMD',
            'CMD=(docker run --rm)\nCMD+=(a:1)\n"${CMD[@]}"',
            'main() { docker run "$1"; }\nmain a:1',
            'main() {\n  local image=${1:-a:1}\n  docker run "$image"\n}\nmain "$@"',
            'run() { "$@"; }\nrun docker run a:1',
            "IMAGE=a:1\ndocker run --rm $IMAGE bash",
            'IMAGE="${IMAGE:-a}:${TAG:-1}"\ndocker run "$IMAGE"',
            "for image in a:1; do docker run $image; done",
            "srun --gres=gpu:1 docker run a:1",
            "ssh host docker run a:1",
            "docker run \\\n  --rm \\\n  a:1",
            "(docker run a:1)",
            "docker run -- a:1",
            'ssh me@host "cd x && docker run a:1"',
            "ssh host <<EOF\ndocker run a:1\nEOF",
            "tmux new-session -d 'docker run a:1'",
            'sg docker -c "docker run a:1"',
        ],
    )
    def test_a_container(self, text: str) -> None:
        assert images(text) == ["a:1"]
        assert is_launch_script(text) or "CMD=" in text or "DOCKER" in text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "docker compose up -d",
            "docker-compose run app",
            "docker exec -it x bash",
            "docker pull a:1",
            "docker network create x",
            "docker volume create y",
            "docker ps; npm run build",
            'echo "docker run a:1"',
            "# docker run a:1",
            "cat > run.sh <<'EOF'\ndocker run a:1\nEOF",
            "printf '%s' 'docker run a:1'",
            "buildah run x",
            "docker login && make build",
        ],
    )
    def test_none(self, text: str) -> None:
        assert read(text) == LaunchScript()

    def test_words_keep_their_lines(self) -> None:
        found = one("#!/bin/bash\n\ndocker run \\\n  --gpus all \\\n  -v $PWD:/x \\\n  a:1 \\\n  python x.py\n")
        assert str(found.origin) == "run.sh:3"
        assert (found.launch.gpus.origin.label, found.launch.gpus.origin.path) == ("run.sh:4", "run.sh")
        assert [found.launch.volumes.origin.line, found.image.origin.line, found.launch.command.origin.line] == [
            5,
            6,
            7,
        ]

    def test_words_of_an_array_keep_theirs(self) -> None:
        found = one('ARGS=(\n  --gpus all\n)\ndocker run "${ARGS[@]}" a:1')
        assert found.launch.gpus.origin.line == 2
        assert found.origin.line == 4

    def test_a_label_of_its_own(self) -> None:
        (found,) = read_launch_script("docker run a:1", "/x/run.sh", label="run.sh").launches
        assert (found.origin.label, found.origin.path) == ("run.sh:1", "/x/run.sh")

    @pytest.mark.parametrize(
        ("text", "how"),
        [("podman run a:1", "podman run"), ("nerdctl run a:1", "nerdctl run"), ("docker create a:1", "docker run")],
    )
    def test_how(self, text: str, how: str) -> None:
        assert one(text).launch.how == how

    def test_nvidia_docker_sets_the_runtime(self) -> None:
        assert one("nvidia-docker run a:1").launch.runtime.get() == "nvidia"

    def test_platform(self) -> None:
        assert one("docker run --platform linux/arm64 a:1").platform == "linux/arm64"

    def test_what_a_condition_decides_is_conditional(self) -> None:
        script = read('case "$1" in a) docker run a:1;; *) docker run --gpus all b:1;; esac\ndocker run c:1')
        assert [launched.conditional for launched in script.launches] == [True, True, False]

    def test_both_branches_are_read(self) -> None:
        assert images("if nvidia-smi; then docker run --gpus all a:1; else docker run a:1; fi") == ["a:1", "a:1"]

    def test_a_loop_is_one_launch(self) -> None:
        assert images('for i in 0 1 2; do docker run -d --gpus "device=$i" a:1; done') == ["a:1"]

    def test_a_library_of_functions(self) -> None:
        found = one('start() {\n  local image=$1\n  shift\n  docker run --gpus all "$@" "$image" bash\n}')
        assert found.conditional
        assert found.image.is_unknown
        assert found.launch.gpus.get() == "all"
        assert found.launch.ipc.is_unknown

    def test_a_function_that_is_called_says_more_than_one_that_is_not(self) -> None:
        assert images('inner() { docker run "$1"; }\nouter() { inner a:1; }\nouter') == ["a:1"]


class TestRunTime:
    def test_an_open_word_leaves_the_rest_unknown(self) -> None:
        found = one("docker run $EXTRA_ARGS --gpus all a:1").launch
        assert found.gpus.get() == "all"
        assert found.ipc.is_unknown
        assert "$EXTRA_ARGS" in found.ipc.reason
        assert ANY_NAME in found.passed

    def test_a_quoted_word_is_one_word(self) -> None:
        assert one('docker run --rm "$IMAGE" bash').launch.ipc.is_absent
        assert one('docker run -v "$DIR":/x a:1').launch.ipc.is_absent

    def test_choices_leave_only_themselves_unknown(self) -> None:
        text = 'ARGS=(--rm)\nif [ -t 0 ]; then ARGS+=(-it); fi\ndocker run "${ARGS[@]}" a:1'
        assert one(text).launch.gpus.is_absent
        text = 'GPU=""\nif nvidia-smi; then GPU="--gpus all"; fi\ndocker run $GPU a:1'
        assert one(text).launch.gpus.is_unknown
        assert one(text).launch.ipc.is_absent

    def test_a_script_with_options_of_its_own(self) -> None:
        text = """
tag=a
gpus=all
while [[ $# -gt 0 ]]; do case $1 in
  --tag) tag="$2"; shift;;
  --gpus) gpus="$2"; shift;;
esac; shift; done
extra=""
if [ "$gpus" != none ]; then extra="$extra --gpus $gpus"; fi
args="$extra -v ${PWD}:/code --rm $tag:latest"
if [ "$port" -ne 0 ]; then args+=" jupyter --port=$port"; fi
docker run $args
"""
        found = one(text)
        assert "$tag:latest" in found.image.reason
        assert found.launch.gpus.is_unknown
        assert found.launch.volumes.get() == ("${PWD}:/code",)
        assert found.launch.ipc.is_absent

    @pytest.mark.parametrize("image", ["$arg_image", "$ARGS_TAG:1", '"$OPT_IMAGE_NAME"', "me/$FLAG"])
    def test_an_image_called_after_an_argument(self, image: str) -> None:
        assert one(f"docker run --rm {image} bash").launch.ipc.is_absent

    def test_getopts(self) -> None:
        text = 'F=""\nwhile getopts "dg:" o; do case $o in d) F+=" -d";; g) F+=" --gpus $OPTARG";; esac; done\n'
        found = one(text + "docker run $F --ipc=host a:1 $@").launch
        assert (found.ipc.get(), found.gpus.is_unknown, found.shm_size.is_absent) == ("host", True, True)

    def test_arguments_of_the_script(self) -> None:
        found = one('docker run --gpus all "$@"')
        assert found.image.is_unknown
        assert found.launch.command.is_unknown
        assert found.launch.ipc.is_unknown

    @pytest.mark.parametrize("text", ["docker run $IMAGE", "docker run --rm $1 bash", 'docker run --gpus all "${IMG}"'])
    def test_an_unknown_image(self, text: str) -> None:
        found = one(text)
        assert found.image.is_unknown
        assert "known only at run time" in found.image.reason
        assert found.launch.ipc.is_absent

    def test_the_image_behind_an_unknown_word(self) -> None:
        assert one("docker run $X a/b:1 bash").image.get() == "a/b:1"
        assert one("docker run ${TTY} --rm a:1").image.get() == "a:1"

    def test_words_of_the_command(self) -> None:
        found = one('docker run a:1 python x.py --epochs=$N "$1" $(date)')
        assert found.launch.command.get() == ("python", "x.py", "--epochs=$N", None, None)
        assert one("docker run a:1").launch.command.is_absent

    def test_a_payload_with_an_argument_stays_readable(self) -> None:
        found = one('docker run a:1 bash -c "python x.py --name $1"')
        assert found.launch.command.get() == ("bash", "-c", "python x.py --name $1")

    def test_passwords_in_addresses_are_not_kept(self) -> None:
        found = one("docker run a:1 pip install -i https://me:secret@example.org/simple x")
        assert "secret" not in str(found)


class TestSlips:
    @pytest.mark.parametrize(
        "text",
        [
            "docker run --rm \\\n  -it a:1\n",
            "docker run a:1\necho done",
            "docker run a:1 \\\n  --device cpu \\\n  --gpus 2",
            "docker run a:1 -p 8080",
            "docker run --gpus all a:1 --gpus all",
            "docker run a:1 --model x --gpus all",
            "docker run a:1 vllm serve --runtime nvidia",
            "docker run docker:cli docker run --gpus all b:1",
            "docker run a:1 bash -c 'echo a > b'",
            "docker run a:1 bash -c 'pip install \"torch>=2.0\"'",
            "docker run a:1 bash -c 'pip install torch > log'",
            'docker run a:1 bash -c "a \\ # b"\necho x',
            "docker run --rm a:1 # note\necho x",
            "docker run -i a:1 cat <<EOF\n-it\nEOF",
            "docker run a:1 && ls \\\n  -la",
            "docker build -t a . \\\n  --no-cache",
            "docker run a:1 -v",
            'docker run "$@"\n',
            "docker run a:1 -e 1",
            'bash -c "docker run \\\n  --rm \\\n  -it a:1"',
            "docker run a:1 bash -c 'a \\\n\n  -it b'",
            "docker run a:1 \\\n\necho x",
        ],
    )
    def test_silent(self, text: str) -> None:
        assert slips(text) == []

    def test_cut_short(self) -> None:
        text = "docker run \\\n  --gpus all \\\n  -v $PWD:/code\n  -it --rm a:1 x.py\n"
        assert slips(text) == [("cut-short", "-it --rm a:1 x.py", 3)]
        found = one(text)
        assert found.image.get() == "a:1"
        assert found.launch.command.get() == ("x.py",)

    def test_cut_short_by_a_comment(self) -> None:
        text = "docker run --rm \\\n  # --gpus all \\\n  --ipc=host a:1"
        assert slips(text) == [("cut-short", "--ipc=host a:1", 2)]
        assert one(text).launch.ipc.origin.line == 3

    def test_cut_short_by_an_empty_line(self) -> None:
        assert slips("docker run --rm \\\n\n  -it a:1") == [("cut-short", "-it a:1", 2)]

    def test_cut_short_twice(self) -> None:
        text = "docker run\n  --rm\n  -v /a:/b # data\n  a/b:1"
        assert [slip[2] for slip in slips(text)] == [1, 2, 3]
        assert images(text) == ["a/b:1"]

    def test_the_image_stands_alone(self) -> None:
        assert slips("docker run --gpus all --rm\n  a/b:1 bash") == [("cut-short", "a/b:1 bash", 1)]

    def test_a_build_that_is_cut_short(self) -> None:
        text = "docker build -t a \\\n  --build-arg B=1\n  -f docker/Dockerfile .\n"
        assert slips(text) == [("cut-short", "-f docker/Dockerfile .", 2)]
        assert (build(text).file, build(text).context) == ("docker/Dockerfile", ".")

    @pytest.mark.parametrize("behind", [" ", "\t ", " # データの場所", '  # it\'s "here"'])
    def test_blank_after_a_backslash(self, behind: str) -> None:
        text = f"docker run \\\n  -v /a:/b \\{behind}\n  --gpus all a:1 x.py\n"
        assert slips(text) == [("blank-after-backslash", "--gpus all a:1 x.py", 2)]
        assert one(text).image.get() == "a:1"
        assert one(text).launch.gpus.origin.line == 3

    @pytest.mark.parametrize(
        ("behind", "shown"),
        [
            ("--gpus all", "--gpus all"),
            ("--shm-size=8g python x.py", "--shm-size 8g"),
            ("--ipc=host", "--ipc host"),
            ("-v $PWD:/code", "-v $PWD:/code"),
            ("-p 80:80", "-p 80:80"),
            ("--rm", "--rm"),
            ("--runtime=nvidia", "--runtime nvidia"),
            ("-it", "-it"),
        ],
    )
    def test_flag_after_image(self, behind: str, shown: str) -> None:
        assert slips(f"docker run a:1 {behind}") == [("flag-after-image", shown, 1)]

    @pytest.mark.parametrize("option", ["bash -c", "/bin/sh -ec", "bash -lc"])
    def test_redirection(self, option: str) -> None:
        text = f'docker run a:1 {option} "\npip install numpy \\\n  torch>=2.0 && python x.py"'
        assert slips(text) == [("redirection", "torch>=2.0", 3)]

    def test_redirection_behind_an_entrypoint(self) -> None:
        assert slips("docker run --entrypoint bash a:1 -c 'pip install a>1'") == [("redirection", "a>1", 1)]

    def test_windows_line_ends_are_told_and_read(self) -> None:
        script = read("docker run \\\r\n  --gpus all \\\r\n  a:1\r\n")
        assert script.launches[0].launch.gpus.origin.line == 2
        assert script.launches[0].slips == ()
        assert "Windows line ends" in script.problems[0]

    def test_a_command_without_an_image_is_told(self) -> None:
        script = read("docker run --rm\n")
        assert script.launches[0].image.is_unknown
        assert "names no image" in script.problems[0]


class TestBuilds:
    @pytest.mark.parametrize(
        "text",
        [
            "docker build -t a:1 -f d/Dockerfile .",
            "docker build . -t a:1 --file=d/Dockerfile",
            "docker buildx build --load --tag a:1 -f d/Dockerfile .",
            "docker image build -ta:1 -fd/Dockerfile .",
            "docker builder build --tag=a:1 -f d/Dockerfile .",
            "podman build -t a:1 -f d/Dockerfile .",
            "buildah bud -t a:1 -f d/Dockerfile .",
            "nerdctl build -t a:1 -f d/Dockerfile .",
            'docker build \\\n  -t a:1 \\\n  -f "d/Dockerfile" \\\n  .',
            "build() { docker build -t $1 -f d/Dockerfile .; }\nbuild a:1",
            "ID=$(docker build -q -t a:1 -f d/Dockerfile .)",
        ],
    )
    def test_forms(self, text: str) -> None:
        found = build(text)
        assert (found.tags, found.file, found.context) == (("a:1",), "d/Dockerfile", ".")
        assert is_launch_script(text)

    def test_arguments(self) -> None:
        text = "docker build --build-arg A=1 --build-arg B=$(id -u) --build-arg C --target t --platform linux/arm64 ."
        found = build(text)
        assert found.arguments == {"A": "1", "B": None, "C": None}
        assert (found.target, found.platform, found.secrets) == ("t", "linux/arm64", ())

    def test_secrets_are_never_kept(self) -> None:
        text = "docker build --build-arg PYPI_PASSWORD=hush --build-arg GH_TOKEN=$(gh auth) --build-arg API_KEY --build-arg U=http://me:hush@h/ ."
        found = build(text)
        assert found.secrets == ("PYPI_PASSWORD", "GH_TOKEN")
        assert found.arguments["PYPI_PASSWORD"] is None
        assert "hush" not in str(found)

    @pytest.mark.parametrize(
        ("text", "file", "context"),
        [
            ("cd docker && docker build .", None, "docker"),
            ("cd docker; docker build -f ../Dockerfile ..", "Dockerfile", "."),
            ("(cd docker); docker build .", None, "."),
            ("(cd docker && docker build -f D .)", "docker/D", "docker"),
            ("pushd docker; docker build .", None, "docker"),
            ("cd /src && docker build .", None, "/src"),
            ('cd "$(dirname "$0")" && docker build -f docker/D .', "$SCRIPT_DIR/docker/D", "$SCRIPT_DIR"),
            ('cd "$(dirname "${BASH_SOURCE[0]}")/.." && docker build .', None, "$SCRIPT_DIR/.."),
            ('D="$(cd "$(dirname "$0")" && pwd)"\ndocker build -f "$D/D" "$D"', "$SCRIPT_DIR/D", "$SCRIPT_DIR"),
            ('D="$(cd "$(dirname "$0")/.." && pwd)"\ndocker build "$D/x"', None, "$SCRIPT_DIR/../x"),
            ("cd ${0%/*}; docker build .", None, "$SCRIPT_DIR"),
            ("D=$(dirname $(realpath $0))\ndocker build $D/x", None, "$SCRIPT_DIR/x"),
            ("cd $WORK && docker build .", None, "$WORK"),
            ("[ -d x ] && cd x\ndocker build .", None, "$UNKNOWN_DIR"),
            ("docker build - < Dockerfile", None, "-"),
            ("docker build https://example.org/a.git#main", None, "https://example.org/a.git#main"),
            ('docker build "$(pwd)"', None, "$(pwd)"),
        ],
    )
    def test_folders(self, text: str, file: str | None, context: str) -> None:
        assert (build(text).file, build(text).context) == (file, context)


class TestIgnores:
    def test_a_comment_speaks_for_the_next_command(self) -> None:
        script = read("# envdoctor: ignore=some-rule because\ndocker run \\\n  a:1")
        assert [(item.rule, item.reason, item.line) for item in script.ignores] == [("some-rule", "because", 2)]

    def test_a_mistake_is_told(self) -> None:
        assert "expected `# envdoctor: ignore" in read("# envdoctor: ignre=x\ndocker run a:1").problems[0]


class TestHostile:
    @settings(max_examples=300, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                [*TOKENS, "docker run", "docker build", "--gpus", "-it", "a:1", "\\ \n", "\\ # x\n", "$A", "cd"]
            ),
            max_size=60,
        )
    )
    def test_token_soup_never_raises(self, tokens: list[str]) -> None:
        script = read(" ".join(tokens))
        for launched in script.launches:
            assert launched.origin.line is not None

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=200))
    def test_any_text_never_raises(self, text: str) -> None:
        is_launch_script(text)
        read("docker run " + text)

    @pytest.mark.parametrize(
        "text",
        [
            "echo a\n" * 100_000,
            "docker run a:1\n" * 10_000,
            "docker run " + "-v a:/b " * 30_000,
            "docker run --rm\n" + "  -v a:/b\n" * 20_000,
            ("docker run --rm\n  -it a:1\n") * 3_000,
            ("docker run a \\ \n") * 10_000,
            "docker run --rm \\\n" + "# x\n" * 50_000 + " -it a:1",
            "docker run " + "$(docker run " * 300 + "x" + ")" * 300,
            "docker " * 30_000,
            "docker run \\" + "\\" * 100_000,
            "".join(f"f{n}() {{ docker run x{n}; f{n + 1}; }}\n" for n in range(2_000)),
            "docker run " + "$X " * 50_000,
            "docker run --rm" + " #a" * 60_000 + "'\n -it x'",
            "docker run --rm\n  a" + "/a" * 100_000 + "!",
            "docker run --gpus '" + '"a",' * 50_000 + "' x",
            "A=$X\n" + 'A="$A $A"\n' * 40 + "docker run $A",
            "docker run \ud800\ufffd \ue000a\ue001:1",
        ],
    )
    def test_what_is_read_is_bounded(self, text: str) -> None:
        is_launch_script(text)
        script = read(text)
        assert len(script.launches) + len(script.builds) <= MAX_LAUNCHES
        assert len(script.problems) <= 100
        assert all(len(problem) < 500 for problem in script.problems)

    def test_what_is_left_out_is_told(self) -> None:
        assert "expected at most" in read("echo a\n" * 100_000).problems[0]
        assert "the rest is not read" in read("docker run a:1\n" * (MAX_LAUNCHES + 2)).problems[0]


def test_each_volume_device_and_variable_has_its_own_line() -> None:
    found = one(
        "docker run --rm \\\n  -v /a:/a \\\n  -v /b:/b:ro \\\n  --mount type=bind,src=/c,dst=/c \\\n"
        "  --device /dev/video0 \\\n  -e DISPLAY -e MODE=fast \\\n  app\n"
    ).launch
    lines = {text: origin.line for text, origin in found.places.items()}
    assert lines == {"/a:/a": 2, "/b:/b:ro": 3, "/c:/c": 4, "/dev/video0": 5, "DISPLAY": 6, "MODE": 6}
    assert found.place("/c:/c", found.volumes.origin).line == 4
    assert found.place("gone", found.volumes.origin) == found.volumes.origin


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ('docker run $THING -c "ls"', None),
        ("docker run $THING -it", None),
        ("docker run $THING -m http.server 80", None),
        ("docker run $THING -it --rm -v /a:/b ubuntu:22.04 bash", "ubuntu:22.04"),
        ("docker run $THING -v /a:/b img", "img"),
        ("docker run $ONE $TWO $THREE -it --rm -e A=$image app:1 $*", "app:1"),
        ("docker run --rm $([ -t 0 ] && echo -it) app:1", "app:1"),
        ("docker run -v $PWD/a:$HOME/b app:1", "app:1"),
    ],
)
def test_a_word_that_is_not_known_holds_options_where_options_follow_it(text: str, image: str | None) -> None:
    launched = one(text)
    assert launched.image.get() == image
    assert launched.launch.gpus.is_known is False


def test_looking_ahead_takes_linear_time() -> None:
    assert len(read("docker run " + "$A -d " * 5_000 + "x").launches) == 1


def test_an_array_without_quotes_is_split_into_words() -> None:
    script = (
        'ARGS+=("-v /tmp/.X11-unix:/tmp/.X11-unix")\nARGS+=("-e DISPLAY")\nARGS+=("-v $HOME/x:/x")\n'
        "docker run --gpus all {} app\n"
    )
    launch = one(script.format("${ARGS[@]}")).launch
    assert launch.volumes.get() == ("/tmp/.X11-unix:/tmp/.X11-unix", "$HOME/x:/x")
    assert "DISPLAY" in launch.passed
    assert launch.place("$HOME/x:/x", launch.origin).line == 3
    assert one(script.format('"${ARGS[@]}"')).launch.volumes.get() != launch.volumes.get()


def test_names_that_merely_begin_alike_have_no_image_in_common() -> None:
    text = 'I=app:1\nif test -e x; then\n  I=$I-gpu\nfi\ndocker run --rm $ARGS_A $I "$@"\n'
    assert images(text) == [None]
    text = 'A="--rm -v /a:/b"\nif test -e x; then\n  A="$A --gpus all"\nfi\ndocker run $A app:1\n'
    launched = one(text)
    assert launched.launch.volumes.get() == ("/a:/b",)
    assert launched.launch.gpus.is_unknown


def test_an_image_behind_words_that_are_not_known() -> None:
    assert "$IMAGE" in (one("docker run $A $B $IMAGE $CMD").image.reason or "")
    assert images("docker run $A $B app:1 $CMD") == ["app:1"]
    assert "$A" in (one("docker run $A $B python train.py").image.reason or "")
