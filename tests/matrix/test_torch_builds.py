"""What must hold between the rows of PyTorch's builds, and between them and their companions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from envdoctor.judging.code import Coverage, coverage
from envdoctor.matrix import Matrix, rows
from envdoctor.versions import minor, parse

MATRIX = Matrix.load()
X86, ARM, WINDOWS = "linux_x86_64", "linux_aarch64", "win_amd64"

# The variants that PyTorch announced for each release, RELEASE.md and the page of previous versions; the CUDA of PyPI's
# wheels first. Those for Arm came to the announced ones with 2.9.
ANNOUNCED = {
    "1.13": "11.7 11.6",
    "2.0": "11.7 11.8",
    "2.1": "12.1 11.8",
    "2.2": "12.1 11.8",
    "2.3": "12.1 11.8",
    "2.4": "12.1 11.8 12.4",
    "2.5": "12.4 11.8 12.1",
    "2.6": "12.4 11.8 12.6",
    "2.7": "12.6 11.8 12.8",
    "2.8": "12.8 12.6 12.9",
    "2.9": "12.8 12.6 13.0",
    "2.10": "12.8 12.6 13.0",
    "2.11": "13.0 12.6 12.8",
    "2.12": "13.0 12.6 13.2",
    "2.13": "13.0 12.6 13.2",
    "2.14": "13.0 12.6 13.2",
}
# Built without being announced: the row says who saw it.
BESIDES = {X86: {("12.9", release) for release in ("2.9", "2.10", "2.11", "2.12", "2.13")}, ARM: set(), WINDOWS: set()}
CAPABILITIES = [capability for row in MATRIX.architectures() for capability in row.capabilities]


def builds(platform: str = X86) -> tuple[rows.TorchRow, ...]:
    """Oldest first."""
    return MATRIX.torch(platform)[::-1]


def every() -> Iterator[rows.TorchRow]:
    return itertools.chain(*(builds(platform) for platform in (X86, ARM, WINDOWS)))


def native(row: rows.TorchRow, capability: str) -> bool:
    return coverage(capability, row.sm or (), ()) is Coverage.NATIVE


@pytest.mark.parametrize("release", ANNOUNCED)
def test_every_announced_variant_of_a_release_has_a_row_for_each_patch(release: str) -> None:
    announced = ANNOUNCED[release].split()
    versions = {row.version for row in builds() if minor(row.version) == release}
    assert versions
    for version, platform in itertools.product(versions, (X86, WINDOWS, ARM)):
        if platform == ARM and parse(release) < (2, 9):
            continue
        held = {row.cuda for row in builds(platform) if row.version == version} - {None}
        assert set(announced) <= held, (version, platform)
        assert {(cuda, release) for cuda in held - set(announced)} <= BESIDES[platform], (version, platform)
    defaults = {row.cuda for row in builds() if row.default and row.version in versions}
    assert defaults == {announced[0]}


def test_exactly_one_default_per_version_and_platform() -> None:
    for platform in (X86, ARM, WINDOWS):
        for version, group in itertools.groupby(builds(platform), key=lambda row: row.version):
            assert sum(row.default for row in group) == 1, (platform, version)


def test_the_default_is_the_build_that_pypi_holds() -> None:
    for row in every():
        if row.indexes is None:
            assert "index was not read" in (row.note or ""), row
        else:
            assert ("pypi" in row.indexes) == row.default, row
            own = f"cu{row.cuda.replace('.', '')}" if row.cuda else "cpu"
            assert set(row.indexes) <= {"pypi", own, "torch_stable.html"}, row


def test_code_that_a_build_holds_can_be_built_by_its_cuda() -> None:
    for row in every():
        if row.cuda is None:
            continue
        assert MATRIX.toolkits(row.cuda), row
        window = MATRIX.window(row.cuda)
        assert window is not None, row
        assert {*(row.sm or ()), *(row.ptx or ())} <= set(window.sm), row


@pytest.mark.parametrize("platform", [X86, ARM, WINDOWS])
def test_a_variant_loses_a_gpu_between_releases_only_where_the_row_says_so(platform: str) -> None:
    known = [row for row in builds(platform) if row.cuda and row.sm]
    for cuda in {row.cuda for row in known}:
        same = [row for row in known if row.cuda == cuda]
        for older, newer in itertools.pairwise(same):
            lost = [each for each in CAPABILITIES if native(older, each) and not native(newer, each)]
            assert not lost or ("dropped" in (newer.note or "") and newer.source), (older, newer, lost)


@pytest.mark.parametrize(
    ("capability", "platform", "torch", "cuda"),
    [
        ("12.0", X86, "2.7.0", "12.8"),  # RTX 50
        ("12.1", X86, "2.7.0", "12.8"),  # GB10, by the code for 12.0
        ("10.0", X86, "2.7.0", "12.8"),  # B200
        ("9.0", X86, "2.0.0", "11.8"),  # H100
        ("8.6", X86, "1.8.0", "11.1"),  # RTX 30
        ("8.9", X86, "1.8.0", "11.1"),  # RTX 40, by the code for 8.6
        ("10.0", ARM, "2.7.0", "12.8"),  # GB200
        ("9.0", ARM, "2.7.0", "12.8"),  # GH200; what 2.5 and 2.6 hold was not read
        ("11.0", ARM, "2.9.0", "13.0"),  # Thor
    ],
)
def test_the_oldest_build_with_code_for_a_gpu(capability: str, platform: str, torch: str, cuda: str) -> None:
    running = [row for row in builds(platform) if native(row, capability)]
    assert (running[0].version, running[0].cuda) == (torch, cuda)
    before = [row for row in builds(platform) if parse(row.version) < parse(torch) and row.cuda and row.sm]
    assert before or platform == ARM
    assert all(coverage(capability, row.sm or (), row.ptx or ()) is Coverage.NONE for row in before)


@pytest.mark.parametrize(
    ("capability", "default", "newest", "cuda"),
    [
        ("3.7", "2.0.1", "2.7.1", "11.8"),  # K80
        ("5.2", "2.7.1", "2.14.1", "12.6"),  # GTX 9xx
        ("6.1", "2.7.1", "2.14.1", "12.6"),  # GTX 10xx
        ("7.0", "2.10.0", "2.14.1", "12.6"),  # V100
        ("7.5", "2.15.0", "2.15.0", "13.2"),  # T4
    ],
)
def test_the_newest_build_with_code_for_a_gpu(capability: str, default: str, newest: str, cuda: str) -> None:
    running = [row for row in builds() if native(row, capability)]
    assert [row.version for row in running if row.default][-1] == default
    assert (running[-1].version, running[-1].cuda) == (newest, cuda)


@pytest.mark.parametrize(
    ("torch", "platform", "cuda", "gpu", "answer"),
    [
        ("2.7.1", X86, "12.6", "12.0", Coverage.NONE),  # RTX 5090 with what PyPI serves of 2.7
        ("2.7.1", X86, "12.8", "12.0", Coverage.NATIVE),
        ("2.7.1", X86, "12.8", "7.0", Coverage.NONE),  # V100: 2.7 for 12.8 starts at 7.5, 2.8 has 7.0 again
        ("2.8.0", X86, "12.8", "7.0", Coverage.NATIVE),
        ("2.8.0", X86, "12.8", "6.1", Coverage.NONE),  # GTX 10xx
        ("2.8.0", X86, "12.6", "6.1", Coverage.NATIVE),
        ("2.11.0", X86, "12.8", "7.0", Coverage.NONE),
        ("2.15.0", X86, "13.2", "7.0", Coverage.NONE),
        ("2.9.1", ARM, "12.8", "11.0", Coverage.NONE),  # measured on a Thor by others
        ("2.9.1", ARM, "13.0", "11.0", Coverage.NATIVE),
        ("2.9.1", ARM, "12.8", "10.0", Coverage.NATIVE),  # GB200
        ("2.9.0", WINDOWS, "12.8", "12.0", Coverage.NATIVE),
        ("2.6.0", WINDOWS, "12.6", "12.0", Coverage.NONE),
    ],
)
def test_named_cases(torch: str, platform: str, cuda: str, gpu: str, answer: Coverage) -> None:
    [row] = [row for row in builds(platform) if (row.version, row.cuda) == (torch, cuda)]
    assert coverage(gpu, row.sm or (), row.ptx or ()) is answer


def test_every_torch_since_1_7_has_both_companions() -> None:
    for version in {row.version for row in builds() if parse(row.version) >= (1, 7)}:
        for name in ("torchvision", "torchaudio"):
            found = MATRIX.companion_for(name, version)
            assert found in {row.version for row in MATRIX.companions(name)}, (name, version)


@pytest.mark.parametrize(
    ("name", "torch", "companion"),
    [
        ("torchvision", "1.13.1", "0.14.1"),
        ("torchvision", "2.0.0", "0.15.1"),  # 0.15.0 asked for 2.0.0+cu117
        ("torchaudio", "2.0.0", "2.0.1"),
        ("torchaudio", "2.0.1", "2.0.2"),
        ("TorchVision", "2.4.0+cu121", "0.19.0"),
        ("torchvision", "2.14.0", "0.29.0"),  # 0.29.1 would take it too
        ("torchvision", "2.14.1", "0.29.1"),
        ("torchvision", "2.15.0", "0.29.2"),
        ("torchaudio", "2.10.0", "2.10.0"),
        ("torchaudio", "2.11.0", "2.11.0"),
        ("torchaudio", "2.15.0", "2.11.0"),  # the last one, on the stable ABI
    ],
)
def test_the_companion_of_a_torch(name: str, torch: str, companion: str) -> None:
    assert MATRIX.companion_for(name, torch) == companion


@pytest.mark.parametrize(
    ("name", "torch"),
    [
        ("torchvision", "2.16.0"),
        ("torchaudio", "2.16.0"),  # newer than the table
        ("torchvision", "1.6.0"),
        ("torchvision", "2.4"),
        ("torchvision", ""),
        ("torchtext", "2.3.0"),
        ("torchvision", "2.6.0a0+df5bbc09d1"),  # NVIDIA's own build
    ],
)
def test_a_companion_that_is_not_known(name: str, torch: str) -> None:
    assert MATRIX.companion_for(name, torch) is None


def test_a_loose_requirement_says_what_it_was_released_for() -> None:
    for name in ("torchvision", "torchaudio"):
        for row in MATRIX.companions(name):
            assert row.torch.startswith("==") == (row.pairs is None), row
            assert row.pairs is None or row.note, row
