"""What NVDEC and NVENC can do on every GPU, in a child (`child.ask`). Each GPU gets a CUDA context for that time. Tells:

    nvenc version   the newest API of libnvidia-encode.so.1, "12.1"; "error N" if the call failed
    video           [{"name", "context": 0, "nvdec": {"h264": true}, "nvdec_code": 0, "nvenc": ["h264"], "nvenc_code": 0}]
    ffmpeg          what `ffmpeg.ask` tells, where it is installed

Codes are CUresult's, and NVENCSTATUS for nvenc_code. The layouts are those of NVIDIA's Video Codec SDK as
https://github.com/FFmpeg/nv-codec-headers/tree/master/include/ffnvcodec has them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from envdoctor.probes import ffmpeg
from envdoctor.probes.driver_calls import MOST_GPUS, VIDEO, called, cuda_name, loaded
from envdoctor.probes.imported import prepared

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

_DECODED = {"mpeg2": 1, "h264": 4, "jpeg": 5, "hevc": 8, "vp8": 9, "vp9": 10, "av1": 11}  # cudaVideoCodec
_CHROMA_420 = 1
_ENCODED = {
    "6bc82762-4e63-4ca4-aa85-1e50f321f6bf": "h264",
    "790cdc88-4522-4d7b-9425-bda9975f7603": "hevc",
    "0a352289-0aa7-4759-862d-5d15cd16d254": "av1",
}
_API = (11, 0)  # of drivers from R455 on; a newer driver runs it
# Places of functions in NV_ENCODE_API_FUNCTION_LIST.
_GUID_COUNT, _GUIDS, _DESTROY, _OPEN = 1, 4, 27, 29
_POINTERS = 512  # the list has 318; more are never written
_MOST_GUIDS = 64


class _DecoderCaps(ctypes.Structure):
    """CUVIDDECODECAPS"""

    _fields_ = [
        ("codec", ctypes.c_int),
        ("chroma", ctypes.c_int),
        ("depth_minus_8", ctypes.c_uint),
        ("reserved", ctypes.c_uint * 3),
        ("supported", ctypes.c_ubyte),
        ("told", ctypes.c_ubyte * 63),
    ]


class _Functions(ctypes.Structure):
    """NV_ENCODE_API_FUNCTION_LIST"""

    _fields_ = [("version", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("calls", ctypes.c_void_p * _POINTERS)]


class _Session(ctypes.Structure):
    """NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS"""

    _fields_ = [
        ("version", ctypes.c_uint32),
        ("device_type", ctypes.c_uint32),
        ("device", ctypes.c_void_p),
        ("reserved", ctypes.c_void_p),
        ("api", ctypes.c_uint32),
        ("reserved1", ctypes.c_uint32 * 253),
        ("reserved2", ctypes.c_void_p * 64),
    ]


def probe(say: Say, needs: Iterable[str], gpus: Sequence[int] | None, ffmpeg_seconds: float = 3.0) -> None:
    """`needs`: nvdec, nvenc; `gpus`: CUDA indexes, None for all."""
    prepared("")
    path = ffmpeg.program()
    if path:
        say("call", f"{path} -hwaccels")
        say("ffmpeg", ffmpeg.ask(path, ffmpeg_seconds))
    libraries = {need: loaded(say, f"{VIDEO[need]}.so.1") for need in needs}
    usable = {need: library for need, library in libraries.items() if not isinstance(library, str)}
    api = _api(say, usable["nvenc"]) if "nvenc" in usable else _API
    cuda = loaded(say, "libcuda.so.1")
    count = ctypes.c_int(0)
    if isinstance(cuda, str) or called(say, cuda, "cuInit", 0) != 0:
        return
    called(say, cuda, "cuDeviceGetCount", ctypes.byref(count))
    wanted = range(min(max(count.value, 0), MOST_GPUS)) if gpus is None else gpus
    tested: list[dict[str, Any]] = []
    for index in wanted:
        tested.append(_gpu(say, cuda, usable, index, api))
        say("video", tested)


def _gpu(say: Say, cuda: Any, libraries: dict[str, Any], index: int, api: tuple[int, int]) -> dict[str, Any]:
    device, context = ctypes.c_int(0), ctypes.c_void_p()
    called(say, cuda, "cuDeviceGet", ctypes.byref(device), index)
    found: dict[str, Any] = {"name": cuda_name(say, cuda, index)}
    found["context"] = called(say, cuda, "cuCtxCreate_v2", ctypes.byref(context), 0, device)
    if found["context"] != 0:
        return found
    if "nvdec" in libraries:
        found["nvdec_code"], found["nvdec"] = _decoders(say, libraries["nvdec"])
    if "nvenc" in libraries:
        found["nvenc_code"], found["nvenc"] = _encoders(say, libraries["nvenc"], context, api)
    called(say, cuda, "cuCtxDestroy_v2", context)
    return found


def _decoders(say: Say, library: Any) -> tuple[int, dict[str, bool]]:
    """The first code that is not 0, and which codecs (8 bit, 4:2:0) are decoded."""
    found: dict[str, bool] = {}
    for name, codec in _DECODED.items():
        caps = _DecoderCaps(codec=codec, chroma=_CHROMA_420)
        code = called(say, library, "cuvidGetDecoderCaps", ctypes.byref(caps))
        if code != 0:
            return code, found
        found[name] = bool(caps.supported)
    return 0, found


def _api(say: Say, library: Any) -> tuple[int, int]:
    """The version to speak: ours, or the library's where that is older."""
    newest = ctypes.c_uint32(0)
    code = called(say, library, "NvEncodeAPIGetMaxSupportedVersion", ctypes.byref(newest))
    theirs = (newest.value >> 4, newest.value & 15)
    say("nvenc version", f"{theirs[0]}.{theirs[1]}" if code == 0 else f"error {code}")
    return min(_API, theirs) if code == 0 else _API


