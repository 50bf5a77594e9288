"""Comparisons on several domains or students taken together: ``tutelage across``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from tutelage.errors import RunDirError
from tutelage.graph.comparison.compare import JSON
from tutelage.graph.comparison.records import Comparison, DifferenceRow
from tutelage.pedagogy.across import Across, across
from tutelage.pedagogy.paired import Verdict, holm, p_of_items, shown
from tutelage.pedagogy.records import Record

KNOWN: Final = 0.5
"""A module is known to a student that had at least this share of its held-out items right before it was taught."""
Part = Literal["all modules", "new to the student", "known before"]


class Unit(Record):
    """One comparison: a student and a domain.

    Attributes:
        seeds: Every arm was run with each of them.
        before: Mean accuracy over modules of the untouched student; ``accuracy`` of every arm's.
        new: The modules that the student did not know.
    """

    name: str
    seeds: tuple[int, ...]
    before: float
    accuracy: dict[str, float]
    new: tuple[str, ...]


class AcrossRow(Record):
    """One arm less the baseline, in the mean over the units that have such modules.

    Attributes:
        units: The units' own differences, in their order.
        low: End of the 95 % interval over units, as ``high``; None of one unit.
        p_holm: The larger of the t test's on units and McNemar's on their items, corrected for all arms. Only of all
            modules: the parts describe.
    """

    arm: str
    against: str
    part: Part
    units: tuple[float, ...]
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
    """Read comparisons that were made at one budget, and take their differences together.

    Args:
        folders: Of ``tutelage compare``, each of another student or domain.

    Raises:
        RunDirError: one holds no finished comparison, or another budget, baseline or set of arms than the first, or two
            are of one configuration: they would count twice.
    """
    found = [(folder, _read(folder)) for folder in folders]
    first = found[0][1]
    seen = dict[str, Path]()
    for folder, one in found:
        _check_like(first, one, folder)
        same = seen.setdefault(one.config_sha256, folder)
        if same is not folder:
            raise RunDirError(
                f"has the student, domain and settings of {same}", where=folder, do="give one comparison all the seeds"
            )
    comparisons = [one for _, one in found]
    units = tuple(_unit(folder, one) for folder, one in found)
    return AcrossComparisons(
        baseline=first.baseline,
        arms=first.arms,
        budget=first.budget,
        units=units,
        rows=_rows([a for a in first.arms if a != first.baseline], comparisons, units),
    )


def _rows(arms: Sequence[str], comparisons: Sequence[Comparison], units: Sequence[Unit]) -> tuple[AcrossRow, ...]:
    differences = {arm: [_difference(one, arm) for one in comparisons] for arm in arms}
    means = {arm: across([row.difference.value for row in rows]) for arm, rows in differences.items()}
    corrected = holm({arm: _p(mean, differences[arm]) for arm, mean in means.items() if mean.p is not None})
    found = list[AcrossRow]()
    for arm, rows in differences.items():
        found.append(_row(arm, rows[0].against, "all modules", means[arm], corrected.get(arm)))
        new = [_mean_of(row, unit.new) for row, unit in zip(rows, units, strict=True)]
        known = [_mean_of(row, row.modules.keys() - set(unit.new)) for row, unit in zip(rows, units, strict=True)]
        parts: tuple[tuple[Part, list[float | None]], ...] = (("new to the student", new), ("known before", known))
        for part, values in parts:
            kept = [value for value in values if value is not None]
            if kept:
                found.append(_row(arm, rows[0].against, part, across(kept), None))
    return tuple(found)


def _row(arm: str, against: str, part: Part, mean: Across, p_holm: float | None) -> AcrossRow:
    verdict: Verdict | None = None
    if part == "all modules":
        verdict = "no difference shown"
        if mean.interval is not None and p_holm is not None:
            verdict = shown(mean.interval, p_holm)
    return AcrossRow(
        arm=arm,
        against=against,
        part=part,
        units=mean.units,
        value=mean.value,
        low=None if mean.interval is None else mean.interval.low,
        high=None if mean.interval is None else mean.interval.high,
        p_holm=p_holm,
        verdict=verdict,
    )


def _p(mean: Across, rows: Sequence[DifferenceRow]) -> float:
    return max(mean.p or 0.0, p_of_items(sum(r.wins for r in rows), sum(r.losses for r in rows)))


def _mean_of(row: DifferenceRow, modules: Sequence[str] | set[str]) -> float | None:
    return sum(row.modules[m].value for m in modules) / len(modules) if modules else None


def _difference(comparison: Comparison, arm: str) -> DifferenceRow:
    return next(row for row in comparison.differences if row.arm == arm)


def _unit(folder: Path, comparison: Comparison) -> Unit:
    before = next(row for row in comparison.references if row.arm == "before")
    results = {row.arm: row for row in comparison.results}
    return Unit(
        name=folder.resolve().name,
        seeds=comparison.seeds,
        before=0.0 if before.mean is None else before.mean.value,
        accuracy={arm: row.mean.value for arm, row in results.items() if row.mean is not None},
        new=tuple(m for m, estimate in before.modules.items() if estimate.value < KNOWN),
    )


def _read(folder: Path) -> Comparison:
    path = folder / JSON
    try:
        return Comparison.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RunDirError(
            f"has no {JSON}", where=folder, do="name a folder that 'tutelage compare' wrote, run to its end"
        ) from None
    except ValidationError as error:
        raise RunDirError(
            f"cannot be read ({error.errors()[0]['msg']})", where=path, do="make it anew with 'tutelage compare'"
        ) from None


def _check_like(first: Comparison, one: Comparison, folder: Path) -> None:
    """Only what was made alike can be taken together.

    Raises:
        RunDirError: it was not.
    """
    anew, adopt = "compare it anew, in a folder of its own", "'tutelage compare' with it on this folder adopts its runs"
    for what, said, other, do in (
        ("budget", one.budget, first.budget, anew),
        ("baseline", one.baseline, first.baseline, adopt),
        ("strategies", sorted(one.arms), sorted(first.arms), adopt),
    ):
        if said != other:
            raise RunDirError(f"{what}: {said}, where the first has {other}", where=folder, do=do)
    unfinished = [row.arm for row in one.results if sorted(row.seeds) != sorted(one.seeds)]
    if unfinished:
        what = f"not every run of {', '.join(unfinished)} has ended"
        raise RunDirError(what, where=folder, do="do what is left with 'tutelage compare'")
