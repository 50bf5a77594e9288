"""What ``comparison.json`` holds. Rates and differences are fractions of held-out items."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from tutelage.pedagogy.paired import Verdict
from tutelage.pedagogy.records import Pool, Record

SCHEMA_VERSION: Final = 1


class Estimate(Record):
    """A mean over seeds with its 95 % interval; ``seeds`` are the seeds' own means, in the order of the seeds."""

    value: float
    low: float
    high: float
    seeds: tuple[float, ...]


class ModuleName(Record):
    """A module, and how many held-out items it has in a run."""

    id: str
    name: str
    items: int


class ArmResult(Record):
    """What one arm came to.

    Attributes:
        overrides: What makes it this arm.
        seeds: The seeds that were run to their end.
        mean: Accuracy over all modules, each counting alike; None where no seed was.
    """

    arm: str
    overrides: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    mean: Estimate | None = None
    modules: dict[str, Estimate] = Field(default_factory=dict)


class Spent(Record):
    """What a run spent, as its own meter counts it.

    Attributes:
        teacher_tokens: Without those of the teacher's own examination on the held-out items, which teaches nobody and
            which no cap counts: ``teacher_exam_tokens``.
        training_tokens: What ``limits.training_tokens`` caps: tokens trained on, and a third of those probed with.
        trained_tokens: Tokens trained on alone.
        probe_tokens: Tokens that the student read and wrote in probes that steered the run.
        teacher_dollars: None where a price is not known.
    """

    teacher_calls: int
    teacher_tokens: int
    teacher_exam_tokens: int
    teacher_dollars: float | None
    training_tokens: int
    trained_tokens: int
    probe_tokens: int
    seconds: float


class Against(Record):
    """What a run spent against one cap; ``off`` where it is more than 2 % away from it, in either direction."""

    cap: str
    limit: float
    spent: float
    deviation_percent: float
    off: bool


class RunRow(Record):
    """One run. ``error`` says why there is nothing of it to compare."""

    arm: str
    seed: int
    run: str
    error: str | None = None
    outcome: str | None = None
    accuracy: float | None = None
    modules: dict[str, float] = Field(default_factory=dict)
    spent: Spent | None = None
    against: tuple[Against, ...] = ()


class DifferenceRow(Record):
    """One arm less another, on the same items and seeds.

    Attributes:
        interval_covers: What chance the interval accounts for: items alone where there is one seed.
        wins: Items that ``arm`` alone got right; ``losses`` those that ``against`` alone did.
        p_items: McNemar's exact test. ``p_seeds``: the t test on the seeds' differences. ``p_holm``: the larger of
            both, corrected for all comparisons with ``against``.
        detectable: The smallest difference that would be found four times in five; None where no answer differed.
        modules: The same difference module by module: description, without a test.
    """

    arm: str
    against: str
    seeds: tuple[int, ...]
    difference: Estimate
    interval_covers: Literal["items and seeds", "items"]
    wins: int
    losses: int
    p_items: float
    p_seeds: float | None
    p_holm: float
    detectable: float | None
    verdict: Verdict
    modules: dict[str, Estimate]


class Point(Record):
    """Accuracy against what was spent until then.

    Attributes:
        round: None for the end of the run, whose accuracy is that of the held-out items; else the mean over modules of
            the latest readings that steered the run.
    """

    arm: str
    seed: int
    round: int | None
    accuracy: float
    teacher_tokens: int | None
    training_tokens: int
    teacher_dollars: float | None
    seconds: float


class Cell(Record):
    """Right answers of one module after one round, over all seeds that read it; ``round`` None: the held-out items."""

    arm: str
    module: str
    round: int | None
    pool: Pool
    right: int
    n: int
    seeds: int


class Comparison(Record):
    """The whole of ``comparison.json``.

    Attributes:
        references: The student before, and the teacher, on the same items.
        differences: Every other arm less the baseline.
        ablations: What is left of ``ioa`` without one of its parts, less ``ioa``.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    config_sha256: str
    baseline: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    budget: dict[str, float]
    confidence: float
    modules: tuple[ModuleName, ...]
    results: tuple[ArmResult, ...]
    references: tuple[ArmResult, ...]
    differences: tuple[DifferenceRow, ...]
    ablations: tuple[DifferenceRow, ...]
    runs: tuple[RunRow, ...]
    points: tuple[Point, ...]
    forgetting: tuple[Cell, ...]
    reproduce: str