def _versioned(api: tuple[int, int], struct: int) -> int:
    """NVENCAPI_STRUCT_VERSION"""
    return api[0] | api[1] << 24 | struct << 16 | 7 << 28


def _encoders(say: Say, library: Any, context: Any, api: tuple[int, int]) -> tuple[int, list[str]]:
    """A session is opened and closed: without one nobody tells whether this GPU has an encoder at all."""
    functions = _Functions(version=_versioned(api, 2))
    code = called(say, library, "NvEncodeAPICreateInstance", ctypes.byref(functions))
    if code != 0:
        return code, []
    session, encoder = _Session(_versioned(api, 1), 1, context, None, api[0] | api[1] << 24), ctypes.c_void_p()
    say("call", "nvEncOpenEncodeSessionEx")
    code = _function(functions, _OPEN)(ctypes.byref(session), ctypes.byref(encoder))
    names: list[str] = []
    if code == 0:
        say("call", "nvEncGetEncodeGUIDs")
        names = _codecs(functions, encoder)
    if encoder:  # also where opening failed: https://docs.nvidia.com/video-technologies/video-codec-sdk/
        say("call", "nvEncDestroyEncoder")
        _function(functions, _DESTROY)(encoder)
    return code, names


def _codecs(functions: _Functions, encoder: Any) -> list[str]:
    from uuid import UUID

    count, written = ctypes.c_uint32(0), ctypes.c_uint32(0)
    _function(functions, _GUID_COUNT)(encoder, ctypes.byref(count))
    size = min(count.value, _MOST_GUIDS)
    content = (ctypes.c_ubyte * (16 * max(size, 1)))()
    _function(functions, _GUIDS)(encoder, content, ctypes.c_uint32(size), ctypes.byref(written))
    each = [str(UUID(bytes_le=bytes(content[16 * at : 16 * at + 16]))) for at in range(min(size, written.value))]
    return [_ENCODED.get(guid, guid) for guid in each]


def _function(functions: _Functions, place: int) -> Any:
    """Returns NVENCSTATUS; -1 where the list has no such function."""
    address = functions.calls[place]
    if not address:
        return lambda *_: -1
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)
