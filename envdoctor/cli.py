"""The `envdoctor` command: finds the command, runs it, and turns every way to end into an exit code.

Only the command that runs is imported; `envdoctor --help` imports no argument parser at all.
"""

from __future__ import annotations

import os
import sys

from envdoctor import __version__
from envdoctor.commands import COMMANDS, PLANNED, InputError, OutputError, UsageError

INTERRUPTED = 130  # 128 + SIGINT, as shells report it

_HELP = """\
usage: envdoctor COMMAND [OPTION...]

Will this GPU workload run on those hosts, and if not, what to type. Checked before any build, without a GPU.

commands:
{commands}

examples:
  envdoctor check --driver 535.104.05 --gpu "RTX 4090"
  envdoctor check Dockerfile --host production.json
  envdoctor check nvcr.io/nvidia/pytorch:24.05-py3 --driver 470.57.02 --gpu T4
  envdoctor probe > production.json

exit codes of check:
  0  everything that could be decided is below the threshold (--fail-on)
  1  a finding at or above the threshold
  2  usage error
  3  the check could not be done (or, with --strict, not be decided)

envdoctor COMMAND --help tells each command's options; envdoctor --version the version.
"""


def run() -> None:
    """The command as a process: it ends at once, because to take the interpreter apart costs a tenth of a check."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:  # the reader has seen enough
            pass
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    code = _exit_code(arguments)
    if arguments[:1] == ["selftest"]:  # Docker reserves every code but 0 and 1 for a HEALTHCHECK
        return int(code != 0)
    return code


def _exit_code(argv: list[str]) -> int:
    try:
        return _dispatch(argv)
    except UsageError as error:
        _tell(f"error: {error}")
        return 2
    except (InputError, OutputError) as error:
        _tell(f"error: {error}")
        return 3
    except SystemExit as stop:  # argparse, after it printed a command's help
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):  # Python 3.11 wraps it in a class body
            return INTERRUPTED
        return _crashed(error)


def _dispatch(argv: list[str]) -> int:
    if not argv:
        _tell("error: no command; the commands are " + ", ".join(COMMANDS) + " (see envdoctor --help)")
        return 2
    name, rest = argv[0], argv[1:]
    if name in ("-h", "--help", "help"):
        return _print(help_text())
    if name in ("-V", "--version"):
        return _print(f"envdoctor {__version__}\n")
    if name in PLANNED:
        _tell(f"error: {name} is not supported yet")
        return 2
    if name not in COMMANDS:
        raise UsageError(_unknown(name))
    return _run(name, rest)


def _run(name: str, arguments: list[str]) -> int:
    from importlib import import_module

    command = import_module(f"envdoctor.commands.{name}")
    code: int = command.run(command.parser().parse_intermixed_args(arguments))
    return code


def help_text() -> str:
    return _HELP.format(commands="\n".join(f"  {name:<12}{summary}" for name, summary in COMMANDS.items()))


def _unknown(name: str) -> str:
    from envdoctor.nearest import did_you_mean

    kind = "option" if name.startswith("-") else "command"
    guess = did_you_mean(name, COMMANDS) or f"; the commands are {', '.join(COMMANDS)}"
    return f"unknown {kind} {name[:60]!r}{guess} (see envdoctor --help)"


def _crashed(error: Exception) -> int:
    """A fault of ours: one line that can be reported, and never an exit code that means a verdict."""
    if os.environ.get("ENVDOCTOR_DEBUG") == "1":
        raise error
    text = f"{type(error).__name__}: {error}"[:300]
    _tell(
        f"internal error ({text}); nothing was judged. Please report it with the command line and what the command "
        f"prints with ENVDOCTOR_DEBUG=1 set (envdoctor {__version__}, Python {sys.version.split()[0]})"
    )
    return 3


def _print(text: str) -> int:
    from envdoctor.commands.console import write

    write(text)
    return 0


def _tell(text: str) -> None:
    from envdoctor.commands.console import tell

    tell(text)
