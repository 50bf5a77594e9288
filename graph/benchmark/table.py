"""What benchmarks came to, for a terminal: a table, and under it what must be known to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tutelage.graph.benchmark.records import Figure, Result, Score

HEADINGS = ("Benchmark", "n", "Before", "After", "Teacher", "After - before", "Share retained")


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """A row a result; every figure is followed by its standard error, every rate by its exact 95 % interval."""
    return [
        (
            result.benchmark if result.metric == "accuracy" else f"{result.benchmark} {result.metric}",
            _count(result),
            _score(result.before),
            _score(result.after),
            _score(result.teacher),
            "-" if result.difference is None else _figure(result.difference, sign=True),
            result.share_retained
            if isinstance(result.share_retained, str)
            else "-"
            if result.share_retained is None
            else _figure(result.share_retained),
        )
        for result in results
    ]


def notes(results: Sequence[Result]) -> list[str]:
    """What is missing and why, and what speaks against a figure; each line once."""
    return list(dict.fromkeys(line for result in results for line in _notes(result)))


def _notes(result: Result) -> Iterator[str]:
    who = {"after": "the taught student", "teacher": "the teacher"}
    for which, why in result.missing.items():
        yield f"{result.benchmark}: {who[which]} was not run: {why}"
    named = (("untaught student", result.before), ("taught student", result.after), ("teacher", result.teacher))
    for name, score in named:
        if score is not None and score.truncated:
            yield f"{result.benchmark}: {score.truncated} of {score.n} answers of the {name} met the limit of tokens"
    if result.tutor_saw:
        yield f"{result.benchmark}: {result.tutor_saw} of its items are diagnostic probes of this run"
    if result.lessons_near:
        yield f"{result.benchmark}: {result.lessons_near} accepted lessons come close to one of its items"


def _count(result: Result) -> str:
    n = result.before.n
    return f"{n:,}" if result.available in (None, n) else f"{n:,} of {result.available:,}"


def _score(score: Score | None) -> str:
    if score is None:
        return "not run"
    interval = "" if score.low is None or score.high is None else f" ({score.low:.2f}-{score.high:.2f})"
    return _figure(score) + interval


def _figure(figure: Figure, *, sign: bool = False) -> str:
    value = f"{figure.value:+.2f}" if sign else f"{figure.value:.2f}"
    return value if figure.error is None else f"{value} ± {figure.error:.3f}"
