"""An argument parser that says what is wrong in one line, and prints help without importing `shutil`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from envdoctor.commands import UsageError


class Parser(argparse.ArgumentParser):
    """No abbreviations: an option that is added later must not change what an old command line means."""

    def __init__(self, command: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=f"envdoctor {command}",
            description=description,
            epilog=epilog,
            formatter_class=_formatter,
            allow_abbrev=False,
        )

    def parse_intermixed_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        return super().parse_intermixed_args(_joined(args or ()), namespace)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _joined(words: Sequence[str]) -> list[str]:
    """`--launch --privileged` as one word: the value of --launch is options of another program."""
    found: list[str] = []
    for word in words:
        if found and found[-1] == "--launch":
            found[-1] = f"--launch={word}"
        else:
            found.append(word)
    return found


class Group(Parser):
    """A command with subcommands (`envdoctor matrix list`), each with a parser and a --help of its own. What is parsed has
    the subcommand's name in `subcommand`."""

    def __init__(
        self, command: str, description: str, epilog: str, subcommands: Mapping[str, Callable[[], Parser]]
    ) -> None:
        super().__init__(command, description, epilog)
        self.subcommands = subcommands
        self.add_argument("subcommand", choices=tuple(subcommands), help="below; each has a --help of its own")

    def parse_intermixed_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        words = list(args or ())
        if not words or words[0] not in self.subcommands:
            self._refuse(words)
        parsed = self.subcommands[words[0]]().parse_intermixed_args(words[1:])  # type: ignore[no-untyped-call]
        parsed.subcommand = words[0]
        return parsed

    def _refuse(self, words: Sequence[str]) -> NoReturn:
        from envdoctor.nearest import did_you_mean

        if words and words[0] in ("-h", "--help"):
            self.print_help()
            self.exit()
        known = ", ".join(self.subcommands)
        if not words:
            self.error(f"no subcommand; they are {known}")
        guess = did_you_mean(words[0], self.subcommands) or f"; they are {known}"
        self.error(f"unknown subcommand {words[0][:60]!r}{guess}")


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=26, width=columns())


def columns(most: int = 100) -> int:
    """The terminal's width, between 40 and `most`; 80 without one."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit() and len(stated) < 6:
        width = int(stated)
    else:
        try:
            width = os.get_terminal_size(1).columns
        except OSError:
            width = 80
    return max(40, min(width or 80, most))


def host_options(group: argparse._ArgumentGroup) -> None:
    """--host, --driver and --gpu, as every command that judges against hosts takes them; see check_hosts.Hosts."""
    group.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="HOST",
        help="an environment JSON, local, a host named in the settings, or name=…,driver=…,gpu=…; repeatable",
    )
    group.add_argument("--driver", metavar="VERSION", help="the host's driver as nvidia-smi prints it: 535.104.05")
    group.add_argument(
        "--gpu",
        action="append",
        default=[],
        metavar="NAME",
        help='"RTX 4090", T4, 8.9; repeatable: the GPUs of one host',
    )


def build_options(group: argparse._ArgumentGroup) -> None:
    """What a Dockerfile leaves open, for the commands that judge one; see settings.settings."""
    group.add_argument(
        "--image-alias",
        action="append",
        default=[],
        metavar="NAME=IMAGE",
        help="what a local base image is built on; repeatable",
    )
    group.add_argument(
        "--build-arg", action="append", default=[], metavar="KEY=VALUE", help="as for docker build; repeatable"
    )
    group.add_argument("--target", metavar="STAGE", help="the stage of the Dockerfile to judge (default: the last)")


def settings_options(group: argparse._ArgumentGroup) -> None:
    """--config and --no-config; see settings.config_of."""
    group.add_argument(
        "--config", metavar="FILE", help="the settings, instead of the nearest pyproject.toml or envdoctor.toml"
    )
    group.add_argument("--no-config", action="store_true", help="no settings file")


class NotYet(argparse.Action):
    """An option of a later version, so that it is refused by name instead of as a typing error."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: object, values: object, option: str | None = None
    ) -> None:
        parser.error(f"{option} is not supported yet")
