"""`envdoctor schema DOCUMENT`: the JSON Schemas, as shipped."""

from __future__ import annotations

import argparse

from envdoctor.commands.arguments import Parser
from envdoctor.commands.console import write
from envdoctor.schema import SCHEMAS, schema_text


def parser() -> Parser:
    made = Parser("schema", "Prints the JSON Schema (draft 2020-12) of a document that envdoctor reads or writes.")
    made.add_argument(
        "document",
        choices=SCHEMAS,
        help="environment: what check and probe exchange; report, suggestions, diff: what check, suggest and diff write as JSON",
    )
    return made


def run(args: argparse.Namespace) -> int:
    write(schema_text(args.document))
    return 0
