"""A launch that gives the container no GPU though the workload needs one."""

from __future__ import annotations

import pytest

from envdoctor.facts import known, unknown
from envdoctor.findings import Severity
from tests.rules.launches import launched
from tests.rules.vocabulary import CUDNN_12_4, PYTHON, document, does_not_apply, fires, on, silent, undecided, workload

RULE = "launch-without-gpu"
TORCH = workload(CUDNN_12_4, pip=["torch==2.4.0"])
PLAIN = workload("ubuntu:22.04", pip=["torch==2.4.0"])


def test_launches_that_ask_for_a_gpu_or_are_not_stated() -> None:
    does_not_apply(RULE, TORCH)
    does_not_apply(RULE, launched(TORCH, gpus="all"))
    does_not_apply(RULE, launched(TORCH, "podman run", devices=["nvidia.com/gpu=all"]))
    does_not_apply(RULE, launched(TORCH, devices=["/dev/nvidia0", "/dev/nvidiactl"]))
    does_not_apply(RULE, launched(TORCH, volumes=["/usr/lib/x86_64-linux-gnu/libcuda.so.1:/usr/lib/libcuda.so.1:ro"]))


def test_what_only_the_run_decides_is_not_judged() -> None:
    does_not_apply(RULE, launched(TORCH, gpus=unknown("$GPUS is known only at run time")))
    does_not_apply(RULE, launched(TORCH, runtime=unknown("$RUNTIME is known only at run time")))


def test_the_cpu_is_meant() -> None:
    does_not_apply(RULE, launched(workload(PYTHON, pip=["torch==2.4.0+cpu"])))
    does_not_apply(RULE, launched(workload(PYTHON, pip=["onnxruntime==1.19.0"], uses=["onnxruntime"])))
    does_not_apply(RULE, launched(TORCH, env={"CUDA_VISIBLE_DEVICES": ""}))


def test_another_service_of_the_image_has_the_gpu() -> None:
    beside = launched(TORCH, "compose")
    beside = beside._replace(
        launch=beside.launch._replace(goes_without="service worker runs the same image with a GPU")
    )
    does_not_apply(RULE, beside)


FOR_A_GPU = (
    "cudnn-shadowed", "driver-too-old", "gpu-not-in-cuda", "gpu-not-in-torch", "gpu-not-in-onnxruntime", "gpu-not-in-driver",
    "needs-forward-compat", "onnxruntime-both-packages", "onnxruntime-cpu-package", "onnxruntime-cuda-mismatch",
    "onnxruntime-cudnn-mismatch", "package-library-mismatch", "start-gate-refuses", "torch-cpu-wheel",
)  # fmt: skip


@pytest.mark.parametrize("rule", FOR_A_GPU)
def test_without_a_gpu_neither_the_driver_nor_what_was_built_for_one_is_judged(rule: str) -> None:
    lines = ["torch==2.11.0", "onnxruntime-gpu==1.20.0", "onnxruntime==1.20.0", "faster-whisper"]
    facts = workload(PYTHON, pip=lines, host=on("470.57.02", ["K80"]))
    for how in ("docker run", "compose"):
        does_not_apply(rule, launched(facts, how))
    does_not_apply(rule, launched(workload(CUDNN_12_4, pip=["torch==2.4.0+cpu"], host=on("470.57.02", ["K80"]))))


@pytest.mark.parametrize(
    "options",
    [
        {"gpus": "all"}, {"runtime": "nvidia"}, {"devices": ["nvidia.com/gpu=all"]}, {"devices": ["/dev/nvidia0"]},
        {"devices": unknown("$DEVICES")}, {"privileged": True}, {"gpus": unknown("$GPUS")},
        {"env": {"NVIDIA_VISIBLE_DEVICES": "all"}}, {"passed": frozenset({"NVIDIA_VISIBLE_DEVICES"})},
        {"volumes": ["/usr/lib/x86_64-linux-gnu/libcuda.so.1:/usr/lib/libcuda.so.1:ro"]},
    ],
)  # fmt: skip
def test_a_launch_that_may_reach_one_is_judged(options: dict[str, object]) -> None:
    facts = workload(PYTHON, pip=["torch==2.11.0"], host=on("550.54.14", ["A100"]))
    fires("driver-too-old", launched(facts, **options))


def test_a_host_that_may_add_the_gpu_by_itself_is_judged() -> None:
    facts = workload(PYTHON, pip=["torch==2.11.0"], host=on("550.54.14", ["A100"]))
    fires("driver-too-old", launched(facts, "podman run"))
    fires("driver-too-old", facts)
    by_default = facts._replace(host=facts.host._replace(default_runtime=known("nvidia", facts.host.driver.origin)))
    fires("driver-too-old", launched(by_default))


@pytest.mark.parametrize(
    "command",
    [
        ("nvcc", "--version"),
        ("/usr/bin/id",),
        ("ls", None),
        ("pip", "list"),
        ("python3", "-m", "pip", "freeze"),
        ("bash", "-c", "cat /etc/os-release && X=1 ls -l > /out/files; pwd"),
        ("sh", "-lc", "echo 'a; b'"),
    ],
)
def test_commands_that_plainly_need_no_gpu(command: tuple[str | None, ...]) -> None:
    does_not_apply(RULE, launched(TORCH, command=command))


