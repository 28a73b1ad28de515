"""Puts a workload together: what a file declares, what the base image brings, what the command line states, one host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from envdoctor.dependencies import with_dependencies
from envdoctor.facts import (
    Fact,
    Facts,
    Host,
    Image,
    Launch,
    Origin,
    Package,
    Packages,
    Statement,
    absent,
    known,
    unknown,
)
from envdoctor.judging import builds, images
from envdoctor.judging.pip_commands import another_python, uv_python
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.readers.declared import Declared
from envdoctor.specifiers import within
from envdoctor.uses import inferred, of_package
from envdoctor.versions import leading

NO_ALIASES: Mapping[str, str] = {}


_DOTTED = lazily(r"3\.\d{1,2}", re.ASCII)
# Indexes whose packages bring nothing that the matrix does not know of.
_PUBLIC_INDEXES = ("download.pytorch.org", "nvidia.com", "onnxruntime-cuda-1", "visualstudio.com/PublicPackages")


class Stated(NamedTuple):
    """What the user states besides the files: --package, --uses (None: infer), --image-alias, --launch (None: not said)."""

    packages: tuple[Package, ...] = ()
    uses: frozenset[str] | None = None
    aliases: Mapping[str, str] = NO_ALIASES
    launch: Launch | None = None


def assemble(declared: Declared, host: Host, matrix: Matrix, stated: Stated) -> Facts:
    """The facts of a declared workload on one host."""
    reference = aliased(declared.image, stated.aliases)
    image = images.described(reference, matrix)
    packages = _packages(declared, image, matrix, stated)
    image = _with_system_packages(image, packages)
    image = _with_declaration(image, declared, packages, matrix)
    packages = _for_platform(packages, image, host, matrix)
    packages = with_dependencies(packages, declared, stated.packages, image, matrix)
    launch = declared.launch if declared.launch.stated or stated.launch is None else stated.launch
    facts = Facts(
        workload=declared.label,
        host=host,
        image=image,
        packages=known(packages, Origin(declared.label, declared.path)),
        launch=launch,
        build=declared.build,
        slips=declared.slips,
        assumptions=_assumptions(host, launch),
    )
    return with_uses(facts, stated, matrix)


def _for_platform(packages: Packages, image: Image, host: Host, matrix: Matrix) -> Packages:
    """Requirements whose environment marker (`; python_version < "3.9"`) holds. One that cannot be told is no package
    that is known to be there, and leaves a gap if it can matter."""
    if not any(item.marker for item in packages.items):
        return packages
    from envdoctor.readers.markers import MarkerError, for_python, holds

    on_arm = builds.platform_of(Facts("", host, image)) == "linux_aarch64"
    environment = {**for_python(image.python.get()), "platform_machine": "aarch64" if on_arm else "x86_64"}
    kept: list[Package] = []
    gaps = list(packages.gaps)
    for item in packages.items:
        try:
            answer = holds(item.marker, environment)
        except MarkerError:
            answer = None
        if answer:
            kept.append(item._replace(marker=""))
        elif answer is None and _matters(item.name, matrix):
            why = image.python.reason or "that is not known"
            gaps.append(f"whether {item.name} ({item.origin}) is installed depends on {item.marker[:60]}, and {why}")
    return Packages(tuple(kept), tuple(gaps))


def _matters(name: str, matrix: Matrix) -> bool:
    """tomli for an older Python leaves nothing open."""
    from envdoctor.readers.gpu_packages import bears_on_gpu

    return name == "numpy" or bears_on_gpu(name) or bool(matrix.brings(name) or matrix.opencv(name))


def from_environment(facts: Facts, host: Host | None, matrix: Matrix, stated: Stated) -> Facts:
    """The facts of an environment document. What it leaves out is filled in from its image's reference; what it states
    wins. `host` replaces the document's own host part."""
    image = _document_image(facts.image, matrix, stated)
    if _was_seen(facts):
        image = image._replace(status=absent("the document describes an image that exists"))
    if facts.observed.get("container") is True:
        image = _running(image)
    packages = facts.packages
    if stated.packages:
        listed = packages.get() or Packages()
        packages = known(_replaced(listed, stated.packages), packages.origin)
    if packages.is_unknown:
        packages = _packages_of_image(image, matrix, packages)
    elif not facts.observed:
        packages = _with_torch_of_image(packages, image, matrix)
    host = host or facts.host
    facts = facts._replace(launch=_launched(facts.launch, stated.launch))
    facts = facts._replace(host=host, image=image, packages=packages, assumptions=_assumptions(host, facts.launch))
    if packages.is_known:
        facts = facts._replace(image=_with_system_packages(image, packages.need()))
    return with_uses(facts, stated, matrix)


