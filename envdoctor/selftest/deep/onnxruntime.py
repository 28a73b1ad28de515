"""ONNX Runtime: a real session on the provider that is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.probes import onnxruntime_session
from envdoctor.probes.onnxruntime_session import PROVIDERS
from envdoctor.selftest.deep.part import Asked, failed, ok, short
from envdoctor.selftest.verdict import DeepResult

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

REMEDY = "try another onnxruntime-gpu release (1.22.0 crashes where libcuda is missing); restart the container"
_ERROR = re.compile(r"with error: ([^\n]{1,400})")


def work(asked: Asked) -> Callable[[Say], None]:
    preload = any("preload_dlls" in note for note in asked.notes)
    site, gpu = asked.installed["onnxruntime"]["site"], asked.gpus[0] if asked.gpus else 0
    return partial(onnxruntime_session.probe, site=site, needs=(asked.need,), preload=preload, gpu=gpu)


def judge(asked: Asked, told: Mapping[str, Any]) -> DeepResult:
    need, name = asked.need, PROVIDERS[asked.need]
    if "import_error" in told:
        return failed(
            need, f"import onnxruntime fails: {short(told['import_error'])}", "install it again, and what it names"
        )
    session = told[f"session {name}"]
    if name not in session["providers"]:
        return failed(
            need,
            f"ONNX Runtime does not run on {name} but on {', '.join(session['providers']) or 'nothing'}: "
            f"{short(reason(session['log'], session['error']))}",
            "install the CUDA and cuDNN libraries of the release it was built for: envdoctor check tells which",
        )
    if not session["right"]:
        return failed(need, f"{name} computes wrong results", "update the driver; test the GPU with dcgmi diag")
    return ok(need, f"a session ran on {name}")


def reason(log: str, error: str) -> str:
    """The loader's own error in what ONNX Runtime logged, else the exception's text, else the log's last line."""
    match = _ERROR.search(log)
    if match:
        return match.group(1).strip()
    if error:
        return error
    lines = [line.strip() for line in log.splitlines() if line.strip() and "warnings.warn(" not in line]
    return lines[-1][:400] if lines else "it gives no reason"
