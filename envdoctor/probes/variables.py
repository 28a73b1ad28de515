"""The environment variables that a container's programs are started with, and which of their values may be shown.

Sources: our own environment (an engine gives a HEALTHCHECK and `exec` the container's); for a recording
/proc/1/environ. Values are shown only of variables that are known to say something of the GPU stack and cannot be
secret; of all others only the names.
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
_TOLD = re.compile(
    r"(?:NVIDIA|CUDA|CUDNN|NV|NCCL|NVSHMEM|CUBLAS|TENSORRT|TRT|TORCH|TORCHINDUCTOR|PYTORCH|ORT|ONNXRUNTIME|OPENCV|QT|OMP|MKL"
    r"|OPENBLAS|TRITON|TF_CPP|TF_GPU|TF_FORCE|XLA|JAX|LD|PYTHON|CONDA|VIRTUAL|GST|LIBVA|VDPAU|JETPACK|L4T|ENVDOCTOR)(?:_[A-Z0-9_]*)?"
    r"|PATH|HOME|USER|LANG|LC_ALL|TZ|PYTHON[A-Z0-9_]*|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_[A-Z_]*|HF_HOME|HF_HUB_CACHE"
    r"|TRANSFORMERS_CACHE|MPLCONFIGDIR|NUMBA_CACHE_DIR|YOLO_CONFIG_DIR|KERAS_HOME|container"
)
_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH(?!ORITY)|COOKIE|SESSION|PRIVATE|INDEX|PROXY|URL|URI|DSN|CERT|WEBHOOK"
)
_SECRET_VALUE = re.compile(r"://|eyJ[A-Za-z0-9_-]{10}|[A-Za-z0-9+/_-]{40}|-----BEGIN")
# Folders' names and GPUs' identifiers look like tokens.
_LONG = re.compile(r"[A-Z_]*(?:PATH|HOME|DIR|CACHE|PREFIX|ENV|AUTHORITY|PRELOAD)|(?:NVIDIA|CUDA)_VISIBLE_DEVICES")


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
        name: value[:_MOST_CHARACTERS] if may_be_shown(name, value) else None
        for name, value in sorted(environment.items())
        if _NAME.fullmatch(name)
    }


def may_be_shown(name: str, value: str) -> bool:
    if not _TOLD.fullmatch(name) or _SECRET_NAME.search(name.upper()):
        return False
    if _LONG.fullmatch(name):
        return "://" not in value
    return not _SECRET_VALUE.search(value)
