"""Base images that another Dockerfile of the same tree builds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.readers.declared import Declared
from envdoctor.readers.stages import LocalBase, read_dockerfile

BASE = """\
ARG VERSION=22.04
FROM nvidia/cuda:12.4.1-runtime-ubuntu${VERSION}
ARG FLAVOR=server
ENV MODELS=/models FLAVOR_OF=$FLAVOR
RUN pip install torch==2.4.0 && pip install .
WORKDIR /srv
USER worker
RUN printf '#!/bin/sh\\nexec gosu "$USER_ID" "$@"\\n' > /e.sh
ENTRYPOINT ["/e.sh"]
CMD ["serve"]
"""


def read(
    text: str,
    bases: Mapping[str, str],
    targets: Mapping[str, str] | None = None,
    args: Mapping[str, Mapping[str, str]] | None = None,
    files: Mapping[str, Mapping[str, str]] | None = None,
) -> Declared:
    """`bases` by image; the Dockerfile of image "x" is "x/Dockerfile", its context's files are in `files["x"]`."""

    def local_base(reference: str) -> LocalBase | None:
        name = reference.partition(":")[0]
        if name not in bases:
            return None
        path = f"{name}/Dockerfile"
        context = (files or {}).get(name, {})
        return LocalBase(bases[name], path, path, (args or {}).get(name, {}), (targets or {}).get(name), context.get)

    own = (files or {}).get("", {})
    return read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file=own.get, local_base=local_base)


def test_images_of_a_registry_stay_what_they_are() -> None:
    declared = read("FROM ubuntu:22.04\n", {"base": BASE})
    assert declared.image.need() == "ubuntu:22.04"
    assert declared.build.need().chain == ()


def test_what_a_base_brings() -> None:
    declared = read("FROM base:latest\nRUN pip install numpy==1.26.4\n", {"base": BASE})
    assert declared.image.need() == "nvidia/cuda:12.4.1-runtime-ubuntu22.04"
    assert declared.image.origin == Origin("base/Dockerfile:2", "base/Dockerfile", 2)
    assert [(each.name, str(each.origin)) for each in declared.packages.items] == [
        ("torch", "base/Dockerfile:5"),
        ("numpy", "Dockerfile:2"),
    ]
    assert any("base/Dockerfile:5" in gap for gap in declared.packages.gaps)
    assert declared.user.need() == "worker"
    assert declared.env == {"MODELS": "/models", "FLAVOR_OF": "server"}
    assert str(declared.env_origins["MODELS"]) == "base/Dockerfile:4"
    build = declared.build.need()
    assert (build.path, build.chain) == ("Dockerfile", ("base/Dockerfile",))
    assert (build.entrypoint.need(), build.cmd.need(), build.workdir.need()) == (("/e.sh",), ("serve",), "/srv")
    assert str(build.entrypoint_script.need().origin) == "base/Dockerfile:8"
    assert [str(each.origin) for each in build.statements if each.words[1:2] == ("install",)] == [
        "base/Dockerfile:5",
        "base/Dockerfile:5",
        "Dockerfile:2",
    ]
    assert {each.name for each in build.variables if each.final} == {"FLAVOR", "MODELS", "FLAVOR_OF"}
    assert declared.problems == ()


def test_args_do_not_pass_and_envs_do() -> None:
    declared = read("FROM base\nENV A=$FLAVOR B=$MODELS\nARG VERSION\n", {"base": BASE})
    assert declared.env["A"] == "${FLAVOR}"  # not known: the registry's image may set it
    assert declared.env["B"] == "/models"


def test_an_env_that_an_arg_hides_later_passes_as_the_env() -> None:
    declared = read("FROM base\nENV C=$A\n", {"base": "FROM scratch\nENV A=env\nARG A=arg\nENV B=$A\n"})
    assert declared.env == {"A": "env", "B": "arg", "C": "env"}


def test_build_arguments_and_target_of_the_base() -> None:
    base = "FROM ubuntu:22.04 AS small\nARG V=1\nENV V=$V\nFROM python:3.11 AS large\n"
    declared = read("FROM base\n", {"base": base}, {"base": "small"}, {"base": {"V": "2"}})
    assert (declared.image.need(), declared.env) == ("ubuntu:22.04", {"V": "2"})


def test_an_entrypoint_takes_away_the_bases_cmd() -> None:
    build = read('FROM base\nENTRYPOINT ["python"]\n', {"base": BASE}).build.need()
    assert build.entrypoint.need() == ("python",)
    assert build.cmd.is_absent
    assert build.entrypoint_script.is_absent


def test_a_chain_of_three() -> None:
    declared = read("FROM one\n", {"one": "FROM two\nRUN pip install b==1.0\n", "two": BASE})
    assert declared.build.need().chain == ("one/Dockerfile", "two/Dockerfile")
    assert [each.name for each in declared.packages.items] == ["torch", "b"]


