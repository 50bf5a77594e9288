"""The forgetting matrix and the budget, as the page lays them out."""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.graph.comparison.records import Cell, Comparison, RunRow
from tutelage.pedagogy.rates import Rate


@dataclass(frozen=True)
class Matrix:
    """One arm: ``rounds`` across, a row a module; the last cell of a row is of the held-out items."""

    arm: str
    rounds: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Rate | None, ...]], ...]


@dataclass(frozen=True)
class ArmSpent:
    """What the runs of an arm spent against one cap.

    Attributes:
        mean: Over its finished runs.
        low: The least deviation in per cent; ``high`` the largest.
        off: Runs that are flagged.
    """

    arm: str
    cap: str
    limit: float
    mean: float
    low: float
    high: float
    off: int
    runs: int


def matrices(comparison: Comparison) -> tuple[Matrix, ...]:
    """A matrix for each arm that has a finished run."""
    return tuple(found for arm in comparison.arms if (found := _matrix(comparison, arm)) is not None)


def budget_rows(comparison: Comparison) -> tuple[ArmSpent, ...]:
    """Each arm against each cap."""
    return tuple(
        _spent(arm, cap, mine)
        for cap in comparison.budget
        for arm in comparison.arms
        if (mine := [run for run in comparison.runs if run.arm == arm and run.spent is not None])
    )


def _matrix(comparison: Comparison, arm: str) -> Matrix | None:
    cells = [cell for cell in comparison.forgetting if cell.arm == arm]
    if not cells:
        return None
    rounds = tuple(sorted({cell.round for cell in cells if cell.round is not None}))
    return Matrix(
        arm,
        rounds,
        tuple(
            (m.name, tuple(_rate([c for c in cells if c.module == m.id and c.round == r]) for r in (*rounds, None)))
            for m in comparison.modules
        ),
    )


def _rate(cells: list[Cell]) -> Rate | None:
    asked = sum(cell.n for cell in cells)
    return Rate(sum(cell.right for cell in cells), asked) if asked else None


def _spent(arm: str, cap: str, runs: list[RunRow]) -> ArmSpent:
    found = [one for run in runs for one in run.against if one.cap == cap]
    away = [one.deviation_percent for one in found]
    return ArmSpent(
        arm=arm, cap=cap, limit=found[0].limit, mean=sum(one.spent for one in found) / len(found), low=min(away),
        high=max(away), off=sum(one.off for one in found), runs=len(found),
    )  # fmt: skip
