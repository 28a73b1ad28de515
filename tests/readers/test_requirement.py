"""One requirement in every form that pip takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.readers.requirement import Requirement, RequirementError, parse_open, parse_requirement


def parsed(text: str) -> Requirement:
    found = parse_requirement(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "name", "version", "specifier"),
    [
        ("torch", "torch", None, ""),
        ("torch==2.1.0", "torch", "2.1.0", ""),
        ("torch == 2.1.0", "torch", "2.1.0", ""),
        ("torch===2.1.0", "torch", "2.1.0", ""),
        ("torch==v2.1.0", "torch", "2.1.0", ""),
        ("torch==2.1.0,!=2.0", "torch", "2.1.0", ""),
        ("torch==2.1.0+cu118", "torch", "2.1.0+cu118", ""),
        ("torch==2.1.0rc1", "torch", "2.1.0rc1", ""),
        ("torch==2.6.0.dev20241112+cu121", "torch", "2.6.0.dev20241112+cu121", ""),
        ("torch==2.4.*", "torch", None, "==2.4.*"),
        ("torch>=2.0", "torch", None, ">=2.0"),
        ("torch >= 2.0, < 3", "torch", None, ">=2.0,<3"),
        ("torch (>=2.0)", "torch", None, ">=2.0"),
        ("numpy~=1.26", "numpy", None, "~=1.26"),
        ("Py_Torch.Extra", "py-torch-extra", None, ""),
        ("opencv_python_headless==4.9.0.80", "opencv-python-headless", "4.9.0.80", ""),
    ],
)
def test_names_and_versions(text: str, name: str, version: str | None, specifier: str) -> None:
    found = parsed(text)
    assert (found.name, found.version, found.specifier) == (name, version, specifier)
    assert found.known


@pytest.mark.parametrize(
    ("text", "cuda"),
    [
        ("torch==2.1.0", None),
        ("torch==2.1.0+cu118", "11.8"),
        ("torch==1.4.0+cu92", "9.2"),
        ("torch==2.9.0+cu130", "13.0"),
        ("torch==2.1.0+cpu", "cpu"),
        ("torch==2.1.0+rocm5.6", None),
        ("flashinfer-0.0.9+cu121torch2.3-cp310-cp310-linux_x86_64.whl", "12.1"),
        ("https://download.pytorch.org/whl/cu100/torch-1.3.0-cp36-cp36m-manylinux1_x86_64.whl", "10.0"),
    ],
)
def test_cuda_of_the_build(text: str, cuda: str | None) -> None:
    assert parsed(text).cuda == cuda


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("xformers==0.0.25post1", "0.0.25.post1"),
        ("torch==2.4.0-rc1", "2.4.0rc1"),
        ("torch==v2.4.0", "2.4.0"),
        ("torch==2.4.0+CU121", "2.4.0+cu121"),
        ("torch==1.12.0a0+2c916ef", "1.12.0a0+2c916ef"),
        ("torch===our-build", "our-build"),
    ],
)
def test_a_version_in_the_form_that_an_index_gives_it(text: str, version: str) -> None:
    assert parsed(text).version == version


def test_extras_and_marker() -> None:
    found = parsed('ONNXRuntime-GPU[cuda, cuDNN]==1.21.0 ; python_version >= "3.10"')
    assert found == Requirement(
        "onnxruntime-gpu", "1.21.0", extras=("cuda", "cudnn"), marker='python_version >= "3.10"'
    )


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl", "torch", "2.1.0+cu118"),
        ("/tmp/onnxruntime_gpu-1.16.0-cp38-cp38-linux_aarch64.whl", "onnxruntime-gpu", "1.16.0"),
        ("https://example.org/a/torch-2.1.0%2Bcu118-cp310-cp310-linux_x86_64.whl#sha256=00", "torch", "2.1.0+cu118"),
        ("./flash_attn-2.5.8-1-cp310-cp310-linux_x86_64.whl", "flash-attn", "2.5.8"),
        ("https://example.org/mmcv-2.0.0.tar.gz", "mmcv", "2.0.0"),
        ("foo @ https://example.org/foo-1.2-py3-none-any.whl", "foo", "1.2"),
    ],
)
def test_files_say_what_they_are(text: str, name: str, version: str) -> None:
    found = parsed(text)
    assert (found.name, found.version, found.known, found.from_file) == (name, version, True, True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("git+https://github.com/example/clip.git@v1#egg=CLIP", "clip"),
        ("git+https://github.com/example/x#subdirectory=py&egg=x_y", "x-y"),
        ("foo @ git+https://github.com/example/foo", "foo"),
        ("numpy @ file:///croot/numpy_1234/work", "numpy"),
    ],
)
def test_sources_with_a_name_but_no_version(text: str, name: str) -> None:
    found = parsed(text)
    assert (found.name, found.version, found.known) == (name, None, False)


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "..",
        ".[dev]",
        "./package",
        "/opt/package",
        "~/package",
        "package/",
        "dist/*.whl",
        "git+https://github.com/example/x.git",
        "git+ssh://git@github.com/example/x.git",
        "https://github.com/example/x/archive/main.zip",
        "file:///opt/x",
        "x.whl",
    ],
)
def test_sources_that_do_not_say_what_they_hold(text: str) -> None:
    assert parse_requirement(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("torch=2.1", "pip writes == where conda writes ="),
        ("torch==1.x", "expected name or name==version"),
        ("torch==", "expected"),
        ("torch>", "expected"),
        ("foo bar", "expected"),
        ("==1.0", "expected"),
        ("", "expected"),
        ("<<<<<<< HEAD", "expected"),
        ("a" * 5_000, "expected"),
        ("torch@@@", None),
    ],
)
def test_what_pip_refuses(text: str, told: str | None) -> None:
    if told is None:
        assert parse_requirement(text) is not None
        return
    with pytest.raises(RequirementError, match=told):
        parse_requirement(text)


def test_a_refusal_does_not_quote_a_password() -> None:
    with pytest.raises(RequirementError) as caught:
        parse_requirement("foo bar @ https://user:hunter2@example.org/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("torch==${TORCH_VERSION}", "torch"),
        ('"onnxruntime-gpu==$V"', "onnxruntime-gpu"),
        ("torch~=$(cat version)", "torch"),
        ("${NAME}==1.0", None),
        ("$PACKAGES", None),
        ("torch${SUFFIX}", None),
        ("dist/$NAME.whl", None),
    ],
)
def test_what_a_variable_leaves_of_a_requirement(text: str, name: str | None) -> None:
    found = parse_open(text)
    assert (found.name if found else None) == name
    assert found is None or not found.known


@given(st.text(alphabet="abAB01.-_=<>~!,;[]()@/+*:# '\"\\\n", max_size=60))
def test_any_text_is_a_requirement_a_source_or_refused(text: str) -> None:
    try:
        found = parse_requirement(text)
    except RequirementError:
        return
    assert found is None or found.name == found.name.lower()
