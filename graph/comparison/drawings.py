"""What the page of a comparison draws: differences on one scale, and accuracy against what was spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tutelage.graph.comparison.records import Comparison, DifferenceRow, Estimate, Point
from tutelage.graph.page.formats import count, dollars, duration, interval, rate

WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 34, 432, 14, 232
LABEL_X, LABEL_GAP = 446, 12
FOREST = 240
"""Width of a row of differences, in user units; no difference is in its middle."""
COLOURS = 8


@dataclass(frozen=True)
class Axis:
    """One thing that is spent: its title, its value at a point, and how that is written."""

    title: str
    cap: str
    value: Callable[[Point], float | None]
    written: Callable[[float], str]


AXES = (
    Axis("Teacher tokens", "teacher_tokens", lambda p: p.teacher_tokens, count),
    Axis("Training tokens", "training_tokens", lambda p: p.training_tokens, count),
    Axis("Dollars", "teacher_dollars", lambda p: p.teacher_dollars, dollars),
    Axis("Seconds", "seconds", lambda p: p.seconds, duration),
)


@dataclass(frozen=True)
class Dot:
    """A mean over an arm's seeds, in user units."""

    x: float
    y: float
    tip: str


@dataclass(frozen=True)
class Track:
    """One arm's way through a panel.

    Attributes:
        number: The arm's, from 1: it stands beside the end, so that colour is not all there is.
        dots: After each round, by readings that steered the run.
        end: On the held-out items; ``low`` and ``high`` are the ends of its whisker.
        label_y: Where the number stands.
    """

    number: int
    dots: tuple[Dot, ...]
    end: Dot
    low: float
    high: float
    label_y: float

    @property
    def line(self) -> str:
        """The points of its line."""
        return " ".join(f"{dot.x},{dot.y}" for dot in (*self.dots, self.end))

    @property
    def colour(self) -> int:
        """Which of the colours."""
        return (self.number - 1) % COLOURS


@dataclass(frozen=True)
class Panel:
    """Accuracy against one thing that is spent."""

    title: str
    tracks: tuple[Track, ...]
    ticks: tuple[tuple[float, str], ...]
    cap_x: float | None


def panels(comparison: Comparison) -> tuple[Panel, ...]:
    """A panel for each thing that every finished run knows to have spent."""
    return tuple(panel for axis in AXES if (panel := _panel(comparison, axis)) is not None)


def reach(rows: Sequence[DifferenceRow]) -> float:
    """The largest difference that an interval or a seed reaches, up to the next twentieth: the scale of all rows."""
    found = [row.difference for row in rows]
    largest = max((abs(edge) for d in found for edge in (d.low, d.high, *d.seeds)), default=0.05)
    return max(0.05, -(-largest // 0.05) * 0.05)


def across(value: float, scale: float) -> float:
    """The x of a difference in a row, kept inside it."""
    return round(FOREST / 2 * (1 + min(max(value / scale, -1.0), 1.0)), 1)


def height(value: float) -> float:
    """The y of an accuracy."""
    return round(BOTTOM - (BOTTOM - TOP) * min(max(value, 0.0), 1.0), 1)


def _panel(comparison: Comparison, axis: Axis) -> Panel | None:
    ends = [axis.value(p) for p in comparison.points if p.round is None]
    known = [value for value in ends if value is not None]
    cap = comparison.budget.get(axis.cap)
    largest = max(known, default=0.0)
    # A cap that nobody came near would press all that happened against the left edge.
    cap = cap if cap is not None and cap <= 1.5 * largest else None
    whole = max(largest, cap or 0.0)
    if not known or len(known) < len(ends) or whole <= 0:
        return None

    def x(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(value / whole, 1.0), 1)

    tracks = []
    for number, result in enumerate(comparison.results, start=1):
        mine = [p for p in comparison.points if p.arm == result.arm]
        if result.mean is not None and mine:
            tracks.append(_track(number, result.arm, result.mean, mine, axis, x))
    ticks = tuple((x(share * whole), axis.written(share * whole)) for share in (0.0, 0.5, 1.0))
    return Panel(axis.title, _labelled(tracks), ticks, None if cap is None else x(cap))


def _track(
    number: int, arm: str, mean: Estimate, points: Sequence[Point], axis: Axis, x: Callable[[float], float]
) -> Track:
    dots = []
    seeds = {p.seed for p in points}
    for reached in sorted({p.round for p in points if p.round is not None}):
        here = [(value, p.accuracy) for p in points if p.round == reached and (value := axis.value(p)) is not None]
        if len(here) == len(seeds):  # a mean over other seeds than its neighbours' would be a step of its own
            spent, right = (sum(column) / len(here) for column in zip(*here, strict=True))
            tip = f"{arm}, after round {reached}: {rate(right)} at {axis.written(spent)}"
            dots.append(Dot(x(spent), height(right), tip))
    spends = [value for p in points if p.round is None and (value := axis.value(p)) is not None]
    spent = sum(spends) / len(spends)
    tip = f"{arm}, held-out: {rate(mean.value)} ({interval(mean.low, mean.high)}) at {axis.written(spent)}"
    end = Dot(x(spent), height(mean.value), tip)
    return Track(number, tuple(dots), end, height(mean.low), height(mean.high), end.y)


def _labelled(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """The numbers moved apart, as little as it takes: from the top down, and the whole back up if it ran out."""
    ordered = sorted(tracks, key=lambda track: track.end.y)
    places: list[float] = []
    for track in ordered:
        places.append(max(track.end.y, places[-1] + LABEL_GAP) if places else track.end.y)
    over = max(0.0, places[-1] - BOTTOM) if places else 0.0
    for place in range(len(places) - 1, -1, -1):
        limit = BOTTOM if place == len(places) - 1 else places[place + 1] - LABEL_GAP
        places[place] = min(places[place], limit) if over else places[place]
    moved = {t.number: y for t, y in zip(ordered, places, strict=True)}
    return tuple(Track(t.number, t.dots, t.end, t.low, t.high, round(moved[t.number], 1)) for t in tracks)
