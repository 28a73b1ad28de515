"""The CUDA toolkit's stub of libcuda where programs load it."""

from __future__ import annotations

from envdoctor.findings import Severity
from tests.rules.vocabulary import CUDNN_12_4, dockerfile, document, does_not_apply, fires, workload

RULE = "stub-libcuda-loaded"
STUBS = "/usr/local/cuda/lib64/stubs"


def library(path: str, origin: str = "system", soname: str = "libcuda.so") -> dict[str, str]:
    return {"soname": soname, "path": path, "origin": origin}


def test_stubs_that_nothing_loads() -> None:
    does_not_apply(RULE, workload(CUDNN_12_4))
    does_not_apply(RULE, workload(CUDNN_12_4, env={"LIBRARY_PATH": STUBS}))
    does_not_apply(RULE, document(libraries=[library(f"{STUBS}/libcuda.so", "image")]))
    does_not_apply(RULE, document(libraries=[library(f"{STUBS}/libnvidia-ml.so", soname="libnvidia-ml.so")]))
    does_not_apply(RULE, document(libraries=[library("/usr/lib/x86_64-linux-gnu/libcuda.so.1", soname="libcuda.so.1")]))


def test_a_link_that_is_removed_again() -> None:
    build = f"ln -s {STUBS}/libcuda.so {STUBS}/libcuda.so.1 && make && rm {STUBS}/libcuda.so.1"
    does_not_apply(RULE, dockerfile(build, image=CUDNN_12_4))


def test_the_loader_finds_it() -> None:
    finding = fires(RULE, document(libraries=[library(f"{STUBS}/libcuda.so")]))
    assert finding.severity is Severity.ERROR
    assert "error 34" in finding.message


def test_a_search_path_that_holds_it() -> None:
    env = {"LD_LIBRARY_PATH": f"/usr/local/cuda/lib64:{STUBS}/:/opt/lib"}
    finding = fires(RULE, workload(CUDNN_12_4, env=env))
    assert finding.severity is Severity.NOTE  # only what opens libcuda.so, without .1
    assert "LIBRARY_PATH" in finding.remedy[0]


def test_a_link_beside_the_stub_is_met_where_the_loader_is_sent_there() -> None:
    link = f"ln -s {STUBS}/libcuda.so {STUBS}/libcuda.so.1"
    build = f"{link} && LD_LIBRARY_PATH={STUBS} make"
    does_not_apply(RULE, dockerfile(build, image=CUDNN_12_4))
    does_not_apply(RULE, dockerfile(f"{link} && make && rm -rf {STUBS}", image=CUDNN_12_4))
    listed = f"{link} && echo {STUBS} > /etc/ld.so.conf.d/stubs.conf && ldconfig"
    assert fires(RULE, dockerfile(listed, image=CUDNN_12_4)).severity is Severity.WARNING


def test_a_link_that_stays() -> None:
    finding = fires(RULE, dockerfile(f"ln -s {STUBS}/libcuda.so /usr/lib/libcuda.so.1", image=CUDNN_12_4))
    assert finding.severity is Severity.WARNING
    assert "/usr/lib/libcuda.so.1" in finding.message
