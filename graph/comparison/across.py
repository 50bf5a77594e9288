"""Comparisons on several domains or students taken together: ``tutelage across``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final, Literal

from tutelage.graph.comparison.across_read import Whole, read_alike
from tutelage.graph.comparison.records import Comparison, DifferenceRow
from tutelage.pedagogy.across import Across, across, item_error
from tutelage.pedagogy.paired import Verdict, holm, shown
from tutelage.pedagogy.records import Record

KNOWN: Final = 0.5
"""A module is known to a student that had at least this share of its held-out items right before it was taught."""
Part = Literal["all modules", "new to the student", "known before"]


class Unit(Record):
    """One comparison: a student and a domain.

    Attributes:
        seeds: Every arm was run with each of them.
        before: Mean accuracy over modules of the untouched student; ``accuracy`` of every arm's.
        modules: Of the domain.
        new: Those that the student did not know.
        spent: Of every arm, the share of each cap that its runs spent in the mean.
    """

    name: str
    seeds: tuple[int, ...]
    before: float
    accuracy: dict[str, float]
    modules: tuple[str, ...]
    new: tuple[str, ...]
    spent: dict[str, dict[str, float]]


class AcrossRow(Record):
    """One arm less the baseline, in the mean over the units that have such modules.

    Attributes:
        units: The units' own differences, by name.
        low: End of the 95 % interval over units, as ``high``; None of one unit.
        p_holm: The t test's on units, corrected for all arms. Only of all modules: the parts describe.
        verdict: As ``p_holm``; None of one unit, too.
    """

    arm: str
    against: str
    part: Part
    units: dict[str, float]
    value: float
    low: float | None
    high: float | None
    p_holm: float | None
    verdict: Verdict | None


class AcrossComparisons(Record):
    """What several comparisons show together."""

    schema_version: Literal[1] = 1
    baseline: str
    arms: tuple[str, ...]
    budget: dict[str, float]
    units: tuple[Unit, ...]
    rows: tuple[AcrossRow, ...]


def take_together(folders: Sequence[Path]) -> AcrossComparisons:
    """Read comparisons that were made alike, and take their differences together.

    Args:
        folders: Of ``tutelage compare``, each of another student or domain.

    Raises:
        RunDirError: as ``read_alike``.
    """
    found = read_alike(folders)
    first = found[0].comparison
    return AcrossComparisons(
        baseline=first.baseline,
        arms=first.arms,
        budget=first.budget,
        units=tuple(map(_unit, found)),
        rows=_rows([a for a in first.arms if a != first.baseline], found),
    )


def _rows(arms: Sequence[str], found: Sequence[Whole]) -> tuple[AcrossRow, ...]:
    whole = {arm: _part(found, arm, "all modules") for arm in arms}
    corrected = holm({arm: mean.p for arm, (_, mean) in whole.items() if mean.p is not None})
    rows = list[AcrossRow]()
    for arm, (values, mean) in whole.items():
        rows.append(_row(found[0].differences[arm], "all modules", values, mean, corrected.get(arm)))
        parts: tuple[Part, ...] = ("new to the student", "known before")
        for part in parts:
            if any(_modules(one, part) for one in found):
                rows.append(_row(found[0].differences[arm], part, *_part(found, arm, part), None))
    return tuple(rows)


def _part(found: Sequence[Whole], arm: str, part: Part) -> tuple[dict[str, float], Across]:
    """An arm's difference over the modules of a part, by unit, and its mean over the units that have such modules."""
    values, errors = dict[str, float](), list[float]()
    for one in found:
        row, modules = one.differences[arm], _modules(one, part)
        if modules:
            values[str(one.folder)] = sum(row.modules[m].value for m in modules) / len(modules)
            errors.append(_error(row, one.comparison, modules))
    return values, across([*values.values()], errors)


def _modules(one: Whole, part: Part) -> Collection[str]:
    rates = {m: estimate.value for m, estimate in one.before.modules.items()}
    if part == "all modules":
        return rates
    return [m for m, value in rates.items() if (value >= KNOWN) == (part == "known before")]


def _row(row: DifferenceRow, part: Part, values: dict[str, float], mean: Across, p: float | None) -> AcrossRow:
    return AcrossRow(
        arm=row.arm,
        against=row.against,
        part=part,
        units=values,
        value=mean.value,
        low=None if mean.interval is None else mean.interval.low,
        high=None if mean.interval is None else mean.interval.high,
        p_holm=p,
        verdict=None if p is None or mean.interval is None else shown(mean.interval, p),
    )


def _error(row: DifferenceRow, comparison: Comparison, modules: Collection[str]) -> float:
    """By the items that were won and lost; some modules' own are taken to be won and lost as often as all are."""
    items = len(row.seeds) * sum(m.items for m in comparison.modules)
    return item_error(row.wins, row.losses, items) * math.sqrt(len(row.modules) / len(modules))


def _unit(one: Whole) -> Unit:
    return Unit(
        name=str(one.folder),
        seeds=one.comparison.seeds,
        before=one.before_mean.value,
        accuracy=one.accuracy,
        modules=tuple(one.before.modules),
        new=tuple(_modules(one, "new to the student")),
        spent={arm: _spent(one.comparison, arm) for arm in one.comparison.arms},
    )


def _spent(comparison: Comparison, arm: str) -> dict[str, float]:
    shares = defaultdict[str, list[float]](list)
    for row in (row for run in comparison.runs if run.arm == arm for row in run.against):
        shares[row.cap].append(row.spent / row.limit)
    return {cap: fmean(each) for cap, each in shares.items()}
