"""What a service is made of: image, build, profiles."""

from __future__ import annotations

import pytest

from envdoctor.facts import BuildCommand, Origin
from tests.readers.compose.reading import read, service


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nvcr.io/nvidia/pytorch:24.05-py3", "nvcr.io/nvidia/pytorch:24.05-py3"),
        ("app@sha256:00", "app@sha256:00"),
        ("${REGISTRY:-docker.io}/app:${TAG-1}", "docker.io/app:1"),
        ('"app:${TAG:-1.0}"', "app:1.0"),
    ],
)
def test_images(image: str, expected: str) -> None:
    found = service(f"services:\n  a:\n    image: {image}\n")
    assert found.image.need() == expected
    assert found.build is None
    assert found.dockerfile_inline is None


def test_an_image_with_a_variable_that_nobody_sets() -> None:
    found = service("services: {a: {image: 'app:${TAG}'}}").image
    assert found.is_unknown
    assert "TAG is known only at run time" in found.reason
    assert service("services: {a: {image: 'app:${TAG}'}}", {".env": "TAG=2\n"}).image.need() == "app:2"
    assert service("services: {a: {image: 'app:${TAG}'}}", environment={"TAG": "3"}).image.need() == "app:3"


def test_a_build_with_a_path() -> None:
    found = service("services:\n  a:\n    build: ./docker\n")
    assert found.image.is_absent
    assert found.build == BuildCommand(Origin("compose.yaml:3", "compose.yaml", 3), context="./docker")


def test_a_build_with_all_of_it() -> None:
    found = service("""
        services:
          a:
            image: app:1
            platform: linux/amd64
            build:
              context: ..
              dockerfile: docker/app.Dockerfile
              target: runtime
              tags: [app:2]
              args:
                CUDA: 12.4.1
                MIRROR: ${MIRROR:-https://me:pw@host/simple}
                FROM_SHELL:
                OPEN: ${OPEN}
                HF_TOKEN: abc
                PIP_PASSWORD:
        """)
    assert found.platform == "linux/amd64"
    build = found.build
    assert build is not None
    assert (build.context, build.file, build.target, build.tags) == (
        "..",
        "docker/app.Dockerfile",
        "runtime",
        ("app:2",),
    )
    assert build.platform == "linux/amd64"
    assert build.arguments == {
        "CUDA": "12.4.1",
        "MIRROR": "https://host/simple",
        "FROM_SHELL": None,
        "OPEN": None,
        "HF_TOKEN": None,
        "PIP_PASSWORD": None,
    }
    assert build.secrets == ("HF_TOKEN",)
    assert build.origin.line == 6


@pytest.mark.parametrize(
    ("build", "context", "platform"),
    [
        ("{dockerfile: x}", ".", None),
        ("{context: 'https://github.com/a/b.git#main', platforms: [linux/arm64]}", "https://github.com/a/b.git#main", "linux/arm64"),
        ("{context: ., platforms: [linux/arm64, linux/amd64]}", ".", None),
        ("{context: '${DIR}/x'}", "${DIR}/x", None),
    ],
)  # fmt: skip
def test_contexts(build: str, context: str, platform: str | None) -> None:
    found = service(f"services: {{a: {{build: {build}}}}}").build
    assert found is not None
    assert (found.context, found.platform) == (context, platform)


def test_args_as_a_list() -> None:
    build = service("services: {a: {build: {context: ., args: [A=1, B, 'C=${C:-3}', 'D=${D}']}}}").build
    assert build is not None
    assert build.arguments == {"A": "1", "B": None, "C": "3", "D": None}


def test_a_dockerfile_inside() -> None:
    found = service("""
        services:
          a:
            build:
              context: .
              dockerfile_inline: |
                FROM nvidia/cuda:${CUDA:-12.4.1}-base-ubuntu22.04
                ENV A=$$PATH
        """)
    assert found.dockerfile_inline == "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nENV A=$PATH\n"
    assert found.build is not None
    assert found.build.file is None


