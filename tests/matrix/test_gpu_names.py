"""GPU names as nvidia-smi prints them and as people type them. A name of several chips gives several rows."""

from __future__ import annotations

import pytest

from envdoctor.matrix import Matrix

MATRIX = Matrix.load()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Radeon RX 7900 XTX",
        "RTX 9090",
        "GeForce A100",
        "Quadro 4000",
        "4000",
        "Intel Arc A770",
        "\x00\x1b[31m",
        "NVIDIA",
        "GPU",
        "X" * 10_000,
        "RTX 6000 Blackwell Turing",
    ],
)
def test_an_unknown_name_has_no_row(name: str) -> None:
    assert MATRIX.gpus_named(name) == ()


@pytest.mark.parametrize(
    ("name", "capability", "brand"),
    [
        ("NVIDIA GeForce RTX 4090", "8.9", "geforce"),
        ("RTX 4090", "8.9", "geforce"),
        ("rtx4090", "8.9", "geforce"),
        ("4090", "8.9", "geforce"),
        ("GeForce 3090", "8.6", "geforce"),
        ("NVIDIA GeForce RTX™ 3090 Ti", "8.6", "geforce"),
        ("GeForce RTX 4050 Laptop", "8.9", "geforce"),
        ("NVIDIA GeForce RTX 3070 Laptop GPU", "8.6", "geforce"),
        ("NVIDIA GeForce RTX 2080 SUPER with Max-Q Design", "7.5", "geforce"),
        ("2080ti", "7.5", "geforce"),
        ("GTX 1060 3 GB", "6.1", "geforce"),
        ("NVIDIA GeForce RTX 5090", "12.0", "geforce"),
        ("GeForce GTX TITAN X", "5.2", "geforce"),
        ("GTX TITAN X", "5.2", "geforce"),
        ("TITAN X (Pascal)", "6.1", "titan"),
        ("TITAN V", "7.0", "titan"),
        ("TITAN RTX", "7.5", "titan"),
        ("T4", "7.5", "tesla"),
        ("Tesla T4", "7.5", "tesla"),
        ("V100", "7.0", "tesla"),
        ("Tesla V100-SXM2-16GB", "7.0", "tesla"),
        ("Tesla P100-PCIE-16GB", "6.0", "tesla"),
        ("Tesla K20m", "3.5", "tesla"),
        ("K80", "3.7", "tesla"),
        ("NVIDIA A100-SXM4-80GB", "8.0", "unknown"),
        ("NVIDIA A100 80GB PCIe", "8.0", "unknown"),
        ("A100", "8.0", "unknown"),
        ("Tesla A100", "8.0", "unknown"),
        ("A100-SXM4-40GB MIG 3g.20gb", "8.0", "unknown"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb+me", "8.0", "unknown"),
        ("A10G", "8.6", "unknown"),
        ("NVIDIA L4", "8.9", "unknown"),
        ("L40S", "8.9", "unknown"),
        ("NVIDIA H100 80GB HBM3", "9.0", "unknown"),
        ("H100 PCIe", "9.0", "unknown"),
        ("NVIDIA H200", "9.0", "unknown"),
        ("NVIDIA GH200 480GB", "9.0", "unknown"),
        ("B200", "10.0", "unknown"),
        ("NVIDIA B300 SXM6 AC", "10.3", "unknown"),
        ("RTX A6000", "8.6", "unknown"),
        ("A6000", "8.6", "unknown"),
        ("Quadro RTX 6000", "7.5", "unknown"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9", "unknown"),
        ("RTX 6000 Ada", "8.9", "unknown"),
        ("RTX PRO 6000 Blackwell", "12.0", "unknown"),
        ("RTX 6000 Pro", "12.0", "unknown"),
        ("NVIDIA RTX PRO 4500 Blackwell", "12.0", "unknown"),
        ("Quadro P5000", "6.1", "quadro"),
        ("NVIDIA GB10", "12.1", "unknown"),
        ("NVIDIA DGX Spark", "12.1", "unknown"),
        ("GRID T4-16Q", "7.5", None),
        ("GRID V100D-8Q", "7.0", None),
        ("Jetson Orin", "8.7", None),
        ("NVIDIA Jetson AGX Orin Developer Kit", "8.7", None),
        ("Orin (nvgpu)", "8.7", None),
        ("Orin Nano", "8.7", None),
        ("Jetson Nano", "5.3", None),
        ("Jetson Thor", "11.0", None),
        ("NVIDIA Thor", "11.0", None),
    ],
)
def test_a_known_name(name: str, capability: str, brand: str | None) -> None:
    found = MATRIX.gpus_named(name)
    assert {row.capability for row in found} == {capability}
    assert {row.brand for row in found} == {brand}


@pytest.mark.parametrize(
    ("name", "capabilities"),
    [
        ("RTX 5000", {"7.5", "8.9"}),
        ("RTX 6000", {"7.5", "8.9"}),
        ("GT 1030", {"3.0", "6.1"}),
        ("GeForce GTX 750 Ti", {"3.0", "5.0"}),
        ("NVIDIA GeForce GT 730", {"2.1", "3.0", "3.5"}),
        ("TITAN X", {"5.2", "6.1"}),
    ],
)
def test_a_name_of_several_chips_gives_them_all(name: str, capabilities: set[str]) -> None:
    assert {row.capability for row in MATRIX.gpus_named(name)} == capabilities


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("NVIDIA A100-SXM4-80GB", "A100 SXM4 80GB"),
        ("A100", "A100"),
        ("NVIDIA GeForce RTX 3070 Laptop GPU", "GeForce RTX 3070 Laptop GPU"),
        ("RTX 4090", "GeForce RTX 4090"),
        ("H100 NVL", "H100 NVL"),
    ],
)
def test_the_most_alike_product_comes_first(name: str, first: str) -> None:
    assert MATRIX.gpus_named(name)[0].name == first


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("T4", True),
        ("A100", True),
        ("B200", True),
        ("RTX 4090", False),
        ("TITAN RTX", False),
        ("GB10", None),
        ("Jetson AGX Orin", False),
        ("Quadro P5000", None),
        ("RTX A6000", None),
    ],
)
def test_forward_compatibility_by_class(name: str, answer: bool | None) -> None:
    assert {row.forward_compat for row in MATRIX.gpus_named(name)} == {answer}


def test_only_jetson_is_tegra() -> None:
    rows = MATRIX.tables["gpus"].rows()
    assert {row.name.split()[0] for row in rows if row.tegra} == {"Jetson", "Orin", "Xavier", "Thor"}  # type: ignore[attr-defined]


def test_every_product_is_found_by_its_own_name() -> None:
    for row in MATRIX.tables["gpus"].rows():
        assert row in MATRIX.gpus_named(row.name), row  # type: ignore[attr-defined]
        assert row in MATRIX.gpus_named(f"NVIDIA {row.name}"), row  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("RTX 4900", "GeForce RTX 4090"),
        ("RTX 3080 T", "GeForce RTX 3080 Ti"),
        ("Tesla T44", "Tesla T4"),
        ("H1000", "H100"),
    ],
)
def test_a_typo_is_offered_the_product_that_was_meant(typo: str, meant: str) -> None:
    assert MATRIX.gpus_named(typo) == ()
    assert meant in MATRIX.nearest_gpus(typo)


def test_nothing_is_offered_for_nothing() -> None:
    assert MATRIX.nearest_gpus("") == ()
    assert MATRIX.nearest_gpus("\U0001f600" * 50) == ()
    assert len(MATRIX.nearest_gpus("RTX 4900", 2)) == 2
