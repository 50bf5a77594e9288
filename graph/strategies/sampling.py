"""The student's own answers, drawn several times: which of them are right may be lessons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner
from tutelage.graph.rundir import part_name
from tutelage.graph.solutions import solution_in
from tutelage.pedagogy.records import Attempt, Item, Solution
from tutelage.training.contracts import Sampling

SAMPLES = 4
TEMPERATURE = 0.7


async def sample(ctx: RunContext, adapter: str | None, items: Sequence[Item], round_number: int) -> None:
    """Draw answers to all items, and keep them."""
    async with Examiner(ctx, adapter, round_number) as examiner:
        for number in range(SAMPLES):
            sampling = Sampling(temperature=TEMPERATURE, seed=ctx.config.seed * SAMPLES + number)
            label = f"the student's own answers, {number + 1} of {SAMPLES}"
            await examiner.attempts(_part(round_number, number), items, label, sampling)


def right_samples(ctx: RunContext, items: Sequence[Item], round_number: int) -> Iterator[tuple[Item, Solution]]:
    """The right ones among them, each with its item. No text twice."""
    wanted = {item.id: item for item in items}
    seen: set[tuple[str, str]] = set()
    for number in range(SAMPLES):
        for attempt in ctx.rundir.rows("attempts", Attempt, _part(round_number, number)):
            item = wanted.get(attempt.probe)
            if item is None or attempt.grade != "right" or (item.id, attempt.response) in seen:
                continue
            seen.add((item.id, attempt.response))
            yield item, solution_in(ctx.domain.grader, attempt.response, item.reference)


def _part(round_number: int, number: int) -> str:
    return part_name(round_number, "survey", f"sample{number}")
