"""Addresses of package indexes: their CUDA variant, and no secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.readers.indexes import Indexes, is_pypi, redacted, variant_of_index, variant_of_local

CU118 = "https://download.pytorch.org/whl/cu118"
PYPI = "https://pypi.org/simple"
PRIVATE = "https://packages.example.org/simple"


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi.org/simple",
        "https://example.org:8080/a@b",
        "git+https://github.com/a/b@v1.0",
        "a@b",
        "torch==2.1",
        "",
    ],
)
def test_addresses_without_secrets_stay(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:hunter2@example.org/simple", "https://example.org/simple"),
        ("https://hunter2@example.org/simple", "https://example.org/simple"),
        ("https://:hunter2@example.org/simple", "https://example.org/simple"),
        ("http://${USER}:${HUNTER2}@10.0.0.1:8080/simple", "http://10.0.0.1:8080/simple"),
        ("https://user:hun/ter2@example.org/x", "https://example.org/x"),
        ("git+https://hunter2@github.com/a/b@v1", "git+https://github.com/a/b@v1"),
        ("https://example.org/x?access_token=hunter2&b=1", "https://example.org/x?access_token=…&b=1"),
        ("a https://u:hunter2@x/ b https://u:hunter2@y/", "a https://x/ b https://y/"),
    ],
)
def test_secrets_are_taken_out(text: str, expected: str) -> None:
    assert redacted(text) == expected


@given(st.from_regex(r"[a-z]{2,8}", fullmatch=True), st.from_regex(r"[A-Za-z0-9$%!*-]{8,30}", fullmatch=True))
def test_no_password_survives(user: str, password: str) -> None:
    assert password not in redacted(f"pip install -i https://{user}:{password}@h.example/simple x")


@pytest.mark.parametrize(
    ("url", "cuda"),
    [
        (CU118, "11.8"),
        (CU118 + "/", "11.8"),
        ("https://download.pytorch.org/whl/nightly/cu130", "13.0"),
        ("https://download.pytorch.org/whl/test/cu126", "12.6"),
        ("https://download.pytorch.org/whl/cpu", "cpu"),
        ("https://download.pytorch.org/whl/cu113/torch_stable.html", "11.3"),
        ("https://mirror.sjtu.edu.cn/pytorch-wheels/cu121", "12.1"),
        ("https://download.pytorch.org/whl", None),
        ("https://download.pytorch.org/whl/torch_stable.html", None),
        ("https://download.pytorch.org/whl/rocm6.1", None),
        (PYPI, None),
    ],
)
def test_variant_of_an_index(url: str, cuda: str | None) -> None:
    assert variant_of_index(url) == cuda


@pytest.mark.parametrize(
    ("local", "cuda"),
    [("cu118", "11.8"), ("cu92", "9.2"), ("cu130", "13.0"), ("cpu", "cpu"), ("cpu.cxx11.abi", "cpu"), ("cu121.with.pypi", "12.1"),
     ("rocm6.1", None), ("xpu", None), ("", None), ("cuda", None), ("cu1", None)],
)  # fmt: skip
def test_variant_of_a_local_version(local: str, cuda: str | None) -> None:
    assert variant_of_local(local) == cuda


def test_pypi_and_its_copies() -> None:
    assert is_pypi(PYPI)
    assert is_pypi("https://pypi.tuna.tsinghua.edu.cn/simple")
    assert is_pypi("http://mirrors.aliyun.com/pypi/simple/")
    assert not is_pypi(PRIVATE)
    assert not is_pypi("https://mirrors.aliyun.com/pytorch-wheels/cu121")
    assert Indexes.of(PYPI, [], []).default is None


@pytest.mark.parametrize(
    ("indexes", "pinned", "first_wins", "expected"),
    [
        # The only index decides.
        (Indexes(CU118), False, False, (CU118, (), "11.8")),
        (Indexes(CU118), True, True, (CU118, (), "11.8")),
        # An extra index does not decide: pip takes the highest version over all.
        (Indexes(None, (CU118,)), False, False, (None, (CU118,), None)),
        # The default replaced and PyPI added is PyPI with an extra index; 2.1.0+cu118 beats 2.1.0 where it is pinned.
        (Indexes(CU118, (PYPI,)), False, False, (None, (CU118,), None)),
        (Indexes(CU118, (PYPI,)), True, False, (CU118, (PYPI,), "11.8")),
        # uv looks through the extra indexes first and stays with the first one that has the name.
        (Indexes(CU118, (PYPI,)), False, True, (None, (), None)),
        # NVIDIA's index has no torch.
        (Indexes(CU118, ("https://pypi.nvidia.com",)), False, False, (CU118, ("https://pypi.nvidia.com",), "11.8")),
        (Indexes(torch="https://download.pytorch.org/whl/cu126"), False, True, ("https://download.pytorch.org/whl/cu126", (), "12.6")),
    ],
)  # fmt: skip
def test_where_torch_comes_from(
    indexes: Indexes, pinned: bool, first_wins: bool, expected: tuple[str | None, tuple[str, ...], str | None]
) -> None:
    assert tuple(indexes.for_package("torch", pinned=pinned, first_wins=first_wins)) == expected


def test_other_packages_have_no_variant_by_index() -> None:
    assert Indexes(CU118).for_package("numpy", pinned=False, first_wins=False).cuda is None


def test_an_at_sign_in_a_password_and_a_token_in_a_path() -> None:
    assert redacted("https://bot:p@ss@example.com/x") == "https://example.com/x"
    assert redacted("https://conda.example.com/t/ab-0123456789/main") == "https://conda.example.com/t/…/main"
    assert redacted("https://example.com/t/short/main") == "https://example.com/t/short/main"
    assert redacted("git+https://example.com/a.git@main") == "git+https://example.com/a.git@main"