def _launched(own: Launch, stated: Launch | None) -> Launch:
    """A document's launch, with what --launch states in its place."""
    if stated is None or not own.stated:
        return stated or own
    facts = {name: getattr(stated, name) for name in Launch._fields}
    found: dict[str, Any] = {name: fact for name, fact in facts.items() if isinstance(fact, Fact) and fact.is_known}
    if stated.env.is_known:
        found["env"] = known({**(own.env.get() or {}), **stated.env.need()}, stated.env.origin)
    return own._replace(**found, passed=own.passed | stated.passed)


def _running(image: Image) -> Image:
    """Of a container that `envdoctor probe` looked at from inside, all variables were seen, and what it holds."""
    if image.env.is_known and "NVIDIA_REQUIRE_CUDA" not in image.env.need():
        image = image._replace(gate=absent("the container has no NVIDIA_REQUIRE_CUDA"))
    if image.reference.is_unknown and not image.cuda.is_unknown:
        image = image._replace(
            reference=absent("a running container does not tell its image, and what it holds was seen")
        )
    return image


def aliased(reference: Fact[str], aliases: Mapping[str, str]) -> Fact[str]:
    """The image that --image-alias states for a local name, with or without its tag."""
    name = reference.get()
    if name is None:
        return reference
    without_tag = name.rpartition(":")[0] or name
    for candidate in (name, name.removesuffix(":latest"), f"{name}:latest", without_tag):
        if candidate in aliases:
            origin = reference.origin
            return known(aliases[candidate], Origin(f"{origin}, --image-alias {candidate}", origin.path, origin.line))
    return reference


def _packages(declared: Declared, image: Image, matrix: Matrix, stated: Stated) -> Packages:
    from_image = images.image_packages(image, matrix)
    gaps = list(declared.packages.gaps)
    if from_image is None and not image.reference.is_absent:
        reason = image.reference.reason or f"what the image {image.reference.get()} installs is not known"
        gaps.insert(0, reason)
    gaps.extend(_from_private_indexes(declared.packages.items, matrix))
    items = _over_image(from_image or (), declared.packages.items)
    return _replaced(Packages(items, tuple(gaps)), stated.packages)


def _from_private_indexes(items: tuple[Package, ...], matrix: Matrix) -> list[str]:
    """A package that only a private index serves may bring anything along; the readers leave `index` empty for PyPI and
    its public mirrors."""
    strangers = [
        item
        for item in items
        if item.index and not of_package(item, matrix) and not any(host in item.index for host in _PUBLIC_INDEXES)
    ]
    return [
        f"{item.name} comes from a private index ({item.origin}): what it requires is not known" for item in strangers
    ]


def _over_image(held: tuple[Package, ...], declared: tuple[Package, ...]) -> tuple[Package, ...]:
    """What is there after the installs: pip leaves what the image holds where that satisfies the line ("Requirement already
    satisfied"), and replaces it where not."""
    left = [item for item in declared if not any(_satisfied(item, by) for by in held)]
    replaced = {item.name for item in left if item.manager not in ("apt", "yum")}
    return (*(item for item in held if item.name not in replaced), *left)


def _satisfied(wanted: Package, held: Package) -> bool:
    if wanted.name != held.name or wanted.manager not in ("pip", "uv") or held.version is None:
        return False
    return within(held.version, f"=={wanted.version}" if wanted.version else wanted.specifier)


