"""Hosts as users state them: options, words, settings, documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from envdoctor.facts import Host
from envdoctor.hosts import HostError, HostUnreadable, resolve_hosts
from envdoctor.matrix import Matrix

MATRIX = Matrix.load()


def resolve(
    *hosts: str,
    driver: str | None = None,
    gpus: Sequence[str] = (),
    named: Mapping[str, Mapping[str, object]] | None = None,
    notices: list[str] | None = None,
) -> tuple[Host, ...]:
    return resolve_hosts(hosts=hosts, driver=driver, gpus=gpus, named=named or {}, matrix=MATRIX, notices=notices)


def one(*hosts: str, driver: str | None = None, gpus: Sequence[str] = ()) -> Host:
    (host,) = resolve(*hosts, driver=driver, gpus=gpus)
    return host


def refusal(*hosts: str, driver: str | None = None, gpus: Sequence[str] = ()) -> str:
    with pytest.raises(HostError) as caught:
        resolve(*hosts, driver=driver, gpus=gpus)
    assert not isinstance(caught.value, HostUnreadable)
    message = str(caught.value)
    assert message.isprintable()
    return message


def unreadable(path: str) -> str:
    with pytest.raises(HostUnreadable) as caught:
        resolve(path)
    assert str(caught.value).isprintable()
    return str(caught.value)


def capabilities(host: Host) -> list[str | None]:
    return [gpu.compute_capability.get() for gpu in host.gpus.need()]


# --- --driver and --gpu ---


def test_nothing_stated_is_no_host() -> None:
    assert resolve() == ()


def test_driver_and_gpu_are_one_host() -> None:
    host = one(driver="470.57.02", gpus=["T4"])
    assert host.stated
    assert host.name == "T4, driver 470.57.02"
    assert (host.driver.get(), str(host.driver.origin)) == ("470.57.02", "--driver")
    assert (host.driver_cuda.get(), str(host.driver_cuda.origin)) == ("11.4", "driver branch R470 (matrix)")
    (gpu,) = host.gpus.need()
    assert (gpu.compute_capability.get(), gpu.brand.get(), gpu.forward_compat.get()) == ("7.5", "tesla", True)


def test_only_a_driver() -> None:
    host = one(driver="R535")
    assert host.driver.need() == "535"
    assert host.gpus.is_unknown


def test_only_a_gpu() -> None:
    host = one(gpus=["NVIDIA GeForce RTX 3090"])
    assert host.driver.is_unknown
    assert host.driver_cuda.is_unknown
    (gpu,) = host.gpus.need()
    assert (gpu.compute_capability.get(), gpu.brand.get(), gpu.forward_compat.get()) == ("8.6", "geforce", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RTX 4090", ["8.9"]),
        ("A100-SXM4-80GB", ["8.0"]),
        ("8.9", ["8.9"]),
        ("sm_89", ["8.9"]),
        ("SM_90a", ["9.0"]),
        ("compute_120", ["12.0"]),
        ("2x T4", ["7.5", "7.5"]),
        ("4xA100", ["8.0"] * 4),
        ("T4 x2", ["7.5", "7.5"]),
        ("2 × 8.6", ["8.6", "8.6"]),
        ("14.0", ["14.0"]),  # newer than the matrix: not refused
        ("none", []),
    ],
)
def test_gpus_as_people_type_them(text: str, expected: list[str]) -> None:
    host = one(gpus=[text])
    assert capabilities(host) == expected
    assert [gpu.index for gpu in host.gpus.need()] == list(range(len(expected)))


def test_several_gpus_are_numbered() -> None:
    host = one(gpus=["2x T4", "RTX 4090"])
    assert [(gpu.index, gpu.compute_capability.get()) for gpu in host.gpus.need()] == [
        (0, "7.5"),
        (1, "7.5"),
        (2, "8.9"),
    ]
    assert host.name == "2x T4 + RTX 4090"


def test_an_unknown_gpu_gets_the_nearest_names() -> None:
    message = refusal(gpus=["GeForce RTX 4900"])
    assert '"GeForce RTX 4900" is not a GPU that the matrix knows' in message
    assert "GeForce RTX 4090" in message
    assert "compute capability" in message


@pytest.mark.parametrize("text", ["", " ", "x" * 5000, "\x1b[31m", "9.9", "sm_99", "0x T4", "9999x T4", "Voodoo 5"])
def test_gpus_that_are_none(text: str) -> None:
    message = refusal(gpus=[text])
    assert len(message) < 600


def test_an_ambiguous_name_is_unknown_with_the_choices() -> None:
    (gpu,) = one(gpus=["RTX 5000"]).gpus.need()
    assert gpu.compute_capability.is_unknown
    assert "Quadro RTX 5000 (7.5) or RTX 5000 Ada (8.9)" in gpu.compute_capability.reason
    assert gpu.brand.need() == "unknown"  # what all choices agree on stays known


def test_drivers_that_are_none() -> None:
    assert refusal(driver="banana").startswith('--driver: "banana" is not a driver version, expected')
    assert "looks like a CUDA version" in refusal(driver="12.2")


def test_host_and_driver_together_are_ambiguous() -> None:
    assert "both given" in refusal("driver=535", driver="535")


# --- --host in words ---


def test_every_key() -> None:
    host = one(
        "name=edge,driver=470.57.02,gpu=T4,gpu=T4,os=ubuntu22.04,arch=amd64,wsl=no,l4t=no,toolkit=1.17.4,mode=legacy,"
        "engine=Docker"
    )
    assert host.name == "edge (2x T4, driver 470.57.02)"
    assert (host.os_id.get(), host.os_version.get(), host.arch.get()) == ("ubuntu", "22.04", "x86_64")
    assert host.wsl.is_absent
    assert host.l4t.is_absent
    assert (host.toolkit.get(), host.toolkit_version.get(), host.toolkit_mode.get()) == (True, "1.17.4", "legacy")
    assert host.engine.need() == "docker"
    assert str(host.driver.origin) == "--host, driver"


def test_wsl_reports_the_windows_driver() -> None:
    host = one("driver=551.61,wsl=2")
    assert host.is_windows
    assert host.driver_cuda.need() == "12.4"
    assert host.name == "driver 551.61 (WSL 2)"


def test_the_same_number_is_of_no_linux_branch() -> None:
    assert one("driver=551.61").driver_cuda.is_unknown


def test_only_the_drivers_cuda_is_stated() -> None:
    host = one("cuda=12.2")
    assert host.driver.need() == "535"
    assert "derived" in str(host.driver.origin)
    assert host.driver_cuda.need() == "12.2"


@pytest.mark.parametrize("cuda", ["12", "12.7.3.1", "99.9"])
def test_a_cuda_version_that_names_no_branch_derives_nothing_wrong(cuda: str) -> None:
    assert one(f"cuda={cuda}").driver.get() in (None, "565")


def test_a_jetson() -> None:
    host = one("l4t=R35.4.1,gpu=Jetson AGX Orin")
    assert host.name == "Jetson AGX Orin, L4T 35.4.1"
    assert host.arch.need() == "aarch64"
    assert host.driver_cuda.is_unknown
    (gpu,) = host.gpus.need()
    assert gpu.is_tegra


@pytest.mark.parametrize(
    ("text", "os_id", "version"),
    [
        ("ubuntu22.04", "ubuntu", "22.04"),
        ("ubuntu:22.04", "ubuntu", "22.04"),
        ("Debian-12", "debian", "12"),
        ("windows", "windows", None),
        ("windows11", "windows", "11"),
        ("opensuse-leap15.5", "opensuse-leap", "15.5"),
    ],
)
def test_operating_systems(text: str, os_id: str, version: str | None) -> None:
    host = one(f"os={text}")
    assert (host.os_id.get(), host.os_version.get()) == (os_id, version)
    assert host.is_windows is (os_id == "windows")


def test_known_absences_in_words() -> None:
    host = one("driver=none,gpu=none,toolkit=none")
    assert host.driver.is_absent
    assert host.gpus.need() == ()
    assert host.toolkit.need() is False


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("drvier=535", "is not a key; did you mean driver?"),
        ("zzzz=1", "the keys are name, gpu, driver"),
        ("driver=535,driver=550", "driver is stated twice"),
        ("driver=535,T4", '"T4" is not KEY=VALUE'),
        ("driver=", "is not KEY=VALUE"),
        ("driver=535,", "is not KEY=VALUE"),
        ("mode=lagacy", '"lagacy" is not understood; expected one of auto, legacy'),
        ("arch=z80", "expected one of x86_64"),
        ("wsl=3", "expected 1, 2 or no"),
        ("toolkit=new", "expected the version of the NVIDIA Container Toolkit"),
        ("l4t=orin", "expected an L4T release"),
        ("cuda=twelve", "expected the CUDA version"),
        ("os=22.04", "expected a distribution"),
        ("engine=a b", "expected the container engine's name"),
        ("driver=\x1b[31m", "is not a driver version"),
    ],
)
def test_words_that_are_not_understood(words: str, part: str) -> None:
    assert part in refusal(words)


# --- settings ---

EDGE = {"edge": {"driver": "470.57.02", "gpu": ["T4", "T4"], "os": "ubuntu22.04", "wsl": False}, "lab": {"driver": 535}}


def test_all_named_hosts_when_nothing_is_stated() -> None:
    assert [host.name for host in resolve(named=EDGE)] == ["edge (2x T4, driver 470.57.02)", "lab (driver 535)"]


def test_one_named_host() -> None:
    (host,) = resolve("lab", named=EDGE)
    assert (host.driver.get(), str(host.driver.origin)) == ("535", "hosts.lab, driver")


def test_stated_hosts_replace_the_settings() -> None:
    assert [host.name for host in resolve(driver="550", named=EDGE)] == ["driver 550"]


@pytest.mark.parametrize("value", [535.1, None, {"version": "535"}, [["535"]]])
def test_settings_of_other_types(value: object) -> None:
    """535.10 as a number would be 535.1."""
    with pytest.raises(HostError, match=r"hosts\.edge\.driver: .* expected a text in quotes"):
        resolve(named={"edge": {"driver": value}})


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(HostError, match="did you mean edge"):
        resolve("edeg", named=EDGE)


# --- documents ---


def document(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_a_document(tmp_path: Path) -> None:
    path = document(
        tmp_path / "edge.json",
        {"host": {"driver": {"version": "535.104.05"}, "gpus": [{"name": "RTX 4090"}], "colour": 1}},
    )
    notices: list[str] = []
    (host,) = resolve(path, notices=notices)
    assert host.name == "RTX 4090, driver 535.104.05"
    assert str(host.driver.origin) == f"{path}: host.driver.version"
    assert host.driver_cuda.need() == "12.2"
    assert capabilities(host) == ["8.9"]
    assert len(notices) == 1


def test_a_path_with_an_equals_sign_is_a_path(tmp_path: Path) -> None:
    path = document(tmp_path / "a=b.json", {"host": {"driver": {"version": "535"}}})
    assert one(path).driver.need() == "535"


def test_several_hosts(tmp_path: Path) -> None:
    path = document(tmp_path / "edge.json", {"host": {"cpus": 4}})
    assert [host.name for host in resolve(path, "driver=535")] == ["edge.json", "driver 535"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "it is empty"),
        ({"schema": "envdoctor.report/1"}, "is of the schema"),
        ({"host": {"driver": {"version": "banana"}}}, '"banana"'),
        ({"image": {"cuda": "12.4"}}, 'no "host" part'),
        ({"host": {}}, 'no "host" part'),
    ],
)
def test_documents_that_state_no_host(tmp_path: Path, content: object, part: str) -> None:
    assert part in unreadable(document(tmp_path / "host.json", content))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "there is no such file" in unreadable(str(tmp_path / "missing.json"))
    assert "is not a file" in unreadable(str(tmp_path))
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in unreadable(str(binary))
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (5 * 1024 * 1024 + 2))
    assert "is larger than 5 MiB" in unreadable(str(large))


@pytest.mark.parametrize("text", ["", "edge", "a\0b", "\x1b[31m"])
def test_texts_that_are_neither_file_nor_name(text: str) -> None:
    assert "expected local, a name of the settings" in refusal(text)
