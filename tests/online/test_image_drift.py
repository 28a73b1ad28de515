"""nvidia/cuda and NGC's PyTorch in a real registry on this machine, against small matrices."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envdoctor.matrix import Matrix
from envdoctor.online.drift import OnlineConfig, OnlineResult, render_diff, to_json, verify_online
from envdoctor.upkeep import verify
from tests.online import registries
from tests.online.matrices import cuda_tag, matrix
from tests.online.servers import Reply, serving

GATE = "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=535,driver<536"
ENV = {"CUDA_VERSION": "12.4.1", "NV_CUDNN_VERSION": "9.1.0.70-1", "NVIDIA_REQUIRE_CUDA": GATE}
BASE = {"CUDA_VERSION": "12.4.1", "NVIDIA_REQUIRE_CUDA": GATE}
BOTH = ("amd64", "arm64")
REQUIREMENT = {"cuda": "12.4.1", "arch": "amd64", "os": ["ubuntu22.04"], "expression": GATE}
KNOWN = [cuda_tag("12.4.1-base-ubuntu22.04"), cuda_tag("12.4.1-cudnn-runtime-ubuntu22.04")]

NGC = {
    "CUDA_VERSION": "12.6.3.004",
    "CUDNN_VERSION": "9.6.0.74",
    "PYTORCH_VERSION": "2.6.0a0+df5bbc09d1",
    "NVIDIA_PYTORCH_VERSION": "24.12",
    "CUDA_DRIVER_VERSION": "560.35.05",
    "TENSORRT_VERSION": "10.7.0.23+cuda12.6",
    "TORCH_CUDA_ARCH_LIST": "7.5 8.0 9.0+PTX",
}
NGC_LABELS = {"org.opencontainers.image.ref.name": "ubuntu", "org.opencontainers.image.version": "24.04"}
NGC_ROW = {
    "release": "24.12",
    "tags": ["24.12-py3"],
    "ubuntu": "24.04",
    "torch": "2.6.0a0+df5bbc09d1",
    "cuda": "12.6.3",
    "cudnn": "9.6.0.74",
    "tensorrt": "10.7.0.23",
    "driver_bundled": "560.35.05",
    "sm_amd64": ["75", "80", "90"],
    "ptx_amd64": ["90"],
    "arch": ["amd64", "arm64"],
}


@pytest.fixture(autouse=True)
def no_stored_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """A registry with two tags of nvidia/cuda and one of NGC's PyTorch, as the rows above say."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with registries.registry(folder) as found:
        registries.push(found, "nvidia/cuda", KNOWN[0]["tag"], BASE, architectures=BOTH)
        registries.push(found, "nvidia/cuda", KNOWN[1]["tag"], ENV, architectures=BOTH)
        registries.push(found, "nvidia/pytorch", "24.12-py3", NGC, architectures=BOTH, labels=NGC_LABELS)
        yield found


def verified(of: Matrix, host: str, *tables: str, **how: Any) -> OnlineResult:
    config = OnlineConfig(mirrors={"docker.io": host, "nvcr.io": f"http://{host}"}, complete=True, **how)
    return verify_online(of, tables=tables or ("cuda_tags", "requirements", "ngc_pytorch"), config=config)


def small(folder: Path, **tables: list[dict[str, Any]]) -> Matrix:
    return matrix(folder, **{"cuda_tags": KNOWN, "requirements": [REQUIREMENT], "ngc_pytorch": [NGC_ROW], **tables})


def test_rows_that_agree_are_silent(tmp_path: Path, host: str) -> None:
    of = small(tmp_path)
    found = verified(of, host)
    assert (found.drifts, found.proposals, found.failures) == ((), (), ())
    assert found.asked == 5  # two tag lists, three images
    assert render_diff(found, of) == ""


