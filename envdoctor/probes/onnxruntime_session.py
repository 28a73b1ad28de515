"""A real ONNX Runtime session per provider, on a tiny model, in a child (`child.ask`).

`get_available_providers()` tells what the wheel was built with, not what works; only a session's own `get_providers()`
does. What the library logs on the way is kept: the reason for a fallback to the CPU stands there alone. Tells:

    import_error                    why onnxruntime or numpy cannot be imported
    session CUDAExecutionProvider   {"providers": […], "right": true, "error": "", "log": "…"}
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from envdoctor.probes.imported import explained, prepared

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

PROVIDERS = {
    "onnxruntime": "CPUExecutionProvider",
    "onnxruntime-cuda": "CUDAExecutionProvider",
    "onnxruntime-tensorrt": "TensorrtExecutionProvider",
}
# Little memory, no search for the fastest algorithm: the workload may be using the GPU.
_OPTIONS: dict[str, dict[str, str]] = {
    "CUDAExecutionProvider": {
        "gpu_mem_limit": str(64 * 1024 * 1024),
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "DEFAULT",
    }
}


def probe(say: Say, site: str, needs: Iterable[str], preload: bool, gpu: int = 0) -> None:
    """`site` is where onnxruntime lies; `preload` for libraries that only Python packages hold; `gpu` a CUDA index."""
    log = prepared(site)
    say("call", "import onnxruntime")
    try:
        onnxruntime, numpy = import_module("onnxruntime"), import_module("numpy")
    except Exception as error:
        say("import_error", explained(error))
        return
    if preload and hasattr(onnxruntime, "preload_dlls"):
        say("call", "onnxruntime.preload_dlls()")
        onnxruntime.preload_dlls()
    for need in needs:
        name = PROVIDERS[need]
        say("call", f"an ONNX Runtime session on {name}")
        say(f"session {name}", {**_session(onnxruntime, numpy, name, gpu), "log": log()})


def _session(onnxruntime: Any, numpy: Any, name: str, gpu: int) -> dict[str, Any]:
    cpu = PROVIDERS["onnxruntime"]
    place = {} if name == cpu else {"device_id": str(gpu)}
    providers: list[Any] = [(name, {**place, **_OPTIONS.get(name, {})})]
    providers += [] if name == cpu else [cpu]
    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # none of its own, and no warning where a cpuset forbids to bind them
        session = onnxruntime.InferenceSession(model(), options, providers=providers)
        (result,) = session.run(None, {"x": numpy.ones((1, 1, 2, 2), dtype=numpy.float32)})
    except Exception as error:
        return {"providers": [], "right": False, "error": explained(error)}
    return {"providers": session.get_providers(), "right": bool((result == 2).all()), "error": ""}


def model() -> bytes:
    """One 1x1 convolution with the weight 2 over a 1x1x2x2 tensor: ModelProto of
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 , written by hand. On CUDA it needs cuDNN too."""
    node = _text_field(1, "x") + _text_field(1, "w") + _text_field(2, "y") + _text_field(4, "Conv")
    weight = b"".join(_number(1, 1) for _ in range(4)) + _number(2, 1)
    weight += _text_field(8, "w") + _field(9, b"\x00\x00\x00\x40")  # raw_data: 2.0 as float32
    graph = _field(1, node) + _text_field(2, "g") + _field(5, weight)
    graph += _field(11, _value("x")) + _field(12, _value("y"))
    return _number(1, 8) + _field(7, graph) + _field(8, _text_field(1, "") + _number(2, 13))


def _value(name: str) -> bytes:
    """ValueInfoProto: a float32 tensor of 1x1x2x2."""
    shape = b"".join(_field(1, _number(1, size)) for size in (1, 1, 2, 2))
    return _text_field(1, name) + _field(2, _field(1, _number(1, 1) + _field(2, shape)))


def _number(field: int, value: int) -> bytes:
    """A varint below 128."""
    return bytes((field << 3, value))


def _text_field(field: int, text: str) -> bytes:
    return _field(field, text.encode())


def _field(field: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes((length,)) if length < 128 else bytes((length & 0x7F | 0x80, length >> 7))
    return bytes((field << 3 | 2,)) + size + content
