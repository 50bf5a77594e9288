"""The content of ``benchmarks.json``: what each benchmark came to, and all that is needed to measure it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import JsonValue, ValidationError

from tutelage.errors import InputError
from tutelage.files import write_json
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Record
from tutelage.pedagogy.retained import Estimate, mean_of, paired_difference, share_retained

FILE = "benchmarks.json"
CONFIDENCE = 0.95


class Figure(Record):
    """A figure over ``n`` items with its standard error, which is None where the items show none."""

    value: float
    error: float | None
    n: int


class Score(Figure):
    """What one of the three scored.

    Attributes:
        low: Of the exact 95 % interval, where an answer is right or wrong; the standard error is 0 where all are alike.
        model: ``base``, the adapter's hash, or the teacher's model.
        endpoint: ``local`` where the student answered in its own process.
        seconds: It took to answer and to grade; what an earlier process took is counted in.
        truncated: Answers that met the limit of tokens; None where nobody counts them.
    """

    low: float | None = None
    high: float | None = None
    model: str
    endpoint: str
    seconds: float
    truncated: int | None = None


class Result(Record):
    """One benchmark, or one metric of one task of lm-evaluation-harness.

    Attributes:
        key: Of items and settings: the same key and adapter is the same measurement, made again.
        items_sha256: Of the items as they were read, all ``available`` of them; of the tasks' folder for a task of it.
        settings: How it was asked and graded.
        tutor_saw: Items that stand among the run's diagnostic probes, whose failures the Tutor may have seen.
        lessons_near: Accepted lessons that come close to one of the items; None where nobody looked.
        missing: Why the taught student or the teacher has no score, by who it is.
        difference: After less before, item by item.
        share_retained: After as a share of the teacher's; undefined where the teacher scores 0.
    """

    benchmark: str
    metric: str
    by: Literal["tutelage", "lm-eval"]
    key: str
    source: str | None
    items_sha256: str | None
    available: int | None
    settings: dict[str, JsonValue]
    tutor_saw: int | None = None
    lessons_near: int | None = None
    adapter: str | None
    adapter_sha256: str | None
    before: Score
    after: Score | None
    teacher: Score | None
    missing: dict[Literal["after", "teacher"], str]
    difference: Figure | None
    share_retained: Figure | Literal["undefined"] | None


class Benchmarks(Record):
    """``benchmarks.json``."""

    schema_version: Literal[1] = 1
    run: str
    student: str
    student_sha256: str
    results: tuple[Result, ...] = ()


def figure(estimate: Estimate) -> Figure:
    """An estimate as it is written."""
    return Figure(value=estimate.value, error=estimate.error, n=estimate.n)


def score(
    right: Sequence[float], *, model: str, endpoint: str, seconds: float, truncated: int | None, binary: bool = True
) -> Score:
    """The score of these answers, one number an item."""
    found = mean_of(right)
    interval = Rate(round(sum(right)), len(right)).interval(CONFIDENCE) if binary else None
    return Score(
        value=found.value, error=found.error, n=found.n, model=model, endpoint=endpoint, seconds=round(seconds, 1),
        truncated=truncated, low=interval.low if interval else None, high=interval.high if interval else None,
    )  # fmt: skip


def difference(after: Sequence[float] | None, before: Sequence[float] | None) -> Figure | None:
    """After less before; None where one of them is not there item by item."""
    if after is None or before is None or len(after) != len(before):
        return None
    return figure(paired_difference(after, before))


def share(after: Sequence[float] | None, teacher: Sequence[float] | None) -> Figure | Literal["undefined"] | None:
    """The share of the teacher retained; None where one of them is not there."""
    if after is None or teacher is None:
        return None
    found = share_retained(after, teacher)
    return "undefined" if found is None else figure(found)


def merged(earlier: Sequence[Result], results: Sequence[Result]) -> tuple[Result, ...]:
    """All results, those that were measured again in the place of the earlier ones."""
    made = {_same(result): result for result in (*earlier, *results)}
    return tuple(made.values())


def _same(result: Result) -> tuple[str | None, ...]:
    return result.by, result.benchmark, result.metric, result.key, result.adapter_sha256


def read_benchmarks_file(root: Path) -> Benchmarks | None:
    """What earlier commands left; None where there is nothing.

    Raises:
        InputError: the file is none of ours.
    """
    path = root / FILE
    if not path.exists():
        return None
    try:
        return Benchmarks.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError("not a file of ours", where=path, do="move it away") from error


def benchmark_facts(root: Path) -> list[dict[str, JsonValue]]:
    """The results for ``report.json``."""
    found = read_benchmarks_file(root)
    return [] if found is None else [result.model_dump(mode="json") for result in found.results]


def write_benchmarks_file(root: Path, content: Benchmarks) -> None:
    """Write it, whole or not at all."""
    write_json(root / FILE, content.model_dump(mode="json"))
