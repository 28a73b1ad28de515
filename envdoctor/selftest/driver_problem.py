"""Why CUDA does not work here: which of the usual causes took the GPU away, and what to type.

Result codes: CUresult, https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html ; NVML's nvmlReturn_t,
https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from typing import Any

from envdoctor.probes import libcuda_origin
from envdoctor.probes.device_nodes import of_gpus
from envdoctor.probes.surroundings import Surroundings
from envdoctor.selftest.verdict import Problem

NEED = "cuda"
_EPERM = 1
_NOT_A_SERVER_S = ("/dev/dxg", "/dev/nvhost-gpu")  # WSL 2 and Jetson need neither nvidiactl nor nvidia-uvm
_BY_CDI = (
    "create the container again with --device nvidia.com/gpu=all (after a driver upgrade: nvidia-ctk cdi generate)"
)
_GPU_FLAG = "start it with --gpus all (compose: deploy.resources.reservations.devices; Kubernetes: nvidia.com/gpu)"
_CUDA_NAMES = {
    -1: "the library has no cuInit", 2: "out of memory", 3: "not initialized", 34: "stub library",
    46: "device unavailable", 100: "no CUDA-capable device", 101: "invalid device", 214: "uncorrectable ECC error",
    304: "operating system call failed", 800: "not permitted", 802: "system not yet initialized",
    803: "system has unsupported display driver / cuda driver combination",
    804: "forward compatibility was attempted on non supported HW", 805: "MPS client failed to connect",
    999: "unknown error",
}  # fmt: skip
_NVML_LOST = {15: "is lost (fell off the bus)", 16: "needs a reset"}
_NVML_MISMATCH, _NVML_NO_PERMISSION = 18, 4


def problem(told: Mapping[str, Any], seen: Surroundings, environment: Mapping[str, str]) -> Problem | None:
    """None if CUDA starts and sees a GPU. `told` is what `driver_calls` told."""
    if "libcuda_error" in told:
        return _no_library(str(told["libcuda_error"]), told, seen, environment)
    code = told.get("cuInit")
    if code == 0 and told.get("gpus"):
        return lost_gpu(told, environment) or not_for_process_1(seen)
    if code in (34, 802, 803, 804, 805, 214):
        return _named_code(int(code), told, seen)
    if told.get("nvmlInit") == _NVML_MISMATCH:
        return _mismatch(told, seen)
    return (
        _denied(told)
        or lost_gpu(told, {})
        or _not_given(told, seen, environment)
        or _missing_node(seen)
        or _hidden(code, environment)
        or _unexplained(code, told)
    )


def _no_library(error: str, told: Mapping[str, Any], seen: Surroundings, environment: Mapping[str, str]) -> Problem:
    if os.strerror(errno.EMFILE) in error:
        return _problem(f"libcuda.so.1 cannot be loaded: {error}", "raise the limit of open files (--ulimit nofile)")
    if "cannot open shared object file" not in error and "No such file" not in error:
        return _problem(
            f"libcuda.so.1 cannot be loaded: {error}",
            "remove the libcuda files that the image itself holds; the container runtime mounts the host's",
        )
    return (
        _not_given(told, seen, environment)
        or _without_compute(environment)
        or _problem(
            f"there are device nodes ({', '.join(seen.nodes[:3])}) and no driver library ({error})",
            f"the NVIDIA container runtime did not mount the driver: {_GPU_FLAG}, not with --device or --privileged "
            "alone; on a bare host run ldconfig or install the driver",
        )
    )


def _not_given(told: Mapping[str, Any], seen: Surroundings, environment: Mapping[str, str]) -> Problem | None:
    """The container was started without a GPU, or the machine has no driver."""
    visible = environment.get("NVIDIA_VISIBLE_DEVICES")
    if of_gpus(seen.nodes):
        return None
    if visible == "void" and _given_by_cdi(told, seen):
        only = (
            f"0, only {', '.join(seen.nodes[:3])}" if seen.nodes else "*, although CDI mounted the driver's libraries"
        )
        return _lost(f"there is no /dev/nvidia{only}", _BY_CDI)
    if visible in ("void", "none", ""):
        return _problem(
            f"NVIDIA_VISIBLE_DEVICES is {visible or 'empty'}, so the container was given no GPU",
            "start it with NVIDIA_VISIBLE_DEVICES=all, with --gpus all or, with CDI, --device nvidia.com/gpu=all",
        )
    if seen.nodes:
        return _problem(
            f"there is no /dev/nvidia0, only {', '.join(seen.nodes[:3])}",
            f"the container was given no GPU, or the host has none: {_GPU_FLAG}; nvidia-smi on the host lists them",
        )
    return _without_nodes(seen)


def _given_by_cdi(told: Mapping[str, Any], seen: Surroundings) -> bool:
    """CDI's specifications set NVIDIA_VISIBLE_DEVICES=void, lest the older runtime gives the GPUs once more. A node that
    the program made itself does not count: the cgroup denies it.
    https://github.com/NVIDIA/nvidia-container-toolkit/pull/395"""
    opened: Mapping[str, int] = told.get("opened", {})
    mounted = seen.libcuda_kind == libcuda_origin.INJECTED
    return mounted or any(opened.get(node) != _EPERM for node in seen.nodes)


