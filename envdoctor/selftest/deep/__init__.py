"""What `--deep` adds to the quick self-test: the needed packages and libraries really used, each in a child of its own.

To add a part: a probe that runs in a child (envdoctor/probes), a module here with `work` and `judge`, one entry in PARTS
and in `needs.USED_BY_DEEP`, its line in docs/selftest.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from envdoctor.probes import child, memory
from envdoctor.probes.child import Answers
from envdoctor.probes.presence import LIVE
from envdoctor.selftest import observed, xid
from envdoctor.selftest.deep import onnxruntime, opencv, room, torch, video
from envdoctor.selftest.deep.part import Asked, Part, failed, other_python, short, skipped
from envdoctor.selftest.needs import USED_BY_DEEP
from envdoctor.selftest.run import unanswered, with_reason, xids
from envdoctor.selftest.verdict import FAILED, OK, SKIPPED, DeepResult, Problem, Verdict, without_repeats

PARTS: Mapping[str, Part] = {
    "opencv": Part("OpenCV", 1, 192, 0, "opencv", opencv.work, opencv.judge, opencv.REMEDY),
    "nvdec": Part("NVDEC", 1, 256, 512, "", video.work, video.judge, video.REMEDY),
    "nvenc": Part("NVENC", 1, 256, 512, "", video.work, video.judge, video.REMEDY),
    **{
        need: Part("ONNX Runtime", weight, mib, gpu, "onnxruntime", onnxruntime.work, onnxruntime.judge, onnxruntime.REMEDY)
        for need, weight, mib, gpu in (
            ("onnxruntime", 1, 128, 0),
            ("onnxruntime-cuda", 2, 768, 768),
            ("onnxruntime-tensorrt", 4, 1536, 1024),
        )
    },
    "torch": Part("PyTorch", 4, 1280, 1024, "torch", torch.work, torch.judge, torch.REMEDY),
}  # fmt: skip
_LEAST_SECONDS = 0.2


Starting = Callable[[str, Sequence[DeepResult]], None]


def deepened(
    quick: Verdict, until: float, needs: Sequence[str] | None = None, starting: Starting = lambda need, results: None
) -> Verdict:
    """Runs `needs` (None: all that the image needs) until the time `until` (of time.monotonic). An image that the quick
    self-test found unhealthy stays so, and nothing is run. `starting` is told each part that is really run, before it is,
    and the results until then: the run itself may be killed."""
    parts = tuple(need for need in USED_BY_DEEP if need in (quick.needs if needs is None else needs))
    if not quick.healthy:
        reason = "the quick self-test found a problem already"
        return quick._replace(deep=tuple(skipped(need, reason, started=False) for need in parts))
    rooms = room.asked(_soon(until)) if any(PARTS[need].gpu_mib for need in parts) else None
    if rooms and rooms.ending:
        reason = "the driver does not answer"
        left = tuple(skipped(need, reason, started=False) for need in parts)
        return quick._replace(problems=(unanswered("driver", rooms),), deep=left)
    stuck: int | None = None
    results: list[DeepResult] = []
    for place, need in enumerate(parts):
        if stuck is None:
            gpus, share = room.of_gpus(rooms), _share(parts[place:], until)
            result, stuck = _run(need, quick, share, gpus, partial(starting, need, tuple(results)))
        else:
            hangs = f"process {stuck} of an earlier part hangs and cannot be killed"
            result = skipped(need, hangs, started=False)
        results.append(result)
    extra = tuple(note for part in results for note in video.notes(part.observed, part.need))
    log = xids(until) if rooms else {}
    seen = {**quick.observed, **(rooms.told if rooms else {}), **log}
    return with_results(quick, results)._replace(observed=seen, notes=(*quick.notes, *extra, *xid.notes(log)))


def with_results(quick: Verdict, results: Sequence[DeepResult]) -> Verdict:
    """The first failure makes it unhealthy; what ran and what was left out stand in a healthy line."""
    found = [Problem(part.need, part.text, part.remedy) for part in results if part.result == FAILED]
    problems = without_repeats(found if quick.stated else [with_reason(problem, quick.needs) for problem in found])
    ran = ", ".join(part.text for part in results if part.result == OK)
    left: dict[str, list[str]] = {}
    for part in results:
        if part.result == SKIPPED:
            left.setdefault(part.text, []).append(part.need)
    works = [f"deep: {ran}"] if ran else []
    works += [f"deep skipped: {', '.join(needs)}: {reason}" for reason, needs in left.items()]
    if not results:
        works = ["deep: nothing that is needed has more to run"]
    return quick._replace(works=(*quick.works, *works), problems=problems, deep=tuple(results))


def _soon(until: float) -> float:
    now = time.monotonic()
    return now + (until - now) / 4


def _share(left: Sequence[str], until: float) -> float:
    """Until when the first of `left` may run."""
    now = time.monotonic()
    weights = [PARTS[need].weight for need in left]
    return now + (until - now) * weights[0] / sum(weights)


def _run(
    need: str, quick: Verdict, until: float, gpus: Sequence[room.Gpu] | None, starting: Callable[[], None]
) -> tuple[DeepResult, int | None]:
    """And the number of a child that cannot be killed."""
    part = PARTS[need]
    allowed, no_room = room.allowed(gpus, part.gpu_mib)
    asked = Asked(need, tuple(quick.needs), quick.observed, quick.notes, allowed, until - time.monotonic())
    prohibited = room.prohibited(gpus) if part.gpu_mib else ""
    if prohibited:
        return failed(need, prohibited, "on the host: nvidia-smi -c DEFAULT"), None
    reason = _wrong_python(part, asked) or room.without_memory(part.memory_mib) or no_room
    if not reason and until - time.monotonic() < _LEAST_SECONDS:
        reason = "there was no time left: give a longer --timeout"
    if reason:
        return skipped(need, reason, started=False), None
    starting()
    kills = memory.oom_kills(LIVE)
    answers = observed.remembered(child.ask(part.work(asked), until))
    if answers.ending:
        result = _ended(part, need, answers, memory.oom_kills(LIVE) != kills)
    else:
        result = _judged(part, asked, answers)
    return result._replace(observed=answers.told), answers.stuck


def _judged(part: Part, asked: Asked, answers: Answers) -> DeepResult:
    """A library that writes over its process's memory may spoil what the child tells."""
    try:
        return part.judge(asked, answers.told)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        return skipped(asked.need, f"what {part.name} answered cannot be read ({type(error).__name__})")


def _wrong_python(part: Part, asked: Asked) -> str:
    site = asked.installed[part.package]["site"] if part.package else ""
    other = other_python(site)
    if not other:
        return ""
    return f"{part.name} is in {site}, of Python {other}: install envdoctor into that Python to have it tested"


def _ended(part: Part, need: str, answers: Answers, kills: bool) -> DeepResult:
    """The child did not come to its end: what it told until then decides nothing."""
    during = f" in {answers.during}" if answers.during else ""
    if answers.hung:
        return failed(need, f"{part.name} does not answer{during}: {answers.ending}", part.remedy)
    if answers.ending == "signal SIGKILL" and kills:
        return skipped(need, f"memory ran out{during}, and the kernel ended the test")
    if answers.ending == "signal SIGKILL":
        return failed(need, f"{part.name} was killed{during}: {answers.ending}", part.remedy)
    if answers.ending.startswith("signal ") or answers.ending.startswith("no answer"):
        return failed(need, f"{part.name} crashed{during}: {answers.ending}", part.remedy)
    return skipped(need, f"{part.name} could not be tested{during}: {short(answers.ending)}")
