"""`envdoctor diff`, in process through main(): real bumps of base images, and the hosts that drop out of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envdoctor.cli import main
from envdoctor.comparison import (
    DEGRADES,
    DROPS_OUT,
    GAINED,
    IMPROVES,
    STAYS,
    UNDECIDED,
    Side,
    change_of,
    start_gate,
)
from envdoctor.comparison.hosts import Asked
from envdoctor.comparison.markdown import code, escaped
from envdoctor.comparison.rows import change_between
from envdoctor.doctor import ask, diagnose
from envdoctor.facts import NOWHERE, Fact, Facts, Image, absent, known, unknown
from envdoctor.findings import RuleResult, Verdict
from envdoctor.hosts import resolve_hosts
from envdoctor.matrix import Matrix
from envdoctor.rules import RULES
from envdoctor.rules.rule import Rule
from envdoctor.schema import schema_text
from envdoctor.targets import Options, collect
from envdoctor.workload import Stated, assemble

CUDA_11_8 = "nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04"
CUDA_12_4 = "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"
CUDA_12_6 = "nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04"
CUDA_12_9 = "nvidia/cuda:12.9.1-cudnn-runtime-ubuntu22.04"
CUDA_13_0 = "nvidia/cuda:13.0.0-cudnn-runtime-ubuntu22.04"
NGC_24_12 = "nvcr.io/nvidia/pytorch:24.12-py3"
NGC_25_01 = "nvcr.io/nvidia/pytorch:25.01-py3"
UNSURE = "nvidia/cuda:11.0.3-base-centos8"
L4T_35 = "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"
L4T_36 = "nvcr.io/nvidia/l4t-jetpack:r36.4.0"
STRANGER = "my/app:1"
R535 = ("--driver", "535.104.05")
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty repository as the current directory. Tests on a machine with a GPU judge no host that they do not state."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setattr("envdoctor.hosts.this_machine", lambda matrix: None)


def _diff(capsys: pytest.CaptureFixture[str], *argv: str, rc: int = 0) -> dict[str, Any]:
    assert main(["diff", *argv, "--format", "json"]) == rc
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def _text(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    main(["diff", *argv])
    return capsys.readouterr().out


def _rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in document["rows"]}


def _values(document: dict[str, Any], name: str) -> tuple[str | None, str | None]:
    row = _rows(document)[name]
    return row["a"]["value"], row["b"]["value"]


def _gpus(document: dict[str, Any], change: str) -> list[str]:
    return [gpu["compute_capability"] for gpu in document["gpus"] if gpu["change"] == change]


# silent


@pytest.mark.parametrize(
    "image", [CUDA_12_4, NGC_24_12, "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "python:3.11-slim"]
)
def test_an_image_does_not_differ_from_itself(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, image, image, *R535, "--gpu", "T4")
    assert {row["change"] for row in found["rows"]} <= {"same", "unknown"}
    assert all(
        row["a"]["state"] == row["b"]["state"] == "unknown" for row in found["rows"] if row["change"] == "unknown"
    )
    assert (found["gpus"], found["drivers"], found["dropped_out"]) == ([], [], [])
    assert [host["change"] for host in found["hosts"]] == ["stays"]


def test_a_minor_bump_within_a_major_drops_no_data_center_host(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_12_4, CUDA_12_6, *R535, "--gpu", "T4")
    assert _values(found, "cuda") == ("12.4.1", "12.6.3")
    assert _rows(found)["driver_floor"]["change"] == "same"
    assert [host["change"] for host in found["hosts"]] == ["stays"]


def test_forward_compatibility_keeps_a_data_center_host(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_12_4, CUDA_13_0, *R535, "--gpu", "T4")
    assert found["hosts"][0]["change"] == "stays"
    assert any("R535" in sentence for sentence in found["drivers"])


def test_that_the_tag_of_a_is_gone_takes_no_host_away(capsys: pytest.CaptureFixture[str]) -> None:
    """It runs today. Judged as gone, a host that B loses would seem to stay as bad as it was."""
    removed = "nvidia/cuda:11.3.0-runtime-ubuntu20.04"
    found = _diff(capsys, removed, CUDA_13_0, "--driver", "470.57.02", "--gpu", "RTX 3090", rc=1)
    assert found["hosts"][0]["a"] != "incompatible"
    assert found["hosts"][0]["change"] == "drops-out"
    assert _rows(found)["tag"]["a"]["value"] == "removed"
    assert [item["rule"] for item in found["hosts"][0]["not_counted"]] == ["image-tag-removed"]
    told = _text(capsys, removed, CUDA_13_0, "--driver", "470.57.02", "--gpu", "RTX 3090")
    assert "not counted against A, which runs today: image-tag-removed" in told
    told = _text(capsys, removed, CUDA_13_0, "--format", "markdown")
    assert "- not counted against A, which runs today: `image-tag-removed`: " in told


def test_a_tag_that_may_be_gone_is_as_undecided_as_for_check(capsys: pytest.CaptureFixture[str]) -> None:
    host = ("--driver", "580.95.05", "--gpu", "RTX 3090")
    assert main(["check", UNSURE, *host, "--format", "json"]) == 0
    checked = json.loads(capsys.readouterr().out)["diagnoses"][0]["verdict"]
    found = _diff(capsys, UNSURE, CUDA_11_8, *host)
    assert (checked, found["hosts"][0]["a"], found["hosts"][0]["change"]) == ("unknown", "unknown", "undecided")


def test_what_is_in_neither_is_not_called_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = _text(capsys, CUDA_12_4, CUDA_12_6)
    assert "In neither: PyTorch, OpenCV." in told
    assert not re.search(r"The same:[^.]*PyTorch", told)


def test_silence_is_not_sameness(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown side is neither equal nor different, and says why."""
    found = _diff(capsys, CUDA_12_4, STRANGER)
    assert {row["change"] for row in found["rows"]} == {"unknown"}
    assert "--image-alias my/app:1=BASE" in _rows(found)["cuda"]["b"]["reason"]
    assert found["gpus"] == []
    assert "Nothing is known that could be compared." in _text(capsys, STRANGER, STRANGER)


