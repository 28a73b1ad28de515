"""`envdoctor selftest`: does the GPU stack that this image needs work, now? Made for HEALTHCHECK; exit code 0 or 1 only."""

from __future__ import annotations

import os
import signal
import sys
import time

from envdoctor.commands import OutputError, UsageError
from envdoctor.commands.arguments import Parser
from envdoctor.commands.console import tell, write

TYPE_CHECKING = False  # importing `typing` costs more than this module
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from envdoctor.selftest.verdict import Verdict

_QUICK_SECONDS, _DEEP_SECONDS = 5.0, 60.0  # for everything, unless --timeout says otherwise
_SPARE = 0.5  # seconds: a child that must be killed gets 0.2, and the answer is still to be written
_EPILOG = """\
examples:
  HEALTHCHECK --interval=30s --timeout=65s --start-period=120s CMD ["envdoctor", "selftest", "--deep-first"]
  envdoctor selftest --expect torch,nvdec --format json

What the image needs is stated with --expect, ENVDOCTOR_EXPECT or expect in [tool.envdoctor], in this order, else found
by what is installed. An image that needs no GPU is healthy without one.

exit codes: 0 healthy, 1 unhealthy or a usage error; nothing else
"""


def parser() -> Parser:
    made = Parser("selftest", "Says in one line whether the GPU stack that this image needs works, now.", _EPILOG)
    made.add_argument(
        "--expect", metavar="LIST", help="what the image needs: cuda,torch,onnxruntime-cuda,nvdec,opencv,… or none"
    )
    deep = made.add_mutually_exclusive_group()
    deep.add_argument(
        "--deep", action="store_true", help="also use what is needed: PyTorch, ONNX Runtime, NVDEC, OpenCV, …"
    )
    deep.add_argument(
        "--deep-first", action="store_true", help="deep until it succeeded once since the container started"
    )
    made.add_argument(
        "--timeout", metavar="SECONDS", help="for everything together (default: 5; as long as deep runs, 60)"
    )
    made.add_argument("--format", choices=("line", "json"), default="line", help="default: line")
    return made


def run(args: argparse.Namespace) -> int:
    from envdoctor.selftest.run import quick

    if not hasattr(os, "fork") or sys.platform != "linux":
        raise UsageError("selftest looks at the Linux system of a container or host; run it there")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever starts us may ignore it, and then no child's end is told
    needs = _stated(args.expect)
    start, stated = time.monotonic(), _seconds(args.timeout) if args.timeout else None

    def deadline(usual: float) -> float:
        seconds = stated or usual
        return start + seconds - min(_SPARE, seconds / 2)

    found = _found(args, lambda until: quick(needs, until), deadline)
    _print(found, args.format)
    return 0 if found.healthy else 1


def _found(args: argparse.Namespace, quick: Callable[[float], Verdict], deadline: Callable[[float], float]) -> Verdict:
    if args.deep_first:
        from envdoctor.selftest.deep_first import deep_first

        return deep_first(quick, deadline)
    if not args.deep:
        return quick(deadline(_QUICK_SECONDS))
    from envdoctor.selftest.deep import deepened

    return deepened(quick(deadline(_DEEP_SECONDS)), deadline(_DEEP_SECONDS))


def _print(found: Verdict, form: str) -> None:
    """What cannot be printed changes nothing: the exit code tells."""
    from envdoctor.selftest import verdict

    if form == "json":
        import json

        text = json.dumps(verdict.document(found), indent=2)
    else:
        text = verdict.line(found)
    try:
        write(text + "\n")
    except OutputError as error:
        tell(f"error: {str(error).partition(';')[0]}; the exit code tells")  # there is no --output here


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise UsageError(f"--timeout {text[:20]!r}: expected seconds from 0.1 to 3600")
    return seconds


def _stated(expect: str | None) -> dict[str, str] | None:
    from envdoctor.selftest.needs import UnknownNeed, stated

    try:
        if expect is not None:
            return stated(expect, "--expect")
        if os.environ.get("ENVDOCTOR_EXPECT"):
            return stated(os.environ["ENVDOCTOR_EXPECT"], "ENVDOCTOR_EXPECT")
        return _configured()
    except UnknownNeed as error:
        raise UsageError(str(error)) from error


def _configured() -> dict[str, str] | None:
    from envdoctor.config import ConfigError, discover
    from envdoctor.selftest.needs import NOTHING, stated

    try:
        config = discover(".")
    except ConfigError as error:
        raise UsageError(str(error)) from error
    except OSError:  # the working directory is gone or not ours to read: there are no settings
        return None
    if config.expect is None:
        return None
    return stated(",".join(config.expect) or NOTHING, f"{config.source}: expect")
