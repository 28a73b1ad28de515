"""Whole Dockerfiles as workloads: with USER, ENTRYPOINT and files of the build context."""

from __future__ import annotations

from collections.abc import Mapping

from envdoctor.facts import Facts
from envdoctor.readers.declared import SourceText
from envdoctor.readers.stages import read_dockerfile
from envdoctor.workload import Stated, assemble
from tests.rules.vocabulary import MATRIX, NOT_STATED

MAPPING = """\
#!/bin/bash
if [ -n "$USER_ID" ] && [ -n "$GROUP_ID" ]; then
  groupadd -o -g "$GROUP_ID" workers
  useradd -o -u "$USER_ID" -g "$GROUP_ID" -m worker
  exec gosu worker "$@"
fi
exec "$@"
"""


def built(text: str, files: Mapping[str, str] | None = None) -> Facts:
    """What the Dockerfile makes; `files` are those of its build context."""

    def read(path: str) -> str | None:
        found = (files or {}).get(path)
        return None if found is None else SourceText(found, path)

    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=read)
    return assemble(declared, NOT_STATED, MATRIX, Stated())


def with_entrypoint(script: str = MAPPING, image: str = "ubuntu:22.04", more: str = "") -> Facts:
    """An image whose entrypoint is that script."""
    text = f'FROM {image}\n{more}COPY entrypoint.sh /entrypoint.sh\nENTRYPOINT ["/entrypoint.sh"]\n'
    return built(text, {"entrypoint.sh": script})
