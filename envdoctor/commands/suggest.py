"""`envdoctor suggest`: its options. What it does is in `suggest_run`, so that --help imports none of it."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import Parser, host_options, settings_options
from envdoctor.suggest.problem import FAMILIES

FORMATS = ("text", "json", "dockerfile")
PURPOSES = ("training", "inference", "both")

_DESCRIPTION = """\
The newest combinations of base image, PyTorch, ONNX Runtime, cuDNN and Python that run on all of the hosts, best
first, with the reasons. Each is judged by the rules of `envdoctor check`: what check would fault, or could not decide,
is not suggested.

TARGET is anything that check reads; what those workloads use is what is looked for, their other packages are kept.
Exact pins of torch and onnxruntime-gpu there are replaced unless --keep-pins is given; ranges hold."""

_EPILOG = """\
examples:
  envdoctor suggest --driver 535.104.05 --gpu "RTX 3090" --for training
  envdoctor suggest --host name=edge,driver=470.57.02,gpu=T4 --host name=lab,driver=550.54.14,gpu=A100 --for inference
  envdoctor suggest --package "torch>=2.4" --package onnxruntime-gpu --python 3.10 --driver 580.82.07 --gpu H100 --explain
  envdoctor suggest --for inference --family cuda --driver 580.82.07 --gpu L4 --format dockerfile > Dockerfile
  envdoctor suggest --patch Dockerfile --driver 535.104.05 --gpu T4 | patch -p1

Order: what runs without forward compatibility and without JIT; what NVIDIA still supports; the newest PyTorch, then
ONNX Runtime, then CUDA; the smallest. The best of each family comes first, then the second best of each.

Without a host option: the hosts in [tool.envdoctor] (pyproject.toml) or envdoctor.toml, else this machine.

exit codes:
  0  found
  1  none fits: what conflicts is said, and which single change helps
  2  usage error
  3  a target could not be read
"""


def parser() -> Parser:
    made = Parser("suggest", _DESCRIPTION, _EPILOG)
    made.add_argument(
        "targets", nargs="*", metavar="TARGET", help="what the suggestion is for (Dockerfile, requirements, …)"
    )
    host_options(made.add_argument_group("the hosts"))
    _need_options(made.add_argument_group("the need"))
    _output_options(made.add_argument_group("output"))
    return made


def run(args: argparse.Namespace) -> int:
    from envdoctor.commands.suggest_run import suggest

    return suggest(args)


def _need_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--for",
        dest="purpose",
        choices=PURPOSES,
        help="training: PyTorch; inference: ONNX Runtime; both (default: what targets and packages say, else both)",
    )
    group.add_argument(
        "--dockerfile", metavar="FILE", action="append", default=[], help="the same as TARGET; repeatable"
    )
    group.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help='"torch>=2.4", onnxruntime-gpu, torchvision; repeatable',
    )
    group.add_argument("--keep-pins", action="store_true", help="exact pins in the targets hold too")
    group.add_argument("--python", metavar="X.Y", help="this Python: 3.10")
    group.add_argument("--os", metavar="SYSTEM", help="this system in the image: ubuntu22.04")
    group.add_argument(
        "--family", action="append", default=[], choices=FAMILIES, help="only these base images; repeatable"
    )
    group.add_argument("--arch", choices=("amd64", "arm64"), help="the CPU architecture (default: the hosts')")
    group.add_argument(
        "--video", action="store_true", help="it decodes or encodes video: the driver's codec libraries too"
    )


def _output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-n", dest="count", type=int, default=4, metavar="N", help="how many (default: 4)")
    group.add_argument(
        "--explain", action="store_true", help="also what lost and why, and which single change unlocks more"
    )
    group.add_argument(
        "--format", choices=FORMATS, default="text", help="default: text; dockerfile is the best one alone"
    )
    group.add_argument(
        "--patch", metavar="DOCKERFILE", help="a unified diff that turns this file into the best suggestion"
    )
    group.add_argument("--output", metavar="FILE", help="write there instead of standard output")
    group.add_argument("-q", "--quiet", action="store_true", help="no notices on standard error")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    settings_options(group)