def _replaced(packages: Packages, stated: tuple[Package, ...]) -> Packages:
    names = {package.name for package in stated}
    kept = tuple(item for item in packages.items if item.name not in names)
    return Packages(kept + stated, packages.gaps)


def _packages_of_image(image: Image, matrix: Matrix, packages: Fact[Packages]) -> Fact[Packages]:
    """A document without a package list: what the image alone is known to hold."""
    items = images.image_packages(image, matrix)
    return packages if items is None else known(Packages(items, ()), image.reference.origin)


def _with_torch_of_image(packages: Fact[Packages], image: Image, matrix: Matrix) -> Fact[Packages]:
    """A document that names some packages of an NGC PyTorch image and no torch means the image's own. An empty list is a
    known absence, and what a probe lists is all there is."""
    listed = packages.get()
    if listed is None or not listed.items or listed.named("torch") or image.family.get() != "ngc/pytorch":
        return packages
    own = tuple(item for item in images.image_packages(image, matrix) or () if item.name == "torch")
    return known(listed._replace(items=(*own, *listed.items)), packages.origin)


def _with_system_packages(image: Image, packages: Packages) -> Image:
    """apt and yum packages that bring cuDNN, CUDA or cuda-compat into an image."""
    for item in packages.items:
        if item.manager not in ("apt", "yum"):
            continue
        version = leading(item.version or "")
        if item.name.startswith("libcudnn") and not item.name.endswith(("-dev", "-samples")):
            number = item.name[8:9]
            if version or number.isdigit():
                image = image._replace(cudnn=known(version or number, item.origin))
        dashed = _dashed(item.name, "cuda-compat-")
        if dashed:
            image = image._replace(compat=known(dashed, item.origin))
        dashed = (
            _dashed(item.name, "cuda-toolkit-")
            or _dashed(item.name, "cuda-libraries-")
            or _dashed(item.name, "cuda-runtime-")
        )
        if dashed and not image.cuda.is_known:
            image = image._replace(cuda=known(dashed, item.origin), flavor=known("runtime", item.origin))
    return image


def _dashed(name: str, prefix: str) -> str | None:
    """ "cuda-compat-12-4" -> "12.4"."""
    tail = name[len(prefix) :] if name.startswith(prefix) else ""
    return tail.replace("-", ".") if tail and all(part.isdigit() for part in tail.split("-")) else None


def _with_declaration(image: Image, declared: Declared, packages: Packages, matrix: Matrix) -> Image:
    arch = (declared.platform or "").partition("/")[2].split("/")[0]
    if arch and (not image.arch.is_known or arch in image.arch.need()):
        image = image._replace(arch=known((arch,), image.reference.origin))
    if declared.env or not image.env.is_known:
        image = image._replace(env=known(dict(declared.env), Origin(declared.label, declared.path)))
    python = _environment_python(declared) or uv_python(declared.statements, declared.env)
    python = python or _python(image, packages, declared.statements, matrix)
    return image._replace(user=declared.user, python=python)


def _environment_python(declared: Declared) -> Fact[str] | None:
    """The release of an environment that PATH puts first: `python3.12 -m venv /opt/venv` and ENV PATH=/opt/venv/bin:$PATH.
    pip is then that environment's. None where a release is not named or anything depends on run time."""
    first = declared.env.get("PATH", "").partition(":")[0]
    for statement in reversed(declared.statements):
        words = statement.words
        if words[1:3] == ("-m", "venv") and None not in words and first == f"{(words[-1] or '').rstrip('/')}/bin":
            release = (words[0] or "").rpartition("/")[2].removeprefix("python")
            return known(release, statement.origin) if _DOTTED.fullmatch(release) else None
    return None


