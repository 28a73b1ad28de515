"""Several packages that provide cv2 are installed, and overwrite each other."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Finding, Kind, Severity
from envdoctor.judging import opencv
from envdoctor.judging.evidence import of_package
from envdoctor.judging.images import ngc_release
from envdoctor.matrix import Matrix
from envdoctor.rules.rule import Rule
from envdoctor.versions import at_least, leading, numbers

_SOURCES = (
    "https://github.com/opencv/opencv-python#installation-and-usage",
    "https://github.com/opencv/opencv-python/issues/884",
)
# Every release up to here that anyone reported on holds an OpenCV of its own: 21.07, 22.09, 23.04, 24.01, 24.04, 24.10.
# Sources: https://github.com/NVIDIA/nvidia-container-toolkit/issues/103 , https://github.com/opencv/opencv-python/issues/884 ,
# https://github.com/lllyasviel/FramePack/issues/46
_NGC_HOLDS_ONE = (24, 12)
# Below it opencv-fixer removes every package of OpenCV and installs the headless one; else it does nothing.
# Source: PyPI: opencv-fixer 0.2.5 (opencv_fixer/autofix.py)
_FIXER_ACTS_BELOW = "4.9"


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    found = [item for item in opencv.providers(facts, matrix) if not _removed(item, facts)]
    own = [item for item in found if not opencv.of_system(item)]
    sure = True
    if len(own) == 1 and own[0].manager in ("pip", "uv") and facts.image.family.get() == "ngc/pytorch":
        release = numbers(ngc_release(facts.image.reference.get() or "") or "")
        sure = bool(release) and release <= _NGC_HOLDS_ONE
        held = Package("opencv", manager="image", installed=True, origin=facts.image.reference.origin)
        own = [held, *own] if not _removed(held, facts) else own
    if len(own) < 2:
        yield from _beside_the_system(found, own)
        raise FactAbsent("no two packages are known to provide cv2")
    if _repaired(own, facts):
        raise FactAbsent("opencv-fixer, which the build runs, removes them and installs opencv-python-headless")
    yield _finding(own, facts, matrix)._replace(severity=Severity.WARNING if sure else Severity.NOTE)


def _finding(own: list[Package], facts: Facts, matrix: Matrix) -> Finding:
    image = next((item for item in own if item.manager == "image"), None)
    brought = [item for item in own if "required by" in str(item.origin)]
    names = " and ".join(_told(item) for item in own)
    return Finding(
        message=(
            f"{names} are both installed, into the same folder cv2, and no installer notices: the later one overwrites files of the other, and what is left is a mixture."
            f" {_consequence(image)}{_fixer(own, facts)}"
        )
        if len(own) == 2
        else (
            f"{names} are installed, several packages into the same folder cv2, and no installer notices: each overwrites files of the others, and what is left is a"
            f" mixture. {_consequence(image)}{_fixer(own, facts)}"
        ),
        severity=Severity.WARNING,
        remedy=_remedy(own, brought, image, matrix),
        verify='python -c "import cv2; print(cv2.__version__, cv2.__file__)" && pip list | grep -i opencv',
        at=(own[-1] if own[-1].origin.path or not own[0].origin.path else own[0]).origin,
        evidence=tuple(of_package(item) for item in own),
        sources=_SOURCES,
    )


def _told(item: Package) -> str:
    if item.manager == "image":
        return f"opencv{f' {item.version}' if item.version else ''} of the image itself"
    _, required, by = str(item.origin).partition(", required by ")
    name = f"{item.name} {item.version}" if item.version else item.name
    return f"{name} (required by {by})" if required else name


def _consequence(image: Package | None) -> str:
    if image is not None:
        return "On NGC images import cv2 then often stops with \"module 'cv2.dnn' has no attribute 'DictValue'\"."
    return "Which functions and windows cv2 has depends on the order, and removing one breaks the other."


def _remedy(own: list[Package], brought: list[Package], image: Package | None, matrix: Matrix) -> tuple[str, ...]:
    pips = [item for item in own if item.manager != "image"]
    keep = next((item.name for item in pips if "headless" in item.name), pips[-1].name if pips else own[-1].name)
    all_names = " ".join(dict.fromkeys(item.name for item in own))
    again = f"pip uninstall -y {all_names} && pip install --force-reinstall --no-deps {keep}"
    if image is not None:
        return (
            _without(pips, brought),
            f"or replace it wholly, as the last step: pip uninstall -y {all_names} && rm -rf $(python -c 'import site; print(site.getsitepackages()[0])')/cv2 && pip install {keep}",
        )
    return (f"keep one, as the last step of the build: {again}", *_override(keep, brought))


def _without(pips: list[Package], brought: list[Package]) -> str:
    if not brought:
        return f"keep the image's own: leave {' and '.join(item.name for item in pips)} out"
    requirer = str(brought[0].origin).partition(", required by ")[2]
    return f"keep the image's own: install {requirer} with --no-deps and name its other dependencies"


def _override(keep: str, brought: list[Package]) -> tuple[str, ...]:
    others = [item.name for item in brought if item.name != keep]
    text = (
        f"or with uv: [tool.uv] override-dependencies = [\"{others[0]} ; sys_platform == 'never'\"]" if others else ""
    )
    return (text,) if text else ()


def _removed(item: Package, facts: Facts) -> bool:
    """A package of the image that the build uninstalls, or whose folder it deletes; of what pip installs the reader knows
    it already."""
    build = facts.build.get()
    if build is None or item.manager != "image":
        return False
    return any(_removes(statement.words, item.name) for statement in build.statements if not statement.conditional)


def _removes(words: tuple[str | None, ...], name: str) -> bool:
    if "uninstall" in words:
        return name in words
    return words[:1] == ("rm",) and any(word is not None and word.rstrip("/*").endswith("/cv2") for word in words)


def _fixer_runs(facts: Facts) -> bool:
    build = facts.build.get()
    return build is not None and any(
        word is not None and "opencv_fixer" in word and "AutoFix" in word
        for statement in build.statements
        for word in statement.words
    )


def _repaired(own: list[Package], facts: Facts) -> bool:
    version = next((leading(item.version or "") for item in own if item.name == "opencv"), None)
    return version is not None and _fixer_runs(facts) and at_least(version, _FIXER_ACTS_BELOW) is False


def _fixer(own: list[Package], facts: Facts) -> str:
    if not _fixer_runs(facts):
        return ""
    return f" opencv-fixer's AutoFix, which the build runs, repairs this only where a package called opencv older than {_FIXER_ACTS_BELOW} is installed; else it does nothing."


def _beside_the_system(found: list[Package], own: list[Package]) -> Iterator[Finding]:
    system = [item for item in found if opencv.of_system(item)]
    if not system or not own:
        return
    yield Finding(
        message=f"{system[0].name} from {system[0].manager or 'the system'} and {_told(own[0])} both provide cv2: each Python finds the one on its own path first, and the other is waste.",
        severity=Severity.NOTE,
        remedy=(f"leave {system[0].name} out",),
        verify='python -c "import cv2; print(cv2.__version__, cv2.__file__)"',
        at=system[0].origin,
        evidence=(of_package(system[0]), of_package(own[0])),
        sources=_SOURCES,
    )


RULE = Rule(
    id="opencv-several-packages",
    kind=Kind.COMPATIBILITY,
    severity=Severity.WARNING,
    title="several packages that provide cv2 are installed and overwrite each other",
    seen=(
        "AttributeError: module 'cv2.dnn' has no attribute 'DictValue'",
        "AttributeError: module 'cv2' has no attribute 'imread'",
        "cv2.error: The function is not implemented. Rebuild the library with Windows, GTK+ 2.x or Cocoa support",
    ),
    why=(
        "opencv-python, opencv-python-headless, both contrib packages, conda's opencv and the one in NGC images all install the folder cv2. Other packages require one of them:"
        " ultralytics asks for opencv-python, albumentations and vllm for opencv-python-headless."
    ),
    remedy=("keep one: uninstall all, then install the one that is wanted",),
    sources=_SOURCES,
    check=check,
)
