"""`envdoctor matrix verify --online`: the matrix against what registries and package indexes say now.

`verify_online` asks and compares, `render_diff` writes what it proposes as a unified diff, `to_json` the whole for
programs. No table is ever edited. What could not be asked is a Failure with its reason and never a Drift.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from envdoctor.freshness import today
from envdoctor.matrix import Matrix
from envdoctor.online import cuda_drift, ngc_drift, opencv_drift, package_drift, torch_image_drift
from envdoctor.online.asking import Asking, Progress
from envdoctor.online.index_settings import IndexSettings, index_settings
from envdoctor.online.package_index import PackageIndex
from envdoctor.online.proposed_diff import render_diff
from envdoctor.online.registry import Registry
from envdoctor.online.result import Drift, Failure, OnlineConfig, OnlineResult, Proposal, to_json
from envdoctor.online.transport import AskError, Transport

__all__ = [
    "TABLES",
    "Drift",
    "Failure",
    "OnlineConfig",
    "OnlineResult",
    "Proposal",
    "render_diff",
    "to_json",
    "verify_online",
]

_IMAGES: dict[str, Callable[[Asking, Registry], Awaitable[None]]] = {
    "cuda_tags": cuda_drift.cuda_tags,
    "requirements": cuda_drift.cuda_tags,
    "ngc_pytorch": ngc_drift.ngc_pytorch,
    "ngc_images": ngc_drift.ngc_images,
    "torch_images": torch_image_drift.torch_images,
}
_PACKAGES: dict[str, Callable[[Asking, list[PackageIndex]], Awaitable[None]]] = {
    "torch": package_drift.torch,
    "onnxruntime": package_drift.onnxruntime,
    "companions": package_drift.companions,
    "opencv": opencv_drift.opencv,
}
TABLES = (*_IMAGES, *_PACKAGES)
"""The tables that something outside can be asked about."""


def verify_online(
    matrix: Matrix,
    *,
    tables: Collection[str] = (),
    config: OnlineConfig = OnlineConfig(),  # noqa: B008  # frozen
    progress: Progress = lambda what, done, total: None,
) -> OnlineResult:
    """Of these tables (all). Raises MatrixError where a table is damaged, and nothing for what the outside does."""
    chosen = [name for name in (tables or TABLES) if name in TABLES and name in matrix.tables]
    asking = Asking(matrix, config, today(), progress)
    for name in tables:
        if name not in TABLES:
            asking.fail(name, name, "not-covered", "no registry and no package index says what this table holds")
    if chosen:
        asyncio.run(_asked(asking, chosen))
    found = asking.result()
    return found._replace(
        drifts=tuple(drift for drift in found.drifts if drift.table in chosen),
        proposals=tuple(proposal for proposal in found.proposals if proposal.table in chosen),
    )


async def _asked(asking: Asking, tables: list[str]) -> None:
    config = asking.config
    settings = index_settings(config.index_urls)
    try:
        transport = Transport(timeout_s=config.timeout_s, jobs=config.jobs, ca_file=settings.ca_file)
        async with transport:
            questions: list[Awaitable[None]] = []
            registry = Registry(transport, mirrors=config.mirrors)
            for compare in dict.fromkeys(_IMAGES[name] for name in tables if name in _IMAGES):
                questions.append(compare(asking, registry))
            packages = [name for name in tables if name in _PACKAGES]
            indexes = _indexes(asking, transport, settings, packages) if packages else []
            questions += [_PACKAGES[name](asking, indexes) for name in packages if indexes]
            await asyncio.gather(*questions)
    except AskError as error:  # certificates that cannot be read
        for name in tables:
            asking.fail(name, name, error.kind, error.reason)


def _indexes(asking: Asking, transport: Transport, settings: IndexSettings, tables: list[str]) -> list[PackageIndex]:
    """Those with a usable address."""
    found: list[PackageIndex] = []
    for problem in settings.problems:
        asking.fail(tables[0], "pip's configuration", "invalid", problem)
    for url in settings.indexes:
        try:
            found.append(PackageIndex(transport, url))
        except AskError as error:
            asking.fail(tables[0], "a configured index", error.kind, error.reason)
    if not settings.indexes:
        for name in tables:
            asking.fail(name, "package indexes", "not-covered", "pip is configured with no-index: give --index-url")
    return found