def _python(image: Image, packages: Packages, statements: tuple[Statement, ...], matrix: Matrix) -> Fact[str]:
    """The Python that pip installs for: the image's own, one that conda or apt brings, or the distribution's."""
    conda = [i for i in packages.items if i.manager in ("conda", "uv") and i.name == "python" and i.version]
    if conda:
        return known(str(conda[-1].version), conda[-1].origin)
    apt = [item for item in packages.items if item.manager in ("apt", "yum") and item.name.startswith("python3.")]
    numbers = {".".join(item.name.removeprefix("python").split("-")[0].split(".")[:2]) for item in apt}
    if image.python.is_known or not image.os_id.is_known:
        own = image.python.get()
        return (
            image.python
            if not numbers or numbers == {own}
            else unknown(f"several Pythons: {own or 'unknown'} and {', '.join(sorted(numbers))}")
        )
    system = matrix.system_python(image.os_id.need(), image.os_version.get() or "")
    if numbers and numbers != {system}:
        return unknown(
            f"which Python pip uses is not known: {', '.join(sorted(numbers))} is installed beside the distribution's"
        )
    if any(item.name in ("uv", "pyenv", "virtualenv") or item.manager == "conda" for item in packages.items):
        return unknown("which Python is used is not known: it may come from uv, pyenv or conda")
    another = another_python(statements)
    if another is not None:
        return unknown(f"which Python is used is not known: {another} gets one", another)
    distribution = f"{image.os_id.get()} {image.os_version.get()}"
    return (
        known(system, Origin(f"the Python of {distribution}"))
        if system
        else unknown(f"the Python of {distribution} is not known")
    )


def _was_seen(facts: Facts) -> bool:
    """Does the document tell what is only to be seen in the image, or how it is run on an engine that is set up for it? Then
    it exists. One that names a tag alone is a plan, and a tag that is gone is told."""
    image, host = facts.image, facts.host
    inside = (image.digest, image.labels, image.env, image.user, facts.packages, facts.libraries)
    around = (host.runtimes, host.default_runtime)
    return bool(facts.observed) or facts.launch.stated or any(not fact.is_unknown for fact in (*inside, *around))


def _document_image(stated: Image, matrix: Matrix, options: Stated) -> Image:
    """A document describes what exists: whether its tag can still be pulled is no question."""
    if not any(fact.is_known for fact in (stated.reference, stated.cuda, stated.cudnn, stated.flavor)):
        none = "the document states no container image"
        gone: Fact[str] = absent(none)
        return stated._replace(reference=gone, gate=gone, compat=gone, status=gone, family=gone)
    reference = aliased(stated.reference, options.aliases)
    found = images.described(reference, matrix)
    filled: dict[str, Any] = {name: getattr(found, name) for name in Image._fields if getattr(stated, name).is_unknown}
    merged = stated._replace(**filled)._replace(reference=reference)
    if merged.status.is_unknown:
        merged = merged._replace(status=absent("the document does not ask whether its image can be pulled"))
    cuda = leading(merged.cuda.get() or "")
    if cuda and merged.gate.is_unknown and reference.is_known:
        gate = images.gate_of_cuda(cuda, None, "amd64", matrix)
        if gate.is_known:
            origin = Origin(f"as nvidia/cuda {cuda} images have it; this image's own is not known")
            merged = merged._replace(gate=known(gate.need(), origin))
    return merged


def _assumptions(host: Host, launch: Launch) -> tuple[str, ...]:
    texts = ["launched with --gpus all"] if launch.gpus.is_unknown else []
    if host.toolkit.is_unknown:
        texts.append("the NVIDIA Container Toolkit is installed")
    return tuple(texts)


def with_uses(facts: Facts, stated: Stated, matrix: Matrix) -> Facts:
    """What the workload uses: stated by --uses or the document, else inferred from what it installs."""
    if stated.uses is not None:
        return facts._replace(uses=known(stated.uses, Origin("--uses")), uses_stated=True)
    if facts.uses.is_known:
        return facts._replace(uses_stated=True)
    packages = facts.packages.get()
    if packages is None:
        return facts
    uses = inferred(facts, matrix)
    return facts._replace(uses=known(uses, Origin("inferred from what is installed and run")))
