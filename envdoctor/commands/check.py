"""`envdoctor check`: its options. What it does is in `check_run`, so that --help imports none of it."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import NotYet, Parser, build_options, host_options, settings_options
from envdoctor.formatters import FORMATS

_DESCRIPTION = """\
Judges workloads against hosts. Nothing is built, pulled or run, and nothing goes over the network.

TARGET is a Dockerfile, a shell script with docker run, a compose file, requirements, pyproject.toml, a
conda environment, an environment document, a directory that holds any of them, an image reference, -
for a Dockerfile on standard input, or local for the container that this command runs in. Default: the
current directory. All files of one check are read as one repository: a launch is judged with the
Dockerfile that builds its image, and that with the base images that other files build."""

_EPILOG = """\
examples:
  envdoctor check --driver 535.104.05 --gpu "RTX 4090"
  envdoctor check Dockerfile --host name=edge,driver=470.57.02,gpu=T4 --host name=lab,driver=550.54.14,gpu=A100
  envdoctor check nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04 --package onnxruntime-gpu==1.19.0 --driver 535
  envdoctor check train.sh docker/ --driver 535.104.05 --gpu "RTX 4090"
  envdoctor check Dockerfile --launch "--gpus all --shm-size 1g" --driver 535.104.05 --gpu T4
  envdoctor check . --format github --fail-on warning
  envdoctor check local                                 in a container: what is installed there, on its own host

Without a host option: the hosts in [tool.envdoctor] (pyproject.toml) or envdoctor.toml, else this machine if it
has an NVIDIA driver, else the workload is judged alone.

exit codes:
  0  everything that could be decided is below the threshold; what could not be decided is listed
  1  a finding at or above the threshold
  2  usage error, also a target or GPU that cannot be understood
  3  the check could not be done: a target could not be read, a rule crashed, or, with --strict,
     a rule could not decide
Precedence 2 > 1 > 3 > 0.
"""


def parser() -> Parser:
    made = Parser("check", _DESCRIPTION, _EPILOG)
    made.add_argument("targets", nargs="*", metavar="TARGET", help="what to judge (default: the current directory)")
    host_options(made.add_argument_group("the host"))
    _workload_options(made.add_argument_group("the workload"))
    _gate_options(made.add_argument_group("what counts"))
    _output_options(made.add_argument_group("output"))
    made.add_argument("--online", action=NotYet, nargs="?", help=argparse.SUPPRESS)
    return made


def run(args: argparse.Namespace) -> int:
    from envdoctor.commands.check_run import check

    return check(args)


def _workload_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="NAME==VERSION",
        help="a package the workload also has; repeatable",
    )
    group.add_argument(
        "--launch", metavar="OPTIONS", help='how it is started, where no file says: "--gpus all --shm-size 1g"'
    )
    group.add_argument(
        "--uses", metavar="LIST", help="what it uses instead of what is inferred: torch,onnxruntime-cuda"
    )
    build_options(group)


def _gate_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--fail-on", choices=("error", "warning", "never"), help="the threshold of exit code 1 (default: error)"
    )
    group.add_argument("--strict", action="store_true", help="exit 3 when a rule could not decide")
    group.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="suppress a rule's findings; repeatable"
    )
    settings_options(group)


def _output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--format", choices=tuple(FORMATS), default="terminal", help="default: terminal")
    group.add_argument("--output", metavar="FILE", help="write the report there instead of standard output")
    group.add_argument(
        "-v", "--verbose", action="count", default=0, help="tell every rule that was asked, with its outcome"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="no summary, notices and progress on standard error")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
