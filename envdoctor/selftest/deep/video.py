"""NVDEC and NVENC: the libraries' own capability queries on every GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from envdoctor.probes import video_use
from envdoctor.selftest.deep.part import Asked, failed, ok, skipped
from envdoctor.selftest.verdict import DeepResult

if TYPE_CHECKING:
    from envdoctor.probes.child import Say

REMEDY = "restart the container; the libraries must be of the host's own driver: mount them with NVIDIA_DRIVER_CAPABILITIES=video"
_NO_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY
_NO_ENCODER = (1, 2)  # NV_ENC_ERR_NO_ENCODE_DEVICE, NV_ENC_ERR_UNSUPPORTED_DEVICE
_NO_SESSION = (10, 21)  # NV_ENC_ERR_OUT_OF_MEMORY, NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY: every session may be in use
_NOT_THERE = -1
_FFMPEG_SECONDS = 3.0


def work(asked: Asked) -> Callable[[Say], None]:
    seconds = min(asked.seconds / 4, _FFMPEG_SECONDS)
    return partial(video_use.probe, needs=(asked.need,), gpus=asked.gpus, ffmpeg_seconds=seconds)


def judge(asked: Asked, told: Mapping[str, Any]) -> DeepResult:
    """One GPU that can is enough: boards without an encoder stand beside others that have one."""
    need = asked.need
    gpus: list[Mapping[str, Any]] = told.get("video") or []
    if not gpus:
        return skipped(need, "CUDA shows no GPU that has room")
    usable = [gpu for gpu in gpus if gpu["context"] == 0]
    if not usable:
        code = gpus[0]["context"]
        if code == _NO_MEMORY:
            return skipped(need, "there was no GPU memory for a CUDA context")
        return failed(
            need, f"cuCtxCreate gave {code} on {_named(gpus)}", "nvidia-smi on the host tells more; restart it"
        )
    return _decoders(need, usable) if need == "nvdec" else _encoders(need, usable, str(told.get("nvenc version", "")))


def _named(gpus: list[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(gpu["name"] or "a GPU" for gpu in gpus))


def _decoders(need: str, gpus: list[Mapping[str, Any]]) -> DeepResult:
    able = [gpu for gpu in gpus if any(gpu["nvdec"].values())]
    if able:
        codecs = [name for name, supported in able[0]["nvdec"].items() if supported]
        return ok(need, f"NVDEC of {_named(able)} decodes {', '.join(codecs)}")
    codes = [gpu["nvdec_code"] for gpu in gpus]
    if codes[0] == _NOT_THERE:
        return skipped(need, "this libnvcuvid.so.1 has no cuvidGetDecoderCaps")
    if any(codes):
        return failed(need, f"cuvidGetDecoderCaps gave {max(codes)} on {_named(gpus)}", REMEDY)
    return failed(need, f"{_named(gpus)} decodes no video: it has no NVDEC", "decode on the CPU, or take another GPU")


def _encoders(need: str, gpus: list[Mapping[str, Any]], version: str) -> DeepResult:
    able = [gpu for gpu in gpus if gpu["nvenc_code"] == 0 and gpu["nvenc"]]
    if able:
        return ok(need, f"NVENC {version} of {_named(able)} encodes {', '.join(able[0]['nvenc'])}")
    codes = [gpu["nvenc_code"] for gpu in gpus]
    if set(codes) & set(_NO_SESSION):
        return skipped(need, f"no NVENC session is free (code {max(set(codes) & set(_NO_SESSION))}): others use them")
    if _NOT_THERE in codes:
        return skipped(need, "this libnvidia-encode.so.1 has no function to ask")
    if set(codes) <= {0, *_NO_ENCODER}:
        return failed(
            need, f"{_named(gpus)} encodes no video: it has no NVENC", "encode on the CPU, or take another GPU"
        )
    return failed(need, f"nvEncOpenEncodeSessionEx gave {max(codes)} on {_named(gpus)} (API {version})", REMEDY)


def notes(told: Mapping[str, Any], need: str) -> tuple[str, ...]:
    """An ffmpeg without the codec is no failure: the program may use another library."""
    found = told.get("ffmpeg") if need in ("nvdec", "nvenc") else None
    if not isinstance(found, dict) or found["error"]:
        return ()
    key, what = ("cuvid", "NVDEC (no cuvid decoder)") if need == "nvdec" else ("nvenc", "NVENC (no nvenc encoder)")
    if found[key] or (need == "nvdec" and "cuda" in found["hwaccels"]):
        return ()
    return (f"{found['path']} was built without {what}",)
