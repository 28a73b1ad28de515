"""`envdoctor probe`: what is true of this machine, as the environment document that `check --host FILE` reads."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import Parser
from envdoctor.commands.console import write

_EPILOG = """\
examples:
  envdoctor probe > production.json                       on the host
  envdoctor check Dockerfile --host production.json       anywhere

A machine without an NVIDIA driver is a normal result. null means that it could not be told.
exit codes: 0 written, 2 usage error, 3 the document could not be written
"""


def parser() -> Parser:
    return Parser("probe", "Prints what is true of this machine (driver, GPUs, system) as environment JSON.", _EPILOG)


def run(args: argparse.Namespace) -> int:
    import json

    from envdoctor.hosts import probe_document

    write(json.dumps(probe_document(), indent=2) + "\n")
    return 0