def test_onbuild_runs_with_the_files_and_arguments_of_the_child_and_the_lines_of_the_base() -> None:
    base = "FROM python:3.11\nONBUILD ARG EXTRA=none\nONBUILD COPY requirements.txt /r.txt\nONBUILD RUN pip install -r /r.txt\nONBUILD RUN echo $EXTRA\n"
    files = {"": {"requirements.txt": "torch==2.4.0\n"}, "base": {"requirements.txt": "numpy==1.0\n"}}
    declared = read("FROM base\nRUN true\n", {"base": base}, files=files)
    assert [each.name for each in declared.packages.items] == ["torch"]
    told = [(each.words, str(each.origin)) for each in declared.statements]
    assert told[1:] == [(("echo", "none"), "base/Dockerfile:5"), (("true",), "Dockerfile:2")]


def test_files_of_the_bases_own_context() -> None:
    base = "FROM python:3.11\nCOPY requirements.txt /r.txt\nRUN pip install -r /r.txt\n"
    declared = read(
        "FROM base\nRUN pip install -r /r.txt\n", {"base": base}, files={"base": {"requirements.txt": "a==1\n"}}
    )
    assert [each.name for each in declared.packages.items] == ["a"]
    assert declared.packages.gaps == ()


def test_bases_of_other_stages() -> None:
    text = "FROM base AS builder\nARG X=1\nFROM ubuntu:22.04\nCOPY --from=builder /a /a\n"
    build = read(text, {"base": BASE}).build.need()
    assert build.chain == ()
    assert not any(each.final for each in build.variables)
    assert build.statements == ()
    assert {str(each.origin) for each in build.other_statements} == {"base/Dockerfile:5", "base/Dockerfile:8"}


@pytest.mark.parametrize("bases", [{"base": "FROM base\n"}, {"base": "FROM other\n", "other": "FROM base:1\n"}])
def test_a_cycle_is_told_and_the_image_unknown(bases: dict[str, str]) -> None:
    declared = read("FROM base\n", bases)
    assert declared.image.is_unknown
    assert "rests on itself" in declared.image.reason
    assert any("rests on itself" in problem for problem in declared.problems)


def test_the_file_that_is_built_rests_on_itself() -> None:
    def itself(reference: str) -> LocalBase:
        return LocalBase("FROM app\n", "Dockerfile", "Dockerfile", {}, None, {}.get)

    declared = read_dockerfile(
        "FROM app\n", "Dockerfile", build_args={}, target=None, read_file={}.get, local_base=itself
    )
    assert declared.problems == (
        "Dockerfile:1: FROM rests on app, built by Dockerfile, which in the end rests on itself",
    )


def test_a_base_that_cannot_be_built() -> None:
    declared = read("FROM base\nRUN pip install a==1\n", {"base": "FORM ubuntu\n"})
    assert declared.image.is_unknown
    assert "base/Dockerfile:1: unknown instruction" in declared.image.reason
    assert [each.name for each in declared.packages.items] == ["a"]
    declared = read("FROM base\n", {"base": BASE}, {"base": "gone"})
    assert "--target 'gone' names no stage" in declared.image.reason


def test_a_chain_that_is_too_long() -> None:
    bases = {f"b{number}": f"FROM b{number + 1}\n" for number in range(40)} | {"b40": "FROM ubuntu\n"}
    declared = read("FROM b0\n", bases)
    assert declared.image.is_unknown
    assert "are not followed" in declared.image.reason
    assert read("FROM b25\n", bases).image.need() == "ubuntu"


def test_ignore_comments_of_a_base_do_not_count() -> None:
    assert read("FROM base\n", {"base": f"# envdoctor: ignore=x reason\n{BASE}"}).ignores == ()


def test_every_base_is_read_once() -> None:
    """Twelve files, each of which rests on the next in ten stages: followed anew each time this were 10^12."""
    stages = "".join(f"FROM b{{next}} AS s{stage}\nRUN pip install a==1\n" for stage in range(10))
    copies = "".join(f"COPY --from=s{stage} / /x\n" for stage in range(9))
    bases = {f"b{number}": (stages + copies).replace("{next}", str(number + 1)) for number in range(11)}
    bases["b11"] = "FROM ubuntu:22.04\n"
    asked: list[str] = []

    def local_base(reference: str) -> LocalBase | None:
        asked.append(reference)
        path = f"{reference}/Dockerfile"
        return LocalBase(bases[reference], path, path, {}, None, {}.get) if reference in bases else None

    text = "FROM b0\n"
    read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file={}.get, local_base=local_base)
    assert len(asked) < 300


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(
            st.sampled_from(
                [
                    "FROM a",
                    "FROM b AS x",
                    "FROM c AS y",
                    "FROM x",
                    "COPY --from=x / /",
                    "COPY --from=d / /",
                    "ONBUILD RUN pip install a==1",
                    'ONBUILD ENTRYPOINT ["/e.sh"]',
                    "RUN pip install b",
                    "ENV A=$B",
                    "ARG B=$A",
                    "CMD x",
                ]
            ),
            max_size=8,
        ).map(lambda lines: "\n".join(["FROM d", *lines])),
    ),
)
def test_nothing_is_raised(bases: dict[str, str]) -> None:
    declared = read("FROM a\nCOPY --from=b / /\n", bases)
    assert declared.build.is_known
