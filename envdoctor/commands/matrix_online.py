"""`envdoctor matrix verify --online`: asks `envdoctor.online`, and tells what differs as a diff to review."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from envdoctor.commands import UsageError
from envdoctor.formatters.visible import lines, visible
from envdoctor.matrix import Matrix, MatrixError

if TYPE_CHECKING:
    from envdoctor.online.result import Failure, OnlineConfig, OnlineResult

DIFFERS = 1


class Compared(NamedTuple):
    """`code` is the exit code that this part asks for."""

    code: int
    document: Mapping[str, Any]
    text: str
    summary: str


def compare(
    args: argparse.Namespace, matrix: Matrix, tables: tuple[str, ...], progress: Callable[[str, int, int], None]
) -> Compared:
    """Of these tables (all). Raises UsageError for options; what could not be asked is part of the answer."""
    from envdoctor.online.drift import TABLES, render_diff, to_json

    damaged = {name: why for name in tables or TABLES if (why := _damage(name, matrix))}
    asked = tuple(name for name in tables or TABLES if name not in damaged)
    result = _answers(asked, matrix, config(args), progress)
    result = result._replace(failures=(*(_unread(*each) for each in damaged.items()), *result.failures))
    asked_in_vain = [failure for failure in result.failures if failure.kind != "not-covered"]
    code = DIFFERS if result.drifts or result.proposals or asked_in_vain else 0
    text = "".join(f"{line}\n" for line in (*_told(result), *lines(render_diff(result, matrix).rstrip("\n"))) if line)
    return Compared(code, to_json(result), text, _summary(result))


def _damage(table: str, matrix: Matrix) -> str:
    """Why a table cannot be compared, empty if it can. `verify` tells the same as a problem."""
    try:
        matrix.tables[table].rows()
    except MatrixError as error:
        return str(error)
    return ""


def _unread(table: str, why: str) -> Failure:
    from envdoctor.online.result import Failure

    return Failure(table, table, "damaged", why)


def _answers(
    tables: tuple[str, ...], matrix: Matrix, chosen: OnlineConfig, progress: Callable[[str, int, int], None]
) -> OnlineResult:
    from envdoctor.online.drift import verify_online
    from envdoctor.online.result import OnlineResult

    if not tables:
        return OnlineResult(0, (), (), ())
    try:
        return verify_online(matrix, tables=tables, config=chosen, progress=progress)
    except MatrixError as error:  # another table that is needed to compare one of these
        return OnlineResult(0, (), (), tuple(_unread(name, str(error)) for name in tables))


def config(args: argparse.Namespace) -> OnlineConfig:
    """Raises UsageError."""
    from envdoctor.online.result import OnlineConfig

    stated = {"timeout_s": args.timeout, "jobs": args.jobs, "limit": args.limit}
    for name, value in stated.items():
        if value is not None and not 0 < value <= 10_000:
            raise UsageError(f"--{name.removesuffix('_s')} {value}: expected a number from 1 to 10000")
    found: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    return OnlineConfig(
        mirrors=_mirrors(args.registry or ()),
        index_urls=tuple(args.index_url or ()),
        complete=bool(args.complete),
        **found,
    )


def _mirrors(stated: Iterable[str]) -> dict[str, str]:
    """HOST=URL. An address may hold a password and is in no message."""
    found: dict[str, str] = {}
    for text in stated:
        host, _, url = text.partition("=")
        if not host or not url.startswith(("https://", "http://")):
            raise UsageError("--registry: expected HOST=URL, such as docker.io=https://mirror.example")
        found[host] = url
    return found


def _told(result: OnlineResult) -> Iterable[str]:
    for drift in result.drifts:
        ours, theirs = drift.ours or "no row", drift.theirs or "not there any more"
        yield visible(f"{drift.table}: {drift.key}, {drift.column}: {ours} here, {theirs} there ({drift.source})")
    for failure in result.failures:
        yield visible(f"{failure.table}: {failure.what} could not be compared: {failure.reason}")


def _summary(result: OnlineResult) -> str:
    parts = [f"{len(result.drifts)} differ", f"{len(result.proposals)} rows proposed"]
    parts += [f"{len(result.failures)} could not be compared"] if result.failures else []
    return f"online: {result.asked} answers, {', '.join(parts)}"
