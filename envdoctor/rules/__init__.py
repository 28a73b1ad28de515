"""The rules, one file each, listed here explicitly. A rule reads facts and matrix rows and does no I/O.

To add one: a file here named after its id (`driver_too_old.py` for driver-too-old) that ends in `RULE = Rule(...)`, a line
below, and a test file under tests/rules/ that shows it firing, silent, undecided and not applicable.
"""

from envdoctor.rules import (
    cuda_does_not_start,
    cudnn_shadowed,
    disable_require_ignored,
    driver_end_of_life,
    driver_library_mismatch,
    driver_older_than_image,
    driver_too_old,
    forward_compat_mismatch,
    gpu_not_in_cuda,
    gpu_not_in_cudnn,
    gpu_not_in_driver,
    gpu_not_in_onnxruntime,
    gpu_not_in_torch,
    host_without_gpu,
    image_end_of_life,
    image_tag_floating,
    image_tag_removed,
    image_wrong_architecture,
    jetson_release_too_old,
    needs_forward_compat,
    ngc_torch_replaced,
    no_wheel_for_python,
    onnxruntime_both_packages,
    onnxruntime_cpu_package,
    onnxruntime_cuda_mismatch,
    onnxruntime_cudnn_mismatch,
    package_library_mismatch,
    start_gate_refuses,
    torch_companion_mismatch,
    torch_cpu_wheel,
    unpinned_gpu_package,
    version_not_on_index,
)
from envdoctor.rules.rule import Rule

_MODULES = (
    image_tag_removed,
    image_wrong_architecture,
    host_without_gpu,
    driver_library_mismatch,
    cuda_does_not_start,
    start_gate_refuses,
    driver_too_old,
    needs_forward_compat,
    forward_compat_mismatch,
    driver_older_than_image,
    jetson_release_too_old,
    gpu_not_in_driver,
    gpu_not_in_torch,
    gpu_not_in_onnxruntime,
    gpu_not_in_cuda,
    gpu_not_in_cudnn,
    onnxruntime_cuda_mismatch,
    onnxruntime_cudnn_mismatch,
    onnxruntime_both_packages,
    onnxruntime_cpu_package,
    package_library_mismatch,
    torch_cpu_wheel,
    ngc_torch_replaced,
    torch_companion_mismatch,
    cudnn_shadowed,
    version_not_on_index,
    no_wheel_for_python,
    unpinned_gpu_package,
    disable_require_ignored,
    image_tag_floating,
    image_end_of_life,
    driver_end_of_life,
)

RULES: tuple[Rule, ...] = tuple(module.RULE for module in _MODULES)


def find(rule_id: str) -> Rule | None:
    """The rule of that id, or None."""
    return next((rule for rule in RULES if rule.id == rule_id), None)
