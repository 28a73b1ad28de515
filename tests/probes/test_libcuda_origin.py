"""Where a libcuda comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.probes.libcuda_origin import is_mounted, origin, release

RECORDINGS = Path(__file__).parents[1] / "recordings"
LIBCUDA = "/usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05"


@pytest.mark.parametrize(
    ("recording", "path", "expected"),
    [
        ("container-given-a-gpu", LIBCUDA, ("injected", "")),
        ("container-with-own-driver", LIBCUDA, ("package", "libnvidia-compute-535")),
        ("container-with-own-driver", "/opt/x/libcuda.so.1", ("file", "")),
        ("container-given-a-gpu", "/usr/local/cuda-12.4/compat/libcuda.so.550.54.15", ("compat", "")),
        ("container-given-a-gpu", "/usr/local/cuda/lib64/stubs/libcuda.so", ("stub", "")),
        ("wsl2", "/usr/lib/wsl/lib/libcuda.so.1", ("wsl", "")),
        ("laptop-without-nvidia", LIBCUDA, ("file", "")),
    ],
)
def test_origins(recording: str, path: str, expected: tuple[str, str]) -> None:
    assert origin(str(RECORDINGS / recording), path) == expected


def test_a_mount_point_is_compared_whole() -> None:
    line = "640 612 8:1 / /usr/lib/my\\040libs/libcuda.so.1 ro - ext4 /dev/sda1 rw"
    assert is_mounted(line, "/usr/lib/my libs/libcuda.so.1")
    assert not is_mounted(line, "/usr/lib/my libs/libcuda.so")
    assert not is_mounted("", "/")


def test_releases() -> None:
    assert release(LIBCUDA) == "535.104.05"
    assert release("/usr/lib/libcuda.so.1") == ""
