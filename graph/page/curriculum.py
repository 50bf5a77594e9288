"""The curriculum drawn as a layered graph: modules in columns by stage, prerequisites as curves from left to right.

The order within a column is the usual one, by the mean position of the neighbours (Sugiyama, Tagawa and Toda 1981).
"""

from __future__ import annotations

import itertools
import textwrap
from collections import defaultdict
from dataclasses import dataclass

from tutelage.graph.page.formats import rate
from tutelage.graph.page.model import Report
from tutelage.graph.page.parts import ModuleResult
from tutelage.graph.page.routes import GAP, Curve, Frame, Slot, chain_of, curves_of, lane_column, tall
from tutelage.graph.statuses import words

ROOM, BETWEEN, HEADING = 1080, 16, 34
_SWEEPS = 6


@dataclass(frozen=True)
class Column:
    """Modules of one stage, or of those that were never taught."""

    heading: str
    modules: tuple[ModuleResult, ...]


@dataclass(frozen=True)
class Node:
    """A module's box; ``mastery`` is the share of right answers that fills it."""

    module: ModuleResult
    x: float
    y: float
    lines: tuple[str, ...]
    tip: str
    mastery: float | None


@dataclass(frozen=True)
class Drawing:
    """All that the SVG needs, in user units."""

    width: float
    height: float
    node_width: float
    headings: tuple[tuple[float, str], ...]
    nodes: tuple[Node, ...]
    curves: tuple[Curve, ...]


def draw(report: Report) -> Drawing:
    """Lay out the modules and edges of the report."""
    columns = columns_of(report)
    width = min(max((ROOM - GAP * (len(columns) - 1)) / max(len(columns), 1), 150), 230)
    place = {module.id: index for index, column in enumerate(columns) for module in column.modules}
    edges = [e for e in report.edges if e.prerequisite in place and e.dependent in place]
    chains = [chain_of(number, edge, place) for number, edge in enumerate(edges)]
    tops, height = _tops(_ordered(columns, chains))
    lefts = [index * (width + GAP) for index in range(len(columns))]
    nodes = tuple(
        Node(m, lefts[i], tops[m.id], _wrap(m.title, width), _tip(m), _mastery(report, m))
        for i, c in enumerate(columns)
        for m in c.modules
    )
    return Drawing(
        width=max(lefts[-1] + width, 1) if lefts else 1,
        height=height,
        node_width=width,
        headings=tuple((lefts[i] + width / 2, column.heading) for i, column in enumerate(columns)),
        nodes=nodes,
        curves=curves_of(report, edges, Frame(place, chains, tops, lefts, width)),
    )


def columns_of(report: Report) -> tuple[Column, ...]:
    """Known modules, the stages in order, and the modules no stage took; by depth where nothing was planned yet."""
    staged: dict[int, list[ModuleResult]] = defaultdict(list)
    for module in report.modules:
        if module.stage is not None:
            staged[module.stage].append(module)
    if not staged:
        return _by_depth(report)
    loose = [module for module in report.modules if module.stage is None]
    known = tuple(module for module in loose if module.verdict == "known")
    rest = tuple(module for module in loose if module.verdict != "known")
    stages = [Column(f"Stage {stage}", tuple(modules)) for stage, modules in sorted(staged.items())]
    columns = [Column("Known before", known), *stages, Column("Not taught", rest)]
    return tuple(column for column in columns if column.modules)


def _by_depth(report: Report) -> tuple[Column, ...]:
    """Columns by the longest chain of prerequisites; bounded, so that a cycle in a broken map cannot hang the page."""
    depth = {module.id: 0 for module in report.modules}
    for _ in report.modules:
        for edge in report.edges:
            if edge.prerequisite in depth and edge.dependent in depth:
                behind = min(depth[edge.prerequisite] + 1, len(depth) - 1)
                depth[edge.dependent] = max(depth[edge.dependent], behind)
    levels = sorted(set(depth.values()))
    return tuple(
        Column(f"Level {number}", tuple(m for m in report.modules if depth[m.id] == level))
        for number, level in enumerate(levels, start=1)
    )


def _ordered(columns: tuple[Column, ...], chains: list[list[Slot]]) -> list[list[Slot]]:
    rows: list[list[Slot]] = [[module.id for module in column.modules] for column in columns]
    near: dict[Slot, list[Slot]] = defaultdict(list)
    for chain in chains:
        for slot in chain[1:-1]:
            rows[lane_column(slot)].append(slot)
        for one, other in itertools.pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    for sweep in range(_SWEEPS):
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for index in order:
            reference = rows[index - 1 if sweep % 2 == 0 else index + 1]
            _sort_by_neighbours(rows[index], reference, near)
    return rows


def _sort_by_neighbours(row: list[Slot], reference: list[Slot], near: dict[Slot, list[Slot]]) -> None:
    at = {slot: (index + 0.5) / len(reference) for index, slot in enumerate(reference)}
    own = {slot: (index + 0.5) / len(row) for index, slot in enumerate(row)}

    def mean(slot: Slot) -> float:
        seen = [at[other] for other in near[slot] if other in at]
        return sum(seen) / len(seen) if seen else own[slot]

    row.sort(key=mean)


def _tops(rows: list[list[Slot]]) -> tuple[dict[Slot, float], float]:
    """The y of every slot, each column centred on the tallest, and the height of the whole."""
    heights = [sum(tall(slot) for slot in row) + BETWEEN * (len(row) - 1) for row in rows]
    highest = max(heights, default=0)
    tops: dict[Slot, float] = {}
    for row, height in zip(rows, heights, strict=True):
        y = HEADING + (highest - height) / 2
        for slot in row:
            tops[slot] = y
            y += tall(slot) + BETWEEN
    return tops, HEADING + highest + 4


def _wrap(title: str, width: float) -> tuple[str, ...]:
    return tuple(textwrap.wrap(title, int((width - 22) / 7), max_lines=2, placeholder="…")) or ("",)


def _mastery(report: Report, module: ModuleResult) -> float | None:
    """On held-out items where the run has come that far, else the latest that was measured."""
    if module.after is not None:
        return module.after.rate
    return next((point.rate for point in reversed(report.curve) if point.module == module.id), None)


def _tip(module: ModuleResult) -> str:
    after = f", held-out {rate(module.after.rate)}" if module.after else ""
    return f"{module.title} ({module.id}): {words(module.verdict)}{after}. {module.description}".strip()
