"""Two runs for the page to show side by side: where they part, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tutelage.graph.traces.compare import compare
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.listing import standing
from tutelage.graph.traces.steps import Step

Branch = tuple[Ledgers, Sequence[Step]]


def side_by_side(a: Branch, b: Branch) -> dict[str, Any]:
    """The comparison, both runs in short, and decisions and mastery of each module round by round."""
    runs = [_short(*branch) for branch in (a, b)]
    names = [name for run in runs for name in run["readings"]]
    return {
        **compare(a[0], b[0]),
        "branches": runs,
        "modules": list(dict.fromkeys(names)),
        "rounds": list(_rounds(a, b)),
    }


def _short(ledgers: Ledgers, steps: Sequence[Step]) -> dict[str, Any]:
    readings: dict[str, list[dict[str, Any]]] = {}
    for _, rows in ledgers.parts("readings"):
        for row in rows:
            point = {key: row[key] for key in ("round", "pool", "right", "n", "verdict")}
            readings.setdefault(str(row["module"]), []).append(point)
    calls = [s for s in steps if s.role]
    return {
        "directory": str(ledgers.root),
        "standing": standing(ledgers, steps),
        "round": max((s.round or 0 for s in steps), default=0),
        "calls": sum(s.cost.calls for s in calls),
        "tokens": sum(s.cost.tokens for s in calls),
        "shared_steps": sum(s.shared for s in steps),
        "readings": readings,
    }


def _rounds(a: Branch, b: Branch) -> Iterator[dict[str, Any]]:
    """Every decision on a module in either run, paired by round, node and module."""
    one, two = (_decided(branch) for branch in (a, b))
    for key in sorted(one.keys() | two.keys()):
        part, module = key
        number, _, node = part.split("-")[:3]
        yield {"round": int(number), "node": node, "module": module, "a": one.get(key), "b": two.get(key)}


def _decided(branch: Branch) -> dict[tuple[str, str], dict[str, Any]]:
    ledgers, steps = branch
    at = {(s.node, s.round): s.number for s in steps if s.is_node}
    return {
        (part, str(row["module"])): {"verdict": row["verdict"], "reason": row["reason"], "step": _step(part, row, at)}
        for part, rows in ledgers.decisions
        for row in rows
        if row["module"]
    }


def _step(part: str, row: Row, at: dict[tuple[str | None, int | None], int]) -> int | None:
    node = part.split("-")[2]
    return at.get((node, row["round"] - (node == "plan")))
