"""What a container starts with, by its Dockerfile: ENTRYPOINT, CMD, the script behind them, and where its lines stand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Build, Origin, Script, Slip
from envdoctor.readers.declared import Declared, SourceText
from envdoctor.readers.dockerfile import DockerfileError
from envdoctor.readers.stages import read_dockerfile

MAPPED = """\
#!/bin/bash
if [ -n "$USER_ID" ]; then
  useradd -u "$USER_ID" -o -m worker
  exec gosu worker "$@"
fi
exec "$@"
"""


def read(
    text: str, files: Mapping[str, str] | None = None, target: str | None = None, args: Mapping[str, str] | None = None
) -> Declared:
    def of_context(path: str) -> str | None:
        found = (files or {}).get(path)
        return None if found is None else SourceText(found, f"context/{path}")

    return read_dockerfile(text, "Dockerfile", build_args=args or {}, target=target, read_file=of_context)


def build(text: str, files: Mapping[str, str] | None = None, target: str | None = None) -> Build:
    return read(text, files, target).build.need()


def script(text: str, files: Mapping[str, str] | None = None) -> Script:
    return build(text, files).entrypoint_script.need()


# --- ENTRYPOINT and CMD ---


def test_neither_is_declared() -> None:
    found = build("FROM ubuntu:22.04\n")
    assert found.entrypoint.is_absent
    assert found.cmd.is_absent
    assert found.entrypoint_script.is_unknown  # the base image may have one
    assert build("FROM scratch\n").entrypoint_script.is_absent


def test_exec_and_shell_form() -> None:
    found = build('FROM ubuntu:22.04\nENTRYPOINT ["python", "a.py"]\nCMD serve "$X"\n')
    assert found.entrypoint.need() == ("python", "a.py")
    assert found.entrypoint.origin == Origin("Dockerfile:2", "Dockerfile", 2)
    assert found.cmd.need() == ("/bin/sh", "-c", 'serve "$X"')
    assert found.entrypoint_script.is_absent


def test_shell_form_in_another_shell() -> None:
    found = build('FROM ubuntu:22.04\nSHELL ["/bin/bash", "-lc"]\nCMD python a.py\n')
    assert found.cmd.need() == ("/bin/bash", "-lc", "python a.py")


def test_an_entrypoint_takes_away_the_cmd_of_its_base_and_not_its_own() -> None:
    base = 'FROM ubuntu:22.04 AS base\nCMD ["a"]\n'
    assert build(f'{base}FROM base\nENTRYPOINT ["e"]\n').cmd.is_absent
    assert build(f'{base}FROM base\nCMD ["b"]\nENTRYPOINT ["e"]\n').cmd.need() == ("b",)
    assert build(f'{base}FROM base\nENTRYPOINT ["e"]\nCMD ["b"]\n').cmd.need() == ("b",)
    assert build(f"{base}FROM base\n").cmd.need() == ("a",)
    assert build(f"{base}ENTRYPOINT []\n").entrypoint.is_absent


def test_working_directory() -> None:
    assert build("FROM ubuntu:22.04\nWORKDIR /a\nWORKDIR b\n").workdir.need() == "/a/b"
    assert build("FROM ubuntu:22.04\n").workdir.is_unknown
    assert build("FROM ubuntu:22.04\nWORKDIR $X\n").workdir.is_unknown


# --- scripts that RUN writes ---


WRITTEN = {
    "printf": 'RUN printf \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' > /e.sh\n',
    "printf with arguments": "RUN printf '%s\\n' '#!/bin/sh' 'exec gosu \"$USER_ID\" \"$@\"' > /e.sh\n",
    "echo -e": 'RUN echo -e \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\' > /e.sh\n',
    "dash's echo": 'RUN echo \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\' > /e.sh\n',
    "echo by lines": "RUN echo '#!/bin/sh' > /e.sh\nRUN echo 'exec gosu \"$USER_ID\" \"$@\"' >> /e.sh\n",
    "touch and append": "RUN touch /e.sh && echo '#!/bin/sh' >> /e.sh && echo 'exec gosu \"$USER_ID\" \"$@\"' >> /e.sh\n",
    "octal": 'RUN printf \'\\043!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' > /e.sh\n',
    "cat": 'RUN cat <<\'EOF\' > /e.sh\n#!/bin/sh\nexec gosu "$USER_ID" "$@"\nEOF\n',
    "cat, escaped": 'RUN cat > /e.sh <<EOF\n#!/bin/sh\nexec gosu "\\$USER_ID" "\\$@"\nEOF\n',
    "tee": 'RUN tee /e.sh <<\'EOF\'\n#!/bin/sh\nexec gosu "$USER_ID" "$@"\nEOF\n',
    "piped into tee": 'RUN printf \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' | tee /e.sh\n',
    "COPY": 'COPY <<\'EOF\' /e.sh\n#!/bin/sh\nexec gosu "$USER_ID" "$@"\nEOF\n',
    "moved": 'RUN printf \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' > /tmp/x && mv /tmp/x /e.sh\n',
    "by a variable": 'ENV E=/e.sh\nRUN printf \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' > "$E"\n',
    "a group": "RUN apt-get update && { echo '#!/bin/sh'; echo 'exec gosu \"$USER_ID\" \"$@\"'; } > /e.sh\n",
    "in a folder": 'WORKDIR /\nRUN cd /tmp && printf \'#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n\' > ../e.sh\n',
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_script_that_is_written(how: str) -> None:
    found = script(f'FROM ubuntu:22.04\n{WRITTEN[how]}ENTRYPOINT ["/e.sh"]\n')
    assert found.path == "/e.sh"
    assert found.text == '#!/bin/sh\nexec gosu "$USER_ID" "$@"\n'


def test_lines_of_a_script_are_those_of_the_dockerfile() -> None:
    text = (
        'FROM ubuntu:22.04\nRUN apt-get update && \\\n    printf \'#!/bin/bash\\n\\\n    useradd -u "$USER_ID" worker\\n\\\n'
        '    # a comment of the Dockerfile\n    exec "$@"\\n\' > /e.sh\nENTRYPOINT ["/e.sh"]\n'
    )
    found = script(text)
    lines = found.text.split("\n")
    assert [str(found.origin_at(number)) for number in range(3)] == ["Dockerfile:3", "Dockerfile:4", "Dockerfile:6"]
    assert lines[1].strip() == 'useradd -u "$USER_ID" worker'
    assert found.origin_at(99) == found.origin


def test_lines_of_here_documents() -> None:
    found = script(f"FROM ubuntu:22.04\nRUN cat <<'EOF' > /e.sh\n{MAPPED}EOF\nENTRYPOINT [\"/e.sh\"]\n")
    assert [found.origin_at(number).line for number in range(3)] == [3, 4, 5]
    found = script(f"FROM ubuntu:22.04\nCOPY <<'EOF' /e.sh\n{MAPPED}EOF\nENTRYPOINT [\"/e.sh\"]\n")
    assert [found.origin_at(number).line for number in range(3)] == [3, 4, 5]


def test_what_is_not_known_is_not_made_up() -> None:
    start = "FROM ubuntu:22.04\n"
    end = 'ENTRYPOINT ["/e.sh"]\n'
    for body in (
        "RUN curl -o /e.sh https://example.org/e.sh\n",
        "RUN if [ -f /x ]; then echo '#!/bin/sh' > /e.sh; fi\n",
        "RUN echo 'exec \"$@\"' >> /e.sh\n",  # behind what the base image has there
        "RUN sort /x > /e.sh\n",
        "COPY other.sh /e.sh\n",
        "RUN echo '#!/bin/sh' > /e.sh\nCOPY other.sh /e.sh\n",
        "RUN printf '#!/bin/sh\\n' > $WHERE\n",
    ):
        assert build(f"{start}{body}{end}").entrypoint_script.is_unknown, body


def test_a_script_that_is_written_without_end_is_not_known() -> None:
    one = "RUN echo '#!/bin/sh' > /e.sh\n"
    run = "RUN echo x >> /e.sh" + "\\\n  ; echo x >> /e.sh" * 800
    end = '\nENTRYPOINT ["/e.sh"]\n'
    assert build(f"FROM ubuntu:22.04\n{one}{run}{end}").entrypoint_script.is_unknown
    many = "RUN echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >> /e.sh\n" * 3_000
    assert build(f"FROM ubuntu:22.04\n{one}{many}{end}").entrypoint_script.is_unknown


@pytest.mark.parametrize("text", ["%" + "0" * 60_000, "%s" * 20_000, "\\\\0" * 20_000, "%" * 60_000, "%.%.%-" * 9_000])
def test_formats_without_end(text: str) -> None:
    found = build(f"FROM ubuntu:22.04\nRUN printf '{text}' > /e.sh\nENTRYPOINT [\"/e.sh\"]\n")
    assert found.entrypoint_script.is_known


# --- which script is it ---


@pytest.mark.parametrize(
    "entrypoint",
    [
        '["/bin/bash", "/e.sh"]',
        '["/e.sh"]',
        '["./e.sh"]',
        '["/usr/bin/tini", "--", "/e.sh"]',
        '["tini", "-g", "--", "bash", "/e.sh"]',
        '["dumb-init", "/e.sh"]',
        '["/bin/bash", "-c", "/e.sh"]',
        "/e.sh",
        "exec /e.sh",
        '["/bin/sh", "-c", "exec /e.sh \\"$@\\"", "--"]',
        '["env", "A=1", "/e.sh"]',
    ],
)
def test_how_the_script_is_named(entrypoint: str) -> None:
    text = f"FROM ubuntu:22.04\nWORKDIR /\nCOPY docker/e.sh /\nENTRYPOINT {entrypoint}\n"
    found = script(text, {"docker/e.sh": MAPPED})
    assert found.text == MAPPED
    assert str(found.origin_at(2)) == "context/docker/e.sh:3"


def test_a_script_found_on_the_path() -> None:
    text = 'FROM ubuntu:22.04\nCOPY docker-entrypoint.sh /usr/local/bin/\nENTRYPOINT ["docker-entrypoint.sh"]\n'
    assert script(text, {"docker-entrypoint.sh": MAPPED}).path == "/usr/local/bin/docker-entrypoint.sh"


def test_other_programs_are_no_scripts() -> None:
    for entrypoint in (
        '["python3", "serve.py"]',
        '["bash"]',
        "python3 serve.py",
        '["/usr/bin/nginx"]',
        '["tini", "--"]',
    ):
        assert build(f"FROM ubuntu:22.04\nENTRYPOINT {entrypoint}\n").entrypoint_script.is_absent, entrypoint
    text = 'FROM ubuntu:22.04\nCOPY start.py /start\nENTRYPOINT ["/start"]\n'
    assert build(text, {"start.py": "#!/usr/bin/env python3\n"}).entrypoint_script.is_absent


def test_a_script_of_the_base_image_is_unknown() -> None:
    text = 'FROM ubuntu:22.04\nENTRYPOINT ["/opt/nvidia/nvidia_entrypoint.sh"]\n'
    assert build(text).entrypoint_script.is_unknown


def test_scripts_that_the_image_holds() -> None:
    found = build(
        "FROM ubuntu:22.04\nRUN echo '#!/bin/sh' > /a && echo x > /b.conf && echo y > /c.sh\nCOPY d.sh e.sh /\nCMD [\"/d.sh\"]\n",
        {"d.sh": "echo d\n", "e.sh": "echo e\n"},
    )
    assert {each.path for each in found.scripts} == {"/a", "/c.sh", "/d.sh"}


# --- variables, statements, the rest ---


def test_variables_of_all_stages() -> None:
    found = build(
        'ARG V=1\nFROM ubuntu:22.04 AS a\nARG KEY="x y"\nFROM a AS b\nENV A=1 B=$V\nFROM ubuntu:22.04 AS c\nARG LATE\nFROM b\n'
    )
    told = [(each.keyword, each.name, each.value, each.origin.line, each.final) for each in found.variables]
    assert told == [
        ("ARG", "V", "1", 1, False),
        ("ARG", "KEY", "x y", 3, True),
        ("ENV", "A", "1", 5, True),
        ("ENV", "B", "$V", 5, True),
        ("ARG", "LATE", None, 7, False),
    ]
    assert found.env_origins["B"].line == 5


def test_passwords_are_not_kept() -> None:
    found = build(
        "FROM ubuntu:22.04\nARG PIP_PASSWORD=hunter2\nENV API_KEY=hunter2\nENV PIP_INDEX_URL=https://me:hunter2@example.org/simple\n"
        "ARG TOKEN=${OTHER}\nARG SECRET=\n"
    )
    assert "hunter2" not in repr(found)
    values = [each.value for each in found.variables]
    assert values == ["***", "***", "https://***@example.org/simple", "${OTHER}", ""]


def test_statements_of_other_stages_are_apart() -> None:
    found = build(
        "FROM ubuntu:22.04 AS base\nRUN one\nFROM base AS builder\nRUN two\nFROM base AS unused\nRUN three\nFROM base\n"
        "COPY --from=builder /x /x\nRUN if [ -f /y ]; then four; fi\n"
    )
    assert [each.words[0] for each in found.statements] == ["one", "four"]
    assert [each.words[0] for each in found.other_statements] == ["two"]
    assert [each.conditional for each in found.statements] == [False, True]


def test_syntax_directive() -> None:
    found = build("# escape=\\\n# syntax=docker/dockerfile:experimental\nFROM ubuntu:22.04\n")
    assert (found.syntax, str(found.syntax_origin)) == ("docker/dockerfile:experimental", "Dockerfile:2")
    assert build("FROM ubuntu:22.04\n# syntax=no\n").syntax is None


def test_a_version_bound_that_is_a_redirection() -> None:
    found = read("FROM python:3.11\nRUN apt-get update && \\\n    pip install torch>=2.0 'numpy<2' scipy<2\n")
    assert found.slips == (
        Slip("redirection", "torch>=2.0", Origin("Dockerfile:3", "Dockerfile", 3), "pip install"),
        Slip("redirection", "scipy<2", Origin("Dockerfile:3", "Dockerfile", 3), "pip install"),
    )


def test_words_behind_the_redirection_are_packages() -> None:
    found = read("FROM python:3.11\nRUN apt-get update && pip install torch>=2.0 numpy\n")
    assert [(each.name, each.specifier) for each in found.packages.items] == [("torch", ""), ("numpy", "")]


@pytest.mark.parametrize(
    "command",
    [
        'pip install "torch>=2.0"',
        "pip install torch > /tmp/log",
        "pip install torch>install.log 2>&1",
        "pip freeze>requirements.txt",
        "echo torch>=2.0",
        "pip install torch 2>/dev/null",
        "pip install -r requirements.txt>=x",
    ],
)
def test_other_redirections(command: str) -> None:
    assert read(f"FROM python:3.11\nRUN {command}\n").slips == ()


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                "RUN printf '#!/bin/sh\\n%s %d %%\\n' \"$A\" > /e.sh",
                "RUN echo -e '\\0101\\x41\\c' >> /e.sh",
                "RUN printf '\\' >> /e.sh",
                "RUN cp /e.sh /f.sh && mv /f.sh /e.sh && ln -s /e.sh /e.sh",
                "COPY <<EOF /e.sh\n#!/bin/sh\n$@ ${A:-x}\nEOF",
                'ENTRYPOINT ["/e.sh"]',
                "ENTRYPOINT /e.sh && \\",
                'CMD [ "a"',
                "ENV PATH=/a:$PATH",
                "RUN pip install torch>=2.0",
                "WORKDIR e",
                "FROM ubuntu:22.04",
                "RUN tee -a /e.sh <<'X'\na\nX",
            ]
        ),
        max_size=12,
    ),
    st.text(max_size=30),
)
def test_nothing_is_raised(lines: list[str], more: str) -> None:
    body = "\n".join(lines)
    quoted = more.replace("'", "").replace("\\\n", "").replace("\n", "").replace("\r", "").replace("\0", "")
    try:
        found = read(f"FROM ubuntu:22.04\n{body}\nRUN printf '{quoted}' > /g.sh\n").build.need()
    except DockerfileError:
        return
    assert found.entrypoint_script.is_known or found.entrypoint_script.reason
