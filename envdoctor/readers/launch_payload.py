"""What a container is told to run: `bash -c "pip install torch>=2.0 && python train.py"`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from envdoctor.facts import Origin, Slip
from envdoctor.readers.docker_words import Word
from envdoctor.readers.shell import read_shell
from envdoctor.readers.shell.wrappers import payload
from envdoctor.readers.shell_slips import redirections

_MAX_SLIPS = 20
_LOOK_AHEAD = 200


def payload_slips(words: Sequence[Word], origin_at: Callable[[int], Origin], lines: Sequence[str]) -> list[Slip]:
    """Faults of the script that a shell in the container is given as a word; none for any other command. `lines` are
    those of the file: in double quotes a continued line is lost, so that the place is looked up."""
    given = payload([word.shown for word in words])
    if given is None or given[0] is None:
        return []
    first = words[given[1]].line
    found: list[Slip] = []
    for command in read_shell(given[0], {}).commands:
        for redirect in command.redirects:
            alone = command._replace(redirects=(redirect,))
            number = first + redirect.line
            written = f"{redirect.attached_to}{redirect.operator}"
            ahead = range(number, min(number + _LOOK_AHEAD, len(lines)))
            found.extend(redirections(alone, origin_at(next((n for n in ahead if written in lines[n]), number))))
    return found[:_MAX_SLIPS]