def _without_nodes(seen: Surroundings) -> Problem:
    if seen.container:
        if seen.kernel_module:
            return _problem(
                f"the host has NVIDIA driver {seen.kernel_module} and the container was given no GPU (no /dev/nvidia*)",
                _GPU_FLAG,
            )
        return _problem(
            "the container was given no GPU (no /dev/nvidia*)", f"{_GPU_FLAG}; nvidia-smi on the host must work"
        )
    return _problem(
        "this machine has no /dev/nvidia*: no NVIDIA driver is loaded",
        "install the driver or load it (modprobe nvidia; nvidia-smi)",
    )


def _without_compute(environment: Mapping[str, str]) -> Problem | None:
    words = environment.get("NVIDIA_DRIVER_CAPABILITIES", "")
    if not words or {"all", "compute"} & set(words.split(",")):
        return None
    return _problem(
        f"NVIDIA_DRIVER_CAPABILITIES={words} leaves libcuda.so.1 out",
        f"set NVIDIA_DRIVER_CAPABILITIES={words},compute (or all) and create the container again",
    )


def _denied(told: Mapping[str, Any]) -> Problem | None:
    """https://github.com/NVIDIA/nvidia-container-toolkit/issues/48"""
    opened: Mapping[str, int] = told.get("opened", {})
    gpus = of_gpus(opened)
    denied = [path for path in (*gpus, "/dev/nvidiactl") if opened.get(path) == _EPERM]
    if not gpus or not denied or ("/dev/nvidiactl" not in denied and set(denied) != set(gpus)):
        return None  # one GPU of several may be denied on purpose; libcuda makes /dev/nvidiactl itself, for nothing
    seen = " and devices.list has no entry for it" if told.get("cgroup_allows") is False else ""
    return _lost(
        f"the container's cgroup no longer lets it open {denied[0]} (Operation not permitted{seen}), as after a systemctl "
        "daemon-reload on the host",
        "create the container again; to prevent it: --device for each /dev/nvidia* node, CDI, or Docker's cgroupfs driver",
    )


def _named_code(code: int, told: Mapping[str, Any], seen: Surroundings) -> Problem:
    where = str(told.get("libcuda", "")) or "libcuda.so.1"
    text = f"cuInit gave {code} ({_CUDA_NAMES[code]})"
    if code == 34:
        return _problem(
            f"{text}: {where} is the CUDA toolkit's stub, not the driver",
            "take …/stubs out of LD_LIBRARY_PATH and of /etc/ld.so.conf.d, then run ldconfig",
        )
    if code == 803:
        return _mismatch(told, seen)
    if code == 804:
        return _lost(
            f"{text}: {where} is cuda-compat, which this GPU (GeForce and other consumer ones) does not support",
            "take /usr/local/cuda/compat out of LD_LIBRARY_PATH or remove the cuda-compat package; then the image's "
            "CUDA must fit the host's driver",
        )
    remedies = {
        802: "on the host, start nvidia-fabricmanager of the driver's own release (systemctl status nvidia-fabricmanager)",
        805: "start the MPS control daemon on the host, or unset CUDA_MPS_PIPE_DIRECTORY",
        214: "reset the GPU (nvidia-smi --gpu-reset) or take the host out of service; nvidia-smi -q -d ECC tells which",
    }
    return _lost(text, remedies[code])


