"""What follows from a GPU's name and a driver's version; what is stated wins."""

from __future__ import annotations

from envdoctor.facts import Fact, Gpu, Host, Origin, known
from envdoctor.hosts import complete_host, identify_gpu
from envdoctor.matrix import Matrix

MATRIX = Matrix.load()
HERE = Origin("a test")


def named(name: str) -> Gpu:
    return identify_gpu(Gpu(0, name=known(name, HERE)), MATRIX)


def of(fact: Fact[str], value: str, origin: str) -> bool:
    return fact.get() == value and str(fact.origin) == origin


def test_nothing_follows_from_nothing() -> None:
    assert identify_gpu(Gpu(0), MATRIX) == Gpu(0)
    assert complete_host(Host(), MATRIX) == Host()


def test_a_stated_capability_wins_and_the_disagreement_is_told() -> None:
    gpu = Gpu(0, name=known("Tesla T4", HERE), compute_capability=known("8.9", Origin("env.json")))
    capability = identify_gpu(gpu, MATRIX).compute_capability
    assert capability.need() == "8.9"
    assert str(capability.origin) == "env.json; the name Tesla T4 is of compute capability 7.5"


def test_a_stated_capability_that_agrees_keeps_its_origin() -> None:
    gpu = Gpu(0, name=known("Tesla T4", HERE), compute_capability=known("7.5", HERE))
    assert of(identify_gpu(gpu, MATRIX).compute_capability, "7.5", "a test")


def test_a_stated_capability_decides_for_an_unknown_product() -> None:
    gpu = Gpu(0, name=known("NVIDIA Z999", HERE), compute_capability=known("12.0", HERE))
    found = identify_gpu(gpu, MATRIX)
    assert found.compute_capability.need() == "12.0"
    assert found.brand.is_unknown
    assert found.forward_compat.is_unknown


def test_an_unknown_product_is_unknown_with_the_nearest_names() -> None:
    found = named("NVIDIA A101")
    assert found.compute_capability.is_unknown
    assert "nearest" in found.compute_capability.reason
    assert found.forward_compat.is_unknown


def test_the_names_own_brand_when_the_product_is_unknown() -> None:
    geforce, titan = named("NVIDIA GeForce RTX 9999"), named("NVIDIA TITAN 9999")
    assert (geforce.brand.get(), geforce.forward_compat.get()) == ("geforce", False)
    assert (titan.brand.get(), titan.forward_compat.get()) == ("titan", False)
    assert named("Quadro RTX 99999").brand.is_unknown
    assert named("Tesla Z9").forward_compat.is_unknown


def test_only_a_brand_is_stated() -> None:
    found = identify_gpu(Gpu(0, brand=known("geforce", HERE)), MATRIX)
    assert found.forward_compat.need() is False
    assert found.compute_capability.is_unknown


def test_a_stated_brand_wins() -> None:
    gpu = Gpu(0, name=known("NVIDIA A100-SXM4-80GB", HERE), brand=known("tesla", HERE))
    found = identify_gpu(gpu, MATRIX)
    assert found.brand.need() == "tesla"
    assert found.forward_compat.need() is True


def test_professional_cards_are_eligible_only_in_part() -> None:
    assert named("NVIDIA RTX A6000").forward_compat.is_unknown


def test_jetsons_are_not_eligible() -> None:
    assert named("Jetson AGX Orin").forward_compat.need() is False
    assert named("Jetson").forward_compat.need() is False


def test_stated_driver_and_cuda_are_kept() -> None:
    host = Host(driver=known("535.104.05", HERE), driver_cuda=known("12.4", HERE))
    found = complete_host(host, MATRIX)
    assert of(found.driver_cuda, "12.4", "a test")


def test_a_driver_newer_than_the_matrix_is_unknown() -> None:
    found = complete_host(Host(driver=known("999.10", HERE)), MATRIX)
    assert found.driver_cuda.is_unknown
    assert "999.10" in found.driver_cuda.reason


def test_a_jetsons_driver_number_is_of_no_desktop_branch() -> None:
    host = Host(driver=known("540.4.0", HERE), l4t=known("36.4.3", HERE))
    found = complete_host(host, MATRIX)
    assert found.driver_cuda.is_unknown
    assert "L4T" in found.driver_cuda.reason


def test_windows_numbers_run_on_within_a_branch() -> None:
    host = Host(driver=known("551.78", HERE), os_id=known("windows", HERE))
    assert of(complete_host(host, MATRIX).driver_cuda, "12.4", "driver branch R550 (matrix)")