def test_every_service_is_read_whatever_its_profiles() -> None:
    text = """
        services:
          a: {image: a}
          b: {image: b, profiles: [gpu]}
          c: {image: c, profiles: [cpu, "debug"]}
        """
    assert [item.name for item in read(text).services] == ["a", "b", "c"]
    assert read(text).services[2].profiles == ("cpu", "debug")
    some = read(text, profiles=["gpu"])
    assert [item.name for item in some.services] == ["a", "b"]
    assert some.notes == ("compose.yaml:5: service c is left out: none of its profiles is on",)
    assert [item.name for item in read(text, profiles=[]).services] == ["a"]
    assert len(read(text, profiles=["*"]).services) == 3


def test_services_that_only_change_others_are_left_out_with_a_note() -> None:
    found = read("""
        services:
          a:
            deploy: {resources: {reservations: {devices: [{count: all, capabilities: [gpu]}]}}}
          b: {runtime: nvidia}
          c: {image: c}
        """)
    assert [item.name for item in found.services] == ["c"]
    assert found.problems == ()
    (note,) = found.notes
    assert note.startswith("compose.yaml:3: a, b have neither image nor build")


def test_a_service_that_others_extend_is_no_change_of_another_file() -> None:
    found = read(
        "services: {base: {runtime: nvidia}, a: {extends: base, image: a}, b: {extends: {service: base}, image: b}}"
    )
    assert [item.launch.runtime.get() for item in found.services] == ["nvidia", "nvidia"]
    assert found.notes == ()


@pytest.mark.parametrize("text", ["services:\n", "services: {}\n", "include: [x.yaml]\n", "services: {a: }\n"])
def test_files_without_a_service(text: str) -> None:
    assert read(text, {"x.yaml": "services: {}"}).services == ()


def test_a_real_stack() -> None:
    """A video service beside its trainer, in the words that public files use."""
    found = read(
        """
        name: vision

        x-logging: &logging
          driver: json-file
          options: {max-size: 10m}

        x-gpu: &gpu
          deploy:
            resources:
              reservations:
                devices:
                  - driver: nvidia
                    count: ${GPU_COUNT:-1}
                    capabilities: [gpu, compute, utility, video]

        services:
          decoder:
            <<: *gpu
            build:
              context: .
              dockerfile: docker/decoder.Dockerfile
              args:
                - BASE=nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04
            image: registry.example.org/decoder:${TAG:-latest}
            logging: *logging
            ipc: host
            ulimits:
              memlock: -1
              stack: 67108864
            environment:
              NVIDIA_VISIBLE_DEVICES: all
              NVIDIA_DRIVER_CAPABILITIES: compute,utility,video
            volumes:
              - ./models:/models:ro
              - type: bind
                source: /tmp/.X11-unix
                target: /tmp/.X11-unix
            ports:
              - "8554:8554"
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost:8554/health || exit 1"]
            restart: unless-stopped
            depends_on:
              redis: {condition: service_healthy}
          redis:
            image: redis:7-alpine
            command: ["redis-server", "--appendonly", "yes"]

        volumes: {cache: {}}
        networks: {default: {driver: bridge}}
        """
    )
    assert (found.problems, found.notes) == ((), ())
    decoder, redis = found.services
    assert decoder.launch.gpus.need() == "1"
    assert decoder.launch.gpu_capabilities.need() == ("compute", "utility", "video")
    assert decoder.launch.ulimits.need() == {"memlock": -1, "stack": 67108864}
    assert decoder.launch.volumes.need() == ("./models:/models:ro", "/tmp/.X11-unix:/tmp/.X11-unix")
    assert decoder.build is not None
    assert decoder.build.arguments == {"BASE": "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"}
    assert redis.launch.gpus.is_absent
    assert redis.launch.command.need() == ("redis-server", "--appendonly", "yes")
