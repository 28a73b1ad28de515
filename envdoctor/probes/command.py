"""What a program prints, started without a shell. For a child (`child.ask`): there is no deadline here."""

from __future__ import annotations

import os
from collections.abc import Mapping

_MOST_BYTES = 256 * 1024


def output(command: list[str], environment: Mapping[str, str]) -> str:
    """Its standard output and error together, the first 256 KiB; the rest is read and dropped, so that it ends. Raises
    OSError if it cannot be started."""
    read, write = os.pipe()
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, write, 2)],
        )
    except OSError:
        os.close(read)
        raise
    finally:
        os.close(write)
    content = b""
    while chunk := os.read(read, 65536):
        content += chunk[: max(_MOST_BYTES - len(content), 0)]
    os.close(read)
    os.waitpid(pid, 0)
    return content.decode("utf-8", "replace")
