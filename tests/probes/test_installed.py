"""Which Python's packages are meant, where an image holds several; and what cannot be seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envdoctor.probes import distributions, dpkg, installed
from envdoctor.probes.files import folder, listed


def site(root: Path, python: str, *packages: str, ort: str = "", torch: str | None = None) -> str:
    place = f"{python}/lib/python3.11/site-packages"
    full = root / place.lstrip("/")
    full.mkdir(parents=True, exist_ok=True)
    (root / python.lstrip("/") / "bin").mkdir(exist_ok=True)
    (root / python.lstrip("/") / "bin/python3").touch()
    for name in packages:
        (full / f"{name}.dist-info").mkdir()
    if ort:
        (full / "onnxruntime/capi").mkdir(parents=True)
        (full / "onnxruntime/capi/build_and_package_info.py").write_text(
            f"package_name = '{ort}'\n__version__ = '1.20.0'\n"
        )
        (full / "onnxruntime/capi/onnxruntime_pybind11_state.so").touch()
    if torch is not None:
        (full / "torch").mkdir()
        (full / "torch/version.py").write_text(torch)
    return place


def path_is(root: Path, value: str) -> None:
    (root / "proc/1").mkdir(parents=True, exist_ok=True)
    (root / "proc/1/environ").write_text(f"PATH={value}\0")


def names(root: Path) -> dict[str, str]:
    dpkg.installed.cache_clear()
    return {item.name: item.version for item in distributions.python(str(root))}


def test_packages_of_one_python_are_both_installed(tmp_path: Path) -> None:
    site(tmp_path, "/opt/venv", "onnxruntime-1.20.0", "onnxruntime_gpu-1.20.0", ort="onnxruntime")
    path_is(tmp_path, "/opt/venv/bin:/usr/bin")
    found = installed.scan(str(tmp_path), installed.folders(str(tmp_path)))
    assert found["packages"].keys() == {"onnxruntime", "onnxruntime-gpu"}
    assert names(tmp_path).keys() == {"onnxruntime", "onnxruntime-gpu"}


def test_packages_of_two_pythons_do_not_overwrite_each_other(tmp_path: Path) -> None:
    site(tmp_path, "/usr", "onnxruntime-1.20.0", "numpy-1.26.4", ort="onnxruntime")
    gpu = site(tmp_path, "/opt/venv", "onnxruntime_gpu-1.20.0", ort="onnxruntime-gpu")
    path_is(tmp_path, "/opt/venv/bin:/usr/bin")
    found = installed.scan(str(tmp_path), installed.folders(str(tmp_path)))
    assert found["packages"] == {"onnxruntime-gpu": "1.20.0"}
    assert (found["onnxruntime"]["package"], found["onnxruntime"]["site"]) == ("onnxruntime-gpu", gpu)
    assert names(tmp_path) == {"onnxruntime-gpu": "1.20.0", "numpy": "1.26.4"}


def test_the_python_on_path_counts_though_its_build_is_the_cpus(tmp_path: Path) -> None:
    site(tmp_path, "/usr", "onnxruntime_gpu-1.20.0", ort="onnxruntime-gpu")
    site(tmp_path, "/opt/venv", "onnxruntime-1.20.0", ort="onnxruntime")
    path_is(tmp_path, "/opt/venv/bin:/usr/bin")
    assert names(tmp_path) == {"onnxruntime": "1.20.0"}


def test_a_cpu_build_of_a_tool_does_not_hide_the_programs(tmp_path: Path) -> None:
    site(tmp_path, "/opt/tool", "torch-2.4.0+cpu", torch="cuda: Optional[str] = None\n")
    site(tmp_path, "/opt/conda", "torch-2.4.0+cu121", torch="cuda: Optional[str] = '12.1'\n")
    path_is(tmp_path, "/bin:/opt/tool/bin")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").touch()
    found = installed.scan(str(tmp_path), installed.folders(str(tmp_path)))
    assert (found["torch"]["version"], found["torch"]["cuda"]) == ("2.4.0+cu121", "12.1")
    assert names(tmp_path) == {"torch": "2.4.0+cu121"}


def test_extensions_are_no_onnxruntime(tmp_path: Path) -> None:
    place = site(tmp_path, "/usr", "onnxruntime_extensions-0.13.0", "onnxruntime_genai_cuda-0.5.0")
    found = installed.scan(str(tmp_path), [place])
    assert "onnxruntime" not in found
    assert found["packages"] == {}


def test_a_build_that_was_overwritten_leaves_two_metadata_folders(tmp_path: Path) -> None:
    text = "__version__='2.10.0+cu128'\ncuda: Optional[str] = '12.8'\n"
    place = site(tmp_path, "/usr", "torch-2.10.0+cu128", "torch-2.4.0+cu121", torch=text)
    assert installed.scan(str(tmp_path), [place])["torch"]["version"] == "2.10.0+cu128"
    assert names(tmp_path) == {"torch": "2.10.0+cu128"}


def test_one_metadata_folder_is_believed(tmp_path: Path) -> None:
    place = site(tmp_path, "/usr", "torch-2.4.0", torch="__version__ = '2.4.0+cu121'\ncuda: Optional[str] = '12.1'\n")
    assert installed.scan(str(tmp_path), [place])["torch"]["version"] == "2.4.0"


def test_opencv_without_a_library_is_none(tmp_path: Path) -> None:
    place = site(tmp_path, "/usr")
    (tmp_path / place.lstrip("/") / "cv2/python-3.11").mkdir(parents=True)
    assert "opencv" not in installed.scan(str(tmp_path), [place])


def test_opencv_built_from_source(tmp_path: Path) -> None:
    place = site(tmp_path, "/usr")
    for version in ("3.10", "3.11"):
        built = tmp_path / place.lstrip("/") / f"cv2/python-{version}"
        built.mkdir(parents=True)
        (built / f"cv2.cpython-{version.replace('.', '')}-x86_64-linux-gnu.so").touch()
    library = installed.scan(str(tmp_path), [place])["opencv"]["library"]
    assert library == f"{place}/cv2/python-3.11/cv2.cpython-311-x86_64-linux-gnu.so"


def test_a_folder_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert folder(str(tmp_path), "/nowhere").is_absent
    assert folder(str(tmp_path), "/").need() == ()
    assert installed.unreadable(str(tmp_path), ["/nowhere", "/"]) == ""


def test_a_folder_that_cannot_be_read_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = site(tmp_path, "/usr", "onnxruntime-1.20.0", ort="onnxruntime")
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").touch()
    allowed = os.listdir

    def refused(path: str) -> list[str]:
        if str(path).endswith("site-packages"):
            raise PermissionError(13, "Permission denied")
        return allowed(path)

    monkeypatch.setattr(os, "listdir", refused)
    dpkg.installed.cache_clear()
    assert folder(str(tmp_path), place).is_unknown
    assert listed(str(tmp_path), place) == ()
    assert "Permission denied" in installed.scan(str(tmp_path), [place])["unreadable"]
    packages = distributions.probe(str(tmp_path))
    assert packages.is_unknown
    assert "site-packages cannot be listed" in packages.reason
