"""The environment variables that a container's programs are started with, and which of their values may be shown.

Sources: our own environment (an engine gives a HEALTHCHECK and `exec` the container's); for a recording
/proc/1/environ. Values are shown only of variables that are listed here by name, and only as long as the value does not
look like a secret; of all others only the names. A prefix is no list: NVIDIA_DB_PW is anybody's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from envdoctor.facts import Fact, Origin, known, unknown
from envdoctor.probes.files import read_text
from envdoctor.probes.presence import LIVE

_MOST = 1000
_MOST_CHARACTERS = 16_384
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.()-]{0,199}")
# What they hold are folders or GPUs' identifiers, which are as long as tokens.
_LONG = frozenset(
    "PATH LD_LIBRARY_PATH LD_PRELOAD LIBRARY_PATH PYTHONPATH PYTHONHOME PYTHONUSERBASE HOME VIRTUAL_ENV CONDA_PREFIX CONDA_DIR"
    " CUDA_HOME CUDA_PATH CUDA_ROOT CUDA_CACHE_PATH CUDNN_PATH CUDNN_HOME TENSORRT_HOME TRT_LIBPATH CUDA_MPS_PIPE_DIRECTORY"
    " HF_HOME HF_HUB_CACHE TRANSFORMERS_CACHE TORCH_HOME TORCHINDUCTOR_CACHE_DIR TRITON_CACHE_DIR NUMBA_CACHE_DIR"
    " MPLCONFIGDIR YOLO_CONFIG_DIR KERAS_HOME XDG_RUNTIME_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME"
    " XAUTHORITY QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH QT_QPA_FONTDIR GST_PLUGIN_PATH LIBVA_DRIVERS_PATH"
    " NVIDIA_VISIBLE_DEVICES CUDA_VISIBLE_DEVICES".split()
)
_WORDS = frozenset(
    "NVIDIA_DRIVER_CAPABILITIES NVIDIA_DISABLE_REQUIRE NVIDIA_DISABLE_REQUIRES NVIDIA_IMEX_CHANNELS NVIDIA_MIG_CONFIG_DEVICES"
    " NVIDIA_MIG_MONITOR_DEVICES NVIDIA_TF32_OVERRIDE NVIDIA_PRODUCT_NAME NVARCH CUDA_DEVICE_ORDER CUDA_MODULE_LOADING"
    " CUDA_LAUNCH_BLOCKING CUDA_DEVICE_MAX_CONNECTIONS CUDA_DISABLE_PTX_JIT CUDA_FORCE_PTX_JIT CUDA_FORCE_PRELOAD_LIBRARIES"
    " CUDA_CACHE_DISABLE CUDA_CACHE_MAXSIZE CUDA_MPS_ACTIVE_THREAD_PERCENTAGE CUBLAS_WORKSPACE_CONFIG NCCL_DEBUG"
    " NCCL_P2P_DISABLE NCCL_IB_DISABLE NCCL_SHM_DISABLE NCCL_SOCKET_IFNAME TORCH_CUDA_ARCH_LIST PYTORCH_CUDA_ALLOC_CONF"
    " PYTORCH_ALLOC_CONF PYTORCH_NVML_BASED_CUDA_CHECK TORCH_ALLOW_TF32_CUBLAS_OVERRIDE TORCH_CUDNN_V8_API_ENABLED"
    " OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS TF_CPP_MIN_LOG_LEVEL TF_FORCE_GPU_ALLOW_GROWTH"
    " TF_GPU_ALLOCATOR TF_ENABLE_ONEDNN_OPTS XLA_PYTHON_CLIENT_PREALLOCATE XLA_PYTHON_CLIENT_MEM_FRACTION"
    " XLA_PYTHON_CLIENT_ALLOCATOR JAX_PLATFORMS PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONNOUSERSITE PYTHONSAFEPATH"
    " PYTHONIOENCODING QT_QPA_PLATFORM QT_X11_NO_MITSHM QT_DEBUG_PLUGINS OPENCV_LOG_LEVEL OPENCV_VIDEOIO_DEBUG"
    " LIBVA_DRIVER_NAME VDPAU_DRIVER LD_BIND_NOW CONDA_DEFAULT_ENV ENVDOCTOR_EXPECT ENVDOCTOR_DEBUG USER LANG LC_ALL TZ"
    " DISPLAY WAYLAND_DISPLAY container".split()
)
# NV_CUDNN_VERSION=9.1.0.70-1, NV_CUDA_CUDART_VERSION, NVIDIA_PYTORCH_VERSION=24.05, PYTORCH_VERSION=2.4.0a0+07cecf4168
_VERSION_NAME = re.compile(
    r"NV_[A-Z0-9_]{1,60}_VERSION|(?:NVIDIA_(?:PYTORCH|TENSORFLOW|TENSORRT|TRITON_SERVER)|CUDA|CUDA_DRIVER|CUDNN|CUBLAS|NCCL"
    r"|TENSORRT|TRT|PYTORCH|PYTORCH_BUILD|TORCH|TORCHVISION|PYTHON|OPENCV|ONNXRUNTIME|L4T|JETPACK|NVIDIA_BUILD)_VERSION"
)
_VERSION = re.compile(r"[0-9rvRV][0-9A-Za-z.+:~-]{0,60}")
# NV_LIBCUDNN_PACKAGE=libcudnn8=8.9.7.29-1+cuda12.2
_PACKAGE_NAME = re.compile(r"NV_(?:CUDA|LIB|CUDNN)[A-Z0-9_]{0,60}_PACKAGE(?:_NAME)?")
_PACKAGE = re.compile(r"(?:lib|cuda)[a-z0-9.+-]{1,60}(?:=[0-9][0-9A-Za-z.+:~-]{0,60})?")
# The properties that libnvidia-container knows; a word of another is nobody's gate.
_GATE_NAME = re.compile(r"NVIDIA_REQUIRE_[A-Z0-9_]{1,60}")
_GATE = re.compile(r"(?:(?:cuda|driver|arch|brand|csv-mounts)(?:[<>]=?|!?=)[A-Za-z0-9.-]{1,30}|[, \t\n])*")
_TOKEN = r"nvapi-|hf_|sk-|gh[opsru]_|github_pat_|glpat-|xox[a-z]-|A[KS]IA[A-Z0-9]|ya29\."
_SECRET_VALUE = re.compile(
    rf"://|\S:\S{{0,300}}@|(?<![A-Za-z0-9])(?:{_TOKEN})|eyJ[A-Za-z0-9_-]{{10}}|[A-Za-z0-9+/_-]{{40}}|-----BEGIN|[?&]sig="
)
# "/opt/hf_cache" and "/home/me@work/bin" are folders.
_SECRET_FOLDER = re.compile(
    rf"://|(?:^|:)[^/:]{{0,1000}}@|(?:^|[:=])(?:{_TOKEN})|(?<![A-Za-z0-9])(?:{_TOKEN})[A-Za-z0-9_-]{{16}}|eyJ[A-Za-z0-9_-]{{10}}"
    r"|-----BEGIN|[?&]sig="
)


def variables(root: str = LIVE) -> Fact[Mapping[str, str]]:
    if root == LIVE:
        return known(dict(list(os.environ.items())[:_MOST]), Origin("the environment"))
    text = read_text(root, "/proc/1/environ")
    return known(parse(text.need()), text.origin) if text.is_known else unknown(text.reason, text.origin)


# PATH=/usr/local/bin:/usr/bin\0CUDA_VERSION=12.4.1\0
def parse(text: str) -> dict[str, str]:
    """proc_pid_environ(5)"""
    pairs = (entry.partition("=") for entry in text.split("\0")[:_MOST])
    return {name: value for name, sign, value in pairs if sign and name}


def shown(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Each name with its value, or None where the value may be a secret. Names that no program can read are left out."""
    return {
        name: value[:_MOST_CHARACTERS] if may_be_shown(name, value[:_MOST_CHARACTERS]) else None
        for name, value in sorted(environment.items())
        if _NAME.fullmatch(name)
    }


def may_be_shown(name: str, value: str) -> bool:
    if name in _LONG:
        return not _SECRET_FOLDER.search(value)
    if _SECRET_VALUE.search(value):
        return False
    for names, values in ((_VERSION_NAME, _VERSION), (_PACKAGE_NAME, _PACKAGE), (_GATE_NAME, _GATE)):
        if names.fullmatch(name):
            return not value or values.fullmatch(value) is not None
    return name in _WORDS
