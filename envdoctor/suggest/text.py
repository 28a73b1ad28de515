"""The suggestions for people: a table, then what to type and why, then what would unlock more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envdoctor.formatters.layout import Line, cells, wrapped
from envdoctor.formatters.visible import visible
from envdoctor.suggest.answer import Answer
from envdoctor.suggest.constraints import Change
from envdoctor.suggest.problem import ONNXRUNTIME, TORCH, Candidate, Problem, Suggestion
from envdoctor.suggest.reasons import label, told
from envdoctor.suggest.recipe import pip_lines
from envdoctor.suggest.search import MOST

_MOST_REJECTIONS = 12


def lines(answer: Answer, width: int, explain: bool) -> list[Line]:
    return [*_all(answer, width, explain)]


def _all(answer: Answer, width: int, explain: bool) -> Iterator[Line]:
    problem = answer.problem
    needs = " and ".join(sorted(problem.parts))
    if answer.suggestions:
        yield from wrapped(visible(f"For {needs} on {label(problem.hosts)}:"), width, "", "  ", "heading")
        yield Line("")
        yield from _table(answer.suggestions, problem, width)
        for number, suggestion in enumerate(answer.suggestions, 1):
            yield Line("")
            yield from _suggestion(number, suggestion, problem, width)
    else:
        yield from wrapped(visible(f"NOTHING FITS for {needs} on {label(problem.hosts)}"), width, "", "  ", "error")
        yield from _conflict(answer, width)
    if answer.changes:
        yield Line("")
        title = "A single change that unlocks more:" if answer.suggestions else "A single change that helps:"
        yield Line(title, "heading")
        for change in answer.changes:
            yield from wrapped(visible(_change(change, problem)), width, "  - ", "    ")
    if answer.advice:
        yield Line("")
        yield Line("What the matrix does not know, and where to go on:", "heading")
    for line in answer.advice:
        yield from wrapped(visible(line), width, "  - ", "    ")
    if answer.ended:
        yield Line("")
        told = f"The search was given up after {MOST} answers of the rules; there may be more. Narrow it with --family, --os or --python."
        yield from wrapped(told, width, "", "  ", "warning")
    if explain or not answer.suggestions:
        yield from _rejections(answer, width)


def _table(suggestions: Sequence[Suggestion], problem: Problem, width: int) -> Iterator[Line]:
    head = ["", "base image", *sorted(problem.parts, reverse=True), "CUDA", "cuDNN", "Python"]
    rows = [head, *([str(number), *_row(each, problem)] for number, each in enumerate(suggestions, 1))]
    widths = [max(cells(row[column]) for row in rows) for column in range(len(head))]
    for number, row in enumerate(rows):
        text = "  ".join(cell + " " * (size - cells(cell)) for cell, size in zip(row, widths, strict=True))
        yield Line(f"  {visible(text.rstrip())}", "heading" if number == 0 else "")


def _row(suggestion: Suggestion, problem: Problem) -> list[str]:
    candidate = suggestion.candidate
    base = candidate.base
    versions = {TORCH: candidate.torch_version, ONNXRUNTIME: candidate.onnxruntime and candidate.onnxruntime.version}
    parts = [versions[part] or "-" for part in sorted(problem.parts, reverse=True)]
    return [base.image, *parts, cuda_of(candidate) or "-", base.cudnn or "-", base.python or "?"]


def cuda_of(candidate: Candidate) -> str | None:
    """Of the image; of torch's own where the image has none."""
    inside = candidate.torch.cuda if candidate.torch else candidate.base.torch_cuda
    return candidate.base.cuda or inside


def _suggestion(number: int, suggestion: Suggestion, problem: Problem, width: int) -> Iterator[Line]:
    yield Line(visible(f"{number}. FROM {suggestion.candidate.base.image}"), "compatible")
    for line in pip_lines(suggestion, problem):
        yield Line(visible(f"   {line}"))
    if problem.video:
        yield Line("   ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,video")
    for reason in suggestion.reasons:
        yield from wrapped(visible(reason), width, "     - ", "       ", "quiet")


def _conflict(answer: Answer, width: int) -> Iterator[Line]:
    if answer.conflict:
        yield Line("")
        yield Line("These cannot hold together, and none of them can be left out of the conflict:", "heading")
    for constraint in answer.conflict:
        yield from wrapped(visible(constraint.text), width, "  - ", "    ")


def _change(change: Change, problem: Problem) -> str:
    candidate = change.found[0][0]
    parts = [f"torch {candidate.torch_version}"] if TORCH in problem.parts and candidate.torch_version else []
    parts += [f"onnxruntime-gpu {candidate.onnxruntime.version}"] if candidate.onnxruntime else []
    return f"{change.text}: {candidate.base.image}{' with ' + ' and '.join(parts) if parts else ''}, Python {candidate.base.python}"


def _rejections(answer: Answer, width: int) -> Iterator[Line]:
    """One line for each reason, with the newest that lost for it; what is only not known after what was refused."""
    if answer.rejections:
        yield Line("")
        yield Line("What lost, and why:", "heading")
    seen: set[tuple[str, str, bool]] = set()
    left = 0
    for rejection in sorted(answer.rejections, key=lambda each: each.judgement.undecided):
        sort = (rejection.part, rejection.judgement.rule, rejection.judgement.undecided)
        if sort in seen or len(seen) >= _MOST_REJECTIONS:
            left += 1
            continue
        seen.add(sort)
        yield from wrapped(visible(told(rejection)), width, "  - ", "    ", "quiet")
    if left:
        yield Line(f"  and {left} more for such reasons (--format json lists them)", "quiet")
