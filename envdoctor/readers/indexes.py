"""Package indexes: where pip and uv look, what their addresses tell of the CUDA variant, and no secrets kept.

Sources: https://pip.pypa.io/en/stable/cli/pip_install/ , https://docs.astral.sh/uv/concepts/indexes/ ,
https://pytorch.org/get-started/previous-versions/ (the addresses of PyTorch's own indexes)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

TORCH_FAMILY = frozenset(
    {
        "torch", "torchvision", "torchaudio", "torchao", "torchcodec", "torchdata", "torchrec", "torchtext",
        "torch-tensorrt", "fbgemm-gpu", "fbgemm-gpu-genai", "xformers", "vllm",
    }
)  # fmt: skip
"""What download.pytorch.org/whl/cuNNN serves as builds for that CUDA release."""

SEVERAL_BUILDS = TORCH_FAMILY | {"onnxruntime-gpu"}
"""What has builds for different CUDA releases on different indexes under one version."""

# Patterns are compiled at their first use: most files have no address with a password in it.
_USER_INFO = r"(//)[^/\s\"']*@"
_SECRET_IN_PATH = r"(://)[^/\s@:\"']{0,200}:(?!\d+/)[^\s@\"']{0,500}@"
_CONDA_TOKEN = r"/t/[\w.-]{8,}(?=/)"  # https://conda.anaconda.org/t/TOKEN/CHANNEL
_SECRET_IN_QUERY = r"(?i)([?&][\w-]{0,40}(?:token|key|secret|password|passwd|signature)[\w-]{0,40}=)[^&\s\"'#]+"
_VARIANT = r"/(cu[0-9]{2,3}|cpu)(?:_full|_pypi_cudnn)?(?:/torch(?:_stable|_nightly|_test)?\.html)?/?$"
_LOCAL = r"cu([0-9]{1,2})([0-9])(?![0-9])"
_PYPI = r"https?://(?:pypi\.org|pypi\.python\.org)/simple/?$"
# Public copies of PyPI: what they serve is what PyPI serves.
_MIRRORS = (
    r"https?://(?:pypi\.tuna\.tsinghua\.edu\.cn|mirrors?\.(?:aliyun|cloud\.tencent|tencent|ustc\.edu|163|sustech\.edu"
    r"|bfsu\.edu|nju\.edu|sjtug?\.sjtu\.edu|tuna\.tsinghua\.edu)\.(?:com|cn)|pypi\.(?:mirrors\.ustc\.edu\.cn|douban\.com)"
    r"|pypi\.doubanio\.com|repo\.huaweicloud\.com|mirrors\.huaweicloud\.com)/"
)
# NVIDIA's own indexes hold no PyTorch.
_WITHOUT_TORCH = r"https?://pypi\.(?:ngc\.)?nvidia\.com(?:/|$)"


def redacted(text: str) -> str:
    """The text without user names, passwords and tokens in its addresses. Nothing of a password may be stored."""
    if "//" not in text:
        return text
    text = re.sub(_USER_INFO, r"\1", text)
    text = re.sub(_SECRET_IN_PATH, r"\1", text)
    text = re.sub(_CONDA_TOKEN, "/t/…", text)
    return re.sub(_SECRET_IN_QUERY, r"\1…", text)


def variant_of_local(local: str) -> str | None:
    """The CUDA release in a local version or an index's last segment: "cu118" -> "11.8", "cu92" -> "9.2", "cpu"."""
    if local.startswith("cpu"):
        return "cpu"
    match = re.match(_LOCAL, local)
    return f"{match.group(1)}.{match.group(2)}" if match else None


def variant_of_index(url: str) -> str | None:
    """ "https://download.pytorch.org/whl/nightly/cu130" -> "13.0"; None for an index with several variants or none."""
    match = re.search(_VARIANT, url)
    return variant_of_local(match.group(1)) if match else None


def is_pypi(url: str) -> bool:
    """PyPI itself or a public copy of it."""
    return bool(re.match(_PYPI, url) or (re.match(_MIRRORS, url) and variant_of_index(url) is None))


class Placed(NamedTuple):
    """Where one package is looked for, and the CUDA variant if that decides it."""

    default: str | None
    extra_indexes: tuple[str, ...]
    cuda: str | None


class Indexes(NamedTuple):
    """The indexes of one command. None as `default` is PyPI. `open_index`: what they hold depends on run time. `torch`
    is the index that uv's --torch-backend sets for PyTorch alone."""

    default: str | None = None
    extra: tuple[str, ...] = ()
    open_index: bool = False
    torch: str | None = None

    @classmethod
    def of(
        cls, default: str | None, extra: Sequence[str], find_links: Sequence[str], *, no_index: bool = False
    ) -> Indexes:
        """A page of --find-links counts as one more index. With --no-index there are only those pages: what lies in
        them is not known."""
        if no_index:
            return cls(find_links[0] if find_links else None, tuple(find_links[1:]), open_index=True)
        return cls(None if default is None or is_pypi(default) else default, (*extra, *find_links))

    def for_package(self, name: str, *, pinned: bool, first_wins: bool) -> Placed:
        """`pinned`: an exact version is asked for. `first_wins` is uv's way: the extra indexes first, and the first
        index that has the name is the only one. pip takes the highest version over all of them, where 2.1.0+cu118 is
        higher than 2.1.0; the order of its indexes matters only for ties."""
        if self.torch is not None and name in TORCH_FAMILY:
            return Placed(self.torch, (), variant_of_index(self.torch))
        cuda = variant_of_index(self.default) if self.default else None
        if name not in TORCH_FAMILY or cuda is None or self.default is None:
            return Placed(self.default, self.extra, None)
        rivals = [url for url in self.extra if not re.match(_WITHOUT_TORCH, url)]
        if not rivals:
            return Placed(self.default, self.extra, cuda)
        if first_wins:
            return _first_of(rivals)
        if pinned and not any(variant_of_index(url) for url in rivals):
            return Placed(self.default, self.extra, cuda)
        return Placed(None, tuple(url for url in (*self.extra, self.default) if not is_pypi(url)), None)


def _first_of(urls: list[str]) -> Placed:
    first = urls[0]
    return Placed(None if is_pypi(first) else first, (), variant_of_index(first))
