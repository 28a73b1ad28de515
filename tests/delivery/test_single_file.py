"""envdoctor.pyz, built and then run as a user would: on every Python here, from elsewhere, without site-packages."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tests.delivery.conftest import ROOT
from tests.places import ABOVE

SELFTEST = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: not on this system")
BUILDER = ROOT / "scripts" / "build_pyz.py"
OLD_HOST = ("--driver", "470.57.02", "--gpu", "RTX 3090")
CUDA_12 = "nvcr.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_pyz", BUILDER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python(version: str) -> str:
    """The program of that version: pyenv's, or on the path."""
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    found = [path for root in roots for path in sorted(root.glob(f"{version}.*/bin/python"))]
    name = str(found[-1]) if found else shutil.which(f"python{version}")
    if name is None or subprocess.run([name, "--version"], capture_output=True).returncode != 0:
        pytest.skip(f"Python {version} is not on this system")
    return name


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"],
    }


@pytest.fixture
def run(single_file: Path, settings: dict[str, str], tmp_path: Path) -> Run:
    """`run("matrix", "show", "T4", by=["python", "-S"], ENVDOCTOR_EXPECT="none")`, in an empty directory."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / ".git").mkdir()

    def start(
        *arguments: str, by: tuple[str, ...] = (sys.executable,), **more: str
    ) -> subprocess.CompletedProcess[str]:
        command = [*by, str(single_file), *arguments]
        return subprocess.run(
            command, env={**settings, **more}, cwd=tmp_path / "here", capture_output=True, text=True, timeout=60
        )

    return start


# as it is built


def test_every_dependency_is_in_it_or_left_out_on_purpose() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.match("[a-z.-]+", line).group() for line in project["dependencies"]}  # type: ignore[union-attr]
    builder = script()
    assert needed == set(builder.BUNDLED) | set(builder.LEFT_OUT)


def test_it_holds_python_and_data_alone(single_file: Path) -> None:
    with zipfile.ZipFile(single_file) as archive:
        names = archive.namelist()
        licenses = archive.read("LICENSES.txt").decode()
    assert {Path(name).suffix for name in names} == {".py", ".json", ".txt"}
    assert {"envdoctor/data/toolkits.json", "envdoctor/schema/report.schema.json", "pynvml.py"} <= set(names)
    assert "example.py" not in names
    assert all(f"== {name} " in licenses for name in script().BUNDLED)
    assert "Permission is hereby granted" in licenses
    assert single_file.stat().st_mode & 0o777 == 0o755
    assert single_file.stat().st_size < 2 * 1024 * 1024


def test_the_same_bytes_from_another_place_at_another_time(tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "scripts"
    copy.mkdir(parents=True)
    shutil.copyfile(BUILDER, copy / "build_pyz.py")  # and with it a time of its own
    first, again = tmp_path / "first.pyz", tmp_path / "again.pyz"
    subprocess.run([sys.executable, str(BUILDER), str(first)], check=True, capture_output=True)
    done = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$0" "$@"', sys.executable, str(copy / "build_pyz.py"), str(again)],
        env={**os.environ, "PYTHONPATH": str(ABOVE), "TZ": "Asia/Taipei", "PYTHONHASHSEED": "1"},
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert again.read_bytes() == first.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o755


def test_a_dependency_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    builder = script()
    monkeypatch.setitem(builder.BUNDLED, "no-such-distribution", "nothing")
    monkeypatch.setattr(sys, "argv", ["build_pyz.py", str(tmp_path / "envdoctor.pyz")])
    with pytest.raises(SystemExit, match="no-such-distribution is not installed here; python -m pip install"):
        builder.main()
    assert list(tmp_path.iterdir()) == []


# on every Python


@SELFTEST
@pytest.mark.parametrize("options", [(), ("-I", "-S"), ("-W", "error")], ids=" ".join)
@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_each_python(run: Run, libraries: Path, version: str, options: tuple[str, ...]) -> None:
    by = (python(version), *options)
    driver = {"LD_LIBRARY_PATH": str(libraries)}
    done = run("selftest", "--expect", "cuda,nvdec", by=by, **driver)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "healthy: Tesla T4, driver 535.104.05, CUDA 12.2; cuda, nvdec\n"
    done = run("selftest", "--expect", "cuda", by=by, STAND_IN_CUINIT="803", **driver)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("unhealthy: cuInit gave 803 ")
    done = run("check", CUDA_12, *OLD_HOST, by=by)
    assert done.returncode == 1
    assert "driver-too-old" in done.stdout


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.9"])
@pytest.mark.parametrize(("command", "code"), [("selftest", 1), ("check", 2)])
def test_a_python_that_is_too_old(run: Run, version: str, command: str, code: int) -> None:
    done = run(command, by=(python(version),))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("envdoctor: error: this file needs Python 3.10 or newer; it was started with Python ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("command", "code"), [("selftest", 1), ("check", 2)])
def test_a_python_without_its_whole_library(
    single_file: Path, settings: dict[str, str], tmp_path: Path, command: str, code: int
) -> None:
    """Debian's python3-minimal has neither json nor ctypes."""
    program = (
        "import runpy, sys\n"
        "file = sys.argv.pop(1)\n"
        "sys.modules['_ctypes'] = None\n"
        "runpy.run_path(file, run_name='__main__')\n"
    )
    started = [sys.executable, "-c", program, str(single_file), command]
    done = subprocess.run(started, env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == (
        f"envdoctor: error: {sys.executable} lacks _ctypes of Python's standard library; install the whole of it "
        "(on Debian and Ubuntu python3, not python3-minimal alone)\n"
    )


# as the installed package does it


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("check", "--help"),
        ("selftest", "--help"),
        ("check", CUDA_12, *OLD_HOST),
        ("check", CUDA_12, *OLD_HOST, "--format", "json"),
        ("check", CUDA_12, *OLD_HOST, "--color", "always"),
        ("matrix", "show", "T4"),
        ("matrix", "list", "tables"),
        ("matrix", "verify"),
        ("explain", "driver-too-old"),
        ("schema", "environment"),
        ("diff", "nvcr.io/nvidia/pytorch:24.05-py3", "nvcr.io/nvidia/pytorch:24.06-py3"),
        ("suggest", "--driver", "535.104.05", "--gpu", "T4", "--uses", "torch"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_the_same_answer(run: Run, settings: dict[str, str], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "envdoctor", *arguments]
    environment = {**settings, "PYTHONPATH": str(ABOVE)}
    installed = subprocess.run(command, env=environment, cwd=tmp_path / "here", capture_output=True, text=True)
    single = run(*arguments, by=(sys.executable, "-I", "-S"))
    assert (single.returncode, single.stdout, single.stderr) == (
        installed.returncode,
        installed.stdout,
        installed.stderr,
    )


def test_requirements_and_settings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "here" / "requirements.txt").write_text("torch==2.4.0\nonnxruntime-gpu==1.19.0\n")
    (tmp_path / "here" / "envdoctor.toml").write_text('hosts = {old = {driver = "470.57.02", gpu = ["RTX 3090"]}}\n')
    done = run("check", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["diagnoses"][0]["workload"] == "requirements.txt"


@SELFTEST
def test_probe_asks_the_driver_from_within_the_file(run: Run, libraries: Path) -> None:
    done = run("probe", LD_LIBRARY_PATH=str(libraries))
    assert json.loads(done.stdout)["host"]["driver"]["version"] == "535.104.05"


# what it does not hold


@pytest.mark.parametrize(
    ("arguments", "purpose"),
    [
        (("check", "Dockerfile", *OLD_HOST), "reading the shell commands of Dockerfiles and scripts needs tree_sitter"),
        (("check", *OLD_HOST), "reading the shell commands of Dockerfiles and scripts needs tree_sitter"),
        (("matrix", "verify", "--online"), "asking the network needs httpx"),
    ],
)
def test_what_is_left_out_is_said(run: Run, tmp_path: Path, arguments: tuple[str, ...], purpose: str) -> None:
    """Also where the Python at hand has it installed: what the file can do does not depend on that."""
    (tmp_path / "here" / "Dockerfile").write_text(f"FROM {CUDA_12}\nRUN pip install torch==2.4.0\n")
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    message = f"envdoctor: error: {purpose}, which the single file does not hold; install envdoctor with pip for it\n"
    assert done.stderr == message


def test_another_package_may_do_without_it_too(single_file: Path, settings: dict[str, str], tmp_path: Path) -> None:
    """`--deep` imports what the image holds, and that may try an import that this file answers."""
    program = (
        "import os, runpy, sys\n"
        "os._exit = sys.exit  # the command ends its process at once\n"
        "file = sys.argv.pop(1)\n"
        "sys.path.insert(0, file)\n"
        "try: runpy.run_path(file, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "try: import httpx\n"
        "except ImportError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program, str(single_file), "--version"]
    done = subprocess.run(command, env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "asking the network needs httpx, which the single file does not hold" in done.stdout


def test_a_usage_error_of_selftest_is_1(run: Run) -> None:
    done = run("selftest", "--no-such-option")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--no-such-option" in done.stderr


# from wherever it lies


@pytest.mark.parametrize("name", ["envdoctor.pyz", "envdoctor", "two words.zip"])
def test_a_relative_path_and_any_name(single_file: Path, settings: dict[str, str], tmp_path: Path, name: str) -> None:
    (tmp_path / "a folder").mkdir()
    shutil.copy(single_file, tmp_path / "a folder" / name)
    command = [sys.executable, os.path.join("a folder", name), "matrix", "show", "T4"]
    done = subprocess.run(command, env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Turing" in done.stdout


@SELFTEST
def test_as_a_program_on_the_path(single_file: Path, settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(single_file, tmp_path / "bin" / "envdoctor")
    settings["PATH"] = f"{tmp_path / 'bin'}:{settings['PATH']}"
    done = subprocess.run(
        ["env", "envdoctor", "selftest", "--expect", "none"],
        env=settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("healthy: ")


@SELFTEST
def test_it_writes_nothing(run: Run, single_file: Path, tmp_path: Path) -> None:
    """Its folder may be read-only, and a bytecode cache is not asked of it."""
    before = sorted(path for folder in (single_file.parent, tmp_path) for path in folder.rglob("*"))
    single_file.parent.chmod(0o555)
    try:
        assert run("selftest", "--expect", "none", PYTHONDONTWRITEBYTECODE="").returncode == 0
        assert run("matrix", "show", "T4", PYTHONDONTWRITEBYTECODE="").returncode == 0
    finally:
        single_file.parent.chmod(0o755)
    assert sorted(path for folder in (single_file.parent, tmp_path) for path in folder.rglob("*")) == before
