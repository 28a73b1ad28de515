"""What an image holds: package lists, the loader's cache, variables; and which of their values may be shown."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from envdoctor.probes import distributions, dpkg, image, installed, library_folders, variables
from envdoctor.probes.library_folders import parse_cache
from envdoctor.probes.variables import may_be_shown

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def touch(root: Path, *paths: str, text: str = "") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def seen(root: Path, **environment: str) -> image.ImageFacts:
    return image.probe(str(root), environment, library_folders.system(str(root), environment))


def status(root: Path, **packages: str) -> None:
    lines = [
        f"Package: {name.replace('_', '-')}\nStatus: install ok installed\nVersion: {version}\n"
        for name, version in packages.items()
    ]
    touch(root, "var/lib/dpkg/status", text="\n".join(lines))
    dpkg.installed.cache_clear()


def test_an_image_without_cuda_has_none_where_that_can_be_told(tmp_path: Path) -> None:
    touch(tmp_path, f"{LIBRARIES}/libc.so.6")
    status(tmp_path, bash="5.1")
    facts = seen(tmp_path)
    assert facts.cuda.is_absent
    assert facts.cudnn.is_absent
    assert facts.tensorrt.is_absent


def test_an_image_that_cannot_be_looked_at_has_an_unknown_cuda(tmp_path: Path) -> None:
    assert seen(tmp_path).cuda.is_unknown


def test_the_variable_of_nvidias_images(tmp_path: Path) -> None:
    assert seen(tmp_path, CUDA_VERSION="12.4.1").cuda.need() == "12.4.1"
    assert seen(tmp_path, CUDA_VERSION="12.4.0.041").cuda.need() == "12.4.0"  # NGC
    assert seen(tmp_path, CUDA_VERSION="banana").cuda.is_unknown


def test_what_is_installed_wins_over_a_variable_that_was_left_behind(tmp_path: Path) -> None:
    status(tmp_path, cuda_cudart_12_8="12.8.57-1")
    assert seen(tmp_path, CUDA_VERSION="12.4.1").cuda.need() == "12.8"
    assert seen(tmp_path, CUDA_VERSION="12.8.1").cuda.need() == "12.8.1"


def test_cudnn_and_tensorrt_of_debian_packages(tmp_path: Path) -> None:
    status(
        tmp_path, libcudnn9_cuda_12="9.1.0.70-1", libcudnn9_dev_cuda_12="9.2.0.1-1", libnvinfer10="10.3.0.26-1+cuda12.5"
    )
    facts = seen(tmp_path, NV_CUDNN_VERSION="8.9.0.131")
    assert (facts.cudnn.get(), facts.tensorrt.get()) == ("9.1.0.70", "10.3.0.26")


def test_a_library_without_a_version_in_its_name_tells_its_major(tmp_path: Path) -> None:
    touch(tmp_path, f"{LIBRARIES}/libcudnn.so.9")
    assert seen(tmp_path).cudnn.need() == "9"


def test_version_files(tmp_path: Path) -> None:
    touch(tmp_path, "usr/local/cuda/version.txt", text="CUDA Version 10.2.89\n")
    assert seen(tmp_path).cuda.need() == "10.2.89"
    touch(tmp_path, "usr/local/cuda/version.json", text='{"cuda": {"name": "CUDA SDK", "version": "11.4.19"}}')
    assert seen(tmp_path).cuda.need() == "11.4.19"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cuda": 3}', '{"cuda": {"version": {}}}', "[" * 100_000])
def test_version_files_that_are_none(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "usr/local/cuda/version.json", text=text)
    assert seen(tmp_path).cuda.is_unknown


def test_flavors(tmp_path: Path) -> None:
    touch(tmp_path, f"{LIBRARIES}/libcudart.so.12")
    assert seen(tmp_path, CUDA_VERSION="12.4.1").flavor.need() == "base"
    touch(tmp_path, f"{LIBRARIES}/libcublas.so.12")
    assert seen(tmp_path, CUDA_VERSION="12.4.1").flavor.need() == "runtime"
    touch(tmp_path, "usr/local/cuda/bin/nvcc")
    assert seen(tmp_path, CUDA_VERSION="12.4.1").flavor.need() == "devel"


def test_the_first_python_on_path(tmp_path: Path) -> None:
    touch(tmp_path, "usr/bin/python3.10", "opt/py/bin/python3.12")
    (tmp_path / "usr/bin/python3").symlink_to("python3.10")
    (tmp_path / "opt/py/bin/python3").symlink_to("python3.12")
    assert seen(tmp_path, PATH="/opt/py/bin:/usr/bin").python.need() == "3.12"
    assert seen(tmp_path, PATH="/usr/bin").python.need() == "3.10"
    assert seen(tmp_path, PATH="/nowhere").python.is_absent


def test_cuda_compat(tmp_path: Path) -> None:
    assert seen(tmp_path).compat.is_unknown
    touch(tmp_path, f"{LIBRARIES}/libc.so.6")
    status(tmp_path, bash="5.1")
    assert seen(tmp_path).compat.is_absent
    touch(tmp_path, "usr/local/cuda-12.4/compat/lib.real/libcuda.so.1")
    (tmp_path / "usr/local/cuda").symlink_to("cuda-12.4")
    assert seen(tmp_path).compat.is_unknown
    status(tmp_path, cuda_compat_12_4="550.54.15-1")
    assert seen(tmp_path).compat.need() == "12.4"


def test_ngc_names_its_release(tmp_path: Path) -> None:
    assert seen(tmp_path, NVIDIA_PYTORCH_VERSION="24.05").reference.is_unknown  # which CPU is not known
    touch(tmp_path, "proc/sys/kernel/arch", text="x86_64\n")
    assert seen(tmp_path, NVIDIA_PYTORCH_VERSION="24.05").reference.need() == "nvcr.io/nvidia/pytorch:24.05-py3"
    assert seen(tmp_path, NVIDIA_PYTORCH_VERSION="24.05;x").reference.is_unknown
    touch(tmp_path, "proc/sys/kernel/arch", text="aarch64\n")
    assert seen(tmp_path, NVIDIA_PYTORCH_VERSION="24.05").reference.is_unknown


def test_nvidias_own_build_of_torch_came_with_the_image(tmp_path: Path) -> None:
    site = "usr/local/lib/python3.10/dist-packages"
    touch(
        tmp_path,
        f"{site}/torch-2.4.0a0+07cecf4168.nv24.5.dist-info/METADATA",
        f"{site}/torchvision-0.19.0a0.dist-info/METADATA",
    )
    touch(tmp_path, f"{site}/torch_tensorrt-2.4.0a0+07cecf4168.nv24.05.dist-info/METADATA")
    dpkg.installed.cache_clear()
    managers = {item.name: item.manager for item in distributions.probe(str(tmp_path)).need()}
    assert managers == {"torch": "image", "torch-tensorrt": "image", "torchvision": "pip"}


def test_debians_list_leaves_out_what_was_removed(tmp_path: Path) -> None:
    text = (
        "Package: libcudnn8\nStatus: deinstall ok config-files\nVersion: 8.9.7\n\n"
        "Package: ffmpeg\nStatus: install ok installed\nVersion: 7:4.4.2-0ubuntu0.22.04.1\nDescription: x\n Version: 9\n"
    )
    assert dict(dpkg.parse_status(text)) == {"ffmpeg": "7:4.4.2-0ubuntu0.22.04.1"}
    touch(tmp_path, "var/lib/dpkg/status.d/libc6", text="Package: libc6\nVersion: 2.36-9\n")
    assert dpkg.installed(str(tmp_path)).need() == {"libc6": "2.36-9"}


def test_packages_of_python_and_conda(tmp_path: Path) -> None:
    site = "opt/conda/lib/python3.11/site-packages"
    touch(tmp_path, f"{site}/torch-2.4.0+cu121.dist-info/METADATA", f"{site}/~orch-2.3.0.dist-info/METADATA")
    touch(
        tmp_path,
        f"{site}/Opencv_Python-4.9.0-py3.11.egg-info/PKG-INFO",
        f"{site}/torch.libs/x",
        f"{site}/nvidia/cudnn/lib/libcudnn.so.9",
    )
    touch(tmp_path, f"{site}/torch/version.py", text="__version__ = '2.4.0+cu121'\ncuda: Optional[str] = '12.1'\n")
    touch(
        tmp_path,
        "opt/conda/conda-meta/cudatoolkit-11.8.0-h4ba93d1_13.json",
        "opt/conda/conda-meta/pytorch-2.4.0-py3.11_cuda12.1_0.json",
    )
    dpkg.installed.cache_clear()
    found = {item.name: item for item in distributions.probe(str(tmp_path)).need()}
    assert found["torch"] == ("torch", "2.4.0+cu121", "pip", "12.1")
    assert found["opencv-python"].version == "4.9.0"
    assert found["cudatoolkit"].manager == "conda"
    assert set(found) == {"torch", "opencv-python", "cudatoolkit"}
    assert list(distributions.in_wheels(str(tmp_path))) == [(f"/{site}/nvidia/cudnn/lib", "nvidia-cudnn")]
    assert installed.folders(str(tmp_path)) == (f"/{site}",)


# --- the loader ---


def cache_of(*paths: str) -> bytes:
    texts, entries, start = b"", b"", 48 + 24 * len(paths)
    for path in paths:
        name = start + len(texts)
        texts += path.rpartition("/")[2].encode() + b"\0"
        entries += struct.pack("=iIIIQ", 0x0303, name, start + len(texts), 0, 0)
        texts += path.encode() + b"\0"
    return struct.pack("=20sIIB3xI12x", b"glibc-ld.so.cache1.1", len(paths), len(texts), 2, 0) + entries + texts


def test_the_loaders_cache() -> None:
    content = cache_of("/usr/local/cuda/lib64/libcublas.so.12", "/lib/libc.so.6")
    assert parse_cache(content) == [
        ("libcublas.so.12", "/usr/local/cuda/lib64/libcublas.so.12"),
        ("libc.so.6", "/lib/libc.so.6"),
    ]
    assert parse_cache(b"ld.so-1.7.0\0" + b"\0" * 52 + content) == parse_cache(content)  # older systems write both


def test_a_damaged_cache_crashes_nothing() -> None:
    content = cache_of("/usr/local/cuda/lib64/libcublas.so.12", "/lib/libc.so.6")
    damage = random.Random(5)
    for end in range(len(content)):
        parse_cache(content[:end])
    for _ in range(300):
        spoilt = bytearray(content)
        for _ in range(4):
            spoilt[damage.randrange(20, len(spoilt))] = damage.randrange(256)
        parse_cache(bytes(spoilt))


@pytest.mark.skipif(not os.access("/sbin/ldconfig", os.X_OK), reason="not on this system")
def test_ldconfig_agrees() -> None:
    told = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = {line.rpartition(" => ")[2] for line in told.splitlines() if " => " in line}
    assert {path for _, path in library_folders.cache("/")} == paths


def test_the_variable_comes_first_and_a_folder_that_is_not_in_the_cache_is_not_searched(tmp_path: Path) -> None:
    touch(tmp_path, "usr/local/cuda/lib64/libcudnn.so.8", "opt/x/libcudnn.so.9", "usr/local/stale/libnccl.so.2")
    touch(tmp_path, "etc/ld.so.conf", text="/usr/local/stale\n")
    (tmp_path / "etc/ld.so.cache").write_bytes(cache_of("/usr/local/cuda/lib64/libcudnn.so.8", "/gone/libcublas.so.12"))
    found = library_folders.system(str(tmp_path), {"LD_LIBRARY_PATH": "/opt/x::relative:/nowhere"})
    assert [(item.soname, item.origin) for item in found] == [
        ("libcudnn.so.9", "LD_LIBRARY_PATH"),
        ("libcudnn.so.8", "system"),
    ]


def test_one_file_in_two_names_of_a_folder_is_listed_once(tmp_path: Path) -> None:
    touch(tmp_path, f"{LIBRARIES}/libcudnn.so.9")
    (tmp_path / "lib").symlink_to("usr/lib")
    assert len(library_folders.system(str(tmp_path), {})) == 1


# --- variables ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUDA_VERSION", "12.4.1"),
        ("NVIDIA_REQUIRE_CUDA", "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=470,driver<471"),
        ("NVIDIA_VISIBLE_DEVICES", "GPU-00000000-0000-0000-0000-000000000001"),
        ("NV_LIBCUDNN_PACKAGE", "libcudnn8=8.9.7.29-1+cuda12.2"),
        ("LD_LIBRARY_PATH", "/usr/local/nvidia/lib:/usr/local/nvidia/lib64:/opt/a/very/long/folder/name/that/goes/on"),
        ("PATH", "/usr/bin"),
        ("HF_HOME", "/models"),
        ("TORCH_CUDA_ARCH_LIST", "8.0;8.6"),
        ("DISPLAY", ":0"),
        ("ENVDOCTOR_EXPECT", "torch"),
        ("NVIDIA_DRIVER_CAPABILITIES", "compute,utility"),
        ("NVIDIA_DISABLE_REQUIRE", "true"),
        ("NVIDIA_REQUIRE_JETPACK", "csv-mounts=all"),
        ("NV_CUDNN_VERSION", "9.1.0.70-1"),
        ("NVIDIA_PYTORCH_VERSION", "24.05"),
        ("PYTORCH_VERSION", "2.4.0a0+07cecf4168"),
        ("PATH", "/opt/hf_cache/bin:/home/me@work/bin:/opt/sk-learn/bin"),
        ("CUDA_HOME", "/usr/local/cuda"),
    ],
)
def test_values_that_are_shown(name: str, value: str) -> None:
    assert may_be_shown(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://app:hunter2@db/app"),
        ("MY_APP", "anything"),
        ("NVIDIA_API_KEY", "nvapi-x"),
        ("NGC_API_KEY", "x"),
        ("HF_TOKEN", "hf_x"),
        ("PIP_INDEX_URL", "https://user:secret@example.org/simple"),
        ("PIP_EXTRA", "x"),
        ("CONDA_TOKEN", "x"),
        ("CUDA_NOTE", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"),
        ("TORCH_NOTE", "0123456789abcdef0123456789abcdef01234567"),
        ("PYTHONPATH", "https://user:secret@example.org"),
        ("NVIDIA_PASSPHRASE", "x"),
        ("XDG_SESSION_ID", "4"),
        ("TF_VAR_db", "x"),
        # a prefix says nothing
        ("NVIDIA_DB_PW", "hunter2"),
        ("CUDA_CRED", "hunter2"),
        ("NVIDIA_LOGIN", "joe:hunter2"),
        ("TRITON_SERVER", "user:hunter2@host"),
        ("NVIDIA_API", "nvapi-hunter2"),
        ("TRITON_AWS_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("ORT_SAS", "?sig=hunter2"),
        ("TF_CPP_BEARER", "hunter2"),
        ("TRITON_PIN", "1234"),
        ("NV_SALT", "hunter2"),
        ("PYTHONDB", "hunter2"),
        ("QT_LICENSE", "hunter2"),
        ("ENVDOCTOR_X", "hunter2"),
        ("XLA_FLAGS", "hunter2"),
        # nor does the name of a variable that is listed
        ("NVIDIA_DRIVER_CAPABILITIES", "nvapi-hunter2"),
        ("USER", "joe:hunter2@host"),
        ("LANG", "hf_hunter2"),
        ("TZ", "sk-hunter2"),
        ("container", "ghp_hunter2"),
        ("CUDA_MODULE_LOADING", "glpat-hunter2"),
        ("NCCL_DEBUG", "AKIAIOSFODNN7EXAMPLE"),
        ("NV_ADMIN_VERSION", "hunter2"),
        ("NVIDIA_REQUIRE_LOGIN", "password=hunter2"),
        ("PATH", "/usr/bin:joe:hunter2@host"),
        ("HF_HOME", "hf_hunter2"),
        ("PYTHONPATH", "/opt/hf_abcdefghijklmnopqrst"),
        ("NVIDIA_VISIBLE_DEVICES", "nvapi-hunter2"),
    ],
)
def test_values_that_are_not(name: str, value: str) -> None:
    assert not may_be_shown(name, value)
    assert variables.shown({name: value}) == {name: None}


def test_recorded_variables(tmp_path: Path) -> None:
    (tmp_path / "proc/1").mkdir(parents=True)
    (tmp_path / "proc/1/environ").write_bytes(b"A=1\0B=2=3\0nonsense\0=x\0\xff=y\0")
    assert variables.variables(str(tmp_path)).need() == {"A": "1", "B": "2=3", "\ufffd": "y"}
    assert variables.shown({"\ufffd": "y", "a b": "c"}) == {}


def test_this_process_has_its_own() -> None:
    assert variables.variables().need()["PATH"] == os.environ["PATH"]
    assert sys.executable


# --- several releases side by side ---


def cuda_in(root: Path, *releases: str, link: str = "", told: bool = False) -> None:
    for release in releases:
        touch(root, f"usr/local/cuda-{release}/kept")
    if link:
        (root / "usr/local/cuda").symlink_to(f"cuda-{link}")
    if told:
        touch(root, f"usr/local/cuda-{link}/version.json", text=f'{{"cuda": {{"version": "{link}.0"}}}}')


def test_one_release_of_each_is_told(tmp_path: Path) -> None:
    status(tmp_path, cuda_cudart_12_4="12.4.127-1", libcudnn9_cuda_12="9.1.0.70-1", cuda_compat_12_4="550.54.15-1")
    facts = seen(tmp_path)
    assert (facts.cuda.get(), facts.cudnn.get(), facts.compat.get()) == ("12.4", "9.1.0.70", "12.4")


@pytest.mark.parametrize("told", [True, False])
def test_the_release_that_the_link_names_is_used(tmp_path: Path, told: bool) -> None:
    status(tmp_path, cuda_cudart_11_8="11.8.89-1", cuda_cudart_12_4="12.4.127-1")
    cuda_in(tmp_path, "11.8", "12.4", link="11.8", told=told)
    assert seen(tmp_path).cuda.need().startswith("11.8")
    assert seen(tmp_path, CUDA_VERSION="12.4.1").cuda.need().startswith("11.8")


def test_two_majors_without_a_word_which_are_unknown(tmp_path: Path) -> None:
    status(tmp_path, cuda_cudart_9_2="9.2.148-1", cuda_cudart_12_4="12.4.127-1", libcudnn8="8.9.7.29-1+cuda11.8",
           libcudnn9_cuda_12="9.1.0.70-1", libnvinfer8="8.6.1.6-1", libnvinfer10="10.3.0.26-1")  # fmt: skip
    facts = seen(tmp_path, CUDA_VERSION="12.4.1", NV_CUDNN_VERSION="8.9.7.29")
    assert facts.cuda.is_unknown
    assert facts.cudnn.is_unknown
    assert facts.tensorrt.is_unknown
    assert "8, 9" in facts.cudnn.reason


def test_numbers_are_compared_as_numbers(tmp_path: Path) -> None:
    status(tmp_path, libcudnn9_cuda_12="9.10.0.56-1", libcudnn9_cuda_11="9.2.0.82-1")
    assert seen(tmp_path).cudnn.need() == "9.10.0.56"


def test_two_forward_compatibility_packages_are_unknown(tmp_path: Path) -> None:
    status(tmp_path, cuda_compat_12_4="550.54.15-1", cuda_compat_12_8="570.86.10-1")
    assert seen(tmp_path).compat.is_unknown


def test_a_link_that_no_package_belongs_to_is_not_overruled_by_another_release(tmp_path: Path) -> None:
    status(tmp_path, cuda_cudart_12_4="12.4.127-1")
    cuda_in(tmp_path, "11.8", link="11.8")
    assert seen(tmp_path).cuda.is_unknown
    touch(tmp_path, f"{LIBRARIES}/libcudart.so.12.4.127")
    (tmp_path / f"{LIBRARIES}/libcudart.so.12").symlink_to("libcudart.so.12.4.127")
    assert seen(tmp_path).cuda.need() == "12.4"
