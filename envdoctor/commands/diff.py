"""`envdoctor diff`: its options. What it does is in `diff_run`, so that --help imports none of it."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import Parser, build_options, host_options, settings_options

FORMATS = ("terminal", "json", "markdown")

_DESCRIPTION = """\
What changes when the base image moves from A to B, and which hosts drop out. Nothing is built, pulled or run, and
nothing goes over the network.

A and B are image references or files (a Dockerfile, requirements, an environment document). With --dockerfile they
are two bases for that file: its workload is judged on each. Where A is left out it is the file's own FROM.

A is taken for what runs today: that its tag is gone from the registry (image-tag-removed) is told, and not counted
against it; check counts it."""

_EPILOG = """\
examples:
  envdoctor diff nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04 nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04
  envdoctor diff nvcr.io/nvidia/pytorch:24.12-py3 nvcr.io/nvidia/pytorch:25.01-py3 --driver 535.104.05 --gpu V100
  envdoctor diff nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04 --dockerfile Dockerfile --host production.json
  envdoctor diff main.Dockerfile Dockerfile --format markdown         a comment for a pull request

Hosts are stated as for check. Without a host option: those in [tool.envdoctor] (pyproject.toml) or envdoctor.toml,
else this machine if it has an NVIDIA driver, else what holds on any host is told.

exit codes:
  0  compared; no host drops out (whatever else differs, and what could not be decided)
  1  a host drops out: with B its verdict gets worse, to incompatible or degraded
  2  usage error
  3  could not be compared: A or B could not be read, or a rule crashed
Precedence 2 > 1 > 3 > 0.

--format json writes schema envdoctor.diff/1: a, b (label), dockerfile, tool, rows[] (name, label, change: same |
different | unknown, a and b with state, value, reason, origin), gpus[] (what is lost, gained or undecided), drivers[],
hosts[] (host, a, b, change: drops-out | degrades | stays | improves | gained | undecided, appear, vanish, remain,
changed (a, b: one rule, other numbers), not_counted, undecided), dropped_out[], notices[].
"""


def parser() -> Parser:
    made = Parser("diff", _DESCRIPTION, _EPILOG)
    made.add_argument("images", nargs="+", metavar="IMAGE", help="A and B, or a file in place of an image")
    host_options(made.add_argument_group("the host"))
    _workload_options(made.add_argument_group("the workload"))
    _output_options(made.add_argument_group("output"))
    made.set_defaults(fail_on=None, strict=False)
    return made


def run(args: argparse.Namespace) -> int:
    from envdoctor.commands.diff_run import diff

    return diff(args)


def _workload_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dockerfile", metavar="FILE", help="judge this file's workload, with its base replaced by A and by B"
    )
    group.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="NAME==VERSION",
        help="a package that is installed on both; repeatable",
    )
    group.add_argument("--uses", metavar="LIST", help="what it uses instead of what is inferred: onnxruntime-cuda")
    group.add_argument("--arch", choices=("amd64", "arm64"), help="the CPU architecture of the image (default: amd64)")
    build_options(group)
    group.add_argument("--ignore", action="append", default=[], metavar="RULE", help="leave a rule out; repeatable")
    settings_options(group)


def _output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--all", action="store_true", help="also the rows that are the same or not known on both sides")
    group.add_argument("--format", choices=FORMATS, default="terminal", help="default: terminal")
    group.add_argument("--output", metavar="FILE", help="write it there instead of standard output")
    group.add_argument("-q", "--quiet", action="store_true", help="no summary and notices on standard error")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
