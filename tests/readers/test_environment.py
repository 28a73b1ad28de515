"""Environment documents: what is read, what is refused and in which words, and that schema and reader agree."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Facts, Host
from envdoctor.readers import shape
from envdoctor.readers.environment import EnvironmentDocumentError, read_environment, schema, uses_names

CASES = Path(__file__).parents[1] / "cases" / "environments.json"

# The example of the contract, whole.
EXAMPLE: dict[str, Any] = {
    "schema": "envdoctor.environment/1",
    "host": {
        "os": {"id": "ubuntu", "version_id": "22.04"},
        "kernel": "5.15.0-91-generic",
        "arch": "x86_64",
        "wsl": 2,
        "l4t": None,
        "cpus": 32,
        "driver": {"version": "535.104.05", "cuda": "12.2", "kernel_module": "535.104.05", "open_kernel_module": False},
        "gpus": [
            {
                "index": 0,
                "name": "NVIDIA GeForce RTX 4090",
                "brand": "GeForce",
                "compute_capability": "8.9",
                "memory_mib": 24564,
                "mig": False,
                "ecc": True,
                "uncorrected_errors": 0,
                "compute_mode": "default",
                "pci": "0000:65:00",
                "error": None,
            }
        ],
        "engine": {
            "name": "docker",
            "version": "28.2.2",
            "rootless": False,
            "snap": False,
            "runtimes": ["runc", "nvidia"],
            "default_runtime": "runc",
            "cgroup_driver": "systemd",
            "cgroup_version": 2,
        },
        "container_toolkit": {"version": "1.17.4", "mode": "legacy"},
        "device_nodes": ["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"],
        "device_links": True,
        "xids": [{"xid": 79, "pci": "0000:65:00", "gpu": 0, "count": 1, "seconds": 90000}],
        "cdi": [
            {"path": "/etc/cdi/nvidia.yaml", "kind": "nvidia.com/gpu", "devices": ["0", "all"], "driver": "535.104.05"}
        ],
    },
    "image": {
        "reference": "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04",
        "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "arch": "amd64",
        "os": {"id": "ubuntu", "version_id": "22.04"},
        "env": {"NVIDIA_REQUIRE_CUDA": "cuda>=12.4"},
        "labels": {},
        "user": "",
        "cuda": "12.4.1",
        "cudnn": "9.1.0",
        "tensorrt": None,
        "python": "3.10",
        "cuda_compat": "12.4",
        "flavor": "runtime",
    },
    "packages": [
        {
            "name": "torch",
            "version": "2.4.0",
            "cuda": "12.1",
            "manager": "pip",
            "specifier": ">=2.4",
            "index": "https://download.pytorch.org/whl/cu121",
        },
        {"name": "onnxruntime-gpu", "version": "1.19.0", "manager": "pip"},
        {"name": "libcudnn8", "version": "8.9.7.29-1+cuda12.2", "manager": "apt"},
    ],
    "libraries": [{"soname": "libcudnn.so.9", "path": "/usr/lib/x86_64-linux-gnu/libcudnn.so.9", "origin": "system"}],
    "launch": {
        "gpus": "all",
        "runtime": "nvidia",
        "env": {"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"},
        "devices": ["/dev/video0"],
        "shm_size": "64m",
        "ipc": "private",
        "network": "bridge",
        "ulimits": {"memlock": -1},
        "user": "1000:1000",
        "volumes": ["/tmp/.X11-unix:/tmp/.X11-unix"],
        "cpuset_cpus": "0-31",
        "privileged": False,
    },
    "uses": [
        "torch",
        "onnxruntime-cuda",
        "onnxruntime-tensorrt",
        "opencv",
        "opencv-gui",
        "nvdec",
        "nvenc",
        "camera",
        "display",
        "dataloader-workers",
        "nccl",
    ],
    "observed": {
        "torch": {"cuda_available": True, "cudnn": 90100, "arch_list": ["sm_80"]},
        "container": True,
        "cuda": {
            "library": "/usr/lib/x86_64-linux-gnu/libcuda.so.535.104.05",
            "origin": "injected",
            "error": None,
            "cuInit": 0,
            "driver": "12.2",
            "gpus": ["NVIDIA GeForce RTX 4090"],
            "opened": {"/dev/nvidia0": 0},
        },
        "nvml": {"library": True, "error": None, "nvmlInit": 0, "gpu_states": [0]},
        "nvcuvid": {"loadable": False, "error": "libnvcuvid.so.1: cannot open shared object file"},
        "nvidia_encode": {"loadable": True, "error": None},
        "onnxruntime": {
            "available_providers": ["CUDAExecutionProvider"],
            "session_providers": ["CPUExecutionProvider"],
            "warnings": ["libcublasLt.so.12 is missing"],
            "owners": ["onnxruntime-gpu"],
            "package": "onnxruntime-gpu",
            "version": "1.19.0",
            "whole": True,
            "missing": {"cuda": ["libcublasLt.so.12"]},
        },
        "opencv": {
            "importable": False,
            "version": "4.10.0",
            "cuda": False,
            "gui": "GTK",
            "owners": ["opencv-python"],
            "missing": ["libGL.so.1"],
        },
        "user": {"uid": 1000, "groups": [1000], "name": False, "home": "/", "writable": {"/": False}},
        "cgroup": {"version": 2, "driver": "systemd", "memory_bytes": False, "cpus": 2.5, "nvidia_devices": None},
        "cpus": {"cpuset": "0-31", "usable": 32},
        "shared_memory": {"bytes": 67108864, "free_bytes": 67108864},
        "disk": {"/": {"bytes": 1000000, "free_bytes": 1000}},
        "display": {"x11": ":0", "wayland": False, "sockets": ["/tmp/.X11-unix/X0"], "answers": True},
        "ffmpeg": {"path": "/usr/bin/ffmpeg", "hwaccels": ["cuda"], "cuvid": ["h264_cuvid"], "nvenc": ["h264_nvenc"]},
        "cameras": [{"path": "/dev/video0", "openable": False, "error": "Permission denied"}],
    },
}


def facts(document: object) -> Facts:
    read = read_environment(json.dumps(document), "env.json")
    assert read.notices == ()
    return read.facts


def host(**fields: object) -> Host:
    return facts({"host": fields}).host


def refusal(document: object) -> str:
    with pytest.raises(EnvironmentDocumentError) as caught:
        read_environment(document if isinstance(document, str) else json.dumps(document), "env.json")
    message = str(caught.value)
    assert message.startswith("env.json ")
    assert message.isprintable()
    assert len(message) < 2000
    return message


def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


# --- what is read ---


def test_the_contracts_example() -> None:
    read = facts(EXAMPLE)
    assert read.workload == "env.json"
    assert read.host.name == "RTX 4090, driver 535.104.05 (WSL 2)"
    assert read.host.stated
    assert read.host.driver.need() == "535.104.05"
    assert str(read.host.driver.origin) == "env.json: host.driver.version"
    assert (read.host.driver_cuda.get(), read.host.kernel_module.get()) == ("12.2", "535.104.05")
    assert read.host.open_kernel_module.need() is False
    assert (read.host.os_id.get(), read.host.os_version.get(), read.host.wsl.get()) == ("ubuntu", "22.04", 2)
    assert read.host.l4t.is_unknown
    assert (read.host.engine.get(), read.host.engine_version.get()) == ("docker", "28.2.2")
    assert (read.host.toolkit.get(), read.host.toolkit_version.get(), read.host.toolkit_mode.get()) == (
        True,
        "1.17.4",
        "legacy",
    )
    (gpu,) = read.host.gpus.need()
    assert (gpu.name.get(), gpu.brand.get(), gpu.compute_capability.get()) == (
        "NVIDIA GeForce RTX 4090",
        "geforce",
        "8.9",
    )
    assert (gpu.memory_mib, gpu.mig) == (24564, False)


def test_the_contracts_workload() -> None:
    read = facts(EXAMPLE)
    assert read.image.arch.need() == ("amd64",)
    assert (read.image.cuda.get(), read.image.cudnn.get(), read.image.python.get()) == ("12.4.1", "9.1.0", "3.10")
    assert read.image.tensorrt.is_unknown
    assert read.image.user.need() == ""
    assert read.image.env.need() == {"NVIDIA_REQUIRE_CUDA": "cuda>=12.4"}
    torch, ort, cudnn = read.packages.need().items
    assert read.packages.need().complete
    assert (torch.name, torch.version, torch.cuda, torch.specifier, torch.installed) == (
        "torch",
        "2.4.0",
        "12.1",
        ">=2.4",
        True,
    )
    assert torch.index == "https://download.pytorch.org/whl/cu121"
    assert str(ort.origin) == "env.json: packages[1]"
    assert (cudnn.name, cudnn.version, cudnn.manager) == ("libcudnn8", "8.9.7.29-1+cuda12.2", "apt")
    (library,) = read.libraries.need()
    assert (library.soname, library.origin) == ("libcudnn.so.9", "system")
    assert (read.launch.gpus.get(), read.launch.runtime.get(), read.launch.privileged.get()) == ("all", "nvidia", False)
    assert read.uses_stated
    assert "nccl" in read.uses.need()
    assert read.observed["torch"] == {"cuda_available": True, "cudnn": 90100, "arch_list": ["sm_80"]}


def test_an_empty_document_knows_nothing() -> None:
    read = facts({"schema": "envdoctor.environment/1"})
    assert not read.host.stated
    assert not read.launch.stated
    assert not read.uses_stated
    for fact in (read.host.driver, read.host.gpus, read.image.cuda, read.packages, read.libraries, read.uses):
        assert fact.is_unknown


@pytest.mark.parametrize("part", ["host", "image", "packages", "libraries", "launch", "uses", "observed"])
def test_null_is_as_unknown_as_missing(part: str) -> None:
    assert facts({"schema": "envdoctor.environment/1", part: None}) == facts({"schema": "envdoctor.environment/1"})


def test_the_schemas_name_may_be_left_out() -> None:
    assert host(driver={"version": "535"}).driver.need() == "535"


def test_known_absences() -> None:
    read = facts(
        {
            "host": {
                "driver": False,
                "gpus": [],
                "container_toolkit": False,
                "wsl": False,
                "l4t": False,
                "engine": False,
            },
            "packages": [],
            "libraries": [],
            "uses": [],
            "image": {"cuda": False, "cudnn": False, "tensorrt": False, "python": False},
            "launch": {"gpus": False, "runtime": False},
        }
    )
    for fact in (
        read.host.driver,
        read.host.driver_cuda,
        read.host.kernel_module,
        read.host.wsl,
        read.host.l4t,
        read.host.engine,
    ):
        assert fact.is_absent
    assert read.host.gpus.need() == ()
    assert read.host.toolkit.need() is False
    assert read.host.toolkit_version.is_absent
    assert read.host.toolkit_mode.is_absent
    assert not read.host.is_windows
    assert read.packages.need().items == ()
    assert read.packages.need().complete
    assert read.libraries.need() == ()
    assert read.uses.need() == frozenset()
    for fact in (
        read.image.cuda,
        read.image.cudnn,
        read.image.tensorrt,
        read.image.python,
        read.launch.gpus,
        read.launch.runtime,
    ):
        assert fact.is_absent


def test_a_toolkit_of_unknown_version_is_installed() -> None:
    assert host(container_toolkit={}).toolkit.need() is True
    assert host(container_toolkit=True).toolkit.need() is True
    assert host(container_toolkit=None, cpus=1).toolkit.is_unknown


def test_a_mode_that_the_runtime_chooses_is_unknown() -> None:
    mode = host(container_toolkit={"mode": "auto"}).toolkit_mode
    assert mode.is_unknown
    assert "auto" in mode.reason


@pytest.mark.parametrize("version", ["535", "535.104", "535.104.05", "535.247.01", "375.26"])
def test_drivers_may_be_partial(version: str) -> None:
    assert host(driver={"version": version}).driver.need() == version


@pytest.mark.parametrize(
    ("brand", "gate"),
    [
        ("GeForce", "geforce"), ("Tesla", "tesla"), ("TITAN", "titan"), ("Quadro", "quadro"), ("NVS", "nvs"),
        ("GRID", "grid"), ("NVIDIA", "unknown"), ("NVIDIA RTX", "unknown"), ("Quadro RTX", "unknown"), ("Unknown", "unknown"),
        ("Voodoo", None),
    ],
)  # fmt: skip
def test_brands_as_the_start_gate_sees_them(brand: str, gate: str | None) -> None:
    (gpu,) = host(gpus=[{"brand": brand}]).gpus.need()
    assert gpu.brand.get() == gate
    assert gpu.brand.is_known is (gate is not None)


def test_gpus_without_an_index_are_numbered() -> None:
    assert [gpu.index for gpu in host(gpus=[{}, {"index": 7}, {}]).gpus.need()] == [0, 7, 2]


@pytest.mark.parametrize(
    ("arch", "expected"),
    [("amd64", ("amd64",)), (["amd64", "arm64"], ("amd64", "arm64")), ("x86_64", ("amd64",)), ("aarch64", ("arm64",))],
)
def test_image_architectures(arch: object, expected: tuple[str, ...]) -> None:
    assert facts({"image": {"arch": arch}}).image.arch.need() == expected


def test_versions_with_a_distributions_suffix_keep_their_number() -> None:
    image = facts({"image": {"cudnn": "9.1.0.70-1", "cuda": "12.4.1", "python": "3.12.3"}}).image
    assert (image.cudnn.get(), image.cuda.get(), image.python.get()) == ("9.1.0.70", "12.4.1", "3.12.3")
    assert host(container_toolkit={"version": "0.9.0+beta1"}).toolkit_version.need() == "0.9.0"


def test_free_threaded_python_is_another_interpreter() -> None:
    assert facts({"image": {"python": "3.13t"}}).image.python.is_unknown


def test_packages_are_normalised_and_keep_what_is_stated() -> None:
    read = facts(
        {
            "packages": [
                {"name": "Torch_Vision", "version": None, "specifier": ">=0.19"},
                {"name": "onnxruntime-gpu[cuda,cudnn]", "index": "default"},
                {"name": "python3.10", "manager": "apt"},
                {"name": "torch", "cuda": "cu118"},
                {"version": "1.0"},
            ]
        }
    )
    vision, ort, python, torch = read.packages.need().items
    assert (vision.name, vision.version, vision.specifier, vision.manager) == ("torch-vision", None, ">=0.19", None)
    assert (ort.name, ort.extras, ort.index) == ("onnxruntime-gpu", ("cuda", "cudnn"), None)
    assert python.name == "python3.10"
    assert torch.cuda == "11.8"
    assert read.packages.need().gaps == ("packages[4] of env.json has no name",)


@pytest.mark.parametrize(
    ("stated", "expected"), [("all", "all"), (2, "2"), ("device=0", "device=0"), (["0", "1"], "device=0,1"), ([], None)]
)
def test_gpu_requests(stated: object, expected: str | None) -> None:
    request = facts({"launch": {"gpus": stated}}).launch.gpus
    assert request.get() == expected
    assert request.is_known or request.is_absent


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"gpus": [{"name": "Tesla T4"}], "driver": {"version": "470.57.02"}}, "T4, driver 470.57.02"),
        ({"gpus": [{"name": "RTX 5090"}] * 2, "driver": {"version": "570.124.06"}}, "2x RTX 5090, driver 570.124.06"),
        ({"driver": {"version": "535"}}, "driver 535"),
        ({"gpus": [{"name": "A100"}, {"name": "Tesla T4"}]}, "A100 + T4"),
        ({"gpus": [{"compute_capability": "8.9"}]}, "GPU 8.9"),
        ({"gpus": [{"name": "Jetson AGX Orin"}], "l4t": "R35.4.1"}, "Jetson AGX Orin, L4T 35.4.1"),
        ({"gpus": [], "driver": False}, "no GPU, no driver"),
        ({"os": {"id": "Windows"}, "driver": {"version": "551.78"}}, "driver 551.78 (Windows)"),
        ({"driver": {"cuda": "12.2"}}, "a driver of CUDA 12.2"),
        ({"cpus": 4}, "env.json"),
    ],
)
def test_names_of_hosts(fields: dict[str, Any], name: str) -> None:
    assert host(**fields).name == name


def test_unlisted_fields_are_left_out_and_named() -> None:
    read = read_environment('{"host": {"gpuz": [], "driver": {"version": "535"}}, "colour": 1}', "env.json")
    assert read.facts.host.driver.need() == "535"
    assert read.notices == (
        "env.json: host.gpuz is not a field of envdoctor.environment/1 and was left out; did you mean gpus or cpus?",
        "env.json: colour is not a field of envdoctor.environment/1 and was left out",
    )


def test_only_so_many_unlisted_fields_are_named() -> None:
    document = {"host": {f"field{number}": 1 for number in range(50)} | {"cpus": 1}}
    notices = read_environment(json.dumps(document), "env.json").notices
    assert len(notices) == 11
    assert notices[-1] == "env.json: 40 more fields were left out"


def test_names_of_unlisted_fields_are_escaped() -> None:
    (notice,) = read_environment('{"host": {"\\u001b[31m": 1, "cpus": 1}}', "env.json").notices
    assert notice.isprintable()


def test_the_field_cases_are_read_whole() -> None:
    """158 environments from the field: none may be refused or lose a field."""
    cases = json.loads(CASES.read_text())
    check = validator()
    assert len(cases) >= 150
    for name, case in cases.items():
        check.validate(case["environment"])
        assert read_environment(json.dumps(case["environment"]), f"{name}.json").notices == ()


# --- what is refused, and in which words ---


def test_a_driver_that_is_none() -> None:
    assert refusal({"host": {"driver": {"version": "banana"}}}) == (
        'env.json is not a valid environment document: host.driver.version is "banana", expected the NVIDIA driver\'s'
        ' version, such as "535.104.05" or its branch "535". Correct it; `envdoctor schema environment` prints the whole'
        " shape."
    )


def test_a_cuda_version_where_the_driver_belongs() -> None:
    assert "looks like a CUDA version" in refusal({"host": {"driver": {"version": "12.2"}}})


def test_the_device_managers_number() -> None:
    assert "551.61" in refusal({"host": {"driver": {"version": "31.0.15.5161"}}})


def test_several_errors_are_told_at_once_and_at_most_five() -> None:
    gpus = [{"memory_mib": "24 GB", "compute_capability": 8.9}] * 4
    message = refusal({"host": {"gpus": gpus}})
    assert 'host.gpus[0].memory_mib is "24 GB", expected the GPU\'s memory in MiB' in message
    assert 'host.gpus[0].compute_capability is 8.9, expected the compute capability as text, such as "8.9"' in message
    assert message.count(" expected ") == 5
    assert "; and more." in message


def test_an_unknown_use_gets_the_nearest_names() -> None:
    assert "did you mean onnxruntime-cuda" in refusal({"uses": ["onnxruntime-cudaa"]})
    assert "known are torch, onnxruntime" in refusal({"uses": ["quantum"]})


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "it is empty"),
        ("   \n", "it is empty"),
        ("{", "line 1, column 2"),
        ('{\n"host": }', "line 2, column 9"),
        ("\x00\x01\x02", "line 1, column 1"),
        ("[]", "holds a list of 0, not an object"),
        ('"text"', 'holds "text", not an object'),
        ("{}", "names neither its schema nor any field"),
        ('{"name": "left-pad", "version": "1.0"}', "names neither its schema nor any field"),
        ('{"schema": "envdoctor.report/1"}', 'is of the schema "envdoctor.report/1"'),
        ('{"schema": "envdoctor.environment/2"}', 'is of the schema "envdoctor.environment/2"'),
        ('{"schema": 1}', "is of the schema 1"),
        ('{"host": {}, "host": {}}', 'the key "host" is given twice'),
        ('{"host": {"cpus": NaN}}', "NaN is not JSON"),
        ('{"host": {"cpus": Infinity}}', "Infinity is not JSON"),
        ('{"host": {"cpus": 1e999}}', "is too large"),
        ('{"host": {"cpus": ' + "9" * 5000 + "}}", "5000 digits"),
        ("[" * 200_000, "deeper than 64 levels"),
        ('{"observed": ' + '{"a":' * 100 + "1" + "}" * 101, "deeper than 64 levels"),
        ('{"image": {"user": "\\ud800"}}', "lone surrogate"),
        ('{"host": {"wsl": true}}', "host.wsl is true"),
        ('{"host": {"wsl": 3}}', "host.wsl is 3"),
        ('{"host": {"arch": "z80"}}', 'host.arch is "z80"'),
        ('{"host": {"gpus": {"name": "T4"}}}', "host.gpus is an object"),
        ('{"host": {"gpus": [null]}}', "host.gpus[0] is null"),
        ('{"host": []}', "host is a list of 0"),
        ('{"host": {"driver": true}}', "host.driver is true"),
        ('{"image": {"env": {"A": 1}}}', "image.env.A is 1"),
        ('{"image": {"env": {"A\\u001b[2J": 1}}}', 'image.env."A\\u001b[2J" is 1'),
        ('{"host": {"driver": {"version": "\\u202e535"}}}', 'host.driver.version is "\\u202e535"'),
        ('{"host": {"kernel": "' + "x" * 300 + '"}}', 'host.kernel is "xxxx'),
    ],
)
def test_hostile_documents(text: str, part: str) -> None:
    assert part in refusal(text)


def test_a_document_that_is_too_large() -> None:
    assert "are the most that are read" in refusal('{"host": "' + "x" * (6 * 1024 * 1024) + '"}')


def test_a_path_with_control_characters_is_escaped() -> None:
    with pytest.raises(EnvironmentDocumentError) as caught:
        read_environment("", "a\x1b[31m.json")
    assert str(caught.value).isprintable()


def test_a_byte_order_mark_is_no_error() -> None:
    assert read_environment('\ufeff{"host": {"cpus": 4}}', "env.json").facts.host.cpus.need() == 4


# --- schema and reader agree ---


def nodes(node: shape.Schema, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    node = shape.resolved(node, schema())
    assert isinstance(node, dict)
    yield where, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{where}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from nodes(node[keyword], f"{where}[]")


def test_the_schema_uses_only_what_the_reader_understands() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for where, node in nodes(schema()):
        assert set(node) <= shape.KEYWORDS, where


def test_every_field_says_what_is_expected() -> None:
    for where, node in nodes(schema()):
        assert node.get("description"), where


def test_the_example_has_every_field_of_the_schema() -> None:
    """So that the tests above read every field that is promised."""
    promised = {where for where, node in nodes(schema()) if node != {"description": "more, which is let through"}}
    missing = promised - set(paths(EXAMPLE))
    assert {where for where in missing if where} == {
        ".launch.gpus[]", ".image.arch[]", ".launch.ulimits[].soft", ".launch.ulimits[].hard", ".libraries[].version",
        ".image.labels[]",
    }  # fmt: skip


def paths(value: object, where: str = "") -> Iterator[str]:
    yield where
    if isinstance(value, dict):
        free = where.endswith((".env", ".labels", ".ulimits", ".opened", ".writable", ".disk", ".onnxruntime.missing"))
        for key, item in value.items():
            yield from paths(item, f"{where}[]" if free else f"{where}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{where}[]")


def test_uses_names_are_the_schemas() -> None:
    assert set(EXAMPLE["uses"]) | {"onnxruntime"} == set(uses_names())


def accepts(document: object) -> bool:
    try:
        read_environment(json.dumps(document), "env.json")
    except EnvironmentDocumentError:
        return False
    return True


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [
            1,
            2,
            1.0,
            2.0,
            0,
            64,
            "535",
            "12.4.1",
            "8.9",
            "R35.4.1",
            "cu121",
            "cpu",
            "amd64",
            "legacy",
            "torch",
            "",
            "535\n",
        ]
    ),
    st.text(max_size=12),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "version", "name", "index", "mode", "gpus", "soft", "extra"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


def places(value: object) -> Iterator[tuple[object, object]]:
    """Every (container, key) of a document."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from places(item)


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_what_the_schema_accepts_the_reader_accepts_and_the_reverse(data: st.DataObject) -> None:
    document = copy.deepcopy(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(document))))
        container[key] = data.draw(VALUES)  # type: ignore[index]
    assert accepts(document) == VALIDATOR.is_valid(document)


@settings(max_examples=200, deadline=None)
@given(document=VALUES)
def test_any_json_value_is_read_or_refused_in_words(document: object) -> None:
    assert accepts(document) == VALIDATOR.is_valid(document)
    assert accepts({"host": document}) == VALIDATOR.is_valid({"host": document})


VALIDATOR = jsonschema.Draft202012Validator(schema())


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(EnvironmentDocumentError) as caught:
        read_environment(text, "env.json")
    assert str(caught.value).isprintable()
