"""Before a package is imported in a child (`child.ask`): what protects the workload and keeps the package's words."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable

from envdoctor.probes.child import make_no_nodes

_MOST_LOG = 64 * 1024
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,10}m")


def prepared(site: str) -> Callable[[], str]:
    """`site` is where the package lies. Returns what tells all that went to the standard output and error since."""
    die_first()
    make_no_nodes()
    log = _kept_output()
    if site and site not in sys.path:
        sys.path.insert(0, site)
    warnings.simplefilter("default")  # PYTHONWARNINGS=error is not meant for this
    return lambda: _text(log)


def die_first() -> None:
    """If memory runs out, this test is killed and not the workload. proc_pid_oom_score_adj(5)"""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def explained(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _kept_output() -> int | None:
    """What goes to the standard output and error goes into memory; None where that cannot be had."""
    try:
        log = os.memfd_create("log")
    except OSError:
        return None
    os.dup2(log, 1)
    os.dup2(log, 2)
    return log


def _text(log: int | None) -> str:
    if log is None:
        return ""
    return _COLOUR.sub("", os.pread(log, _MOST_LOG, 0).decode("utf-8", "replace"))
