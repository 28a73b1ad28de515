"""How a compose service asks for GPUs: https://docs.docker.com/compose/how-tos/gpu-support/ ."""

from __future__ import annotations

import textwrap

import pytest

from envdoctor.facts import Launch, Reservation
from tests.readers.compose.reading import launch, of, read


def reserved(devices: str) -> str:
    inner = textwrap.indent(textwrap.dedent(devices).strip("\n"), " " * 10)
    return f"deploy:\n  resources:\n    reservations:\n      devices:\n{inner}\n"


def asks(found: Launch) -> tuple[str | None, tuple[str, ...] | None]:
    return found.gpus.get(), found.gpu_capabilities.get()


@pytest.mark.parametrize(
    "keys",
    [
        "ipc: host\n",
        "deploy: {replicas: 1}\n",
        "deploy: {resources: {limits: {cpus: '2', memory: 4G}}}\n",
        "deploy: {resources: {reservations: {cpus: '2', devices: null}}}\n",
        "runtime: nvidia\n",
        "devices: [/dev/video0]\n",
    ],
)
def test_no_gpu_is_asked_for(keys: str) -> None:
    found = launch(keys)
    assert found.gpus.is_absent
    assert found.gpu_capabilities.is_absent
    assert found.reservations == ()


def test_the_form_of_the_documentation() -> None:
    found = launch(reserved("- driver: nvidia\n  count: all\n  capabilities: [gpu]\n"))
    assert asks(found) == ("all", None)
    assert found.gpus.origin.label == "compose.yaml:8"
    (entry,) = found.reservations
    assert entry == Reservation(found.gpus.origin, "nvidia", "all", None, ("gpu",))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{count: 1, capabilities: [gpu]}", ("1", None)),
        ('{count: "2", capabilities: ["gpu"]}', ("2", None)),
        ("{count: -1, capabilities: [gpu]}", ("all", None)),
        ("{capabilities: [gpu]}", ("all", None)),
        ("{driver: nvidia, device_ids: ['0', '3'], capabilities: [gpu]}", ("device=0,3", None)),
        ("{device_ids: ['${GPU_ID:-1}'], capabilities: [gpu]}", ("device=1", None)),
        ("{count: '${GPUS:-all}', capabilities: [gpu]}", ("all", None)),
        ("{count: all, capabilities: [gpu, video]}", ("all", ("video",))),
        ("{count: all, capabilities: [gpu, compute, utility, video]}", ("all", ("compute", "utility", "video"))),
        ("{driver: nvidia, count: 1, capabilities: [nvidia, compute]}", ("1", ("compute",))),
        ("{driver: cdi, device_ids: ['nvidia.com/gpu=all']}", ("all", None)),
        ("{driver: cdi, device_ids: ['nvidia.com/gpu=0', 'nvidia.com/gpu=1']}", ("device=0,1", None)),
        ("{count: 1, device_ids: ['0'], capabilities: [gpu]}", ("device=0,count=1", None)),
    ],
)
def test_reservations(entry: str, expected: tuple[str, tuple[str, ...] | None]) -> None:
    assert asks(launch(reserved(f"- {entry}"))) == expected


def test_several_reservations_are_one() -> None:
    one, two = "- {device_ids: ['0'], capabilities: [gpu]}\n", "- {device_ids: ['2'], capabilities: [gpu]}\n"
    assert launch(reserved(one + two)).gpus.get() == "device=0,2"
    assert launch(reserved(one + "- {count: all, capabilities: [gpu]}\n")).gpus.get() == "all"
    assert launch(reserved("- {count: 1, capabilities: [gpu]}\n" * 2)).gpus.get() == "2"


@pytest.mark.parametrize(
    "entry", ["{driver: nvidia, count: all}", "{count: 1, capabilities: [tpu]}", "{driver: amd, capabilities: [gpu]}"]
)
def test_a_reservation_that_asks_for_no_nvidia_gpu(entry: str) -> None:
    found = launch(reserved(f"- {entry}"))
    assert found.gpus.is_absent
    assert found.gpus.origin.line == 8
    assert len(found.reservations) == 1


def test_a_reservation_tells_what_is_not_given() -> None:
    (entry,) = launch(reserved("- {driver: nvidia, count: 1, device_ids: ['0']}")).reservations
    assert (entry.count, entry.device_ids, entry.capabilities) == ("1", ("0",), None)


@pytest.mark.parametrize(
    "keys",
    [
        reserved("- {count: '${GPUS}', capabilities: [gpu]}"),
        reserved("- {device_ids: ['${GPU}'], capabilities: [gpu]}"),
        reserved("- {count: 1, capabilities: ['${WHAT}']}"),
        "gpus: ${GPUS}\n",
        "deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 1}}]}}}\n",
    ],
)
def test_what_run_time_decides_is_not_known(keys: str) -> None:
    assert launch(keys).gpus.is_unknown


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("gpus: all\n", ("all", None)),
        ("gpus: [{count: 2}]\n", ("2", None)),
        ("gpus:\n  - driver: nvidia\n    device_ids: ['1']\n", ("device=1", None)),
        ("gpus: [{capabilities: [video]}]\n", ("all", ("video",))),
        ("devices: ['nvidia.com/gpu=all', /dev/video0]\n", ("all", None)),
        ("devices: ['nvidia.com/gpu=1']\nruntime: nvidia\n", ("device=1", None)),
    ],
)
def test_gpus_and_cdi_devices(keys: str, expected: tuple[str, tuple[str, ...] | None]) -> None:
    found = launch(keys)
    assert asks(found) == expected
    assert found.reservations == ()
    assert found.gpus.origin.line == 4


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (reserved("- {count: lots, capabilities: [gpu]}"), "count of a device is 'lots', expected all or a number"),
        (
            reserved("- {count: 1, capabilities: gpu}"),
            "capabilities of a device of service app is a text, expected a list",
        ),
        (reserved("- {capabilities: [gpu], device_ids: '0'}"), "device_ids of a device of service app is a text"),
        (reserved("- nvidia"), "a reserved device of service app is a text"),
        ("deploy: {resources: {reservations: {devices: {capabilities: [gpu]}}}}\n", "devices of service app is a map"),
        ("deploy: {resources: [x]}\n", "what holds reservations of service app is a list"),
        ("gpus: some\n", "gpus of service app is a text, expected all"),
        ("gpus: {count: 1}\n", "gpus of service app is a map, expected all"),
    ],
)
def test_what_compose_refuses_is_a_problem(keys: str, told: str) -> None:
    found = read(of(keys))
    (problem,) = found.problems
    assert told in problem
    assert found.services[0].image.need() == "app:1"
