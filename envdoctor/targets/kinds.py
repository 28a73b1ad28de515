"""What kind of declaration a file is: by its name, else by what it begins with."""

from __future__ import annotations

import re
from enum import Enum

from envdoctor.patterns import lazily


class Kind(Enum):
    DOCKERFILE = "Dockerfile"
    REQUIREMENTS = "requirements"
    SCRIPT = "launch script"
    COMPOSE = "compose file"
    CONDA = "conda environment"
    PYPROJECT = "pyproject.toml"
    ENVIRONMENT = "environment document"
    IMAGE = "image reference"
    STDIN = "standard input"
    LOCAL = "the container that envdoctor runs in"


EXPECTED = (
    "a Dockerfile (Dockerfile, Containerfile, Dockerfile.*, *.Dockerfile), a shell script with docker run or docker build, "
    "a compose file, requirements (requirements*.txt, pyproject.toml, conda's environment.yml), "
    'an environment document (JSON with "schema": "envdoctor.environment/1"), a directory or an image reference'
)

# Not Dockerfiles although called Dockerfile.something: templates, backups, and what Docker itself keeps beside one.
_NOT_DOCKERFILES = frozenset(
    "dockerignore j2 jinja jinja2 tmpl tpl template in erb mustache m4 bak orig rej swp md txt json yml yaml sh"
    " py pyi rs go js ts jsx tsx java kt html css rb c cc cpp h hpp cs lua vim toml xml svg png".split()
)
_NOT_YET_NAMES = frozenset({"devcontainer.json", ".devcontainer.json"})
_YAML = (".yml", ".yaml")
_SHELL = (".sh", ".bash")
_COMPOSE_NAME = lazily(r"(?:docker-)?compose(?:[.-][a-z0-9._-]{1,100})?\.ya?ml", re.ASCII)
_CONDA_NAME = lazily(r"(?:conda[._-]?)?env(?:ironment)?(?:[._-][a-z0-9._-]{1,100})?\.ya?ml", re.ASCII)
_SHEBANG = lazily(r"#![^\n]{0,200}\b(?:sh|bash|dash|ash|ksh|zsh)\b")
_KUBERNETES = lazily(r"^apiVersion[ \t]*:(?:[ \t\r]|$)", re.MULTILINE)
_ENGINES = re.compile(rb"\b(?:docker|podman|nerdctl|nvidia-docker)\b")
_FROM = lazily(r"FROM[ \t]+\S", re.IGNORECASE)
_BEFORE_FROM = lazily(r"(?:#|ARG\b)", re.IGNORECASE)
_ENVIRONMENT_SCHEMA = re.compile(rb'"schema"\s{0,64}:\s{0,64}"envdoctor\.environment/1"')
SNIFFED_BYTES = 4096


def by_name(path: str) -> Kind | None:
    """The kind that the file's name promises, None if it promises nothing."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    lower = name.lower()
    if is_dockerfile_name(name):
        return Kind.DOCKERFILE
    if lower.endswith(".txt") and (lower.startswith("requirements") or folder.rpartition("/")[2] == "requirements"):
        return Kind.REQUIREMENTS
    if lower.endswith(_SHELL):
        return Kind.SCRIPT
    if _COMPOSE_NAME.fullmatch(lower):
        return Kind.COMPOSE
    if _CONDA_NAME.fullmatch(lower):
        return Kind.CONDA
    return Kind.PYPROJECT if lower == "pyproject.toml" else None


def is_dockerfile_name(name: str) -> bool:
    lower = name.lower()
    if lower in ("dockerfile", "containerfile") or lower.endswith((".dockerfile", ".containerfile")):
        return True
    stem, _, suffix = lower.partition(".")
    return (
        stem in ("dockerfile", "containerfile")
        and suffix.rpartition(".")[2] not in _NOT_DOCKERFILES
        and not suffix.endswith("~")
    )


def not_yet(path: str, text: str = "") -> str | None:
    """What this file is, if it is a kind that a later version will read."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name in _NOT_YET_NAMES:
        return "devcontainer.json"
    return "Kubernetes manifests" if name.endswith(_YAML) and _KUBERNETES.search(text) else None


def by_content(path: str, text: str) -> Kind | None:
    """The kind of a file that the user named and whose name promises nothing."""
    if text.lstrip().startswith("{"):
        return Kind.ENVIRONMENT
    if begins_like_dockerfile(text):
        return Kind.DOCKERFILE
    lower = path.lower()
    if lower.endswith(_YAML):
        return _yaml(lower, text)
    if _SHEBANG.match(text):
        return Kind.SCRIPT
    return Kind.REQUIREMENTS if lower.endswith((".txt", ".in")) else None


def _yaml(path: str, text: str) -> Kind | None:
    from envdoctor.readers.compose import is_compose

    if _KUBERNETES.search(text):
        return None
    if is_compose(text):
        return Kind.COMPOSE
    return Kind.CONDA if is_conda(path, text) else None


def is_conda(path: str, text: str) -> bool:
    from envdoctor.readers.conda_environment import is_conda_environment

    return is_conda_environment(path.replace("\\", "/").rpartition("/")[2], text)


def names_an_engine(head: bytes) -> bool:
    """Worth reading as a launch script?"""
    return _ENGINES.search(head) is not None


def is_shell(head: bytes) -> bool:
    """A script without a suffix, by its first line."""
    return _SHEBANG.match(head[:256].decode("latin-1")) is not None


def begins_like_dockerfile(text: str) -> bool:
    """FROM comes first, but for comments and ARG."""
    for line in text[:65_536].splitlines():
        stripped = line.strip()
        if stripped and not _BEFORE_FROM.match(stripped):
            return _FROM.match(stripped) is not None
    return False


def is_environment_document(head: bytes) -> bool:
    """Do the first bytes of a JSON file name our schema? For a directory, where JSON is mostly something else."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    found = _ENVIRONMENT_SCHEMA.search(start)
    if found is None or not start.startswith(b"{"):
        return False
    before = start[: found.start()]  # a collection of documents has ours deeper down
    return before.count(b"{") - before.count(b"}") == 1
