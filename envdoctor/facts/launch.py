"""How a container is started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envdoctor.facts.fact import NOWHERE, Fact, Origin, unknown


class Reservation(NamedTuple):
    """One entry of a compose service's `deploy.resources.reservations.devices`. `capabilities` None: not given."""

    origin: Origin
    driver: str | None = None
    count: str | None = None  # type: ignore[assignment]  # "all" or a number; as in Gpu
    device_ids: tuple[str, ...] | None = None
    capabilities: tuple[str, ...] | None = None


class Launch(NamedTuple):
    """How the container is started. Unstated parts are assumed ordinary (`--gpus all`) and never open a verdict.

    Of a launch that a script or a compose file declares, an option that is not given is absent, and one that depends
    on run time unknown. `env` holds the values that are known; `passed` the names whose values are only known at run time.
    `gpus` is what --gpus, compose or a CDI device asks for ("all", "2", "device=0,1"); absent: no GPU is asked for.
    """

    stated: bool = False
    how: str = "docker run"  # docker run, podman run, nerdctl run, compose, document
    origin: Origin = NOWHERE
    gpus: Fact[str] = unknown("the GPU request is not stated")
    gpu_capabilities: Fact[tuple[str, ...]] = unknown("the capabilities of the GPU request are not stated")
    reservations: tuple[Reservation, ...] = ()
    runtime: Fact[str] = unknown("the runtime is not stated")
    env: Fact[Mapping[str, str]] = unknown("the launch environment is not stated")
    passed: frozenset[str] = frozenset()
    privileged: Fact[bool] = unknown("whether the container is privileged is not stated")
    devices: Fact[tuple[str, ...]] = unknown(
        "the devices passed are not stated"
    )  # "HOST[:CONTAINER[:rwm]]" or CDI names
    device_cgroup_rules: Fact[tuple[str, ...]] = unknown("the device cgroup rules are not stated")
    shm_size: Fact[int] = unknown("the size of /dev/shm is not stated")  # bytes
    ipc: Fact[str] = unknown("the IPC mode is not stated")  # private, host, shareable, …
    network: Fact[str] = unknown("the network is not stated")  # bridge, host, …
    ports: Fact[tuple[str, ...]] = unknown("the published ports are not stated")  # "8080:80"
    ulimits: Fact[Mapping[str, int]] = unknown("the limits are not stated")  # the soft one; -1 is unlimited
    user: Fact[str] = unknown("the user is not stated")
    group_add: Fact[tuple[str, ...]] = unknown("the additional groups are not stated")
    volumes: Fact[tuple[str, ...]] = unknown(
        "the volumes are not stated"
    )  # "SOURCE:TARGET[:OPTIONS]"; "TARGET" is anonymous
    cpuset_cpus: Fact[str] = unknown("the CPU set is not stated")
    security_opt: Fact[tuple[str, ...]] = unknown("the security options are not stated")
    cap_add: Fact[tuple[str, ...]] = unknown("the added capabilities are not stated")
    entrypoint: Fact[tuple[str, ...]] = unknown("whether the entrypoint is replaced is not stated")
    command: Fact[tuple[str | None, ...]] = unknown("the command is not stated")  # None: a word known only at run time
    workdir: Fact[str] = unknown("the working directory is not stated")
    read_only: Fact[bool] = unknown("whether the root is read-only is not stated")
    tmpfs: Fact[tuple[str, ...]] = unknown("the tmpfs mounts are not stated")
    goes_without: str = ""  # why it may ask for no GPU on purpose: another service of the same image has it
    places: Mapping[str, Origin] = {}  # where a volume, device or variable of several is written, by its text or name

    def place(self, what: str, first: Origin) -> Origin:
        """Where that volume, device or variable is written; `first` is where the first of its kind is."""
        return self.places.get(what, first)
