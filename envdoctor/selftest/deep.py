"""What `--deep` adds to the quick self-test: a real ONNX Runtime session per needed provider."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from envdoctor.probes import child, onnxruntime_session
from envdoctor.probes.child import Answers
from envdoctor.probes.onnxruntime_session import PROVIDERS
from envdoctor.selftest import observed
from envdoctor.selftest.verdict import Problem, Verdict

_NOTHING = "deep: there is no ONNX Runtime session to run"
_ERROR = re.compile(r"with error: ([^\n]{1,400})")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,10}m")


def deepened(quick: Verdict, until: float) -> Verdict:
    """`quick` unchanged if it found a problem already; until the time `until` (of time.monotonic)."""
    wanted = [need for need in PROVIDERS if need in quick.needs]
    if not quick.healthy:
        return quick
    if not wanted:
        return quick._replace(works=(*quick.works, _NOTHING))
    installed: Mapping[str, Any] = quick.observed["installed"]  # type: ignore[assignment]
    site = installed["onnxruntime"]["site"]
    other = _other_python(site)
    if other:
        return quick._replace(problems=(_wrong_python(wanted[0], site, other),))
    preload = any("preload_dlls" in note for note in quick.notes)
    work = partial(onnxruntime_session.probe, site=site, needs=wanted, preload=preload)
    answers = observed.remembered(child.ask(work, until))
    problems = tuple(found for need in wanted if (found := _judged(need, answers)))
    ran = "deep: " + ", ".join(f"a session ran on {PROVIDERS[need]}" for need in wanted)
    return quick._replace(works=(*quick.works, ran), problems=problems[:1], observed={**quick.observed, **answers.told})


def _other_python(site: str) -> str:
    """ "3.10" where the package lies in the folder of another Python than this one; its modules would not load."""
    match = re.search(r"/python(3\.[0-9]{1,3})/", site + "/")
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return match.group(1) if match and match.group(1) != ours else ""


def _wrong_python(need: str, site: str, other: str) -> Problem:
    return Problem(
        need,
        f"ONNX Runtime lies in {site}, of Python {other}, and envdoctor runs in Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}: --deep cannot start a session",
        "install envdoctor into the Python that runs the workload, or leave --deep out",
    )


def _judged(need: str, answers: Answers) -> Problem | None:
    if "import_error" in answers.told:
        return Problem(
            need, f"import onnxruntime fails: {answers.told['import_error']}", "install it again, and what it names"
        )
    name = PROVIDERS[need]
    session = answers.told.get(f"session {name}")
    if not isinstance(session, dict):
        during = f" in {answers.during}" if answers.during else ""
        happened = "does not answer" if answers.hung else "crashed"
        return Problem(
            need,
            f"ONNX Runtime {happened}{during}: {answers.ending or 'no answer'}",
            "try another onnxruntime-gpu release (1.22.0 crashes where libcuda is missing); restart the container",
        )
    if name not in session["providers"]:
        return Problem(
            need,
            f"ONNX Runtime does not run on {name} but on {', '.join(session['providers']) or 'nothing'}: "
            f"{reason(session['log'], session['error'])}",
            "install the CUDA and cuDNN libraries of the release it was built for: envdoctor check tells which",
        )
    if not session["right"]:
        return Problem(need, f"{name} computes wrong results", "update the driver; test the GPU with dcgmi diag")
    return None


def reason(log: str, error: str) -> str:
    """The loader's own error in what ONNX Runtime logged, else its last line, else the exception's text."""
    plain = _COLOUR.sub("", log)
    match = _ERROR.search(plain)
    if match:
        return match.group(1).strip()
    if error:
        return error
    lines = [line.strip() for line in plain.splitlines() if line.strip() and "warnings.warn(" not in line]
    return lines[-1][:400] if lines else "it gives no reason"
