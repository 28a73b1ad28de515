"""`envdoctor explain RULE`: what a rule means. Without a rule: all of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from envdoctor.commands import UsageError
from envdoctor.commands.arguments import Parser, columns
from envdoctor.commands.console import write

if TYPE_CHECKING:
    from envdoctor.rules.rule import Rule

_EPILOG = """\
examples:
  envdoctor explain                       every rule with its title
  envdoctor explain driver-too-old
  envdoctor explain --format markdown     docs/rules.md

exit codes: 0, or 2 for a rule that does not exist
"""


def parser() -> Parser:
    made = Parser(
        "explain", "Tells what a rule means, the error text users see, why, how to mend it, and the sources.", _EPILOG
    )
    made.add_argument(
        "rule", nargs="?", metavar="RULE", help="a rule's name as reports print it; without it, all rules"
    )
    made.add_argument(
        "--format", choices=("terminal", "json", "markdown"), default="terminal", help="default: terminal"
    )
    return made


def run(args: argparse.Namespace) -> int:
    from envdoctor.rules import RULES

    chosen = RULES if args.rule is None else (named(args.rule),)
    write(_told(chosen, args.format, everything=args.rule is None))
    return 0


def named(name: str) -> Rule:
    """Raises UsageError with the nearest names."""
    from envdoctor.nearest import did_you_mean
    from envdoctor.rules import RULES, find

    rule = find(name)
    if rule is None:
        guess = did_you_mean(name, [rule.id for rule in RULES])
        raise UsageError(f"no rule is called {name[:60]!r}{guess} (envdoctor explain lists them)")
    return rule


def _told(rules: tuple[Rule, ...], form: str, everything: bool) -> str:
    from envdoctor.formatters import rule_docs

    if form == "json":
        import json

        records = [rule_docs.record(rule) for rule in rules]
        return json.dumps(records if everything else records[0], indent=2) + "\n"
    if form == "markdown":
        return rule_docs.page(rules) if everything else rule_docs.section(rules[0])
    return rule_docs.listing(rules, columns()) if everything else rule_docs.text(rules[0], columns())
