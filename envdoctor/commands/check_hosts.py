"""The hosts that each workload of a check is judged against."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from envdoctor.commands import InputError, UsageError
from envdoctor.config import Config
from envdoctor.facts import Facts, Host

if TYPE_CHECKING:
    from envdoctor.matrix import Matrix


class Hosts:
    """Those of the command line; else the environment document's own; else the settings', this machine, or none.

    This machine is looked at only when a workload needs it, and once."""

    def __init__(self, args: argparse.Namespace, config: Config, matrix: Matrix) -> None:
        self.matrix = matrix
        self.notices: list[str] = []
        self.stated = self._stated(args, config)
        self._default: tuple[Host, ...] | None = None
        self._named = config.hosts
        self._settings = config.source

    @property
    def count(self) -> int:
        return len(self.stated or self._named or (None,))

    def of(self, facts: Facts | None) -> tuple[Host, ...]:
        """`facts` of an environment document; None for what is declared."""
        from envdoctor.hosts import complete_host

        if self.stated:
            return self.stated
        if facts is not None and facts.host.stated:
            return (complete_host(facts.host, self.matrix),)
        if self._default is None:
            self._default = self._defaults()
        return self._default

    def _stated(self, args: argparse.Namespace, config: Config) -> tuple[Host, ...]:
        if not (args.host or args.driver is not None or args.gpu):
            return ()
        return self._resolve(tuple(args.host), args.driver, tuple(args.gpu), config.hosts)

    def _defaults(self) -> tuple[Host, ...]:
        from envdoctor.hosts import this_machine

        if self._named:
            try:
                return self._resolve((), None, (), self._named)
            except UsageError as error:
                raise UsageError(f"{self._settings}: {error}") from error
        machine = this_machine(self.matrix)
        return (machine if machine is not None else Host(),)

    def _resolve(
        self,
        hosts: Sequence[str],
        driver: str | None,
        gpus: Sequence[str],
        named: Mapping[str, Mapping[str, object]],
    ) -> tuple[Host, ...]:
        from envdoctor.hosts import HostError, HostUnreadable, resolve_hosts

        try:
            return resolve_hosts(
                hosts=hosts, driver=driver, gpus=gpus, named=named, matrix=self.matrix, notices=self.notices
            )
        except HostUnreadable as error:
            raise InputError(str(error)) from error
        except HostError as error:
            raise UsageError(str(error)) from error
