"""Our reader of the line grammar against BuildKit's own parser, on written and on generated Dockerfiles.

The package `dockerfile` wraps BuildKit's Go parser (0.12). It has no wheels for other platforms than Linux on x86_64.
HEALTHCHECK's command is not taken apart by ours. Two things differ on purpose: theirs lets an unknown instruction through, which BuildKit's next step refuses as we do, and
it takes `["a"] rest` for a JSON array, which BuildKit no longer does.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.readers.dockerfile import Dockerfile, DockerfileError, Instruction, parse
from envdoctor.readers.dockerfile_words import arguments, name_values

buildkit: Any = pytest.importorskip("dockerfile", reason="BuildKit's parser has no wheel for this platform")

# What we refuse and BuildKit's parser leaves to the step behind it.
REFUSED_LATER = (
    "unknown instruction",
    "nothing but",
    "expected FROM IMAGE",
    "stage name",
    "SOURCE… DESTINATION",
    "without an argument",
    "without a name",
    "a name before the =",
    'SHELL ["/bin/bash", "-c"]',
    "expected ONBUILD and",
)


def values(instruction: Instruction, escape: str) -> tuple[str, ...]:
    """The arguments in the form that BuildKit's parser gives them."""
    subject = instruction.trigger or instruction
    if subject.array is not None:
        return subject.array
    if subject.keyword in ("ENV", "LABEL"):
        return tuple(text for pair in name_values(subject.value, escape, subject.keyword) for text in pair)
    if subject.keyword == "ARG":
        pairs = arguments(subject.value, escape)
        return tuple(name if value is None else f"{name}={value}" for name, value in pairs)
    if subject.keyword in ("FROM", "COPY", "ADD", "EXPOSE", "VOLUME"):
        return subject.words
    return (subject.value,) if subject.value else ()


def ours(dockerfile: Dockerfile) -> list[tuple[object, ...]]:
    return [
        (
            item.keyword,
            item.trigger.keyword if item.trigger else None,
            (item.trigger or item).array is not None,
            item.line,
            item.end_line,
            item.flags,
            values(item, dockerfile.escape),
            () if item.trigger else tuple((doc.name, doc.file_descriptor, doc.content) for doc in item.heredocs),
        )
        for item in dockerfile.instructions
    ]


def theirs(text: str) -> list[tuple[object, ...]]:
    return [
        (
            (item.cmd or "").upper(),
            item.sub_cmd.upper() if item.sub_cmd else None,
            item.json,
            item.start_line,
            item.end_line,
            item.flags,
            item.value,
            tuple((doc.name, doc.file_descriptor, doc.content) for doc in item.heredocs),
        )
        for item in buildkit.parse_string(text)
    ]


def compare(text: str) -> None:
    try:
        expected = theirs(text)
    except buildkit.GoParseError:
        with pytest.raises(DockerfileError):
            parse(text, "Dockerfile")
        return
    try:
        found = parse(text, "Dockerfile")
    except DockerfileError as error:
        assert any(reason in str(error) for reason in REFUSED_LATER), (text, str(error))  # noqa: PT017
        return
    assert ours(found) == expected


WRITTEN = {
    "training image": """\
# syntax=docker/dockerfile:1
ARG CUDA=12.4.1
FROM nvidia/cuda:${CUDA}-cudnn-devel-ubuntu22.04 as build

ENV DEBIAN_FRONTEND=noninteractive \\
    PATH="/opt/venv/bin:$PATH" \\
    # with a comment
    TZ=Etc/UTC
ENV LEGACY a value "with quotes"
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN --mount=type=cache,target=/root/.cache/pip \\
    python3 -m venv /opt/venv \\

    && pip install torch==2.4.0 --index-url https://download.pytorch.org/whl/cu124 \\ \t
    && if [ "$(uname -m)" = x86_64 ]; then pip install "onnxruntime-gpu>=1.19"; fi

FROM build AS final
COPY --from=build --chown=1000:1000 /opt/venv /opt/venv
COPY requirements.txt /tmp/
LABEL org.opencontainers.image.title="a b" version=1
USER 1000:1000
WORKDIR /srv
EXPOSE 8000 8001
HEALTHCHECK --interval=30s NONE
ONBUILD RUN pip install .
ENTRYPOINT ["python3", "-m", "serve"]
CMD --help
""",
    "heredocs": """\
FROM python:3.11
RUN <<EOF
set -e
pip install torch
EOF
RUN python3 <<-'PY' && cat <<B
\timport torch
\tPY
hello
B
COPY <<requirements.txt <<"notes" /srv/
torch==2.4.0
requirements.txt
$X
notes
RUN cat <<EOF > /x && echo "it's"
y
EOF
""",
    "windows": '# escape=`\r\nFROM mcr.microsoft.com/windows\r\nRUN powershell `\r\n  -Command x\r\nENV A=`"b C=d\\\r\n',
    "odd ends": "FROM a\nRUN a \\\n\n# c\nRUN b\nENV X=y \\",
    "byte order mark": "\ufeffFROM a\n",
    "not json": "FROM a\nRUN [ -f x ] || true\nRUN ['a']\nCMD [\nCOPY [a b] c\n",
    "escaped escape": "FROM a\nRUN a \\\\\nRUN b\n",
    "no-break space": "FROM a\nRUN \u00a0x\u00a0\n\u00a0RUN y\u00a0z\n",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_written_dockerfiles_are_read_alike(text: str) -> None:
    assert ours(parse(text, "Dockerfile")) == theirs(text)


PIECES = st.sampled_from(
    [
        *("\\", "\\\n", "\\ \t\n", "`", "`\n", "\n", "\r\n", " ", "\t", "\n# c\n", "  # c\n"),
        *("a", "b", "=", '"', "'", "$X", "${X:-y}", "é", "[", "--a=b ", "--a ", "-- "),
        *("<<EOF", "<<-EOF", '<<"EOF"', "2<<EOF", "\nEOF\n", "\n\tEOF\n", "\nRUN cat <<EOF\nx\nEOF\n"),
        *("RUN ", "\nRUN ", "\nrun ", "\nENV ", "\nENV A=", "\nARG ", "\nARG A=", "\nCOPY ", "\nCOPY a ", "\nLABEL "),
        *("\nONBUILD RUN ", "\nFROM x", "\nCMD ", "\nUSER ", '\nRUN ["a", "b"]\n', '\nCOPY ["a", "b"]\n'),
    ]
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(["", "# escape=`\n", "# syntax=x\n", "#escape = \\\n", "\ufeff", "# c\n"]),
    st.lists(PIECES, max_size=14).map("".join),
)
def test_generated_dockerfiles_are_read_alike(head: str, body: str) -> None:
    compare(f"{head}FROM a\n{body}")
