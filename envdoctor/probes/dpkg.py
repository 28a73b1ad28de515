"""Debian's own account of what is installed: /var/lib/dpkg/status, and status.d of images without a package manager."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from envdoctor.facts import Fact, absent, known, unknown
from envdoctor.probes.files import listed, read_text

_STATUS = "/var/lib/dpkg/status"
_FOLDER = "/var/lib/dpkg/status.d"  # distroless
_MOST_BYTES = 24 * 1024 * 1024
_MOST_FILES = 2000


@lru_cache(maxsize=2)
def installed(root: str) -> Fact[dict[str, str]]:
    """Names (without architecture) and versions. Absent on a system without dpkg. Read once: it may be large, and several
    probes ask."""
    text = read_text(root, _STATUS, _MOST_BYTES)
    if text.is_known:
        if len(text.need()) >= _MOST_BYTES:
            return unknown(f"{_STATUS} is larger than {_MOST_BYTES // 1024 // 1024} MiB", text.origin)
        return known(dict(parse_status(text.need())), text.origin)
    if text.is_unknown:
        return unknown(text.reason, text.origin)
    names = [name for name in listed(root, _FOLDER)[:_MOST_FILES] if not name.endswith(".md5sums")]
    if not names:
        return absent(f"there is no {_STATUS}", text.origin)
    files = [read_text(root, f"{_FOLDER}/{name}").get() or "" for name in names]
    return known({name: version for file in files for name, version in parse_status(file, whole=True)}, text.origin)


# Package: libcudnn8
# Status: install ok installed
# Version: 8.9.7.29-1+cuda12.2
def parse_status(text: str, whole: bool = False) -> Iterator[tuple[str, str]]:
    """deb822(5): paragraphs of fields. `whole`: without a Status everything is installed."""
    for paragraph in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in paragraph.splitlines() if line[:1] not in (" ", "\t"))
        name, version = fields.get("Package", "").strip(), fields.get("Version", "").strip()
        state = fields.get("Status", "install ok installed" if whole else "")
        if name and version and state.endswith(" installed"):
            yield name[:200], version[:200]
