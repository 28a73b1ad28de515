"""What a GPU is called, made comparable: "NVIDIA A100-SXM4-80GB MIG 3g.20gb", "Tesla A100" and "a100" are one product.

A name becomes words; the words that never change the chip's capability (form factor, memory, "Laptop GPU") and
those that people leave out (GeForce, Quadro, Ada) are dropped for the key under which the table keeps the row.
What was dropped still decides between rows of one key: "RTX 5000" is a Quadro RTX 5000 or an RTX 5000 Ada,
"Quadro RTX 5000" only the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from envdoctor.matrix.rows import GpuRow
from envdoctor.patterns import lazily

LONGEST = 120  # characters of a name that are looked at; the longest product name has 48

_MIG = lazily(r"\bmig\b.*|\b\d{1,2}g\.\d{1,3}gb\b.*", re.DOTALL)
_VGPU = lazily(r"(?<=[a-z0-9])-(\d{1,3})([qabc]|me)$")  # the profile of a virtual GPU: T4-16Q, A100-4C
_WORD = lazily(r"[a-z0-9.]+")
_MODEL = lazily(r"(?:geforce|gtx|rtx|quadro|titan|tesla)(?=[a-z]?\d)|\d{3,4}(?=ti\b|super\b)")
_MEMORY = lazily(r"\d{1,4}(?:gb?|gib)|hbm\d?e?|gddr\d?x?")
_FORM = lazily(r"pcie|sxm\d?|nvl\d*|dgxs|fhhl|lc|ac|cnx|mxm|pg\d+|h|ls|maxq")
_ALWAYS_DROPPED = frozenset(
    "nvidia corporation gpu graphics card tm r generation edition design with laptop mobile max q notebook embedded "
    "active refresh converged accelerator rev oem lite hash rate workstation server dgx hgx founders developer kit "
    "nvgpu module series collectors ceo".split()
)
_BRANDS = frozenset({"geforce", "tesla", "quadro", "grid"})
_ERAS = frozenset({"ada", "blackwell", "ampere", "turing", "pascal", "volta", "maxwell", "sff"})
_DATA_CENTER_BRANDS = frozenset({"tesla", "grid"})  # dropped by NVIDIA in 2020; people still write "Tesla A100"


class Name(NamedTuple):
    """A product name taken apart. `key` finds the rows, `told` decides between them."""

    key: str
    told: frozenset[str]  # brand and era words that the text has
    words: frozenset[str]  # every word of it
    vgpu: bool


def take_apart(text: str) -> Name:
    """Any text is accepted; one that says nothing gives an empty key."""
    lowered = _MIG.sub(" ", re.sub(r"\((?:tm|r)\)|[®™]", " ", text[:LONGEST].lower())).strip()
    without_profile = _VGPU.sub("", lowered)
    split = _MODEL.sub(lambda match: match.group() + " ", without_profile)
    every = _WORD.findall(_joined(split))
    words = [word for word in every if not _says_nothing(word)]
    told = frozenset(word for word in words if word in _BRANDS or word in _ERAS)
    kept = [word for word in words if word not in told]
    if kept[:2] == ["gtx", "titan"]:  # only the GeForce generations of TITAN were called so
        kept, told = kept[1:], told | {"geforce"}
    if "pro" in kept[2:]:  # "RTX 6000 Pro"
        kept.remove("pro")
        kept.insert(1, "pro")
    return Name(" ".join(kept), told, frozenset(every) - {"nvidia"}, without_profile != lowered)


def choose(name: Name, rows: Iterable[GpuRow]) -> tuple[GpuRow, ...]:
    """Of the rows under one key those that the text can mean, the most alike first.

    A brand or era that the text states must be the row's."""
    fitting = [row for row in rows if name.told - _DATA_CENTER_BRANDS <= take_apart(row.name).told]
    if name.told & _DATA_CENTER_BRANDS:
        fitting = [row for row in fitting if row.brand not in ("geforce", "titan", "quadro")] or fitting
    return tuple(sorted(fitting, key=lambda row: len(name.words ^ take_apart(row.name).words)))


def spellings(name: Name) -> tuple[str, ...]:
    """The keys to try, in order: the name as written, then with the word that people leave out ("4090", "A6000")."""
    key = name.key
    tries = [key]
    if re.search(r"\b(?:orin|xavier|thor)\b", key):
        tries.append(f"jetson {key}")
    if re.fullmatch(r"\d{3,4}(?: (?:ti|super|ti super|d))?", key):
        tries += [f"{series} {key}" for series in ("rtx", "gtx", "gt")]
    if re.fullmatch(r"a\d{3,4}", key):
        tries.append(f"rtx {key}")
    if name.vgpu:  # "GRID V100D-8Q", "NVIDIA RTX6000P-4Q": the letter is the board's, not the chip's
        tries.append(re.sub(r"(?<=\d)[a-z]{1,2}$", "", key))
    return tuple(dict.fromkeys(each for each in tries if each))


def only_geforce(name: Name, key: str) -> bool:
    """A bare number stands for a GeForce only: "4000" may as well be a Quadro 4000 of 2010, which no table holds."""
    return key != name.key and name.key[:1].isdigit()


def _joined(text: str) -> str:
    """One word each: "max-q" and "3 gb"."""
    return re.sub(r"(?<=\d) (?=g(?:i?b)\b)", "", text.replace("max-q", "maxq"))


def _says_nothing(word: str) -> bool:
    return word in _ALWAYS_DROPPED or bool(_MEMORY.fullmatch(word) or _FORM.fullmatch(word))


def alike(wanted: str, names: Mapping[str, str], count: int) -> tuple[str, ...]:
    """The names whose keys look most like the wanted one; swapped digits ("4900") count for less than other ones."""
    from difflib import SequenceMatcher  # 3 ms, needed only for a typo

    def likeness(key: str) -> float:
        return SequenceMatcher(None, wanted, key).ratio() + (0.2 if sorted(wanted) == sorted(key) else 0.0)

    near = sorted(names, key=likeness, reverse=True)[:count] if wanted else []
    return tuple(names[key] for key in near if likeness(key) >= 0.5)