def _mismatch(told: Mapping[str, Any], seen: Surroundings) -> Problem:
    """The libraries and the loaded kernel module are of different driver releases."""
    where = str(told.get("libcuda", "")) or "libcuda.so.1"
    code = told.get("cuInit")
    said = f"cuInit gave {code} ({_CUDA_NAMES[803]})" if code == 803 else "NVML: Driver/library version mismatch"
    module = seen.kernel_module or "of another release"
    text = f"{said}: {where} does not fit the loaded kernel module {module}"
    if seen.libcuda_kind == libcuda_origin.COMPAT:
        remedy = "the image's cuda-compat does not fit this driver: take /usr/local/cuda/compat out of LD_LIBRARY_PATH"
    elif seen.libcuda_kind == libcuda_origin.PACKAGE:
        remedy = f"the image brings its own driver: remove the package {seen.libcuda_package} from it"
    elif seen.libcuda_kind == libcuda_origin.INJECTED:
        remedy = "the host's driver was upgraded: create the container again; if that does not help, restart the host"
    elif seen.container:
        remedy = "the image brings its own driver files: remove them; the container runtime mounts the host's"
    else:
        remedy = "the driver was upgraded without a restart: restart the host (or reload the nvidia modules)"
    return Problem(NEED, text, remedy, certain=bool(of_gpus(seen.nodes)))


def lost_gpu(told: Mapping[str, Any], environment: Mapping[str, str]) -> Problem | None:
    """With CUDA_VISIBLE_DEVICES the lost one may be one that the program does not use, unless all are lost."""
    states: Sequence[int] = (told.get("nvml") or {}).get("gpus", ())
    ours = [code for code in states if code != _NVML_NO_PERMISSION]
    counts = "CUDA_VISIBLE_DEVICES" not in environment or all(code in _NVML_LOST for code in ours)
    for index, code in enumerate(states):
        if code in _NVML_LOST and counts:
            return _lost(
                f"GPU {index} {_NVML_LOST[code]}, says NVML",
                "on the host, look for Xid in dmesg, then nvidia-smi --gpu-reset or restart the host",
            )
    return None


def not_for_process_1(seen: Surroundings) -> Problem | None:
    """CUDA works for us, and we may be root while the container's program is not. One GPU of several may be kept from it
    on purpose."""
    paths = [line.partition(" ")[0] for line in seen.refused]
    gpus = of_gpus(paths)
    if not paths or (set(gpus) == set(paths) and set(gpus) != set(of_gpus(seen.nodes))):
        return None
    return _lost(
        f"process 1 runs as user {seen.uid} with groups {', '.join(map(str, seen.groups)) or 'none'} and may not open "
        f"{seen.refused[0]}",
        "add the node's group to the user (--group-add), or mend the mode on the host (NVreg_DeviceFileMode=0666)",
    )


def _missing_node(seen: Surroundings) -> Problem | None:
    """The driver makes them when it is first used, and the container runtime hands them on."""
    if set(_NOT_A_SERVER_S) & set(seen.nodes):
        return None
    if "/dev/nvidiactl" not in seen.nodes:
        return _lost(
            "there is no /dev/nvidiactl, which CUDA needs",
            "run nvidia-smi on the host, which makes the node there, then create the container again",
        )
    if "/dev/nvidia-uvm" not in seen.nodes:
        return _lost(
            "there is no /dev/nvidia-uvm, which CUDA needs",
            "on the host: nvidia-modprobe -u -c=0 (and start nvidia-persistenced), then create the container again",
        )
    return None


def _hidden(code: object, environment: Mapping[str, str]) -> Problem | None:
    value = environment.get("CUDA_VISIBLE_DEVICES")
    if value is None or code not in (0, 100, 101):  # no device, invalid device: other codes are not about the choice
        return None
    return _problem(
        f"CUDA_VISIBLE_DEVICES={value[:60]!r} leaves no GPU",
        "unset it, or name a GPU that nvidia-smi -L lists here (indexes start at 0 in each container)",
    )


def _unexplained(code: object, told: Mapping[str, Any]) -> Problem:
    if code == 0:
        return _lost("CUDA starts and sees no GPU", "nvidia-smi -L on the host lists what there is")
    name = _CUDA_NAMES.get(code, "") if isinstance(code, int) else ""
    failed = {path: error for path, error in told.get("opened", {}).items() if error}
    opened = "".join(f"; {path} cannot be opened: {os.strerror(error)}" for path, error in list(failed.items())[:2])
    nvml = f"; nvmlInit gave {told['nvmlInit']}" if told.get("nvmlInit") else ""
    return _lost(
        f"cuInit gave {code}" + (f" ({name})" if name else "") + nvml + opened,
        "nvidia-smi and dmesg (Xid, NVRM) on the host tell more; reload nvidia_uvm or restart the host",
    )


def _problem(cause: str, remedy: str) -> Problem:
    return Problem(NEED, cause, remedy)


def _lost(cause: str, remedy: str) -> Problem:
    """A GPU was given, so nobody doubts that it is needed."""
    return Problem(NEED, cause, remedy, certain=True)
