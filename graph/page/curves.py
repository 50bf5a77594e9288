"""Mastery curves as small multiples: one panel a module, all on the same scales so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.graph.page.formats import interval, rate
from tutelage.graph.page.model import Report
from tutelage.graph.page.parts import CurvePoint, ModuleResult
from tutelage.graph.statuses import words

WIDTH, HEIGHT = 320, 190
_OF_LESSONS = ("mastered", "remediate", "bridge", "stalled")
LEFT, RIGHT, TOP, BOTTOM = 30, 290, 26, 160


@dataclass(frozen=True)
class Dot:
    """One reading in SVG user units; ``low`` and ``high`` are the ends of its whisker."""

    x: float
    y: float
    low: float
    high: float
    pool: str
    taught: bool
    verdict: str
    tip: str


@dataclass(frozen=True)
class Panel:
    """One module's curve. ``bands`` are the x of the rounds in which it was taught, each ``step`` wide."""

    module: ModuleResult
    dots: tuple[Dot, ...]
    line: str
    bands: tuple[float, ...]
    step: float
    ticks: tuple[tuple[float, int], ...]
    threshold: float | None
    threshold_y: float | None
    cut: tuple[tuple[int, int, int], ...]


def panels(report: Report) -> tuple[Panel, ...]:
    """A panel for every module that was measured at least once, in the order of the map."""
    last = max((point.round for point in report.curve), default=0)
    drawn = []
    for module in report.modules:
        points = sorted((p for p in report.curve if p.module == module.id), key=lambda p: (p.round, p.pool))
        if points:
            drawn.append(_panel(report, module, points, last))
    return tuple(drawn)


def height(value: float) -> float:
    """The y of a rate, kept inside the panel."""
    return round(BOTTOM - (BOTTOM - TOP) * min(max(value, 0.0), 1.0), 1)


def _panel(report: Report, module: ModuleResult, points: Sequence[CurvePoint], last: int) -> Panel:
    step = (RIGHT - LEFT) / (last + 1)
    taught = {point.round for point in points if _taught(report, point)}
    dots = tuple(_dot(point, point.round in taught, _spread(points, index, step)) for index, point in enumerate(points))
    threshold = _threshold(report, module)
    return Panel(
        module=module,
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        bands=tuple(round(LEFT + step * number, 1) for number in sorted(taught)),
        step=round(step, 1),
        ticks=_ticks(last, step),
        threshold=threshold,
        threshold_y=None if threshold is None else height(threshold),
        cut=tuple((point.round, point.truncated, point.n) for point in points if point.truncated),
    )


def _taught(report: Report, point: CurvePoint) -> bool:
    """Whether the round had lessons on the module: trained on, and judged. Replay alone brings no such verdict."""
    rows = sum(round_.modules.get(point.module, 0) for round_ in report.training if round_.round == point.round)
    return rows > 0 and point.verdict in _OF_LESSONS


def _dot(point: CurvePoint, taught: bool, x: float) -> Dot:
    ends = interval(point.low, point.high)
    tip = f"round {point.round}, {point.pool} pool: {rate(point.rate)} ({ends}), n = {point.n}"
    tip += f", {words(point.verdict)}" if point.verdict else ""
    low = point.rate if point.low is None else point.low
    high = point.rate if point.high is None else point.high
    return Dot(x, height(point.rate), height(low), height(high), point.pool, taught, point.verdict, tip)


def _spread(points: Sequence[CurvePoint], index: int, step: float) -> float:
    """The x of a point: the middle of its round, or its share of it where one round holds several readings."""
    same = [i for i, point in enumerate(points) if point.round == points[index].round]
    return round(LEFT + step * (points[index].round + (same.index(index) + 1) / (len(same) + 1)), 1)


def _ticks(last: int, step: float) -> tuple[tuple[float, int], ...]:
    every = max(1, -(-(last + 1) // 10))
    return tuple((round(LEFT + step * (number + 0.5), 1), number) for number in range(0, last + 1, every))


def _threshold(report: Report, module: ModuleResult) -> float | None:
    """The student's rate that counts as mastery: a share of what the teacher gets right, if it gets any right."""
    share = report.settings.mastery_threshold
    seen = [d.inputs.teacher for d in report.decisions if d.module == module.id and d.inputs.teacher is not None]
    teacher = seen[-1] if seen else (module.teacher.rate if module.teacher else 1.0)
    return share * teacher if share is not None and teacher > 0 else None
