"""Writing facts down as evidence."""

from __future__ import annotations

from typing import Any

from envdoctor.facts import Fact, Gpu, Package
from envdoctor.findings import Evidence


def of(name: str, fact: Fact[Any]) -> Evidence:
    """A fact under its dotted path in the environment document."""
    return Evidence(name, _told(fact), str(fact.origin))


def _told(fact: Fact[Any]) -> str:
    """Absent and an empty list are "none": known not to be there is not unknown."""
    value = fact.get()
    if isinstance(value, frozenset):
        value = tuple(sorted(value))
    if isinstance(value, (tuple, list)):
        return ", ".join(item.label if isinstance(item, Gpu) else str(item) for item in value) or "none"
    if value is None:
        return "none" if fact.is_absent else "unknown"
    return str(value)


def of_package(package: Package) -> Evidence:
    return Evidence(f"packages[{package.name}]", described(package), str(package.origin))


def of_row(table: str, key: str, value: str) -> Evidence:
    """A value the matrix gave: "matrix row toolkits 12.4.1"."""
    return Evidence(table, value, f"matrix row {table} {key}")


def described(package: Package) -> str:
    """ "onnxruntime-gpu 1.19.0", "torch >=2.4 (CUDA 12.1)", "torch (not pinned)"."""
    version = package.version or package.specifier or ("(version not stated)" if package.installed else "(not pinned)")
    return f"{package.name} {version}" + (f" (CUDA {package.cuda})" if package.cuda and package.cuda != "cpu" else "")


def sentence(text: str) -> str:
    """The text with a capital first letter; names such as torch or onnxruntime-gpu keep theirs."""
    return text[0].upper() + text[1:] if text.startswith(("the ", "an ", "a ", "what ", "only ")) else text
