"""The words in which the rules' tests are written: facts put together for real, and what one rule makes of them.

`on` states a host as `--host` does, `workload` declares one as a Dockerfile does, `document` reads an environment
document; all of them go through the program's own assembly and the matrix that ships. Then `silent`, `fires`,
`fires_and_stays_open`, `undecided` or `does_not_apply` asks one rule and asserts how it ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement

from envdoctor.doctor import ask
from envdoctor.facts import Fact, Facts, Host, Origin, Package, Packages, absent, known
from envdoctor.findings import Finding, Outcome, RuleResult
from envdoctor.hosts import complete_host, resolve_hosts
from envdoctor.matrix import Matrix
from envdoctor.readers.declared import Declared
from envdoctor.readers.environment import read_environment
from envdoctor.readers.stages import read_dockerfile
from envdoctor.rules import find
from envdoctor.workload import Stated, assemble, from_environment

MATRIX = Matrix.load()
NOT_STATED = Host()
BASE_12_4 = "nvidia/cuda:12.4.1-base-ubuntu22.04"
CUDNN_12_4 = "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04"  # cuDNN 9.1.0.70, Ubuntu 22.04 (Python 3.10)
CUDNN_12_8 = "nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04"  # cuDNN 9.8.0.87, Ubuntu 24.04 (Python 3.12)
CUDNN8_12_2 = "nvidia/cuda:12.2.2-cudnn8-runtime-ubuntu22.04"
CUDNN_13_0 = "nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04"  # cuDNN 9.13.0.50
PYTHON = "python:3.11-slim"
PYTORCH = "https://download.pytorch.org/whl/"
CUDA_12_FEED = "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-12/pypi/simple/"
CUDA_11_FEED = "https://aiinfra.pkgs.visualstudio.com/PublicPackages/_packaging/onnxruntime-cuda-11/pypi/simple/"


# --- hosts ---


def on(driver: str | None = None, gpus: Sequence[str] = (), **words: str) -> Host:
    """A host as `--host driver=…,gpu=…,mode=…` states it."""
    pairs = [("driver", driver)] if driver else []
    pairs += [("gpu", gpu) for gpu in gpus]
    pairs += list(words.items())
    text = ",".join(f"{key}={value}" for key, value in pairs)
    return resolve_hosts(hosts=[text], driver=None, gpus=(), named={}, matrix=MATRIX)[0]


# --- workloads ---


def package(text: str, manager: str = "pip", index: str | None = None, extra: Sequence[str] = ()) -> Package:
    """A requirement as an install line states it: "onnxruntime-gpu[cuda,cudnn]==1.20.0", "torch>=2.4", "torch"."""
    wanted = Requirement(text)
    pins = [part.version for part in wanted.specifier if part.operator == "==" and not part.version.endswith("*")]
    return Package(
        name=wanted.name.lower().replace("_", "-"),
        version=pins[0] if pins else None,
        specifier="" if pins else str(wanted.specifier),
        manager=manager,
        index=index,
        extra_indexes=tuple(extra),
        extras=tuple(sorted(wanted.extras)),
        origin=Origin("Dockerfile:3", "Dockerfile", 3),
    )


def system_package(text: str, manager: str = "apt") -> Package:
    """An apt or yum package: "libcudnn8=8.9.7.29-1+cuda12.2", "cuda-compat-12-4"."""
    name, _, version = text.partition("=")
    return Package(name, version or None, manager=manager, origin=Origin("Dockerfile:2", "Dockerfile", 2))


def workload(
    image: str | None = None,
    *,
    host: Host = NOT_STATED,
    pip: Sequence[str | Package] = (),
    apt: Sequence[str] = (),
    gaps: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    launch_env: Mapping[str, str] | None = None,
    platform: str | None = None,
    uses: Sequence[str] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> Facts:
    """What a Dockerfile FROM `image` declares; without an image what a requirements.txt does."""
    reference: Fact[str] = absent("requirements.txt names no image")
    if image is not None:
        reference = known(image, Origin("Dockerfile:1", "Dockerfile", 1))
    items = [system_package(text) for text in apt]
    items += [item if isinstance(item, Package) else package(item) for item in pip]
    declared = Declared(
        "Dockerfile", reference, platform=platform, env=env or {}, packages=Packages(tuple(items), tuple(gaps))
    )
    stated = Stated(uses=None if uses is None else frozenset(uses), aliases=aliases or {})
    facts = assemble(declared, host, MATRIX, stated)
    if launch_env is None:
        return facts
    return facts._replace(launch=facts.launch._replace(env=known(launch_env, Origin("--launch"))))


def dockerfile(*commands: str, image: str = PYTHON, host: Host = NOT_STATED) -> Facts:
    """What a Dockerfile declares whose RUNs are `commands`, in their order."""
    text = "".join(f"{line}\n" for line in (f"FROM {image}", *(f"RUN {command}" for command in commands)))
    declared = read_dockerfile(text, "Dockerfile", build_args={}, target=None, read_file={}.get)
    return assemble(declared, host, MATRIX, Stated())


def document(**parts: object) -> Facts:
    """The facts of an environment document: host=…, image=…, packages=…, libraries=…, launch=…, uses=…, observed=…"""
    facts = read_environment(json.dumps({"schema": "envdoctor.environment/1", **parts}), "environment.json").facts
    facts = from_environment(facts, None, MATRIX, Stated())
    return facts._replace(host=complete_host(facts.host, MATRIX))


def installed(name: str, version: str | None = None, **more: object) -> dict[str, object]:
    """A package of an environment document."""
    return {"name": name, **({"version": version} if version else {}), "manager": "pip", **more}


# --- verbs ---


def asked(rule_id: str, facts: Facts) -> RuleResult:
    rule = find(rule_id)
    assert rule is not None, f"there is no rule {rule_id}"
    return ask(rule, facts, MATRIX)


def silent(rule_id: str, facts: Facts) -> None:
    """The rule decided, and nothing is wrong."""
    result = asked(rule_id, facts)
    assert result.outcome is Outcome.PASS, _told(result)


def fires(rule_id: str, facts: Facts) -> Finding:
    """The rule decided everything and has one finding."""
    result = asked(rule_id, facts)
    assert result.outcome is Outcome.FAIL, _told(result)
    assert result.reason is None, _told(result)
    return _only(result)


def fires_and_stays_open(rule_id: str, facts: Facts) -> tuple[Finding, str]:
    """One finding, and something besides that could not be decided: what it was."""
    result = asked(rule_id, facts)
    assert result.outcome is Outcome.FAIL, _told(result)
    assert result.reason, _told(result)
    return _only(result), result.reason


def undecided(rule_id: str, facts: Facts) -> str:
    """The reason why the rule could not decide."""
    result = asked(rule_id, facts)
    assert result.outcome is Outcome.OPEN, _told(result)
    assert not result.findings, _told(result)
    assert result.reason
    return result.reason


def does_not_apply(rule_id: str, facts: Facts) -> str:
    """The reason why the rule has nothing to judge."""
    result = asked(rule_id, facts)
    assert result.outcome is Outcome.NOT_APPLICABLE, _told(result)
    assert result.reason
    return result.reason


def _only(result: RuleResult) -> Finding:
    assert len(result.findings) == 1, _told(result)
    finding = result.findings[0]
    assert well_written(finding), _told(result)
    return finding


def well_written(finding: Finding) -> bool:
    """A sentence, something to type, what it rests on and where that is written down."""
    whole = finding.message.strip() == finding.message and finding.message.endswith(".") and ".." not in finding.message
    return (
        whole and all(map(str.strip, finding.remedy)) and bool(finding.remedy and finding.evidence and finding.sources)
    )


def _told(result: RuleResult) -> str:
    found = "".join(f"\n  [{finding.severity.value}] {finding.message}" for finding in result.findings)
    return f"{result.rule}: {result.outcome.value}, {result.reason}{found}"
