"""A report that holds every outcome, severity, kind and verdict, on two hosts; the formatter tests tell it."""

from __future__ import annotations

from envdoctor.facts import Origin
from envdoctor.findings import (
    Diagnosis,
    Evidence,
    Finding,
    Kind,
    Outcome,
    Report,
    RuleResult,
    Severity,
    TargetError,
    Verdict,
)

T4 = "T4, driver 470.57.02"
RTX = "RTX 4090, driver 550.54.14"

TOO_OLD = Finding(
    message="The image's CUDA 12.4.1 cannot run on driver 470.57.02: CUDA 12.x runs on Linux driver 525.60.13 or newer.",
    severity=Severity.ERROR,
    remedy=(
        "upgrade the host's driver to 525.60.13 or newer",
        "or build it on CUDA 11:\nFROM nvcr.io/nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04\nRUN pip install onnxruntime-gpu==1.18.1 --extra-index-url https://example.com/a/long/index/that/does/not/fit/in/eighty/columns/",
    ),
    verify="nvidia-smi --query-gpu=driver_version --format=csv,noheader",
    at=Origin("Dockerfile:1", "Dockerfile", 1),
    evidence=(
        Evidence("host.driver.version", "470.57.02", "--driver"),
        Evidence("image.cuda", "12.4.1", "Dockerfile:1, matrix row cuda_tags 12.4.1-cudnn-runtime-ubuntu22.04"),
    ),
    sources=("https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html",),
)
GATE = Finding(
    message="The start gate refuses driver 470.57.02 in legacy mode.",
    severity=Severity.WARNING,
    remedy=("start it past the gate with -e NVIDIA_DISABLE_REQUIRE=1",),
    at=Origin("Dockerfile:1", "Dockerfile", 1),
)
UNPINNED = Finding(
    message="onnxruntime-gpu has no version: the next build may install another one.",
    severity=Severity.NOTE,
    remedy=("pin it: onnxruntime-gpu==1.19.0",),
    at=Origin("Dockerfile:4", "Dockerfile", 4),
)
SILENCED = Finding(
    message="Driver branch R470 is past its end of life.",
    severity=Severity.NOTE,
    at=Origin("--driver"),
    suppressed="replaced in spring (pyproject.toml)",
)


def _result(
    rule: str, outcome: Outcome, *findings: Finding, reason: str | None = None, hygiene: bool = False
) -> RuleResult:
    active = [finding.severity for finding in findings if finding.suppressed is None]
    kind = Kind.HYGIENE if hygiene else Kind.COMPATIBILITY
    return RuleResult(rule, kind, outcome, active[0] if active else None, reason, findings)


_UNPINNED = _result("unpinned-gpu-package", Outcome.FAIL, UNPINNED, hygiene=True)
_OPEN = _result(
    "gpu-not-in-torch",
    Outcome.OPEN,
    reason="whether torch is installed is not known: RUN at Dockerfile:5 installs what cannot be read here (make install)",
)
_ASSUMED = ("launched with --gpus all", "the NVIDIA Container Toolkit is installed")

FULL = Report(
    Verdict.INCOMPATIBLE,
    (
        Diagnosis(
            "Dockerfile",
            T4,
            Verdict.INCOMPATIBLE,
            _ASSUMED,
            (
                _result(
                    "driver-too-old", Outcome.FAIL, TOO_OLD, reason="which CUDA ctranslate2 was built with is not known"
                ),
                _result("start-gate-refuses", Outcome.FAIL, GATE),
                _result("image-tag-removed", Outcome.PASS),
                _OPEN,
                _result("gpu-not-in-cudnn", Outcome.NOT_APPLICABLE, reason="no cuDNN is installed"),
                _result("no-wheel-for-python", Outcome.ERROR, reason="the rule crashed: ValueError: x"),
                _UNPINNED,
                _result("driver-end-of-life", Outcome.FAIL, SILENCED, hygiene=True),
            ),
        ),
        Diagnosis(
            "Dockerfile",
            RTX,
            Verdict.UNKNOWN,
            _ASSUMED,
            (_result("driver-too-old", Outcome.PASS), _OPEN, _UNPINNED),
        ),
        Diagnosis(
            "推論/Dockerfile",
            None,
            Verdict.COMPATIBLE,
            (),
            (_result("driver-too-old", Outcome.NOT_APPLICABLE, reason="nothing needs CUDA"),),
        ),
    ),
    (
        TargetError("old/Dockerfile", "is a binary file; expected text"),
        TargetError("broken", "broken:3: unknown instruction RUNN"),
    ),
    ("--ignore: ignoring torch-cpu-wheel silenced nothing",),
    "2026-11-20",
)

HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202egpj.exe\u2066\r\n::error::fake \x9b31m [bold]not markup[/bold] :smile:"


def hostile() -> Report:
    """Every text of a report replaced by one that attacks terminals, markup and CI logs."""
    finding = Finding(
        message=HOSTILE,
        severity=Severity.ERROR,
        remedy=(HOSTILE,),
        verify=HOSTILE,
        at=Origin(HOSTILE, HOSTILE, 1),
        evidence=(Evidence(HOSTILE, HOSTILE, HOSTILE),),
        sources=(HOSTILE,),
    )
    results = (
        _result("driver-too-old", Outcome.FAIL, finding, finding._replace(suppressed=HOSTILE), reason=HOSTILE),
        _result("gpu-not-in-torch", Outcome.OPEN, reason=HOSTILE),
    )
    diagnosis = Diagnosis(HOSTILE, HOSTILE, Verdict.INCOMPATIBLE, (HOSTILE,), results)
    return Report(Verdict.INCOMPATIBLE, (diagnosis,), (TargetError(HOSTILE, HOSTILE),), (HOSTILE,), "2026-11-20")
