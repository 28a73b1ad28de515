"""The quick self-test: needs, observations, verdict. Nothing here loads a library or opens a device; children do."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from envdoctor.probes import stamp
from envdoctor.probes.child import NOT_STARTED, Answers
from envdoctor.probes.surroundings import Surroundings
from envdoctor.selftest import driver_problem, needs, observed, parts
from envdoctor.selftest.verdict import Problem, Verdict, without_repeats

_OF_PACKAGES = frozenset(("torch", "onnxruntime", "onnxruntime-cuda", "onnxruntime-tensorrt", "opencv"))
_RESTART = "restart the container; if it hangs again, look for Xid and NVRM in the host's dmesg and restart the host"
_SLOW = (
    "give a longer --timeout where files are slow to read (over a network, or fetched as they are read); else look for "
    "I/O errors in the host's dmesg"
)
_OF_LIMITS = tuple(f"[Errno {number}]" for number in (errno.EAGAIN, errno.ENOMEM, errno.ENFILE, errno.EMFILE))
_LIMITS = (
    "raise the container's limits: of processes (docker run --pids-limit, ulimit -u), open files (--ulimit nofile) or "
    "memory; or end what uses them up"
)
_SHARE_OF_FILES = 0.75  # of the time
_LEAST_SECONDS = 0.2
_SECONDS_OF_LOG = 2.0


def quick(stated: Mapping[str, str] | None, until: float) -> Verdict:
    """`stated`: the needs and where each is stated; None to find them. `until`: of time.monotonic."""
    looked = stated is None or bool(_OF_PACKAGES & stated.keys())
    stuck = stamp.still_stuck(stamp.FILES) if looked else None
    if stuck is not None:
        return Verdict(stated or {}, problems=(_still_stuck(stuck, "image"),))
    image = observed.packages(_before_the_driver(stated, until)) if looked else Answers({})
    if looked and (image.hung or "installed" not in image.told):
        return Verdict(stated or {}, problems=(unanswered("image", image),))
    told: dict[str, Any] = dict(image.told)
    wanted = needs.found(told["installed"], os.environ) if stated is None else stated
    problems = [*_device_problems(wanted, told, until)]
    if not any(problem.need == "driver" for problem in problems):
        problems += _part_problems(wanted, told)
    works, notes = _works(wanted, told), _notes(image, told)
    if any(problem.need in ("cuda", "driver") for problem in problems):
        from envdoctor.selftest import xid

        told.update(xids(until))
        problems, notes = [xid.explained(problem, told) for problem in problems], (*notes, *xid.notes(told))
    if stated is None:
        problems = [with_reason(problem, wanted) for problem in problems]
    return Verdict(wanted, works, without_repeats(problems), notes, told, stated=stated is not None)


def _device_problems(wanted: Mapping[str, str], told: dict[str, Any], until: float) -> Iterator[Problem]:
    """Asks the driver and the cameras where they are needed, and adds what they tell to `told`."""
    if wanted.keys() & set(needs.ON_A_GPU):
        refusal = _not_asked(until)
        if refusal:
            yield refusal
            return
        driver = observed.driver(until, [name for name in ("nvdec", "nvenc") if name in wanted])
        told.update(driver.told)
        yield from _driver_problems(driver)
    if "camera" in wanted:
        stuck = stamp.still_stuck(stamp.CAMERA)
        if stuck is not None:
            yield _still_stuck(stuck, "camera")
            return
        cameras = observed.cameras(until)
        told.update(cameras.told)
        limits = unanswered("camera", cameras)
        if limits.remedy == _LIMITS:
            yield limits
        elif cameras.ending:
            yield Problem("camera", f"the cameras do not answer: {cameras.ending}", _RESTART)


def xids(until: float) -> dict[str, Any]:
    """Read only where a problem asks for its cause, or in the deep self-test: the log may be long."""
    now = time.monotonic()
    return observed.kernel_log(min(until, now + _SECONDS_OF_LOG)) if until - now >= _LEAST_SECONDS else {}


def _before_the_driver(stated: Mapping[str, str] | None, until: float) -> float:
    """Files that are slow to read must not take the driver's time, lest it is blamed."""
    if stated is not None and not stated.keys() & set(needs.ON_A_GPU):
        return until
    now = time.monotonic()
    return now + (until - now) * _SHARE_OF_FILES


def _not_asked(until: float) -> Problem | None:
    """Why the driver cannot be asked."""
    stuck = stamp.still_stuck()
    if stuck is not None:
        return _still_stuck(stuck, "driver")
    if until - time.monotonic() < _LEAST_SECONDS:
        return Problem("driver", "there was no time left to ask the driver", "give a longer --timeout")
    return None


