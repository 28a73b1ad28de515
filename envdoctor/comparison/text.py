"""A comparison for people at a terminal: a table of what differs, then GPUs, drivers and hosts. Without colour plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from envdoctor.comparison import (
    DEGRADES,
    DIFFERENT,
    DROPS_OUT,
    GAINED,
    IMPROVES,
    SAME,
    STAYS,
    UNDECIDED,
    UNKNOWN,
    Comparison,
    GpuChange,
    HostChange,
    Row,
    Told,
)
from envdoctor.facts import Fact
from envdoctor.formatters.colored import colored
from envdoctor.formatters.layout import Line, cells, is_prose, plain, wrapped
from envdoctor.formatters.visible import lines, visible

_MARKS = {SAME: " ", DIFFERENT: "*", UNKNOWN: "?"}
WORDS = {
    DROPS_OUT: "DROPS OUT",
    DEGRADES: "GETS WORSE",
    STAYS: "stays",
    IMPROVES: "gets better",
    GAINED: "gained",
    UNDECIDED: "undecided",
}
GPU_WORDS = {
    DROPS_OUT: "lost",
    DEGRADES: "limited",
    IMPROVES: "better",
    GAINED: "gained",
    UNDECIDED: "undecided",
}
_STYLES = {
    DROPS_OUT: "incompatible",
    DEGRADES: "degraded",
    GAINED: "compatible",
    IMPROVES: "compatible",
    UNDECIDED: "unknown",
}
_LABEL = 24  # columns, the mark included
_GAP = "  "


def render(compared: Comparison, *, everything: bool = False, color: bool = False, width: int = 80) -> str:
    told = [*_head(compared, width), Line(""), *_table(compared.rows, everything, width)]
    for section in (_gpus(compared, width), _drivers(compared, width), _hosts(compared, width)):
        found = list(section)
        if found:
            told += [Line(""), *found]
    return colored(told) if color else plain(told)


def shown(rows: Sequence[Row], everything: bool) -> list[Row]:
    """Those that differ, or are known on one side alone; all with --all."""
    return [
        row
        for row in rows
        if everything
        or row.change == DIFFERENT
        or (row.change == UNKNOWN and not (row.a.is_unknown and row.b.is_unknown) and not _idle(row))
    ]


def _idle(row: Row) -> bool:
    """That an image is made for no L4T says something only beside one that is."""
    return row.name == "l4t" and not (row.a.is_known or row.b.is_known)


def left_out(rows: Sequence[Row], everything: bool) -> Iterator[str]:
    """What the table does not show, in a sentence each, so that nobody takes silence for sameness."""
    if everything:
        return
    alike = [row.label for row in rows if row.change == SAME and row.a.is_known]
    if alike:
        yield f"The same: {', '.join(alike)}."
    neither = [row.label for row in rows if row.change == SAME and row.a.is_absent and not _idle(row)]
    if neither:
        yield f"In neither: {', '.join(neither)}."
    open_ = [row.label for row in rows if row.change == UNKNOWN and row.a.is_unknown and row.b.is_unknown]
    if open_:
        yield f"Not known of either: {', '.join(open_)} (--all tells why)."


def nothing(changes: Collection[str]) -> str:
    return "Nothing that is known differs." if SAME in changes else "Nothing is known that could be compared."


def cell(fact: Fact[str]) -> str:
    if fact.is_known:
        return visible(fact.need())
    return "none" if fact.is_absent else "unknown"


def reasons(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """(labels, why) of the shown values that are not known, or known too vaguely to compare; one cause is told once."""
    causes: dict[str, list[str]] = {}
    for row in rows:
        found = [f"{name}: {visible(fact.reason)}" for name, fact in (("A", row.a), ("B", row.b)) if fact.is_unknown]
        if not found and row.change == UNKNOWN:
            found = ["not known exactly enough to tell whether it changes"]
        for cause in found:
            causes.setdefault(cause, []).append(row.label)
    for cause, labels in causes.items():
        yield ", ".join(labels), cause


def _head(compared: Comparison, width: int) -> Iterator[Line]:
    if compared.dockerfile is not None:
        yield from wrapped(f"{visible(compared.dockerfile)} on each base:", width, "", "  ", "heading")
    yield Line(f"A  {visible(compared.a)}", "heading")
    yield Line(f"B  {visible(compared.b)}", "heading")


def _table(rows: Sequence[Row], everything: bool, width: int) -> Iterator[Line]:
    chosen = shown(rows, everything)
    changes = {row.change for row in rows}
    if DIFFERENT not in changes:
        yield Line(nothing(changes))
    if chosen:
        column = (width - _LABEL - len(_GAP)) // 2
        longest = max((cells(cell(row.a)) for row in chosen), default=1)
        first = max(12, min(longest, column))
        second = max(12, width - _LABEL - len(_GAP) - first)
        yield Line(f"{'':<{_LABEL}}{_padded('A', first)}{_GAP}B", "heading")
        for row in chosen:
            yield from _row(row, first, second)
    for label, why in reasons(chosen):
        yield from wrapped(f"{label}: {why}", width, "  ? ", "    ", "quiet")
    for sentence in left_out(rows, everything):
        yield from wrapped(sentence, width, "  ", "  ", "quiet")


def _row(row: Row, first: int, second: int) -> Iterator[Line]:
    left = [line.text for line in wrapped(cell(row.a), first, "", "")]
    right = [line.text for line in wrapped(cell(row.b), second, "", "")]
    for index in range(max(len(left), len(right))):
        label = f"{_MARKS[row.change]} {row.label}" if index == 0 else ""
        ours = left[index] if index < len(left) else ""
        theirs = right[index] if index < len(right) else ""
        yield Line(f"{_padded(label, _LABEL)}{_padded(ours, first)}{_GAP}{theirs}")


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cells(text))


def _gpus(compared: Comparison, width: int) -> Iterator[Line]:
    """GPUs with one cause are told together."""
    grouped = by_cause(compared.gpus)
    if grouped:
        yield Line("GPUs", "heading")
    for group in grouped:
        word = GPU_WORDS[group[0].change]
        yield from wrapped(f"{word:<10} {gpus_named(group)}", width, "  ", " " * 13, _STYLES[group[0].change])
        yield from wrapped(visible(why(group)), width, " " * 13, " " * 13)


def by_cause(gpus: Sequence[GpuChange]) -> list[list[GpuChange]]:
    """What is undecided on both sides is left to the row."""
    groups: dict[tuple[str, str], list[GpuChange]] = {}
    for gpu in gpus:
        if gpu.change != UNDECIDED or gpu.a.verdict is not gpu.b.verdict:
            groups.setdefault((gpu.change, gpu.why.rule or _without_names(gpu)), []).append(gpu)
    order = (DROPS_OUT, DEGRADES, UNDECIDED, IMPROVES, GAINED)
    return sorted(groups.values(), key=lambda group: order.index(group[0].change))


def _without_names(gpu: GpuChange) -> str:
    """One cause for several GPUs: the message without the GPU's name and number."""
    return gpu.why.message.replace(gpu.examples[0], "").replace(gpu.capability, "")


