"""Small matrices against an index on this machine: new, yanked and missing releases, Python tags, what wheels ask
for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envdoctor.matrix import Matrix
from envdoctor.online.drift import OnlineConfig, OnlineResult, render_diff, verify_online
from envdoctor.online.index_settings import index_settings
from tests.online.indexes import File, as_directory, index
from tests.online.matrices import matrix

LINUX = "manylinux_2_28_x86_64"
CUDA = ("nvidia-cuda-runtime-cu12==12.4.127 ; platform_system == 'Linux'", "nvidia-cudnn-cu12==9.1.0.70", "sympy")


def torch_row(version: str = "2.4.0", **columns: Any) -> dict[str, Any]:
    row = {"version": version, "cuda": "12.4", "platform": "linux_x86_64", "default": True, "python": ["3.11", "3.12"]}
    return {**row, "cudnn": "9.1.0.70", "numpy2": True, **columns}


def torch_files(version: str = "2.4.0", python: tuple[str, ...] = ("311", "312"), **how: Any) -> tuple[File, ...]:
    how = {"requires": CUDA, **how}
    return tuple(File(f"torch-{version}-cp{each}-cp{each}-{LINUX}.whl", **how) for each in python)


def companion(version: str, torch: str, name: str = "torchvision") -> dict[str, Any]:
    return {"name": name, "version": version, "torch": torch}


def ort_row(version: str, **columns: Any) -> dict[str, Any]:
    row = {
        "version": version,
        "index": "pypi",
        "platform": "linux_x86_64",
        "python": ["3.11"],
        "cuda": "12.2",
        "cudnn": 9,
    }
    return {**row, "tensorrt": 10, "libraries": [], "needs_libcuda": False, **columns}


def verified(of: Matrix, table: str, *urls: str, **how: Any) -> OnlineResult:
    how = {"complete": True, **how}
    return verify_online(of, tables=[table], config=OnlineConfig(index_urls=urls, **how))


def torch(tmp_path: Path, rows: list[dict[str, Any]], files: tuple[File, ...], **how: Any) -> OnlineResult:
    url = as_directory(tmp_path / "index", {"torch": files})
    return verified(matrix(tmp_path, torch=rows), "torch", url, **how)


@pytest.mark.parametrize("form", ["json", "html"])
def test_rows_that_agree_are_silent(tmp_path: Path, form: str) -> None:
    with index({"torch": torch_files()}, form=form) as server:
        found = verified(matrix(tmp_path, torch=[torch_row()]), "torch", f"{server.url}/simple")
    assert (found.drifts, found.proposals, found.failures) == ((), (), ())
    assert found.asked == 2  # the page and the metadata of one wheel


def test_a_new_release_is_proposed_with_what_its_wheels_say(tmp_path: Path) -> None:
    files = torch_files() + torch_files("2.5.0", ("311", "312", "313"))
    found = torch(tmp_path, [torch_row()], files)
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [("version", None, "2.5.0")]
    (proposal,) = found.proposals
    row = dict(proposal.row)
    assert row.pop("source")
    assert row.pop("checked")
    expected = torch_row("2.5.0", python=["3.11", "3.12", "3.13"])
    assert row == {name: value for name, value in expected.items() if name != "numpy2"}


def test_what_is_older_than_the_table_or_not_final_or_yanked_or_free_threaded_is_nothing_new(tmp_path: Path) -> None:
    files = torch_files() + torch_files("2.3.0") + torch_files("2.5.0rc1") + torch_files("2.5.1", yanked="broken")
    files += (File(f"torch-2.4.0-cp313-cp313t-{LINUX}.whl"), File("torch-2.4.0-cp311-none-macosx_11_0_arm64.whl"))
    found = torch(tmp_path, [torch_row()], files)
    assert (found.drifts, found.proposals) == ((), ())


def test_python_versions_by_the_names_of_the_files(tmp_path: Path) -> None:
    found = torch(tmp_path, [torch_row()], torch_files(python=("39", "310", "311", "312")))
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [
        ("python", "3.11 3.12", "3.9 3.10 3.11 3.12")
    ]
    assert found.proposals[0].row["python"] == ["3.9", "3.10", "3.11", "3.12"]


def test_a_yanked_release_is_told_until_its_note_says_so(tmp_path: Path) -> None:
    files = torch_files(yanked="wrong cuDNN")
    found = torch(tmp_path, [torch_row()], files)
    assert [(drift.column, drift.theirs) for drift in found.drifts] == [("version", "yanked")]
    note = found.proposals[0].row["note"]
    again = torch(tmp_path / "2", [torch_row(note=note)], files)
    assert again.drifts == ()


def test_a_release_that_is_gone(tmp_path: Path) -> None:
    rows = [torch_row("2.3.1"), torch_row()]
    found = torch(tmp_path, rows, torch_files())
    assert [(drift.key, drift.theirs) for drift in found.drifts] == [
        ("version 2.3.1, platform linux_x86_64, cuda 12.4", None)
    ]
    assert found.proposals == ()


def test_nothing_follows_from_what_a_private_index_lacks(tmp_path: Path) -> None:
    found = torch(tmp_path, [torch_row("2.3.1"), torch_row()], torch_files(), complete=False)
    assert found.drifts == ()
    assert [(failure.kind, failure.what) for failure in found.failures] == [("not-covered", "torch 2.3.1")]


def test_what_wheels_ask_for_contradicts_a_row(tmp_path: Path) -> None:
    found = torch(tmp_path, [torch_row(cuda="12.1", cudnn="9.1")], torch_files())
    assert {(drift.column, drift.ours, drift.theirs) for drift in found.drifts} == {("cuda", "12.1", "12.4")}


def test_what_wheels_ask_for_on_an_index_that_offers_no_metadata_apart(tmp_path: Path) -> None:
    with index({"torch": torch_files(offered=False, inside=True)}, form="html") as server:
        of = matrix(tmp_path, torch=[torch_row(cuda="12.1")])
        found = verified(of, "torch", f"{server.url}/simple")
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [("cuda", "12.1", "12.4")]
    assert found.failures == ()


def test_what_is_asked_for_on_another_system_is_nothing_of_this_build(tmp_path: Path) -> None:
    requires = (
        "nvidia-cuda-runtime==13.0.96 ; platform_system == 'Linux'",
        "nvidia-cudnn-cu13==9.15.1.9 ; sys_platform == 'linux'",
    )
    windows = File("torch-2.9.0-cp311-cp311-win_amd64.whl", requires)
    row = torch_row("2.9.0", platform="win_amd64", python=["3.11"])
    del row["cuda"], row["cudnn"]
    found = torch(tmp_path, [row], (windows,))
    assert (found.drifts, found.proposals) == ((), ())


def test_the_extras_of_onnxruntime(tmp_path: Path) -> None:
    wheel = File(
        f"onnxruntime_gpu-1.21.0-cp311-cp311-{LINUX}.whl", ("numpy", "nvidia-cudnn-cu12~=9.0 ; extra == 'cudnn'")
    )
    of = matrix(tmp_path, onnxruntime=[ort_row("1.21.0", extras=["cuda", "cudnn"])])
    found = verified(of, "onnxruntime", as_directory(tmp_path / "i", {"onnxruntime-gpu": (wheel,)}))
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [("extras", "cuda cudnn", "")]


def test_cuda_by_the_toolkit_wheel_of_cuda_13(tmp_path: Path) -> None:
    requires = ("cuda-toolkit[cublas,cudart]==13.0.2", "nvidia-cudnn-cu13==9.15.1.9")
    row = torch_row(cuda="13.0", cudnn="9.15.1.9")
    found = torch(tmp_path, [row], torch_files(requires=requires))
    assert (found.drifts, found.failures) == ((), ())


def test_builds_of_a_variant_lie_on_its_index_or_carry_it_in_the_version(tmp_path: Path) -> None:
    row = torch_row(default=False, cuda="11.8", cudnn="9.1.0.70", python=["3.11"])
    by_local = File("torch-2.4.0+cu118-cp311-cp311-linux_x86_64.whl", offered=False)
    found = torch(tmp_path, [row], (by_local,))
    assert found.drifts == ()
    by_index = File("torch-2.4.0-cp311-cp311-linux_x86_64.whl", offered=False)
    with index({"torch": (by_index,)}) as server:  # answers below any path that ends in /simple or whl/cu118
        of = matrix(tmp_path / "2", torch=[row])
        found = verified(of, "torch", f"{server.url}/simple")
    assert [drift.theirs for drift in found.drifts] == ["2.4.0"]  # as the default build, which no row has
    assert [failure.what for failure in found.failures if "11.8" in failure.what] == ["torch for CUDA 11.8"]


def test_companions_by_the_torch_they_ask_for(tmp_path: Path) -> None:
    def files(version: str, torch: str) -> tuple[File, ...]:
        return (
            File(
                f"torchvision-{version}-cp311-cp311-{LINUX}.whl", ("numpy", f"torch{torch}", "scipy ; extra == 'scipy'")
            ),
        )

    rows = [companion("0.19.0", "==2.4.0"), companion("0.20.0", "==2.4.1")]
    projects = {"torchvision": files("0.19.0", "==2.4.0") + files("0.20.0", " (==2.5.0)") + files("0.21.0", "==2.6.0")}
    found = verified(matrix(tmp_path, companions=rows), "companions", as_directory(tmp_path / "i", projects))
    assert {(drift.key, drift.column, drift.ours, drift.theirs) for drift in found.drifts} == {
        ("name torchvision, version 0.20.0", "torch", "==2.4.1", "==2.5.0"),
        ("name torchvision, version 0.21.0", "version", None, "0.21.0"),
    }
    new = next(proposal for proposal in found.proposals if proposal.before is None)
    assert (new.row["torch"], new.missing) == ("==2.6.0", ())


def test_onnxruntime_says_what_a_person_has_to_find(tmp_path: Path) -> None:
    files = tuple(
        File(f"onnxruntime_gpu-{version}-cp311-cp311-{LINUX}.whl", offered=False) for version in ("1.20.0", "1.21.0")
    )
    of = matrix(tmp_path, onnxruntime=[ort_row("1.19.0", python=[]), ort_row("1.20.0")])
    found = verified(of, "onnxruntime", as_directory(tmp_path / "i", {"onnxruntime-gpu": files}))
    assert [(drift.key, drift.theirs) for drift in found.drifts] == [
        ("version 1.21.0, platform linux_x86_64, index pypi", "1.21.0")
    ]
    (proposal,) = found.proposals
    assert {"cuda", "cudnn", "libraries"} <= set(proposal.missing)
    text = render_diff(found, of)
    assert "# data/onnxruntime.json: version 1.21.0, platform linux_x86_64, index pypi: find cuda, cudnn" in text
    assert '\n+{"version":"1.21.0","index":"pypi","platform":"linux_x86_64","python":["3.11"],"source":[' in text


def test_a_feed_that_is_not_asked_is_told(tmp_path: Path) -> None:
    files = (File(f"onnxruntime_gpu-1.20.0-cp311-cp311-{LINUX}.whl"),)
    of = matrix(tmp_path, onnxruntime=[ort_row("1.20.0"), ort_row("1.20.0", index="cuda-11")])
    found = verified(of, "onnxruntime", as_directory(tmp_path / "i", {"onnxruntime-gpu": files}))
    assert found.drifts == ()
    assert "onnxruntime-gpu for Microsoft's feed onnxruntime-cuda-11" in [failure.what for failure in found.failures]


def opencv_row(first: str, last: str | None, **columns: Any) -> dict[str, Any]:
    row = {
        "name": "opencv-python",
        "manager": "pip",
        "first": first,
        "last": last,
        "python_oldest": "3.7",
        "abi3": True,
    }
    return {name: value for name, value in {**row, **columns}.items() if value is not None}


def opencv_files(*versions: str, tag: str = "cp37-abi3", **how: Any) -> tuple[File, ...]:
    return tuple(File(f"opencv_python-{version}-{tag}-manylinux_2_17_x86_64.whl", **how) for version in versions)


def test_opencv_releases_within_their_ranges_are_silent(tmp_path: Path) -> None:
    rows = [opencv_row("4.6.0.66", "4.6.0.66", python_oldest="3.6"), opencv_row("4.7.0.68", "4.8.1.78")]
    files = opencv_files("4.6.0.66", tag="cp36-abi3") + opencv_files("4.7.0.68", "4.7.0.72", "4.8.1.78", "4.2.0.34")
    found = verified(matrix(tmp_path, opencv=rows), "opencv", as_directory(tmp_path / "i", {"opencv-python": files}))
    assert (found.drifts, found.proposals, found.failures) == ((), (), ())


def test_opencv_releases_that_no_range_holds_or_that_are_gone_or_take_another_python(tmp_path: Path) -> None:
    rows = [opencv_row("4.6.0.66", "4.6.0.66"), opencv_row("4.7.0.68", "4.8.1.78")]
    files = opencv_files("4.6.0.66", tag="cp36-abi3") + opencv_files("4.7.0.68", "4.9.0.80")
    files += opencv_files("4.10.0.84", yanked="broken") + opencv_files("5.0.0rc1")
    found = verified(matrix(tmp_path, opencv=rows), "opencv", as_directory(tmp_path / "i", {"opencv-python": files}))
    assert {(drift.column, drift.ours, drift.theirs) for drift in found.drifts} == {
        ("first", None, "4.9.0.80"),
        ("last", "4.8.1.78", None),
        ("python_oldest", "3.7", "3.6"),
    }
    assert found.proposals == ()


def test_one_index_of_two_without_the_package_is_nothing_to_tell(tmp_path: Path) -> None:
    with index({"torch": torch_files()}) as server, index({}) as empty:
        of = matrix(tmp_path, torch=[torch_row()])
        found = verified(of, "torch", f"{empty.url}/simple", f"{server.url}/simple")
        assert (found.drifts, found.failures) == ((), ())
        found = verified(of, "torch", f"{empty.url}/simple")
    assert [failure.kind for failure in found.failures] == ["not-found"]


def test_an_index_that_is_down_does_not_hide_the_other(tmp_path: Path) -> None:
    with index({"torch": torch_files() + torch_files("2.5.0")}) as server:
        of = matrix(tmp_path, torch=[torch_row()])
        found = verified(of, "torch", "http://127.0.0.1:9/simple", f"{server.url}/simple")
    assert [drift.theirs for drift in found.drifts] == ["2.5.0"]
    assert [failure.kind for failure in found.failures] == ["unreachable"]


def test_a_login_in_an_address_is_in_nothing_that_is_told(tmp_path: Path) -> None:
    of = matrix(tmp_path, torch=[torch_row()])
    with index({"torch": torch_files("2.5.0")}) as server:
        url = f"{server.url}/simple".replace("://", "://me:s3cret@")
        found = verified(of, "torch", url, "https://me:s3cret@", "http://me:s3cret@127.0.0.1:9/simple")
    assert found.drifts
    assert "s3cret" not in repr(found) + render_diff(found, of)


def test_metadata_is_read_up_to_the_limit_newest_first(tmp_path: Path) -> None:
    rows = [torch_row(f"2.4.{patch}") for patch in range(4)]
    files = sum((torch_files(f"2.4.{patch}") for patch in range(4)), ())
    with index({"torch": files}) as server:
        verified(matrix(tmp_path, torch=rows), "torch", f"{server.url}/simple", limit=2)
    asked = {path.split("-")[1] for path in server.paths if path.endswith(".metadata")}  # at once, in any order
    assert asked == {"2.4.3", "2.4.2"}


def test_damaged_metadata_is_a_failure_and_no_drift(tmp_path: Path) -> None:
    found = torch(tmp_path, [torch_row()], torch_files(damaged=True))
    assert found.drifts == ()
    assert [failure.kind for failure in found.failures] == ["invalid"]


def test_the_shipped_companions_on_the_index_of_this_machine() -> None:
    """The real table, the real index through pip's own configuration. What differs may change; that both are read
    may not."""
    found = verify_online(Matrix.load(), tables=["companions"], config=OnlineConfig(limit=2, timeout_s=60))
    if not found.asked:
        pytest.skip(f"no package index is reachable: {found.failures[0].reason}")
    assert index_settings().indexes
    assert found.asked >= 2
    assert {drift.table for drift in found.drifts} <= {"companions"}