def with_reason(problem: Problem, wanted: Mapping[str, str]) -> Problem:
    """Nobody said that it is needed: tell why we think so, and how to say otherwise. Where the driver hangs, or a GPU that
    was given is lost, that would only hide the remedy."""
    if problem.certain or problem.need == "driver":
        return problem
    on_a_gpu = (because for need, because in wanted.items() if need in needs.ON_A_GPU)
    because = wanted.get(problem.need) or next(on_a_gpu, "")
    return problem._replace(remedy=f"{problem.remedy}; or set ENVDOCTOR_EXPECT=none if it is not needed ({because})")


def _still_stuck(pid: int, need: str) -> Problem:
    who = {"driver": "the driver or a file system does", "image": "a file system does", "camera": "the cameras do"}[
        need
    ]
    return Problem(
        need,
        f"{who} not answer: process {pid} of an earlier self-test still hangs in the kernel and cannot be killed",
        _RESTART,
    )


def unanswered(who: str, answers: Answers) -> Problem:
    during = f" in {answers.during}" if answers.during else ""
    if answers.ending.startswith(NOT_STARTED) or any(number in answers.ending for number in _OF_LIMITS):
        return Problem(who, f"the self-test itself could not run: {answers.ending}", _LIMITS)
    if who == "image":
        return Problem("image", f"the image's files could not be read: {answers.ending}{during}", _SLOW)
    if answers.hung:
        return Problem("driver", f"the driver does not answer: {answers.ending}{during}", _RESTART)
    if answers.ending.startswith("signal "):
        return Problem("driver", f"the driver's library crashed{during}: {answers.ending}", _RESTART)
    return Problem("driver", f"the driver could not be asked{during}: {answers.ending}", _RESTART)


def _driver_problems(driver: Answers) -> Iterator[Problem]:
    seen = driver.told.get("surroundings")
    if driver.ending or not isinstance(seen, dict):
        yield unanswered("driver", driver)
        return
    found = driver_problem.problem(driver.told, Surroundings(**seen), os.environ)
    if found:
        yield found


def _part_problems(wanted: Mapping[str, str], told: Mapping[str, Any]) -> Iterator[Problem]:
    for need in wanted:
        found = _part(need, told)
        if found:
            yield found


def _part(need: str, told: Mapping[str, Any]) -> Problem | None:
    installed: Mapping[str, Any] = told.get("installed") or {}
    if need == "torch":
        return parts.torch(installed, told)
    if need.startswith("onnxruntime"):
        return parts.onnxruntime(installed, told, need)
    if need in ("nvdec", "nvenc"):
        return parts.video(need, told, os.environ)
    if need == "opencv":
        return parts.opencv(installed, told)
    if need == "display":
        return parts.display(os.environ)
    return parts.camera(told) if need == "camera" else None


def _works(wanted: Mapping[str, str], told: Mapping[str, Any]) -> tuple[str, ...]:
    if not wanted:
        seen = "could be seen" if (told.get("installed") or {}).get("unreadable") else "is installed or stated"
        return (f"nothing that {seen} needs a GPU",)
    if not told.get("gpus"):
        return (", ".join(wanted),)
    gpus: list[str] = told["gpus"]
    driver = (told.get("nvml") or {}).get("driver", "")
    cuda = told.get("cuDriverGetVersion", 0)
    words = [", ".join(name or "a GPU" for name in gpus[:8]) + (f" and {len(gpus) - 8} more" if len(gpus) > 8 else "")]
    words += [f"driver {driver}"] if driver else []
    words += [f"CUDA {cuda // 1000}.{cuda % 1000 // 10}"] if cuda else []
    return (", ".join(words), ", ".join(wanted))


def _notes(image: Answers, told: Mapping[str, Any]) -> tuple[str, ...]:
    """What never makes it unhealthy."""
    notes = list(parts.preloaded(told))
    installed: Mapping[str, Any] = told.get("installed") or {}
    packages = installed.get("packages", {})
    if installed.get("unreadable"):
        notes.append(f"not all that is installed could be seen: {installed['unreadable']}")
    if image.ending:
        notes.append(f"the loader could not be asked for every library: {image.ending} in {image.during}")
    if {"onnxruntime", "onnxruntime-gpu"} <= packages.keys():
        notes.append(
            "onnxruntime and onnxruntime-gpu are both installed: the next upgrade may put the CPU's files last"
        )
    cv2 = [name for name in packages if name.startswith("opencv")]
    if len(cv2) > 1:
        notes.append(f"{' and '.join(cv2)} own the same folder cv2")
    return tuple(notes)