def gpus_named(group: Sequence[GpuChange]) -> str:
    if group[0].on_any_host:
        return f"all that {'B' if group[0].change == GAINED else 'A'} runs on"
    told = (f"{gpu.capability} {gpu.architecture} ({', '.join(gpu.examples)})" for gpu in group)
    return visible("; ".join(told))


def why(group: Sequence[GpuChange]) -> str:
    """The rule's own words, about the GPU of the group that is nearest to those that run on both."""
    gpu = group[0] if group[0].change in (GAINED, IMPROVES) else group[-1]
    where = {DROPS_OUT: "with B: ", DEGRADES: "with B: ", GAINED: "with A: ", IMPROVES: "with A: "}.get(gpu.change, "")
    return f"{where}{gpu.why.message}"


def _drivers(compared: Comparison, width: int) -> Iterator[Line]:
    if compared.drivers:
        yield Line("Drivers", "heading")
    for sentence in compared.drivers:
        yield from wrapped(sentence, width, "  - ", "    ")


def _hosts(compared: Comparison, width: int) -> Iterator[Line]:
    """Hosts that fare alike are told together."""
    alike: dict[HostChange, list[str]] = {}
    for change in compared.hosts:
        alike.setdefault(change._replace(host=""), []).append(change.host)
    if any(change.stated for change in alike):
        yield Line("Hosts", "heading")
    order = (DROPS_OUT, DEGRADES, UNDECIDED, STAYS, IMPROVES, GAINED)
    for change, names in sorted(alike.items(), key=lambda item: order.index(item[0].change)):
        yield from (_host(change, names, width) if change.stated else _any_host(change, width))


def _host(change: HostChange, names: Sequence[str], width: int) -> Iterator[Line]:
    verdicts = change.a.value if change.a is change.b else f"{change.a.value} -> {change.b.value}"
    text = f"{WORDS[change.change]:<12} {visible('; '.join(names))}: {verdicts}"
    yield from wrapped(text, width, "  ", " " * 15, _STYLES.get(change.change, ""))
    yield from _findings(change, width)


def _any_host(change: HostChange, width: int) -> Iterator[Line]:
    """Without a host: what holds whatever it is. That hosts were not judged is said."""
    if change.appear or change.vanish or change.changed or change.not_counted:
        yield Line("On any host", "heading")
        yield from _findings(change._replace(undecided=()), width)
    yield from wrapped(
        "No host was stated: --driver and --gpu, or --host, tell which of yours drop out.", width, "", "", "quiet"
    )


def _findings(change: HostChange, width: int) -> Iterator[Line]:
    for item in change.appear:
        yield from _finding("new with B", item, width)
        yield from _remedies(item, width)
    for item in () if change.is_loss else change.vanish:
        yield from _finding("gone with B", item, width)
    for before, after in change.changed:
        yield from _finding("changes with B", after, width)
        yield from _remedies(after, width)
        yield from wrapped(f"it was, with A: {visible(before.finding.message)}", width, "        ", "          ")
    for item in change.remain:
        yield from _finding("with both", item, width)
    for item in change.not_counted:
        yield from _finding("not counted against A, which runs today", item, width)
    for reason in change.undecided:
        yield from wrapped(f"not known: {visible(reason)}", width, "      ", "        ", "quiet")


def _finding(when: str, item: Told, width: int) -> list[Line]:
    return wrapped(f"{when}: {item.rule}: {visible(item.finding.message)}", width, "      ", "        ")


def _remedies(item: Told, width: int) -> Iterator[Line]:
    for remedy in item.finding.remedy:
        for index, line in enumerate(lines(remedy)):
            first = "        - " if index == 0 else "          "
            yield from wrapped(line, width, first, "          ") if is_prose(line) else [Line(first + line)]
