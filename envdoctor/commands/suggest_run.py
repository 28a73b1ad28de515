"""What `envdoctor suggest` does: options and targets -> Problem -> Answer -> text, JSON, Dockerfile or diff."""

from __future__ import annotations

import argparse

from envdoctor.commands import InputError, UsageError, console
from envdoctor.commands.arguments import columns
from envdoctor.commands.suggest_problem import read_problem
from envdoctor.freshness import notice as notice_of_age
from envdoctor.matrix import Matrix
from envdoctor.suggest.answer import Answer, solve

NONE_FITS = 1
_MOST = 50
_MOST_NOTICES = 20


def suggest(args: argparse.Namespace) -> int:
    if not 1 <= args.count <= _MOST:
        raise UsageError(f"-n {args.count}: expected a number from 1 to {_MOST}")
    matrix = Matrix.load()
    problem, notices = read_problem(args, matrix)
    answer = solve(problem, matrix, 1 if args.patch or args.format == "dockerfile" else args.count, args.explain)
    text = _rendered(answer, args, matrix, notices)
    if args.output is not None:
        console.write_file(text, args.output)
    else:
        console.write(text)
    old = notice_of_age(matrix.date)
    notices += [old] if old else []
    if not args.quiet:
        for notice in notices[:_MOST_NOTICES]:
            console.tell(notice)
        if len(notices) > _MOST_NOTICES:
            console.tell(f"and {len(notices) - _MOST_NOTICES} more notices")
    return 0 if answer.suggestions else NONE_FITS


def _rendered(answer: Answer, args: argparse.Namespace, matrix: Matrix, notices: list[str]) -> str:
    if args.format == "json" and not args.patch:
        from envdoctor.suggest.document import render

        return render(answer, matrix.date)
    if not answer.suggestions or (args.format == "text" and not args.patch):
        return _text(answer, args)
    best = answer.suggestions[0]
    if args.patch:
        from envdoctor.suggest.patch import PatchError, patch

        try:
            diff, said = patch(args.patch, best, answer.problem, matrix)
        except PatchError as error:
            raise InputError(str(error)) from error
        notices.extend(said)
        return diff
    from envdoctor.suggest.recipe import dockerfile

    return dockerfile(best, answer.problem)


def _text(answer: Answer, args: argparse.Namespace) -> str:
    from envdoctor.formatters.layout import plain
    from envdoctor.suggest.text import lines

    told = lines(answer, columns(120), args.explain)
    if not console.use_color(args.color, to_file=args.output is not None):
        return plain(told)
    from envdoctor.formatters.colored import colored

    return colored(told)