def test_a_new_tag_is_proposed_with_what_its_image_says(tmp_path: Path, host: str) -> None:
    registries.push(host, "nvidia/cuda", "12.4.1-cudnn-devel-ubuntu22.04", ENV, architectures=BOTH)
    found = verified(small(tmp_path), host, "cuda_tags")
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [
        ("tag", None, "12.4.1-cudnn-devel-ubuntu22.04")
    ]
    (proposal,) = found.proposals
    row = dict(proposal.row)
    assert row.pop("checked") > "2026"
    assert row.pop("source") == ["measured: tag list and image configs of docker.io/nvidia/cuda"]
    assert row == cuda_tag("12.4.1-cudnn-devel-ubuntu22.04")
    assert (proposal.before, proposal.missing) == (None, ())


def test_a_new_tag_whose_image_was_not_read_has_what_the_tag_says(tmp_path: Path, host: str) -> None:
    """cuDNN 8 is in the name of old tags, and of new ones only that there is one: left out it would mean that there
    is none."""
    for tag in ("11.8.0-cudnn8-devel-ubuntu22.04", "12.4.1-cudnn-devel-ubuntu22.04"):
        registries.push(host, "nvidia/cuda", tag, ENV)
    found = verified(small(tmp_path), host, "cuda_tags", limit=0)
    rows = {proposal.row["tag"]: proposal for proposal in found.proposals}
    assert rows["11.8.0-cudnn8-devel-ubuntu22.04"].row["cudnn"] == "8"
    assert rows["11.8.0-cudnn8-devel-ubuntu22.04"].missing == ()
    assert "cudnn" not in rows["12.4.1-cudnn-devel-ubuntu22.04"].row
    assert rows["12.4.1-cudnn-devel-ubuntu22.04"].missing == ("cudnn",)
    assert "arch" not in rows["12.4.1-cudnn-devel-ubuntu22.04"].row


def test_a_tag_that_names_no_release_is_told_and_not_proposed(tmp_path: Path, host: str) -> None:
    registries.push(host, "nvidia/cuda", "latest", ENV)
    found = verified(small(tmp_path), host, "cuda_tags")
    assert (found.drifts, found.proposals) == ((), ())
    assert [(failure.kind, failure.what) for failure in found.failures] == [("not-covered", "nvidia/cuda: latest")]


def test_a_tag_that_is_gone(tmp_path: Path, host: str) -> None:
    gone = cuda_tag("12.4.0-base-ubuntu22.04")
    of = small(tmp_path, cuda_tags=[gone, *KNOWN])
    found = verified(of, host, "cuda_tags")
    assert [(drift.key, drift.ours, drift.theirs) for drift in found.drifts] == [
        ("cuda 12.4.0, tag 12.4.0-base-ubuntu22.04", "published", "removed")
    ]
    assert found.proposals[0].row["status"] == "removed"
    assert found.proposals[0].before == {**gone, "source": ["https://example.org/"], "checked": "2026-01-01"}


def test_nothing_follows_from_what_a_mirror_lacks(tmp_path: Path, host: str) -> None:
    of = small(tmp_path, cuda_tags=[cuda_tag("12.4.0-base-ubuntu22.04"), *KNOWN])
    found = verify_online(of, tables=["cuda_tags"], config=OnlineConfig(mirrors={"docker.io": host}))
    assert (found.drifts, found.proposals) == ((), ())
    assert [failure.kind for failure in found.failures] == ["not-covered"]


@pytest.mark.parametrize(("status", "drifts"), [("removed", 1), ("never-published", 1), ("unsure", 0)])
def test_a_tag_that_is_there_after_all(tmp_path: Path, host: str, status: str, drifts: int) -> None:
    of = small(tmp_path, cuda_tags=[KNOWN[0], {**KNOWN[1], "status": status}])
    found = verified(of, host, "cuda_tags")
    assert len(found.drifts) == drifts
    assert [proposal.row["status"] for proposal in found.proposals] == ["published"]


def test_removed_tags_that_are_gone_are_silent(tmp_path: Path, host: str) -> None:
    gone = [cuda_tag("12.4.0-base-ubuntu22.04", status=status) for status in ("removed",)]
    assert verified(small(tmp_path, cuda_tags=[*gone, *KNOWN]), host, "cuda_tags").drifts == ()


