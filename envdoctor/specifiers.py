"""Versions of Python packages against specifiers (PEP 440). `packaging` is imported for those that need it."""

from __future__ import annotations


def within(version: str, specifier: str) -> bool:
    """Does a requirement with that specifier take the version? Pre-releases count, as NGC's are. An empty specifier takes
    any; what is no version or no specifier fits nothing."""
    if not specifier or specifier in (f"=={version}", f"=={version.partition('+')[0]}"):
        return True
    from packaging.specifiers import SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except ValueError:  # InvalidSpecifier, InvalidVersion
        return False