@pytest.mark.parametrize(
    "command",
    [("python", "train.py"), ("bash", "-c", "cd /app && python train.py"), ("sh", "-c", "echo $(nvidia-smi)"),
     ("sh", "-c", "echo 'open"), ("sleep", "infinity"), ("env", "X=1", "python", "a.py")],
)  # fmt: skip
def test_other_commands_may_need_it(command: tuple[str, ...]) -> None:
    assert fires(RULE, launched(TORCH, command=command)).severity is Severity.ERROR


def test_no_request_at_all() -> None:
    finding = fires(RULE, launched(TORCH))
    assert finding.severity is Severity.ERROR
    assert "asks for no GPU" in finding.message
    assert "torch 2.4.0 needs one" in finding.message
    assert finding.remedy[0].startswith("add --gpus all")
    assert finding.at is not None
    assert (finding.at.path, finding.at.line) == ("run.sh", 4)


def test_to_pass_on_a_variable_is_no_request() -> None:
    fires(RULE, launched(TORCH, passed=frozenset({"CUDA_VISIBLE_DEVICES"})))


def test_a_wheel_that_happens_to_be_a_cuda_build_is_a_warning() -> None:
    assert fires(RULE, launched(workload(PYTHON, pip=["torch==2.4.0"]))).severity is Severity.WARNING
    meant = launched(workload(PYTHON, pip=["torch==2.4.0"], uses=["torch"]))
    assert fires(RULE, meant).severity is Severity.ERROR


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        (("pytest", "-q", "tests"), Severity.WARNING),
        (("python3", "-m", "pytest"), Severity.WARNING),
        (("make", "test"), Severity.WARNING),
        (("bash",), Severity.WARNING),
        (("bash", "serve.sh"), Severity.ERROR),
        (("python3", "-m", "serve"), Severity.ERROR),
    ],
)
def test_a_test_and_a_shell_may_be_meant_without_one(command: tuple[str, ...], severity: Severity) -> None:
    facts = launched(workload(CUDNN_12_4, pip=["onnxruntime-gpu==1.20.2"]), command=command)
    assert fires("launch-without-gpu", facts).severity is severity


def test_one_of_several_services_on_an_image_is_a_warning() -> None:
    api = launched(TORCH, "compose", command=("uvicorn", "app:app"))
    finding = fires(RULE, api)
    assert finding.severity is Severity.WARNING
    assert "gpus: all" in finding.remedy[0]
    assert fires(RULE, launched(TORCH, "compose")).severity is Severity.ERROR


def test_hosts_and_engines_that_may_add_it_themselves() -> None:
    orin = workload(CUDNN_12_4, host=on(None, ["Jetson AGX Orin"], l4t="36.4"))
    assert fires(RULE, launched(orin)).severity is Severity.WARNING
    finding = fires(RULE, launched(TORCH, "podman run"))
    assert finding.severity is Severity.WARNING
    assert "--device nvidia.com/gpu=all" in finding.remedy[0]


def test_a_document_that_says_so() -> None:
    finding = fires(RULE, document(launch={"gpus": []}, uses=["torch"]))
    assert "torch" in finding.message
    does_not_apply(RULE, document(launch={"shm_size": "1g"}, image={"reference": CUDNN_12_4}))


def test_the_nvidia_runtime_with_the_variable_of_the_image() -> None:
    silent(RULE, launched(TORCH, runtime="nvidia"))
    silent(RULE, launched(PLAIN, runtime="nvidia", env={"NVIDIA_VISIBLE_DEVICES": "0,1"}))
    does_not_apply(RULE, launched(PLAIN, runtime="nvidia", passed=frozenset({"NVIDIA_VISIBLE_DEVICES"})))
    does_not_apply(RULE, launched(PLAIN, runtime="nvidia", gpus="all"))


def test_the_nvidia_runtime_without_the_variable() -> None:
    finding = fires(RULE, launched(PLAIN, runtime="nvidia"))
    assert "NVIDIA_VISIBLE_DEVICES is set neither by the launch nor by the image" in finding.message
    assert "NVIDIA_VISIBLE_DEVICES=all" in finding.remedy[0]


@pytest.mark.parametrize("value", ["", "void", "none"])
def test_a_variable_that_means_none(value: str) -> None:
    finding = fires(RULE, launched(TORCH, runtime="nvidia", env={"NVIDIA_VISIBLE_DEVICES": value}))
    assert finding.severity is Severity.ERROR
    assert "sees no GPU" in finding.message


def test_nvidia_as_the_default_runtime() -> None:
    host = document(host={"engine": {"name": "docker", "default_runtime": "nvidia"}}).host
    silent(RULE, launched(TORCH._replace(host=host)))
    fires(RULE, launched(PLAIN._replace(host=host)))


def test_an_image_of_unknown_making_is_open() -> None:
    assert "--image-alias" in undecided(RULE, launched(workload("our_base:1")))


def test_what_looks_on_beside_the_work_needs_none() -> None:
    triton = workload("nvcr.io/nvidia/tritonserver:24.05-py3-sdk")
    does_not_apply(RULE, launched(triton, "compose", command=["python", "client.py"]))
    does_not_apply(RULE, launched(TORCH, command=["tensorboard", "--logdir", "/runs"]))
    fires(RULE, launched(workload("nvcr.io/nvidia/tritonserver:24.05-py3"), command=["tritonserver"]))