@pytest.mark.parametrize(
    ("column", "ours", "theirs"),
    [
        ("cuda", "12.4.0", "12.4.1"),
        ("cudnn", "8.9.7.29", "9.1.0.70"),
        ("arch", ["amd64"], "amd64 arm64"),
        ("cudnn", None, "9.1.0.70"),
    ],
)
def test_a_row_that_its_image_contradicts(tmp_path: Path, host: str, column: str, ours: object, theirs: str) -> None:
    row = {name: value for name, value in {**KNOWN[1], column: ours}.items() if value is not None}
    found = verified(small(tmp_path, cuda_tags=[row, KNOWN[0]]), host, "cuda_tags")
    assert [(drift.column, drift.theirs) for drift in found.drifts] == [(column, theirs)]
    assert found.drifts[0].source == "docker.io/nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"


def test_a_less_exact_row_is_made_more_exact_without_being_wrong(tmp_path: Path, host: str) -> None:
    row = {name: value for name, value in {**KNOWN[1], "cudnn": "9"}.items() if name != "arch"}
    found = verified(small(tmp_path, cuda_tags=[KNOWN[0], row]), host, "cuda_tags")
    assert found.drifts == ()
    assert (found.proposals[0].row["cudnn"], found.proposals[0].row["arch"]) == ("9.1.0.70", ["amd64", "arm64"])


def test_cuda_10_2_is_10_2_89_in_its_image(tmp_path: Path, host: str) -> None:
    registries.push(host, "nvidia/cuda", "10.2-base-ubuntu18.04", {"CUDA_VERSION": "10.2.89"}, one_platform=True)
    of = small(tmp_path, cuda_tags=[cuda_tag("10.2-base-ubuntu18.04", arch=["amd64"]), *KNOWN])
    found = verified(of, host, "cuda_tags")
    assert (found.drifts, found.proposals) == ((), ())


