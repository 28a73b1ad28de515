"""`envdoctor probe`: what is true of this machine or container, as the environment document that `check` reads."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import Parser
from envdoctor.commands.console import tell, write

_DESCRIPTION = "Prints what is true of this machine or container (driver, GPUs, image, packages, surroundings) as environment JSON."

_EPILOG = """\
examples:
  envdoctor probe > production.json                       on the host
  envdoctor check Dockerfile --host production.json       anywhere
  envdoctor check local                                   in a container: judges what probe sees there

A machine without an NVIDIA driver is a normal result. null means that it could not be told; --verbose says why.
Of environment variables only those are shown that cannot hold a secret; of the others the names.
exit codes: 0 written, 2 usage error, 3 the document could not be written
"""


def parser() -> Parser:
    made = Parser("probe", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "--deep",
        action="store_true",
        help="import and use PyTorch, ONNX Runtime and OpenCV too, where installed: takes seconds and memory of the GPU",
    )
    made.add_argument("-v", "--verbose", action="store_true", help="say on standard error why a value is null")
    return made


def run(args: argparse.Namespace) -> int:
    import json

    from envdoctor.observation import observe

    seen = observe(deep=args.deep)
    write(json.dumps(seen.document, indent=2) + "\n")
    if args.verbose:
        for where, reason in seen.reasons.items():
            tell(f"{where}: {reason}")
    return 0
