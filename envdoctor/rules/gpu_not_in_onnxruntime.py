"""onnxruntime-gpu holds no code for this GPU."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import Fact, Facts, FactUnknown, Gpu, Package, unknown
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import builds, fitting, nearest_known
from envdoctor.judging.code import Coverage, agreed, coverage, listed
from envdoctor.judging.components import floor_of, loss_of_gpu, onnxruntime_gpu_in_use
from envdoctor.judging.each import each
from envdoctor.judging.evidence import of, of_package
from envdoctor.judging.jetson import is_jetson
from envdoctor.judging.launching import needs_a_gpu_in_the_container
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import OrtRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import major

_SOURCES = (
    "https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html",
    "https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#binary-compatibility",
)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    needs_a_gpu_in_the_container(facts)
    packages = onnxruntime_gpu_in_use(facts)
    gpus = facts.host.gpus.need()
    found = [(package, builds.onnxruntime_builds(package, facts, matrix)) for package in packages]
    pairs = [(gpu, *choices) for choices in found for gpu in gpus]
    yield from each(pairs, lambda pair: _judge(*pair, facts, matrix))


def _judge(gpu: Gpu, package: Package, rows: tuple[OrtRow, ...], facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    capability = nearest_known.needed_capability(gpu, matrix)
    what = builds.label(package, rows)
    if any(row.sm is None for row in rows):
        raise FactUnknown(f"which GPUs {what} holds code for is not known")
    near = nearest_known.package(package, facts, matrix)
    answer = agreed({coverage(capability, row.sm or (), row.ptx or ()) for row in rows}, what, near)
    if answer is Coverage.NATIVE:
        return
    held = listed(rows[0].sm or ())
    if answer is Coverage.JIT:
        text = (
            f"{what} has only PTX for {gpu.label} (compute capability {capability}); its machine code is {held}. The driver compiles every kernel at the first"
            " session, which takes minutes, and cuDNN and cuBLAS must know the GPU besides."
        )
    else:
        text = (
            f"{what} has no code for {gpu.label} (compute capability {capability}): it holds {held} and no PTX that could be compiled for it. The CUDA provider"
            ' fails with "no kernel image is available for execution on the device".'
        )
    yield Finding(
        message=text,
        severity=Severity.WARNING if answer is Coverage.JIT else loss_of_gpu(facts),
        remedy=_remedy(capability, answer, facts, matrix),
        verify='python -c "import onnxruntime as o; print(o.__version__, o.get_device())"',
        at=package.origin,
        evidence=(of_package(package), of("host.gpus.compute_capability", gpu.compute_capability)),
        sources=(*rows[0].source, *_SOURCES)[:3],
    )


def _remedy(capability: str, answer: Coverage, facts: Facts, matrix: Matrix) -> tuple[str, ...]:
    """A version that runs in this image; else the newest that has machine code, with what it needs besides; else the source."""
    pin = fitting.onnxruntime_pin(facts, matrix, native_only=answer is Coverage.JIT)
    if pin:
        return (pin,)
    source = f"build ONNX Runtime from source with CMAKE_CUDA_ARCHITECTURES={capability.replace('.', '')}"
    rows = [
        row
        for row in matrix.onnxruntime(builds.platform_of(facts))
        if row.index == "pypi" and row.python and row.sm and coverage(capability, row.sm) is Coverage.NATIVE
    ]
    here = next((row for row in rows if fitting.runs(facts, row.cuda, matrix)), None)
    if here:
        return (_elsewhere(here, facts, matrix), f"or {source}")
    if rows and not is_jetson(facts.host):
        floor = floor_of(rows[0].cuda, facts.host.is_windows, matrix)
        upgrade = f"upgrade the host's driver to {floor.driver} or newer; then {_elsewhere(rows[0], _driverless(facts), matrix)}"
        return (source, f"or {upgrade}")
    return (source,)


def _elsewhere(row: OrtRow, facts: Facts, matrix: Matrix) -> str:
    """Another image that runs a build, of any system: the Python of this one may be too old for it."""
    image = facts.image._replace(os_id=unknown("any system: the Python of this one may be too old"))
    tag = fitting.cuda_tag(major(row.cuda), row.cudnn, facts._replace(image=image), matrix)
    needs = f"CUDA {row.cuda}, cuDNN {row.cudnn} and Python {row.python[0]} or newer" + (
        f", such as {tag}" if tag else ""
    )
    return f'use an image with {needs}, and pip install "onnxruntime-gpu=={row.version}"'


def _driverless(facts: Facts) -> Facts:
    """The same host once its driver is another one."""
    gone: Fact[str] = unknown("a newer driver")
    return facts._replace(host=facts.host._replace(driver=gone, driver_cuda=gone))


RULE = Rule(
    id="gpu-not-in-onnxruntime",
    kind=Kind.COMPATIBILITY,
    severity=Severity.ERROR,
    title="the onnxruntime-gpu build holds no code for this GPU, or only PTX",
    seen=(
        "CUDA error cudaErrorNoKernelImageForDevice: no kernel image is available for execution on the device",
        "CUDNN_FE failure 11: CUDNN_BACKEND_API_FAILED",
    ),
    why=(
        "Each onnxruntime-gpu wheel holds machine code for a list of GPUs. Up to 1.20 it also holds PTX for all of them; 1.23.0 holds PTX only for 9.0a, which"
        " no other GPU can compile; 1.29 and later hold none. Outside the list the CUDA provider fails at the first kernel."
    ),
    remedy=("install a version that lists the GPU's architecture",),
    sources=_SOURCES,
    check=check,
)
