"""The way of every prerequisite edge through the drawing of the curriculum.

An edge that skips a column gets a narrow lane of its own there, so that it never hides behind a module.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.graph.page.formats import rate
from tutelage.graph.page.model import Report
from tutelage.graph.page.parts import MapEdge

GAP = 84
NODE_HEIGHT, LANE_HEIGHT = 66, 14
_LABEL_WIDTH, _LABEL_HEIGHT = 28, 12

Slot = str | tuple[int, int]
"""A place in a column: a module's id, or (edge, column) for the lane of an edge passing through."""

Bend = tuple[float, float, float, float, float, float, float, float]
"""A cubic: start, two control points, end."""


@dataclass(frozen=True)
class Frame:
    """Where everything stands: column of each module, slots of each edge, y of each slot, x of each column."""

    place: dict[str, int]
    chains: list[list[Slot]]
    tops: dict[Slot, float]
    lefts: list[float]
    width: float

    def middle(self, slot: Slot) -> float:
        """The y of a slot's middle."""
        return self.tops[slot] + tall(slot) / 2


@dataclass(frozen=True)
class Curve:
    """An edge's path, with the place of its label."""

    edge: MapEdge
    path: str
    label_x: float
    label_y: float
    tip: str


def tall(slot: Slot) -> float:
    """The height of a slot."""
    return NODE_HEIGHT if isinstance(slot, str) else LANE_HEIGHT


def lane_column(slot: Slot) -> int:
    """The column of a lane."""
    if isinstance(slot, str):
        raise TypeError(f"a module is not a lane: {slot}")
    return slot[1]


def chain_of(number: int, edge: MapEdge, place: dict[str, int]) -> list[Slot]:
    """The slots that edge ``number`` visits, from its prerequisite to its dependent."""
    start, end = place[edge.prerequisite], place[edge.dependent]
    between = range(start + 1, end) if start < end else range(start - 1, end, -1)
    return [edge.prerequisite, *((number, column) for column in between), edge.dependent]


def curves_of(report: Report, edges: Sequence[MapEdge], frame: Frame) -> tuple[Curve, ...]:
    """All edges, drawn and labelled."""
    curves: list[Curve] = []
    labels: list[tuple[float, float]] = []
    for number, edge in enumerate(edges):
        bends = _bends(number, edge, frame)
        label = _label(bends[0], labels)
        labels.append(label)
        names = f"{report.title(edge.prerequisite)} → {report.title(edge.dependent)}"
        curves.append(Curve(edge, _path(bends), *label, tip=f"{names}: strength {rate(edge.strength)}, {edge.source}"))
    return tuple(curves)


def _bends(number: int, edge: MapEdge, frame: Frame) -> list[Bend]:
    """One cubic for each gap that the edge crosses; between two of them it runs level along its lane."""
    start, end = frame.place[edge.prerequisite], frame.place[edge.dependent]
    chain = frame.chains[number]
    heights = [frame.middle(slot) for slot in chain]
    heights[0] += _port(number, 0, frame)
    heights[-1] += _port(number, -1, frame)
    columns = [start, *(lane_column(slot) for slot in chain[1:-1]), end]
    bends = []
    for step, (here, there) in enumerate(itertools.pairwise(columns)):
        x = frame.lefts[here] + (frame.width if here <= there else 0)
        to_x = frame.lefts[there] + (frame.width if here >= there else 0)
        bends.append(_bend(x, heights[step], to_x, heights[step + 1]))
    return bends


def _bend(x: float, y: float, to_x: float, to_y: float) -> Bend:
    """A cubic that leaves and arrives level; between two boxes of one column it swings out to the right."""
    pull = (to_x - x) / 2
    if x == to_x:
        return (x, y, x + GAP / 2, y, x + GAP / 2, to_y, to_x, to_y)
    return (x, y, x + pull, y, to_x - pull, to_y, to_x, to_y)


def _path(bends: Sequence[Bend]) -> str:
    x, y = bends[0][:2]
    path = f"M{x:.1f},{y:.1f}"
    for bend in bends:
        path += f" H{bend[0]:.1f}" if bend is not bends[0] else ""
        path += " C" + " ".join(f"{bend[i]:.1f},{bend[i + 1]:.1f}" for i in (2, 4, 6))
    return path


def _label(bend: Bend, taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The first place along the curve where a label hides no other; its middle where there is none."""
    places = [_along(bend, part) for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)]
    free = (p for p in places if not any(_collide(p, other) for other in taken))
    return next(free, places[0])


def _collide(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < _LABEL_WIDTH and abs(one[1] - other[1]) < _LABEL_HEIGHT


def _along(bend: Bend, part: float) -> tuple[float, float]:
    rest = 1 - part
    weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
    x = sum(weight * bend[2 * i] for i, weight in enumerate(weights))
    y = sum(weight * bend[2 * i + 1] for i, weight in enumerate(weights))
    return round(x, 1), round(y, 1)


def _port(number: int, end: int, frame: Frame) -> float:
    """How far from a box's middle an edge touches it: edges fan out in the order of where they go."""
    towards = 1 if end == 0 else -2
    own = frame.chains[number][end]
    rivals = [i for i, chain in enumerate(frame.chains) if chain[end] == own]
    rivals.sort(key=lambda i: frame.middle(frame.chains[i][towards]))
    room = min(12, (NODE_HEIGHT - 20) / max(len(rivals), 1))
    return (rivals.index(number) - (len(rivals) - 1) / 2) * room
