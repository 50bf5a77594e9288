"""Accuracy against budget, and what was known of each module after each round. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tutelage.graph.comparison.evidence import Evidence
from tutelage.graph.comparison.records import Cell, Point
from tutelage.pedagogy.records import Pool


def points_of(found: Evidence) -> Iterator[Point]:
    """A run's rounds, and its end on the held-out items."""
    arm, seed = found.job.arm, found.job.seed
    for one in found.rounds:
        yield Point(
            arm=arm, seed=seed, round=one.round, accuracy=one.accuracy, teacher_tokens=one.teacher_tokens,
            training_tokens=one.training_tokens, teacher_dollars=None, seconds=one.seconds,
        )  # fmt: skip
    rates = [sum(right) / len(right) for right in found.answers.values()]
    yield Point(
        arm=arm, seed=seed, round=None, accuracy=sum(rates) / len(rates), teacher_tokens=found.spent.teacher_tokens,
        training_tokens=found.spent.training_tokens, teacher_dollars=found.spent.teacher_dollars,
        seconds=found.spent.seconds,
    )  # fmt: skip


def cells_of(arm: str, found: Sequence[Evidence]) -> list[Cell]:
    """The forgetting matrix of an arm: every reading of its runs, summed over seeds, and the held-out items last."""
    mine = [e for e in found if e.job.arm == arm]
    sums: dict[tuple[str, int | None, Pool], list[int]] = {}

    def add(module: str, round_number: int | None, pool: Pool, right: int, n: int) -> None:
        total = sums.setdefault((module, round_number, pool), [0, 0, 0])
        total[0], total[1], total[2] = total[0] + right, total[1] + n, total[2] + 1

    for one in mine:
        for reading in one.readings:
            add(reading.module, reading.round, reading.pool, reading.right, reading.n)
        for module, right in one.answers.items():
            add(module, None, "held_out", sum(right), len(right))
    order = {m.id: place for one in mine[:1] for place, m in enumerate(one.modules)}
    keys = sorted(sums, key=lambda k: (order.get(k[0], len(order)), k[1] is None, k[1] or 0, k[2]))
    return [
        Cell(arm=arm, module=m, round=r, pool=p, right=sums[m, r, p][0], n=sums[m, r, p][1], seeds=sums[m, r, p][2])
        for m, r, p in keys
    ]
