"""Whatever a server says, the readers of its answers give a value or an AskError, and nothing that a terminal acts
on."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from envdoctor.online import index_page, observed, registry_auth
from envdoctor.online.image_config import described, platforms_of
from envdoctor.online.index_page import Link
from envdoctor.online.package_index import parse_metadata, parse_wheel
from envdoctor.online.transport import Answer, AskError
from envdoctor.readers.image_reference import parse_reference

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=12,
)
REFERENCE = parse_reference("registry.example/a/b:1")


def fields(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(names), ANYTHING, max_size=len(names))


@given(fields("config", "layers"), fields("architecture", "os", "created", "config"))
def test_any_manifest_and_config(manifest: dict[str, object], config: dict[str, object]) -> None:
    try:
        image = described(REFERENCE, "sha256:0", manifest, config, "amd64", ())
    except AskError:
        return
    assert isinstance(image.env, dict)
    assert image.size >= 0


@given(st.lists(fields("Env", "Labels", "User", "Entrypoint", "Cmd") | ANYTHING, max_size=3))
def test_any_inner_config_and_any_index(values: list[object]) -> None:
    for value in values:
        described(REFERENCE, "sha256:0", {}, {"config": value}, "amd64", ("amd64",))
    platforms_of(values)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "CUDA_VERSION",
                "CUDNN_VERSION",
                "PYTORCH_VERSION",
                "TORCH_CUDA_ARCH_LIST",
                "NVIDIA_REQUIRE_CUDA",
                "TENSORRT_VERSION",
                "PYVER",
            ]
        ),
        st.text(max_size=30),
    )
)
def test_only_printable_values_come_out_of_an_image(env: dict[str, str]) -> None:
    config = {"config": {"Env": [f"{name}={value}" for name, value in env.items()]}}
    image = described(REFERENCE, "sha256:0", {}, config, "amd64", ("amd64",))
    found = [observed.of_cuda_image(image), observed.of_ngc_image(image), observed.requirement(image)]
    text = json.dumps(found, ensure_ascii=False)
    assert text.isascii()
    assert text.isprintable()


@given(st.text(max_size=200))
def test_any_challenge(header: str) -> None:
    found = registry_auth.challenge_of(f"Bearer {header}")
    assert found is None or found.scheme in ("bearer", "basic")


@given(st.text(max_size=60), st.text("cp3-19._abimanylux64wh+", max_size=60))
def test_any_file_name(name: str, alike: str) -> None:
    for filename in (name, f"{name}.whl", f"torch-{alike}.whl", f"torch-1.0-{alike}.whl"):
        wheel = parse_wheel(Link(filename, "", None, False, None, None))
        assert wheel is None or wheel.filename == filename


@given(st.binary(max_size=300), st.text("<a href='x\">=&#;!-[]/ ", max_size=300))
def test_any_page(body: bytes, markup: str) -> None:
    for content in (body, markup.encode()):
        for kind in ("text/html", "application/vnd.pypi.simple.v1+json"):
            try:
                index_page.read(Answer(200, {"content-type": kind}, content, "https://index.example/simple/x/"))
            except AskError:
                pass


@given(st.lists(fields("filename", "url", "core-metadata", "yanked", "size", "requires-python"), max_size=3))
def test_any_list_of_files(files: list[dict[str, object]]) -> None:
    body = json.dumps({"files": files}).encode()
    try:
        index_page.of_json(Answer(200, {}, body, "https://index.example/simple/x/"))
    except AskError:
        pass


@given(st.binary(max_size=300))
def test_any_metadata(body: bytes) -> None:
    for content in (body, b"Name: x\nRequires-Dist: " + body):
        try:
            parse_metadata(content, "x.whl")
        except AskError:
            pass