def test_a_start_gate_that_changed_and_one_that_no_row_has(tmp_path: Path, host: str) -> None:
    other = {**REQUIREMENT, "expression": "cuda>=12.4"}
    found = verified(small(tmp_path, requirements=[other]), host, "requirements")
    assert [(drift.table, drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [
        ("requirements", "expression", "cuda>=12.4", GATE)
    ]
    of = matrix(tmp_path / "2", cuda_tags=KNOWN, requirements=[{**REQUIREMENT, "arch": "arm64"}])
    found = verified(of, host, "requirements")
    assert [(proposal.row["os"], proposal.row["expression"]) for proposal in found.proposals] == [
        (["ubuntu22.04"], GATE)
    ]
    assert found.proposals[0].missing == ()


def test_what_an_image_says_is_taken_only_in_the_form_it_must_have(tmp_path: Path, host: str) -> None:
    evil = {
        "CUDA_VERSION": "12.4.1\x1b[2J",
        "NV_CUDNN_VERSION": "\u202e9.1",
        "NVIDIA_REQUIRE_CUDA": "cuda>=12.4 \x1b]0;x\x07",
        "PYTORCH_VERSION": "2.6\x1b[31m",
        "TORCH_CUDA_ARCH_LIST": "7.5 \x1b[31m",
    }
    registries.push(host, "nvidia/cuda", "12.9.9-cudnn-devel-ubuntu24.04", evil)
    registries.push(host, "nvidia/pytorch", "26.12-py3", evil)
    of = small(tmp_path)
    found = verified(of, host)
    text = render_diff(found, of) + json.dumps(to_json(found), ensure_ascii=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert {proposal.row.get("tag", "26.12") for proposal in found.proposals} == {
        "12.9.9-cudnn-devel-ubuntu24.04",
        "26.12",
    }


def test_ngc_a_new_release_and_a_new_tag_of_a_known_one(tmp_path: Path, host: str) -> None:
    newer = {**NGC, "CUDA_VERSION": "12.7.0.1", "PYTORCH_VERSION": "2.7.0a0+ecf3bae40a"}
    registries.push(host, "nvidia/pytorch", "25.02-py3", newer, architectures=BOTH, labels=NGC_LABELS)
    registries.push(host, "nvidia/pytorch", "24.12-py3-igpu", NGC, architectures=("arm64",))
    found = verified(small(tmp_path), host, "ngc_pytorch")
    assert {(drift.column, drift.ours, drift.theirs) for drift in found.drifts} == {
        ("tags", "24.12-py3", "24.12-py3 24.12-py3-igpu"),
        ("tags", None, "25.02-py3"),
    }
    rows = {proposal.row["release"]: proposal for proposal in found.proposals}
    assert rows["24.12"].row["tags"] == ["24.12-py3", "24.12-py3-igpu"]
    new = rows["25.02"].row
    assert (new["torch"], new["cuda"], new["ubuntu"]) == ("2.7.0a0+ecf3bae40a", "12.7.0", "24.04")
    assert (new["sm_amd64"], new["ptx_amd64"], new["tensorrt"]) == (["75", "80", "90"], ["90"], "10.7.0.23")
    assert "python" not in new


def test_ngc_a_row_that_its_image_contradicts(tmp_path: Path, host: str) -> None:
    of = small(
        tmp_path, ngc_pytorch=[{**NGC_ROW, "torch": "2.5.0", "cuda": "12.6", "cudnn": None, "sm_amd64": ["75", "80"]}]
    )
    found = verified(of, host, "ngc_pytorch")
    assert {(drift.column, drift.theirs) for drift in found.drifts} == {
        ("torch", "2.6.0a0+df5bbc09d1"),
        ("sm_amd64", "75 80 90"),
    }
    assert found.proposals[0].row["cudnn"] == "9.6.0.74"


TRITON_ROW = {
    "image": "tritonserver:24.12",
    "repository": "tritonserver",
    "release": "24.12",
    "tags": ["24.12-py3"],
    "cuda": "12.6.3",
    "cudnn": "9.6.0.74",
    "tensorrt": "10.7.0.23",
    "driver_bundled": "560.35.05",
    "ubuntu": "24.04",
    "arch": ["amd64", "arm64"],
}


def test_ngc_other_images_are_silent_where_they_agree_and_told_where_not(tmp_path: Path, host: str) -> None:
    for tag in ("24.12-py3", "24.12-py3-sdk", "25.01-py3", "25.01-py3-min"):
        registries.push(host, "nvidia/tritonserver", tag, NGC, architectures=BOTH, labels=NGC_LABELS)
    gone = {**TRITON_ROW, "image": "tritonserver:24.11", "release": "24.11", "tags": ["24.11-py3"]}
    found = verified(matrix(tmp_path, ngc_images=[gone, {**TRITON_ROW, "cudnn": "9.5.1.17"}]), host, "ngc_images")
    assert {(drift.column, drift.ours, drift.theirs) for drift in found.drifts} == {
        ("tags", "24.11-py3", None),
        ("tags", None, "25.01-py3"),
        ("cudnn", "9.5.1.17", "9.6.0.74"),
    }
    new = next(proposal.row for proposal in found.proposals if proposal.before is None)
    assert {name: new[name] for name in TRITON_ROW} == {
        **TRITON_ROW, "image": "tritonserver:25.01", "release": "25.01", "tags": ["25.01-py3"],
    }  # fmt: skip
    assert "nccl" not in new  # no column of that table


def test_pytorch_images_by_their_tags(tmp_path: Path, host: str) -> None:
    for tag in (
        "2.4.0-cuda12.4-cudnn9-runtime",
        "2.4.0-cuda12.4-cudnn9-devel",
        "2.5.0-cuda12.4-cudnn9-devel",
        "latest",
    ):
        registries.push(host, "pytorch/pytorch", tag, {})
    registries.push(host, "pytorch/pytorch", "1.0.0-cuda9.0-cudnn7-devel", {})  # older than the table
    known = {"torch": "2.4.0", "variants": ["cuda12.4-cudnn9"]}
    found = verified(matrix(tmp_path, torch_images=[known]), host, "torch_images")
    assert [(drift.key, drift.theirs) for drift in found.drifts] == [("torch 2.5.0", "2.5.0")]
    assert [dict(proposal.row)["variants"] for proposal in found.proposals] == [["cuda12.4-cudnn9"]]
    stale = {"torch": "2.4.0", "variants": ["cuda11.8-cudnn9", "cuda12.4-cudnn9"]}
    found = verified(matrix(tmp_path / "2", torch_images=[stale, {"torch": "2.5.0"}]), host, "torch_images")
    assert [(drift.column, drift.ours, drift.theirs) for drift in found.drifts] == [
        ("variants", "cuda11.8-cudnn9 cuda12.4-cudnn9", "cuda12.4-cudnn9")
    ]
    assert [proposal.row["torch"] for proposal in found.proposals] == ["2.5.0"]


def test_the_diff_applies_and_then_nothing_is_left_to_say(tmp_path: Path, host: str) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    for tag in ("12.4.1-cudnn-devel-ubuntu22.04", "12.4.1-devel-ubuntu22.04"):
        registries.push(host, "nvidia/cuda", tag, ENV if "cudnn" in tag else BASE, architectures=BOTH)
    row = {**KNOWN[1], "cudnn": "8.9.7.29"}
    of = small(tmp_path, cuda_tags=[KNOWN[0], row])
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").glob("*.json")}
    found = verified(of, host)
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").glob("*.json")} == before
    subprocess.run([git, "apply", "-"], input=render_diff(found, of).encode(), cwd=tmp_path, check=True)
    mended = Matrix(tmp_path / "data")
    assert [row["tag"] for row in map(dict, (proposal.row for proposal in found.proposals))]
    again = verified(mended, host)
    assert (again.drifts, again.proposals) == ((), ())
    assert verify(mended, ["cuda_tags"]).problems == ()


def test_the_progress_counts_up_to_its_total(tmp_path: Path, host: str) -> None:
    seen: list[tuple[str, int, int]] = []
    config = OnlineConfig(mirrors={"docker.io": host}, complete=True)
    verify_online(small(tmp_path), tables=["cuda_tags"], config=config, progress=lambda *each: seen.append(each))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert all(done <= total for _, done, total in seen)
    assert seen[-1][1:] == (3, 3)


def test_a_registry_that_is_down_does_not_hide_the_other(tmp_path: Path, host: str) -> None:
    registries.push(host, "nvidia/pytorch", "25.02-py3", NGC)
    config = OnlineConfig(mirrors={"docker.io": "http://127.0.0.1:9", "nvcr.io": host})
    found = verify_online(small(tmp_path), tables=["cuda_tags", "ngc_pytorch"], config=config)
    assert [(failure.table, failure.kind) for failure in found.failures if failure.table == "cuda_tags"] == [
        ("cuda_tags", "unreachable")
    ]
    assert {drift.table for drift in found.drifts} == {"ngc_pytorch"}


def test_a_registry_that_limits_requests_midway_keeps_what_it_said(tmp_path: Path) -> None:
    def answer(request: Any) -> Reply:
        if "/tags/list" in request.path:
            return Reply(
                200, {}, json.dumps({"tags": [row["tag"] for row in KNOWN] + ["12.5.0-base-ubuntu22.04"]}).encode()
            )
        return Reply(429, {"Retry-After": "3600"})

    with serving(answer) as server:
        found = verified(small(tmp_path), server.host, "cuda_tags")
    assert [drift.theirs for drift in found.drifts] == ["12.5.0-base-ubuntu22.04"]
    (failure,) = found.failures
    assert (failure.kind, "asks to wait 3600 s" in failure.reason) == ("rate-limited", True)
    assert len([path for path in server.paths if "/manifests/" in path]) <= 4


def test_a_table_that_nothing_outside_speaks_of(tmp_path: Path) -> None:
    found = verify_online(Matrix.load(), tables=["toolkits"])
    assert (found.asked, found.drifts) == (0, ())
    assert [(failure.table, failure.kind) for failure in found.failures] == [("toolkits", "not-covered")]


def test_the_result_as_json(tmp_path: Path, host: str) -> None:
    registries.push(host, "nvidia/cuda", "12.5.0-base-ubuntu22.04", BASE)
    written = json.loads(json.dumps(to_json(verified(small(tmp_path), host, "cuda_tags"))))
    assert set(written) == {"asked", "drifts", "proposals", "failures"}
    assert written["drifts"][0]["table"] == "cuda_tags"
    assert written["proposals"][0]["row"]["tag"] == "12.5.0-base-ubuntu22.04"
