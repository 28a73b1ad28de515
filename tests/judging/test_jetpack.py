"""Which Jetson hosts an image runs on."""

from __future__ import annotations

import pytest

from envdoctor.facts import FactUnknown
from envdoctor.judging import jetpack
from tests.rules.vocabulary import MATRIX

NGC = "nvcr.io/nvidia/pytorch"
L4T = "nvcr.io/nvidia/l4t-jetpack"
OLD = "nvcr.io/nvidia/l4t-pytorch"


@pytest.mark.parametrize(
    ("reference", "stated"),
    [
        (f"{NGC}:24.08-py3-igpu", "6.0"),
        (f"{NGC}:25.06-py3-igpu", "6.2"),
        (f"{NGC}:25.11-py3-igpu", "7.0"),
        (f"{NGC}:25.11-py3", "7.0"),  # JetPack 7 runs the server's build
        (f"{NGC}:24.08-py3", None),
        (f"{NGC}:23.11-py3-igpu", None),  # NVIDIA's table has a dash there
        (f"{L4T}:r36.4.0", None),
        (None, None),
    ],
)
def test_the_jetpack_that_nvidia_names(reference: str | None, stated: str | None) -> None:
    assert jetpack.named(reference, MATRIX) == stated


@pytest.mark.parametrize(
    ("tag", "host", "covered"),
    [
        ("24.08-py3-igpu", "36.3", True),
        ("24.08-py3-igpu", "36.4", True),
        ("25.01-py3-igpu", "36.3", False),
        ("25.06-py3-igpu", "36.4", False),  # may be 36.4.0, JetPack 6.1
        ("25.06-py3-igpu", "36.4.0", False),
        ("25.06-py3-igpu", "36.4.3", True),
        ("25.06-py3-igpu", "36.4.7", True),
        ("25.06-py3-igpu", "36.5", True),
        ("24.08-py3-igpu", "38.2", False),
        ("25.12-py3", "38.2", False),
        ("25.12-py3", "38.4", True),
        ("25.12-py3", "39.2", True),
        ("24.08-py3-igpu", "35.4.1", False),
        ("24.08-py3-igpu", "99.1", False),
    ],
)
def test_named_for_a_jetpack_it_runs_on_later_ones_of_the_major(tag: str, host: str, covered: bool) -> None:
    assert jetpack.covers(f"{NGC}:{tag}", host, MATRIX) is covered


def test_the_boards_of_a_jetpack() -> None:
    assert jetpack.capabilities(f"{NGC}:25.01-py3-igpu", MATRIX) == ("8.7",)
    assert jetpack.capabilities(f"{NGC}:25.12-py3-igpu", MATRIX) == ("11.0",)
    assert jetpack.capabilities(f"{NGC}:24.02-py3-igpu", MATRIX) == ()


@pytest.mark.parametrize(
    ("release", "said"),
    [("36.4", "JetPack 6.1 or later"), ("36.4.3", "JetPack 6.2"), ("36.4.7", "JetPack 6.2 or later")],
)
def test_the_jetpack_of_a_host_in_words(release: str, said: str) -> None:
    assert jetpack.of_host(release, MATRIX) == said


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        (f"{L4T}:r35.2.1", "35.4.1"),
        (f"{L4T}:r35.4.1", "35"),
        (f"{L4T}:r36.2.0", "36.3"),
        (f"{L4T}:r36.4.0", "36.4.3"),
        (f"{L4T}:r36.4.0", "36.5"),
        (f"{OLD}:r32.7.1-pth1.10-py3", "32.7.4"),
        (f"{OLD}:r32.4.3-pth1.6-py3", "32.4.3"),
        (f"{NGC}:24.08-py3-igpu", "36.4"),
        (f"{NGC}:26.04-py3", "39.2"),
        ("nvcr.io/nvidia/tritonserver:24.12-py3-igpu", "36.4.3"),
        ("nvidia/cuda:12.2.2-base-ubuntu22.04", "36.4"),
        (None, "36.4"),
    ],
)
def test_it_is_made_for_the_host(reference: str | None, host: str) -> None:
    jetpack.made_for_host(reference, host, MATRIX)
    assert jetpack.never_runs(reference, host, MATRIX) is None


@pytest.mark.parametrize(
    ("reference", "host", "reason"),
    [
        (f"{L4T}:r36.2.0", "36.4", "is made for L4T 36.2.0"),
        (f"{L4T}:r36.4.0", "36.3", "is made for L4T 36.4.0"),
        (f"{L4T}:r36.4.0", "36", "is made for L4T 36.4.0"),  # 36.2 or 36.4
        (f"{OLD}:r32.4.3-pth1.6-py3", "32.7.1", "is made for L4T 32.4.3"),
        (f"{OLD}:r32.7.1-pth1.10-py3", "32", "is made for L4T 32.7.1"),
        (f"{L4T}:r36.4.0", "39.2", "is made for L4T 36.4.0"),
        (f"{NGC}:25.06-py3-igpu", "36.4", "NVIDIA names JetPack 6.2"),
        (f"{NGC}:24.02-py3-igpu", "36.4", "for which JetPack"),
        (f"{NGC}:24.08-py3", "36.4", "build for servers"),
    ],
)
def test_nobody_says_that_it_runs_there(reference: str, host: str, reason: str) -> None:
    with pytest.raises(FactUnknown, match=reason):
        jetpack.made_for_host(reference, host, MATRIX)
    assert jetpack.never_runs(reference, host, MATRIX) is None


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        (f"{L4T}:r35.4.1", "36.4.3"),
        ("dustynv/l4t-ml:r35.4.1", "36.4.0"),  # measured: https://github.com/dusty-nv/jetson-containers/issues/725
        (f"{L4T}:r36.2.0", "35.4.1"),
        ("nvcr.io/nvidia/l4t-ml:r34.1.0-py3", "32.6.1"),  # issue 149
    ],
)
def test_cuda_does_not_start_in_an_image_of_another_jetpack(reference: str, host: str) -> None:
    assert jetpack.never_runs(reference, host, MATRIX) is not None