def test_undecided_is_no_loss(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_12_4, STRANGER, *R535, "--gpu", "T4")
    assert [host["change"] for host in found["hosts"]] == ["undecided"]
    assert found["hosts"][0]["undecided"]


# what drops out


def test_cuda_12_to_13_drops_geforce_on_535(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = ("--host", "name=desk,driver=535.104.05,gpu=RTX 4090", "--host", "name=new,driver=580.95.05,gpu=RTX 4090")
    found = _diff(capsys, CUDA_12_4, CUDA_13_0, *hosts, rc=1)
    assert [host["change"] for host in found["hosts"]] == ["drops-out", "stays"]
    assert len(found["dropped_out"]) == 1
    assert found["dropped_out"][0].startswith("desk")
    too_old = next(item for item in found["hosts"][0]["appear"] if item["rule"] == "driver-too-old")
    assert "580.65.06" in too_old["message"]
    assert any("upgrade the host's driver to 580.65.06" in remedy for remedy in too_old["remedy"])
    assert _values(found, "driver_floor") == ("525.60.13", "580.65.06")
    assert found["drivers"][0].startswith("Linux drivers from 525.60.13 to before 580.65.06")


def test_cuda_12_to_13_drops_everything_older_than_turing(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_12_4, CUDA_13_0)
    assert _gpus(found, "drops-out") == ["5.0", "5.2", "6.0", "6.1", "7.0"]
    assert _gpus(found, "improves") == ["10.0", "10.3", "12.0", "12.1"]
    volta = next(gpu for gpu in found["gpus"] if gpu["compute_capability"] == "7.0")
    assert (volta["architecture"], volta["rule"]) == ("Volta", "gpu-not-in-cuda")
    assert "Tesla V100" in volta["examples"]


def test_cuda_11_to_12_on_driver_470(capsys: pytest.CaptureFixture[str]) -> None:
    """T4 goes on through forward compatibility on a branch past its end of life; a GeForce cannot."""
    hosts = ("--host", "name=t4,driver=470.57.02,gpu=T4", "--host", "name=desk,driver=470.57.02,gpu=RTX 3090")
    found = _diff(capsys, CUDA_11_8, CUDA_12_4, *hosts, rc=1)
    assert [host["change"] for host in found["hosts"]] == ["degrades", "drops-out"]
    assert "needs-forward-compat" in [item["rule"] for item in found["hosts"][0]["appear"]]


def test_cudnn_9_11_drops_v100_within_cuda_12(capsys: pytest.CaptureFixture[str]) -> None:
    newer = {"reference": CUDA_12_9, "cudnn": "9.11.0.98"}
    Path("b.json").write_text(json.dumps({"schema": "envdoctor.environment/1", "image": newer}))
    found = _diff(capsys, CUDA_12_9, "b.json", "--driver", "580.95.05", "--gpu", "V100", rc=1)
    assert found["hosts"][0]["change"] == "degrades"
    assert [item["rule"] for item in found["hosts"][0]["appear"]] == ["gpu-not-in-cudnn"]
    assert "7.0" in _gpus(found, "degrades")
    assert "7.5" not in _gpus(found, "degrades")


def test_cuda_12_9_2_is_not_called_harmless_for_v100(capsys: pytest.CaptureFixture[str]) -> None:
    """The tag says "cudnn", which is 9.10 in 12.9.1 and a later 9.x, which drops Volta, in 12.9.2: at best not known."""
    newer = "nvidia/cuda:12.9.2-cudnn-runtime-ubuntu24.04"
    main(
        [
            "diff",
            CUDA_12_9.replace("22.04", "24.04"),
            newer,
            "--driver",
            "580.95.05",
            "--gpu",
            "V100",
            "--format",
            "json",
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert found["hosts"][0]["change"] in ("undecided", "degrades", "drops-out")
    assert "7.0" in [gpu["compute_capability"] for gpu in found["gpus"]]


def test_ngc_25_01_drops_pascal_and_volta(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = ("--host", "name=old,driver=535.104.05,gpu=V100", "--host", "name=new,driver=535.104.05,gpu=H100")
    found = _diff(capsys, NGC_24_12, NGC_25_01, *hosts, rc=1)
    assert [host["change"] for host in found["hosts"]] == ["drops-out", "stays"]
    assert found["hosts"][0]["appear"][0]["rule"] == "gpu-not-in-torch"
    assert {"6.0", "6.1", "7.0"} <= set(_gpus(found, "drops-out"))
    assert {"10.0", "12.0"} <= set(_gpus(found, "gained"))


def test_the_way_back_is_a_gain(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_13_0, CUDA_12_4, *R535, "--gpu", "RTX 4090")
    assert found["hosts"][0]["change"] == "gained"
    assert "driver-too-old" in [item["rule"] for item in found["hosts"][0]["vanish"]]


def test_a_tag_that_cannot_be_pulled_drops_every_host(capsys: pytest.CaptureFixture[str]) -> None:
    never = "nvidia/cuda:12.4.0-cudnn-runtime-ubuntu22.04"
    found = _diff(capsys, CUDA_12_4, never, rc=1)
    assert (found["hosts"][0]["host"], found["dropped_out"]) == (None, [])
    assert [item["rule"] for item in found["hosts"][0]["appear"]] == ["image-tag-removed"]
    assert "On any host" in _text(capsys, CUDA_12_4, never)


def test_an_image_newer_than_the_matrix_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, CUDA_13_0, "nvidia/cuda:99.0.0-base-ubuntu24.04", "--driver", "580.95.05", "--gpu", "H100")
    assert found["hosts"][0]["change"] == "undecided"
    for name in ("driver_floor", "native_driver", "start_gate", "forward_compat", "gpu_architectures", "tag"):
        assert _rows(found)[name]["change"] == "unknown", name
    assert "99" in _rows(found)["driver_floor"]["b"]["reason"]


@pytest.mark.parametrize("release", ["pytorch:26.99-py3", "tensorrt:26.99-py3"])
def test_no_gate_is_promised_for_an_ngc_release_newer_than_the_matrix(
    release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    row = _rows(_diff(capsys, NGC_24_12, f"nvcr.io/nvidia/{release}"))["start_gate"]
    assert (row["a"]["state"], row["b"]["state"], row["change"]) == ("known", "unknown", "unknown")
    assert "not in the matrix" in row["b"]["reason"]


@pytest.mark.parametrize(
    ("base", "rule"),
    [
        ("nvidia/cuda:12.9.1-runtime-ubuntu22.04", "onnxruntime-cudnn-mismatch"),
        ("nvidia/cuda:13.0.1-cudnn-runtime-ubuntu22.04", "onnxruntime-cuda-mismatch"),
    ],
)
def test_no_gpu_is_gained_by_a_base_that_the_workload_runs_on_nowhere(
    base: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("Dockerfile").write_text(
        f"FROM {CUDA_12_4}\nRUN apt-get update && apt-get install -y python3-pip\nRUN pip install onnxruntime-gpu==1.20.0\n"
    )
    found = _diff(capsys, base, "--dockerfile", "Dockerfile", rc=1)
    assert {gpu["change"] for gpu in found["gpus"]} == {"drops-out"}
    assert {gpu["rule"] for gpu in found["gpus"]} == {rule}
    assert "8.0" in _rows(found)["gpu_architectures"]["b"]["value"]  # the code is there all the same
    assert "lost       all that A runs on" in _text(capsys, base, "--dockerfile", "Dockerfile")
    ignore = ("--ignore", "onnxruntime-cuda-mismatch", "--ignore", "onnxruntime-cudnn-mismatch")
    assert _gpus(_diff(capsys, base, "--dockerfile", "Dockerfile", *ignore), "gained") == [
        "10.0",
        "10.3",
        "12.0",
        "12.1",
    ]


def test_a_gain_is_explained_in_the_words_about_a(capsys: pytest.CaptureFixture[str]) -> None:
    """B is degraded there, for a reason of its own that explains no gain."""
    found = _diff(capsys, CUDA_13_0, CUDA_11_8)
    pascal = next(gpu for gpu in found["gpus"] if gpu["compute_capability"] == "6.1")
    assert (pascal["change"], pascal["rule"]) == ("gained", "gpu-not-in-cuda")
    assert pascal["message"].startswith("CUDA 13.0 dropped ")
    for gpu in found["gpus"]:
        assert gpu["message"].startswith("CUDA 11.8") == (gpu["change"] in ("drops-out", "degrades"))


def test_one_rule_with_other_numbers_is_told_as_changed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (CUDA_12_4, CUDA_12_6, "--driver", "470.57.02", "--gpu", "T4")
    host = _diff(capsys, *arguments)["hosts"][0]
    assert [(pair["a"]["rule"], pair["b"]["rule"]) for pair in host["changed"]] == [("needs-forward-compat",) * 2]
    assert "12.4" in host["changed"][0]["a"]["message"]
    assert "12.6" in host["changed"][0]["b"]["message"]
    assert (host["appear"], host["vanish"]) == ([], [])
    told = _text(capsys, *arguments)
    assert "changes with B: needs-forward-compat" in told
    assert "new with B" not in told


def test_a_base_without_cuda_has_no_gate_that_b_could_close(capsys: pytest.CaptureFixture[str]) -> None:
    """Drivers older than what B needs are out already."""
    found = _diff(capsys, "python:3.11-slim", CUDA_12_4)
    assert found["drivers"][0] == "A needs no driver; B needs 525.60.13 or newer."
    assert "R530, R545 " in found["drivers"][1]
    assert "R346" not in found["drivers"][1]


# Jetson


def test_images_for_jetson_are_told_by_their_l4t(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, L4T_35, L4T_36)
    rows = _rows(found)
    for name in ("driver_floor", "native_driver", "native_driver_end_of_life", "start_gate", "forward_compat"):
        assert rows[name]["a"]["state"] == rows[name]["b"]["state"] == "absent", name
        assert "L4T" in rows[name]["a"]["reason"]
    assert _values(found, "l4t") == ("35, made for 35.2.1", "36.4, made for 36.4.0")
    assert _values(found, "gpu_architectures") == ("7.2 8.7", "8.7")
    assert found["gpus"] == []
    assert found["drivers"][0] == "Hosts with L4T 35 run A; in B CUDA does not start on them."


def test_a_jetson_drops_out(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, L4T_35, L4T_36, "--host", "name=orin,l4t=35.4.1,gpu=Orin", rc=1)
    assert [item["rule"] for item in found["hosts"][0]["appear"]] == ["jetson-release-too-old"] * 2


def test_igpu_images_are_told_by_their_jetpack(capsys: pytest.CaptureFixture[str]) -> None:
    images = [f"nvcr.io/nvidia/{name}-py3-igpu" for name in ("pytorch:24.05", "pytorch:25.06", "tensorrt:24.12")]
    found = _diff(capsys, images[0], images[1])
    assert _values(found, "l4t") == ("36 or later, within JetPack 6", "36.4.3 or later, within JetPack 6")
    assert found["drivers"] == ["Hosts with L4T 36, 36.4 run A; whether they run B is not known."]
    assert _rows(_diff(capsys, images[0], images[2]))["l4t"]["b"]["state"] == "unknown"


def test_of_a_desktop_image_and_one_for_jetson_just_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = _diff(capsys, NGC_24_12, "nvcr.io/nvidia/pytorch:24.12-py3-igpu")
    assert (found["drivers"], found["gpus"]) == (["B is made for Jetson boards, A is not."], [])
    assert _rows(found)["gpu_architectures"]["change"] == "different"


def test_other_images_are_not_told_what_they_are_not_made_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "L4T" not in _text(capsys, CUDA_12_4, CUDA_13_0)
    assert "\n? L4T" not in _text(capsys, CUDA_12_4, STRANGER)
    assert "L4T of the Jetson" in _text(capsys, CUDA_12_4, CUDA_13_0, "--all")


# many hosts


def test_hosts_are_judged_as_one_by_one() -> None:
    """What is asked once for all hosts is what each would be told alone."""
    matrix = Matrix.load()
    texts = (
        "driver=470.57.02,gpu=T4",
        "driver=580.95.05,gpu=RTX 5090",
        "l4t=36.4.3,gpu=Orin",
        "driver=535.104.05,gpu=V100",
    )
    hosts = [resolve_hosts(hosts=[f"name=h{n},{text}"], driver=None, gpus=(), named={}, matrix=matrix, notices=[])[0]
             for n, text in enumerate(texts)]  # fmt: skip
    for image in (CUDA_12_4, CUDA_13_0, NGC_25_01, L4T_36, STRANGER, "python:3.11-slim"):
        workload = collect([image], Options({}, None)).workloads[0]
        assert workload.declared is not None
        asked = Asked(Side(image, workload), matrix, Stated(), ())
        for host in (*hosts, *reversed(hosts)):
            alone = diagnose(assemble(workload.declared, host, matrix, Stated()), matrix, RULES)
            assert asked.on(host).results == alone.results, (image, host.name)
            assert asked.on(host).verdict is alone.verdict


def test_a_rule_is_not_asked_again_for_what_it_does_not_look_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: dict[str, int] = {}

    def counted(rule: Rule, facts: Facts, matrix: Matrix) -> RuleResult:
        calls[rule.id] = calls.get(rule.id, 0) + 1
        return ask(rule, facts, matrix)

    monkeypatch.setattr("envdoctor.watching.ask", counted)
    hosts = [part for n in range(40) for part in ("--host", f"name=h{n},driver=535.104.05,gpu={('T4', 'L4')[n % 2]}")]
    found = _diff(capsys, CUDA_12_4, CUDA_12_6, *hosts)
    assert [host["host"] for host in found["hosts"]][39].startswith("h39 ")
    assert calls["image-tag-removed"] == 2  # A and B
    assert max(calls.values()) <= 6  # and T4, L4 and no host


# rows


def test_a_bare_distribution_holds_the_tensorrt_that_is_installed_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    rows = _rows(_diff(capsys, "python:3.11-slim", "debian:12"))
    assert (rows["tensorrt"]["a"]["state"], rows["tensorrt"]["change"]) == ("absent", "same")
    Path("Dockerfile").write_text("FROM python:3.11-slim\nRUN pip install tensorrt==10.3.0\n")
    assert _values(_diff(capsys, "python:3.11-slim", "Dockerfile"), "tensorrt") == (None, "10.3.0")
    Path("Dockerfile").write_text("FROM python:3.11-slim\nRUN pip install -r missing.txt\n")
    assert _rows(_diff(capsys, "python:3.11-slim", "Dockerfile"))["tensorrt"]["b"]["state"] == "unknown"


def test_the_start_gate_is_told_as_branches(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = _values(_diff(capsys, CUDA_12_4, CUDA_13_0), "start_gate")
    assert before is not None
    assert after is not None
    assert before.endswith("R550 or newer")
    assert after.startswith("R580 or newer; data center GPUs also R535")


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("cuda>=9.0", "R384 or newer"),
        ("cuda>=12.4", "R550 or newer"),
        ("cuda>=12.4 brand=tesla,driver>=470,driver<471", "R550 or newer; some data center GPUs also R470"),
        (
            "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=470,driver<471",
            "R550 or newer; data center GPUs also R470",
        ),
        ("cuda>=99", "no driver"),
        ("nonsense", "no driver"),
        ("brand=tesla,nonsense cuda>=12.4", "no driver"),
        ("", "R346 or newer"),
        ("brand=tesla,driver>=470", "no driver; some data center GPUs also R470 or newer"),
        ("cuda>=12.4\ncuda>=12.8", None),  # one of two, which is not known
        ("driver>=535.104", None),  # depends on the release within the branch
    ],
)
def test_gates(gate: str, told: str | None) -> None:
    facts = Facts("image", image=Image(gate=known(gate, NOWHERE)))
    assert start_gate.told(facts, Matrix.load()).get() == told


def test_what_a_dockerfile_says_of_the_gate_wins(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text(f"FROM {CUDA_12_4}\nENV NVIDIA_DISABLE_REQUIRE=1\n")
    assert _rows(_diff(capsys, CUDA_12_4, "Dockerfile"))["start_gate"]["b"]["state"] == "absent"


def test_cuda_10_2_needs_the_driver_of_its_toolkit(capsys: pytest.CaptureFixture[str]) -> None:
    floor, _ = _values(_diff(capsys, "nvidia/cuda:10.2-base-ubuntu18.04", CUDA_11_8), "driver_floor")
    assert floor == "440.33.01" or (floor or "").startswith("440.33")


@pytest.mark.parametrize(
    ("name", "a", "b", "one_image", "change"),
    [
        ("cuda", "12.4.1", "12.4.1", False, "same"),
        ("cuda", "12.4.1", "12.6.3", False, "different"),
        ("cuda", "12.4", "12.4.1", False, "unknown"),  # a partial version is neither equal nor different
        ("cudnn", "9", "9.1.0.70", False, "unknown"),
        ("cudnn", "9", "9", False, "unknown"),
        ("cudnn", "9", "9", True, "same"),  # of one and the same image
        ("cudnn", "8", "9.1.0.70", False, "different"),
        ("driver_floor", "at least 525.60.13", "at least 525.60.13", False, "unknown"),
        ("driver_floor", "at least 525.60.13", "at least 580.65.06", False, "different"),
        ("tag", "published, supported", "published", False, "unknown"),
        ("tag", "published, supported", "published, end of life", False, "different"),
        ("cpu_architectures", "amd64", "amd64, arm64", False, "different"),
        ("python", None, "3.11", False, "different"),
        ("python", None, None, False, "same"),
    ],
)
def test_values(name: str, a: str | None, b: str | None, one_image: bool, change: str) -> None:
    def fact(value: str | None) -> Fact[str]:
        return absent("not in it") if value is None else known(value, NOWHERE)

    assert change_between(name, fact(a), fact(b), one_image) == change
    assert change_between(name, fact(a), unknown("nobody said"), one_image) == "unknown"


def test_ngc_images_are_not_said_to_hold_no_opencv(capsys: pytest.CaptureFixture[str]) -> None:
    row = _rows(_diff(capsys, CUDA_12_4, "nvcr.io/nvidia/tritonserver:24.05-py3"))["opencv"]
    assert row["b"]["state"] == "unknown"


# the workload


def _dockerfile() -> str:
    Path("Dockerfile").write_text(
        f"FROM {CUDA_11_8}\nRUN apt-get update && apt-get install -y python3-pip\nRUN pip install onnxruntime-gpu==1.18.1\n"
    )
    return "Dockerfile"


def test_a_dockerfile_on_another_base(capsys: pytest.CaptureFixture[str]) -> None:
    """onnxruntime-gpu 1.18.1 of PyPI needs CUDA 11 and cuDNN 8: the bump breaks what the image installs."""
    found = _diff(capsys, CUDA_12_4, "--dockerfile", _dockerfile(), *R535, "--gpu", "T4", rc=1)
    assert (found["a"]["label"], found["b"]["label"], found["dockerfile"]) == (CUDA_11_8, CUDA_12_4, "Dockerfile")
    rules = [item["rule"] for item in found["hosts"][0]["appear"]]
    assert rules[:2] == ["onnxruntime-cuda-mismatch", "onnxruntime-cudnn-mismatch"]


def test_a_dockerfile_on_two_bases_without_a_host(capsys: pytest.CaptureFixture[str]) -> None:
    same = _diff(capsys, CUDA_11_8, CUDA_11_8.replace("22.04", "20.04"), "--dockerfile", _dockerfile())
    assert same["hosts"][0]["change"] == "undecided"
    assert _diff(capsys, CUDA_11_8, CUDA_12_4, "--dockerfile", "Dockerfile", rc=1)["hosts"][0]["change"] == "drops-out"


def test_two_dockerfiles(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.Dockerfile").write_text(f"FROM {CUDA_12_4}\nRUN pip install torch==2.4.0\n")
    found = _diff(capsys, _dockerfile(), "new.Dockerfile")
    assert _values(found, "torch") == (None, "2.4.0 (CUDA 12.1, cuDNN 9.1.0.70)")
    assert found["b"]["label"] == "new.Dockerfile"


def test_a_package_is_judged_on_both(capsys: pytest.CaptureFixture[str]) -> None:
    package = ("--package", "onnxruntime-gpu==1.18.1")
    found = _diff(capsys, CUDA_11_8, CUDA_12_4, *package, "--driver", "550.54.15", "--gpu", "T4", rc=1)
    assert found["hosts"][0]["change"] == "drops-out"
    cpu = _diff(capsys, CUDA_11_8, CUDA_12_4, *package, "--uses", "opencv", "--driver", "550.54.15", "--gpu", "T4")
    assert cpu["hosts"][0]["change"] == "stays"


def test_an_ignored_rule_drops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    ignored = ("--ignore", "gpu-not-in-torch", "--ignore", "gpu-not-in-cudnn")
    assert not _diff(capsys, NGC_24_12, NGC_25_01, *R535, "--gpu", "V100", *ignored)["dropped_out"]


def test_the_settings_name_hosts_and_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    Path("envdoctor.toml").write_text(
        f'[hosts]\nedge = {{driver = "535.104.05", gpu = "RTX 4090"}}\n[image-alias]\n"{STRANGER}" = "{CUDA_13_0}"\n'
    )
    found = _diff(capsys, CUDA_12_4, STRANGER, rc=1)
    assert found["hosts"][0]["host"].startswith("edge")
    assert _values(found, "cuda") == ("12.4.1", "13.0.0")


def test_an_architecture_that_an_image_lacks_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", "nvidia/cuda:11.8.0-cudnn8-runtime-centos7", CUDA_11_8, "--arch", "arm64"])
    assert "A is not published for arm64, only for amd64" in capsys.readouterr().err


# exit codes and refusals


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        ((CUDA_12_4,), 2, "expected two, A and B"),
        ((CUDA_12_4, CUDA_12_4, CUDA_12_4), 2, "3 operands"),
        ((CUDA_12_4, "missing/Dockerfile"), 3, "missing/Dockerfile: no such file"),
        ((CUDA_12_4, "."), 3, "nothing to check in this directory"),
        ((CUDA_12_4, CUDA_13_0, "--driver", "banana"), 2, "banana"),
        ((CUDA_12_4, CUDA_13_0, "--host", "missing.json"), 3, "missing.json"),
        ((CUDA_12_4, CUDA_13_0, "--arch", "mips"), 2, "amd64"),
        ((CUDA_12_4, CUDA_13_0, "--form", "json"), 2, "--form"),
        ((CUDA_12_4, CUDA_13_0, "--ignore", "driver-to-old"), 2, "did you mean driver-too-old"),
        ((CUDA_12_4, "--dockerfile", "missing"), 3, "missing"),
        ((CUDA_12_4, "--dockerfile", CUDA_13_0), 2, "expected a Dockerfile"),
        (("Unnamed", "--dockerfile", "Unnamed"), 2, "are images that replace its base"),
        ((CUDA_13_0, "--dockerfile", "Unnamed"), 3, "name A as well"),
        ((CUDA_12_4, "nvidia/cuda:12\x1b[31m"), 3, "\\x1b[31m"),
        ((CUDA_12_4, "\0"), 2, "is not a file name"),
        ((CUDA_12_4, "user:secret@host/app:1"), 3, "user name or password"),
        ((CUDA_12_4, "n" * 10_000 + ":1"), 3, "characters was read as an image reference"),
        ((CUDA_12_4, CUDA_13_0, "--output", "no/such/folder"), 3, "could not be written"),
    ],
)
def test_refusals_are_one_clear_line(
    argv: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("Unnamed").write_text("ARG BASE\nFROM ${BASE}\n")
    assert main(["diff", *argv, "-q"]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert len(err) < 1200
    assert "secret" not in err or "password" in err
    assert "\x1b" not in err


def test_a_crashed_rule_is_never_fine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from envdoctor.rules import driver_end_of_life

    def crash(*_: object) -> None:
        raise RuntimeError("broken")

    rule = driver_end_of_life.RULE._replace(check=crash)
    monkeypatch.setattr("envdoctor.comparison.hosts.RULES", (rule,))
    assert main(["diff", CUDA_12_4, CUDA_12_6, *R535, "--gpu", "T4", "-q"]) == 3
    assert capsys.readouterr().err == ""


# how it is told


CELL = {"state", "value", "reason", "origin"}
FINDING = {"rule", "severity", "message", "remedy", "sources"}
ROWS = (
    "cuda cudnn tensorrt torch opencv python os flavor l4t driver_floor native_driver native_driver_end_of_life start_gate"
    " forward_compat gpu_architectures cpu_architectures tag"
).split()


def test_the_document_keeps_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """A promise to other programs: add to it, and neither rename nor drop."""
    found = _diff(capsys, CUDA_12_4, CUDA_13_0, *R535, "--gpu", "RTX 4090", rc=1)
    assert found["schema"] == "envdoctor.diff/1"
    jsonschema.validate(found, json.loads(schema_text("diff")))
    assert set(found) == {
        *("schema", "tool", "a", "b", "dockerfile", "rows", "gpus", "drivers", "hosts", "dropped_out", "notices")
    }
    assert set(found["tool"]) == {"name", "version", "matrix"}
    assert [row["name"] for row in found["rows"]] == ROWS
    for row in found["rows"]:
        assert set(row) == {"name", "label", "change", "a", "b"}
        assert set(row["a"]) == set(row["b"]) == CELL
        assert row["change"] in ("same", "different", "unknown")
    for gpu in found["gpus"]:
        assert set(gpu) == {"compute_capability", "architecture", "examples", "a", "b", "change", "rule", "message"}
    for host in found["hosts"]:
        assert set(host) == {
            "host",
            "a",
            "b",
            "change",
            "appear",
            "vanish",
            "remain",
            "changed",
            "not_counted",
            "undecided",
        }
        assert host["appear"]
        assert all(set(item) == FINDING for item in (*host["appear"], *host["vanish"], *host["remain"]))
        assert all(set(pair) == {"a", "b"} and set(pair["a"]) == FINDING for pair in host["changed"])


def test_the_table_stays_within_the_width(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    lines = _text(capsys, CUDA_12_4, CUDA_13_0).splitlines()
    assert max(map(len, lines)) <= 72
    assert lines[:2] == [f"A  {CUDA_12_4}", f"B  {CUDA_13_0}"]
    assert "* driver floor          525.60.13" in "\n".join(lines)


def test_all_shows_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    few, every = _text(capsys, CUDA_12_4, CUDA_12_6), _text(capsys, CUDA_12_4, CUDA_12_6, "--all")
    assert "\n  flavor " not in few
    assert "\n  flavor " in every
    assert "? TensorRT" in every
    assert "The same:" not in every


def test_hosts_that_fare_alike_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = [part for name in "abc" for part in ("--host", f"name={name},driver=535.104.05,gpu=RTX 4090")]
    told = _text(capsys, CUDA_12_4, CUDA_13_0, *hosts)
    assert told.count("DROPS OUT") == 1
    assert told.count("driver-too-old") == 1


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_a_hostile_dockerfile_cannot_act(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("Dockerfile").write_text("FROM my/\x1b[31m`|@bob<b>:1\nRUN pip install torch==2.4.0\n")
    main(["diff", "Dockerfile", CUDA_12_4, "--format", form])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.isprintable() or {letter for letter in out if not letter.isprintable()} == {"\n"}


def test_markdown_is_a_comment(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = ("--host", "name=a|b @bob,driver=535.104.05,gpu=RTX 4090")
    told = _text(capsys, CUDA_12_4, CUDA_13_0, *hosts, "--format", "markdown")
    assert told.startswith("### 1 of 1 host drops out or gets worse\n")
    assert f"- B: `{CUDA_13_0}`" in told
    assert "| **driver floor** | 525.60.13 | 580.65.06 |" in told
    assert "| `a\\|b @bob (RTX 4090, driver 535.104.05)` |" in told
    assert "(`a|b @bob (RTX 4090, driver 535.104.05)`)" in told


def test_markdown_makes_no_links_and_mentions() -> None:
    assert escaped("ask @bob, see #12") == "ask @<!-- -->bob, see #<!-- -->12"
    assert escaped("at https://x.org") == "at h<!-- -->ttps://x.org"
    assert escaped("<img> a|b *c*\nd") == "\\<img\\> a\\|b \\*c\\*\\\\nd"
    assert code("a`b") == "`` a`b ``"
    assert (code("a|b"), code("a|b", in_table=True)) == ("`a|b`", "`a\\|b`")


def test_colour_only_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    plain = _text(capsys, CUDA_12_4, CUDA_13_0)
    colored = _text(capsys, CUDA_12_4, CUDA_13_0, "--color", "always")
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_the_output_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", CUDA_12_4, CUDA_12_6, "--output", "diff.txt"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert Path("diff.txt").read_text().startswith(f"A  {CUDA_12_4}\n")
    assert "rows differ" in err


def test_the_summary_counts(capsys: pytest.CaptureFixture[str]) -> None:
    hosts = ("--host", "name=desk,driver=535.104.05,gpu=RTX 4090", "--host", "name=lab,driver=580.95.05,gpu=A100")
    main(["diff", CUDA_12_4, CUDA_13_0, *hosts])
    assert "2 hosts: 1 out" in capsys.readouterr().err


def test_an_old_matrix_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "more than six months" not in " ".join(_diff(capsys, CUDA_12_4, CUDA_12_6)["notices"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "4102444800")  # 2100-01-01
    assert "more than six months ago" in _diff(capsys, CUDA_12_4, CUDA_12_6)["notices"][-1]
    main(["diff", CUDA_12_4, CUDA_12_6])
    assert "pip install -U envdoctor-gpu" in capsys.readouterr().err


def test_the_help_says_what_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "--help"]) == 0
    assert "image-tag-removed" in capsys.readouterr().out


def test_help_and_comparison_import_no_rich() -> None:
    script = "import sys; from envdoctor.cli import main; code = main(sys.argv[1:]); sys.exit(code or int('rich' in sys.modules))"
    for argv in (["diff", "--help"], ["diff", CUDA_12_4, CUDA_13_0, "--no-config"]):
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run([sys.executable, "-c", script, *argv], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr


def test_completion_knows_it(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    assert '"diff --format") words="terminal json markdown"' in script
    assert "--dockerfile" in script


@pytest.mark.parametrize(
    ("a", "b", "change"),
    [
        (Verdict.COMPATIBLE, Verdict.COMPATIBLE, STAYS),
        (Verdict.INCOMPATIBLE, Verdict.INCOMPATIBLE, STAYS),
        (Verdict.COMPATIBLE, Verdict.DEGRADED, DEGRADES),
        (Verdict.DEGRADED, Verdict.INCOMPATIBLE, DROPS_OUT),
        (Verdict.UNKNOWN, Verdict.INCOMPATIBLE, DROPS_OUT),
        (Verdict.UNKNOWN, Verdict.UNKNOWN, UNDECIDED),
        (Verdict.UNKNOWN, Verdict.DEGRADED, UNDECIDED),
        (Verdict.INCOMPATIBLE, Verdict.UNKNOWN, UNDECIDED),
        (Verdict.INCOMPATIBLE, Verdict.DEGRADED, GAINED),
        (Verdict.DEGRADED, Verdict.COMPATIBLE, IMPROVES),
    ],
)
def test_changes(a: Verdict, b: Verdict, change: str) -> None:
    assert change_of(a, b) == change
