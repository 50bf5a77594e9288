"""Benchmarks from outside, as the page reads them."""

from __future__ import annotations

from tutelage.graph.page.part import Part


class Figure(Part):
    """A figure with its standard error, and its interval where it is a rate."""

    value: float | None = None
    error: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None


class BenchmarkResult(Part):
    """One metric of one benchmark."""

    benchmark: str = ""
    metric: str = ""
    available: int | None = None
    before: Figure | None = None
    after: Figure | None = None
    teacher: Figure | None = None
    difference: Figure | None = None
    share_retained: Figure | str | None = None
