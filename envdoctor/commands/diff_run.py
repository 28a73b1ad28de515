"""What `envdoctor diff` does: two sides x hosts -> comparison -> text -> exit code."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from envdoctor.commands import InputError, OutputError, UsageError, console
from envdoctor.commands.arguments import columns
from envdoctor.commands.settings import Settings, settings
from envdoctor.gate import FINDINGS, NOT_DONE, OK

if TYPE_CHECKING:
    from envdoctor.comparison import Comparison, Side
    from envdoctor.findings import TargetError
    from envdoctor.targets import Options, Workload

_LONGEST = 200  # characters of an operand that an error message repeats


def diff(args: argparse.Namespace) -> int:
    _check_operands(args)
    args.targets = [*args.images, *([args.dockerfile] if args.dockerfile is not None else [])]
    compared = _compared(args, settings(args))
    code = FINDINGS if compared.lost else NOT_DONE if any(change.crashed for change in compared.hosts) else OK
    try:
        _write(compared, args)
    except OutputError as error:
        console.tell(f"error: {error}")
        code = code or NOT_DONE
    if not args.quiet:
        for notice in compared.notices:
            console.tell(notice)
        console.tell(summary(compared))
    return code


def summary(compared: Comparison) -> str:
    """ "6 rows differ; 3 hosts: 1 out, 1 undecided"."""
    from envdoctor.comparison import DEGRADES, DIFFERENT, DROPS_OUT, GAINED, UNDECIDED, UNKNOWN
    from envdoctor.summary import counted

    rows = sum(row.change == DIFFERENT for row in compared.rows)
    differ = f"{counted(rows, 'row')} {'differs' if rows == 1 else 'differ'}" if rows else "no row differs"
    open_rows = sum(row.change == UNKNOWN and not (row.a.is_unknown and row.b.is_unknown) for row in compared.rows)
    differ += f", {open_rows} not known" if open_rows else ""
    hosts = [change for change in compared.hosts if change.stated]
    if not hosts:
        return f"{differ}; no host stated" + ("; B does not run on any host" if compared.lost else "")
    words = {DROPS_OUT: "out", DEGRADES: "worse", GAINED: "gained", UNDECIDED: "undecided"}
    counts = {word: sum(change.change == name for change in hosts) for name, word in words.items()}
    told = [f"{number} {word}" for word, number in counts.items() if number] or ["none drops out"]
    return f"{differ}; {counted(len(hosts), 'host')}: {', '.join(told)}"


def _check_operands(args: argparse.Namespace) -> None:
    """Raises UsageError."""
    given = len(args.images)
    if args.dockerfile is None and given != 2:
        have = "one operand" if given == 1 else f"{given} operands"
        raise UsageError(f"{have} given; expected two, A and B (or B alone with --dockerfile FILE)")
    if args.dockerfile is not None and given > 2:
        raise UsageError(f"{given} operands given; expected B, or A and B, beside --dockerfile")


def _compared(args: argparse.Namespace, chosen: Settings) -> Comparison:
    from envdoctor.commands.check_hosts import Hosts
    from envdoctor.comparison import compare
    from envdoctor.freshness import notice
    from envdoctor.matrix import Matrix
    from envdoctor.targets import Options

    matrix = Matrix.load()
    hosts = Hosts(args, chosen.config, matrix)
    options = Options(chosen.build_args, args.target, chosen.stated.aliases)
    a, b = _sides(args, options)
    a, b = _on_arch(a, args.arch), _on_arch(b, args.arch)
    found = compare(a, b, hosts.of(a.workload.facts), matrix, chosen.stated, chosen.silences)
    notices = (
        *a.workload.notices,
        *b.workload.notices,
        *hosts.notices,
        *_without_arch(found, args.arch),
        notice(matrix.date),
    )
    told = tuple(dict.fromkeys(text for text in notices if text is not None))
    return found._replace(dockerfile=args.dockerfile, notices=told)


def _sides(args: argparse.Namespace, options: Options) -> tuple[Side, Side]:
    if args.dockerfile is None:
        first, second = (_side(_read(target, options)) for target in args.images)
        return first, second
    workload = _read(args.dockerfile, options)
    if workload.declared is None or workload.declared.path is None:
        raise UsageError(f"--dockerfile {args.dockerfile[:100]}: expected a Dockerfile")
    own = workload.declared.image
    images = [_image(target, options) for target in args.images]
    if len(images) == 1:
        images.insert(0, own.get() or "")
    if not images[0]:
        raise InputError(f"{args.dockerfile}: which image it rests on is not known ({own.reason}); name A as well")
    first, second = (_on_base(workload, image) for image in images)
    return first, second


def _read(target: str, options: Options) -> Workload:
    """The one workload of an operand. Raises UsageError or InputError."""
    from envdoctor.formatters.grouping import unread
    from envdoctor.targets import collect

    found = collect([target], options)
    if found.usage:
        raise UsageError(unread(_shortened(found.usage[0])))
    if found.errors:
        raise InputError(unread(_shortened(found.errors[0])))
    if len(found.workloads) != 1:
        names = ", ".join(workload.label for workload in found.workloads[:5])
        raise UsageError(f"{target}: holds {len(found.workloads)} workloads ({names}); name one of them")
    return found.workloads[0]


def _shortened(error: TargetError) -> TargetError:
    return error if len(error.target) <= _LONGEST else error._replace(target=f"{error.target[:_LONGEST]}…")


def _image(target: str, options: Options) -> str:
    workload = _read(target, options)
    if workload.declared is None or workload.declared.path is not None or not workload.declared.image.is_known:
        raise UsageError(f"{target}: with --dockerfile the operands are images that replace its base")
    return workload.declared.image.need()


def _side(workload: Workload) -> Side:
    from envdoctor.commands.check_run import comments
    from envdoctor.comparison import Side

    return Side(workload.label, workload, tuple(comments(workload)))


def _on_base(workload: Workload, image: str) -> Side:
    from envdoctor.facts import Origin, known

    assert workload.declared is not None
    own = workload.declared.image.origin
    origin = Origin(f"{own}, with {image} as its base", own.path, own.line)
    rebuilt = workload._replace(declared=workload.declared._replace(image=known(image, origin)))
    return _side(rebuilt)._replace(label=image)


def _on_arch(side: Side, arch: str | None) -> Side:
    declared = side.workload.declared
    if arch is None or declared is None:
        return side
    return side._replace(workload=side.workload._replace(declared=declared._replace(platform=f"linux/{arch}")))


def _without_arch(found: Comparison, arch: str | None) -> Iterator[str]:
    row = next(row for row in found.rows if row.name == "cpu_architectures")
    for name, fact in (("A", row.a), ("B", row.b)):
        if arch is not None and fact.is_known and arch not in fact.need().split(", "):
            yield f"{name} is not published for {arch}, only for {fact.need()}, and was judged as that"


def _write(compared: Comparison, args: argparse.Namespace) -> None:
    """Raises OutputError."""
    text = _told(compared, args)
    if args.output is not None:
        console.write_file(text, args.output)
    else:
        console.write(text)


def _told(compared: Comparison, args: argparse.Namespace) -> str:
    if args.format == "json":
        from envdoctor.comparison.document import render

        return render(compared)
    if args.format == "markdown":
        from envdoctor.comparison import markdown

        return markdown.render(compared, everything=args.all)
    from envdoctor.comparison import text

    color = console.use_color(args.color, to_file=args.output is not None)
    return text.render(compared, everything=args.all, color=color, width=columns())
