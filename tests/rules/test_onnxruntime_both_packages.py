"""onnxruntime beside onnxruntime-gpu."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, dockerfile, does_not_apply, fires, undecided, workload

RULE = "onnxruntime-both-packages"


def test_one_of_them_is_fine() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"]))
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.20.0"]))


def test_the_cpu_package_where_cuda_is_needed_is_another_rules() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4, pip=["onnxruntime==1.20.0"], uses=["onnxruntime-cuda"]))


def test_both() -> None:
    finding = fires(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0", "onnxruntime==1.20.0"]))
    assert finding.severity is Severity.ERROR
    assert "both installed" in finding.message
    assert finding.remedy[0].startswith("pip uninstall -y onnxruntime onnxruntime-gpu && pip install")


def test_what_is_not_seen_may_hold_the_other() -> None:
    gap = ["Dockerfile:4: -r missing.txt"]
    assert "missing.txt" in undecided(RULE, workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.0"], gaps=gap))
    assert "our_base:1" in undecided(RULE, workload("our_base:1", pip=["onnxruntime-gpu==1.20.0"]))


def test_an_image_that_is_said_to_use_the_cpu_does_not_care() -> None:
    both = ["onnxruntime-gpu==1.20.0", "onnxruntime==1.20.0"]
    assert "does not use" in does_not_apply(RULE, workload(CUDNN_12_4, pip=both, uses=["onnxruntime"]))


def test_the_cpu_package_that_faster_whisper_brings() -> None:
    pip, gpu = "apt-get install -y python3-pip", "pip install onnxruntime-gpu==1.20.0"
    does_not_apply(RULE, dockerfile(pip, "pip install faster-whisper", gpu, image=CUDNN_12_4))
    does_not_apply(RULE, dockerfile(pip, gpu, "pip install faster-whisper --no-deps", image=CUDNN_12_4))
    finding = fires(RULE, dockerfile(pip, f"{gpu} insightface", image=CUDNN_12_4))
    assert "Dockerfile:3, required by insightface" in [each.origin for each in finding.evidence]
    fires(RULE, workload(None, pip=["onnxruntime-gpu==1.20.0", "faster-whisper"]))  # a requirements.txt
