"""Invented evidence of runs, so that tables and page can be looked at without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.graph.simulated import QUICKSTART
from tutelage.configs.load import load_run
from tutelage.graph.comparison.curve import Reached
from tutelage.graph.comparison.evidence import Evidence
from tutelage.graph.comparison.plan import Job, Plan
from tutelage.graph.comparison.records import Comparison, Spent
from tutelage.graph.comparison.table import compare_runs
from tutelage.graph.records import Reading
from tutelage.pedagogy.records import Module

TITLES = {
    "number/sequence": "Counting on",
    "number/addition": "Adding two-digit numbers",
    "number/multiplication": "Two-digit times one-digit",
    "time/minutes": "Hours and minutes to minutes",
}
ITEMS = 50
CAPS = {"teacher_tokens": 120_000.0, "training_tokens": 60_000.0}
ARMS = {"ioa": 0.8, "self_instruct": 0.55, "llm2llm": 0.78, "ioa-no_gate": 0.6, "ioa-no_replay": 0.79}
"""Arms with their true accuracy."""


def invented(
    accuracies: Mapping[str, float] = ARMS, seeds: int = 5, *, missing: Mapping[str, str] | None = None,
    budget: Mapping[str, float] | None = None, titles: Mapping[str, str] | None = None, over: float = 1.01,
    first_seed: int = 0,
) -> Comparison:  # fmt: skip
    """A comparison of arms that answer each item right with so much chance.

    Args:
        accuracies: Arms with their true accuracy; the first is the baseline.
        seeds: How many.
        missing: Runs that failed, with the error.
        budget: Caps.
        titles: Modules by id.
        over: What every run spent, as a share of its caps.
        first_seed: Another brings other luck.
    """
    titles, missing = titles or TITLES, missing or {}
    arms = tuple(accuracies)
    numbers = tuple(range(first_seed, first_seed + seeds))
    plan = Plan(QUICKSTART, Path("c"), arms, numbers, dict(CAPS if budget is None else budget), arms[0])
    config = load_run(QUICKSTART)
    jobs = [Job(a, s, Path("c/runs") / f"{a}-s{s}", (), (), config) for s in plan.seeds for a in arms]
    found = [_evidence(job, accuracies[job.arm], titles, over) for job in jobs if job.name not in missing]
    return compare_runs(plan, jobs, found, missing, "0" * 64, "tutelage compare configs/quickstart.yaml")


def _evidence(job: Job, accuracy: float, titles: Mapping[str, str], over: float) -> Evidence:
    # The same luck with an item for every arm of a seed, and some of the arm's own.
    items = np.random.default_rng([job.seed, 1]).random((len(titles), ITEMS))
    own = np.random.default_rng([job.seed, *job.arm.encode()])
    luck = np.where(own.random(items.shape) < 0.7, items, own.random(items.shape))
    level = accuracy + own.normal(0, 0.02)
    readings, rounds = [], []
    for number, share in enumerate((0.05, 0.6, 0.8, 0.95)):
        for module in titles:
            pool = "gate" if number else "diagnostic"
            right = int(own.binomial(36, min(share * level, 1)))
            readings.append(Reading(module=module, round=number, pool=pool, right=right, n=36, truncated=0,
                                    verdict=None))  # fmt: skip
        rounds.append(
            Reached(number, share * level, int(number * 35_000 + 5000), number * 16_000, 200.0 * (number + 1))
        )
    return Evidence(
        job=job,
        outcome="stopped_by_budget",
        student="1",
        modules=tuple(Module(id=key, name=title) for key, title in titles.items()),
        held_out={m: tuple(f"{m}/{n}" for n in range(ITEMS)) for m in titles},
        answers={m: tuple(bool(x) for x in luck[n] < level) for n, m in enumerate(titles)},
        before={m: tuple(bool(x) for x in items[n] < 0.05) for n, m in enumerate(titles)},
        teacher=dict.fromkeys(titles, (True,) * ITEMS),
        spent=Spent(
            teacher_calls=300, teacher_tokens=round(120_000 * over), teacher_exam_tokens=9_000,
            teacher_dollars=0.4 * over, training_tokens=round(60_000 * over),
            trained_tokens=48_000, probe_tokens=36_000, seconds=900.0 + own.normal(0, 60),
        ),
        readings=tuple(readings),
        rounds=tuple(rounds),
    )  # fmt: skip
