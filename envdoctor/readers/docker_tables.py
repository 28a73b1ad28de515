"""The options of `docker run` and `docker build`, and which of them take a value.

Sources: https://docs.docker.com/reference/cli/docker/container/run/ ,
https://docs.docker.com/reference/cli/docker/buildx/build/ , https://docs.podman.io/en/latest/markdown/podman-run.1.html ,
https://github.com/containerd/nerdctl/blob/main/docs/command-reference.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Table(NamedTuple):
    flags: frozenset[str]
    valued: frozenset[str]
    short: Mapping[str, str]
    command: str


def _names(text: str) -> frozenset[str]:
    return frozenset(f"--{name}" for name in text.split())


RUN = Table(
    _names(
        "detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet "
        "read-only rm sig-proxy tty use-api-socket "
        "env-host http-proxy no-hostname no-hosts passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all"
    ),
    _names(
        "add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile "
        "cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems "
        "detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns "
        "dns-opt dns-option dns-search domainname entrypoint env env-file expose gpus group-add health-cmd health-interval "
        "health-retries health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip "
        "ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt mac-address memory "
        "memory-reservation memory-swap memory-swappiness mount name net net-alias network network-alias oom-score-adj pid "
        "pids-limit platform publish pull restart runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl "
        "tmpfs ulimit user userns uts volume volume-driver volumes-from workdir "
        "arch authfile cert-dir cgroup-conf chrootdirs conmon-pidfile creds decryption-key gidmap group-entry "
        "health-log-destination health-max-log-count health-max-log-size health-on-failure health-startup-cmd "
        "health-startup-interval health-startup-retries health-startup-success health-startup-timeout hooks-dir hostuser "
        "image-volume init-ctr init-path os passwd-entry personality pidfile pod pod-id-file preserve-fd preserve-fds "
        "rdt-class requires retry retry-delay sdnotify seccomp-policy secret subgidname subuidname systemd "
        "timeout timezone tz uidmap umask unsetenv variant "
        "cosign-key ipfs-address namespace pidfile snapshotter verify"
    ),
    {
        "a": "--attach", "c": "--cpu-shares", "d": "--detach", "e": "--env", "h": "--hostname", "i": "--interactive",
        "l": "--label", "m": "--memory", "p": "--publish", "P": "--publish-all", "q": "--quiet", "t": "--tty",
        "u": "--user", "v": "--volume", "w": "--workdir",
    },
    "docker run",
)  # fmt: skip

BUILD = Table(
    _names(
        "check compress debug disable-content-trust force-rm load no-cache pull push quiet rm squash stream "
        "all-platforms compat-auth-file disable-compression http-proxy identity-label inherit-labels layers "
        "no-hostname no-hosts omit-history rewrite-timestamp skip-unused-stages squash-all stdin tls-verify"
    ),
    _names(
        "add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent cgroupns "
        "cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems file iidfile isolation label memory memory-swap "
        "metadata-file network no-cache-filter output platform policy progress provenance sbom secret security-opt shm-size "
        "ssh tag target ulimit "
        "arch authfile build-arg-file cap-add cap-drop cert-dir cpp-flag creds decryption-key device dns dns-option "
        "dns-search env format from group-add hooks-dir ignorefile ipc isolation jobs logfile manifest os os-feature "
        "os-version retry retry-delay runtime runtime-flag sign-by timestamp unsetenv userns userns-gid-map "
        "userns-uid-map uts variant volume"
    ),
    {"f": "--file", "t": "--tag", "q": "--quiet", "m": "--memory", "c": "--cpu-shares", "o": "--output", "v": "--volume",
     "D": "--debug", "l": "--label"},
    "docker build",
)  # fmt: skip
