"""What `COPY --from` brings besides files: the Python packages of another stage, or CUDA's libraries.

Only folders that hold packages do: a site-packages, an environment (its usual names, or the folder that the stage's
own commands made it in), or all of /usr/local and above. Anything else (a program, a build's output) brings nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from envdoctor.patterns import lazily
from envdoctor.readers.declared import Statement

_WHOLE_SYSTEM = frozenset({"/", "/usr"})
_PREFIXES = frozenset({"/usr/local", "/usr/local/lib", "/usr/lib", "/opt", "/root", "/home"})
_FOLDERS = frozenset(
    "site-packages dist-packages venv .venv virtualenv virtualenvs .virtualenvs conda miniconda miniconda3 anaconda"
    " anaconda3 miniforge miniforge3 mambaforge micromamba envs .local".split()
)
_PYTHON_FOLDER = lazily(r"(?:.*/)?lib/python[0-9.]+")
_CUDA_PART = lazily(
    r"(?:cuda(?:-[0-9.]+)?|(?:lib)?cudnn.*|tensorrt.*|lib(?:cu(?:da|blas|fft|rand|solver|sparse)|nv).*)", re.IGNORECASE
)
_INSTALLERS = lazily(r"(?:python|pip|uv$|virtualenv$|conda$|mamba$|micromamba$|poetry$|pdm$|pipenv$)")
_ENVIRONMENT_VARIABLES = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONDA_DIR", "CONDA_PREFIX", "PYTHONUSERBASE")
_NOT_BEFORE_FOLDERS = frozenset(
    "-r -c -e -f -i -m uv poetry --requirement --requirements --constraint --editable --find-links".split()
)
_MAX_FOLDERS = 256

# Images whose folders hold no packages that matter here beside what the stage installs.
_PLAIN_IMAGES = frozenset(
    "python ubuntu debian alpine fedora rockylinux almalinux centos ubi8 ubi9 cuda cudagl buildpack-deps uv golang node"
    " rust gcc miniconda3 mambaforge miniforge3 micromamba scratch".split()
)


def is_whole_system(path: str) -> bool:
    """Does copying it bring the system's packages too?"""
    return path in _WHOLE_SYSTEM


def holds_cuda(path: str) -> bool:
    return any(_CUDA_PART.fullmatch(part) for part in path.split("/"))


def holds_python_packages(path: str, folders: Iterable[str]) -> bool:
    """`folders` are those that the stage's own commands install into."""
    if path in _WHOLE_SYSTEM or path in _PREFIXES or _PYTHON_FOLDER.fullmatch(path):
        return True
    if not _FOLDERS.isdisjoint(path.split("/")):
        return True
    return any(path == folder or folder.startswith(path + "/") or path.startswith(folder + "/") for folder in folders)


def may_hold_others(path: str, image: str | None, folders: Iterable[str]) -> bool:
    """Does copying `path` also bring packages that the stage's base image came with? Not from an environment that
    the stage made itself, nor from a plain base image. `image` is its reference, None if not known."""
    if path in folders or any("venv" in part for part in path.split("/")):
        return False
    name = (image or "?").partition("@")[0].rpartition("/")[2].partition(":")[0]
    return name not in _PLAIN_IMAGES


def folders_of_variables(variables: Mapping[str, str | None]) -> set[str]:
    found = (variables.get(name) for name in _ENVIRONMENT_VARIABLES)
    return {posixpath.normpath(folder) for folder in found if folder and folder.startswith("/")}


def folders_of_commands(statements: Iterable[Statement], workdir: str) -> set[str]:
    """The folders that installing commands name (`python -m venv /opt/x`, `pip install --target=/deps`), and the
    .venv that uv and poetry make beside the project."""
    found: set[str] = set()
    for statement in statements:
        words = [word for word in statement.words if word is not None]
        if not words or not _INSTALLERS.match(posixpath.basename(words[0])):
            continue
        if not {"sync", "venv", "install"}.isdisjoint(words) and posixpath.basename(words[0]) in ("uv", "poetry"):
            found.add(posixpath.join(workdir, ".venv"))
        for option, word in pairwise(words):
            folder = word.partition("=")[2] if word.startswith("--") else word
            if option not in _NOT_BEFORE_FOLDERS and _may_be_folder(folder):
                found.add(posixpath.normpath(posixpath.join(workdir, folder)))
        if len(found) > _MAX_FOLDERS:
            break
    return found


def _may_be_folder(text: str) -> bool:
    if ("/" not in text and "venv" not in text) or "://" in text:
        return False
    return not posixpath.splitext(text)[1] and not set(text) & set("<>=*[;@$")
