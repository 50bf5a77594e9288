"""Two strategies compared on the same held-out items and seeds: the difference, its interval, and what it shows.

A seed is one whole run of each strategy, so seeds carry the luck of training and items the luck of the exam. Both
have to be in the interval, and a handful of seeds is too few for either usual way alone:

- The *t interval* over the seeds' own differences is valid with as few as two seeds and with unequal variances, for
  levels up to 8.3 % (Ibragimov and Müller 2010, doi 10.1198/jbes.2009.08046, after Bakirov and Székely 2005). It
  leans on those differences being near normal, which five of them cannot show.
- The *two-level bootstrap* (seeds, then items within seed and module) leans on nothing of the kind, and is too narrow
  with few seeds (Cameron, Gelbach and Miller 2008, doi 10.1162/rest.90.3.414).

So the interval is the wider of the two on either side, and the p-value the larger of the t test's and of McNemar's
exact test (1947, doi 10.1007/BF02295996) on the items that one strategy alone got right. With one seed the interval
covers items only, and nothing is called better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from scipy.stats import t as student_t

from tutelage.pedagogy.rates import Interval, Rate

Outcomes = Mapping[int, Mapping[str, Sequence[bool]]]
"""Right or wrong: by seed, by module, and then by held-out item in the items' order."""
Verdict = Literal["better", "worse", "no difference shown"]
CONFIDENCE = 0.95
LEVEL = 0.05
RESAMPLES = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """A mean over seeds and modules with its interval.

    Attributes:
        seeds: The mean of each seed, in the order of the seeds.
        interval: The wider of the bootstrap's and the t interval; with one seed the bootstrap's alone.
        item_error: Standard error that the items alone explain.
    """

    value: float
    seeds: tuple[float, ...]
    interval: Interval
    item_error: float

    @property
    def seed_error(self) -> float | None:
        """Standard error of the mean by the spread of the seeds; None with one."""
        return float(np.std(self.seeds, ddof=1)) / len(self.seeds) ** 0.5 if len(self.seeds) > 1 else None


@dataclass(frozen=True)
class Difference:
    """One strategy's mean accuracy over modules less another's.

    Attributes:
        wins: Items that the first alone got right, over all seeds and modules; ``losses`` those the second alone did.
        p_items: McNemar's exact p-value.
        p_seeds: The t test's on the seeds' differences; None with one seed.
    """

    seeds: tuple[int, ...]
    spread: Spread
    wins: int
    losses: int
    p_items: float
    p_seeds: float | None

    @property
    def p(self) -> float:
        """The larger of both, before any correction."""
        return self.p_items if self.p_seeds is None else max(self.p_items, self.p_seeds)

    def verdict(self, corrected: float) -> Verdict:
        """What is shown, given the p-value corrected for all comparisons that were made."""
        return "no difference shown" if len(self.seeds) < 2 else shown(self.spread.interval, corrected)


def difference(one: Outcomes, other: Outcomes, modules: Sequence[str], seed: int = 0) -> Difference:
    """Compare two strategies on the seeds that both have.

    Args:
        one: The strategy that may be better.
        other: The strategy it is compared with.
        modules: The modules that the mean is over.
        seed: Of the bootstrap.

    Raises:
        ValueError: they have no seed in common, or not the same number of items.
    """
    values = _differences(one, other, modules)
    seeds = sorted(values)
    found = spread(values, modules, seed)
    flat = np.concatenate([values[s][m] for s in seeds for m in modules])
    wins, losses = int((flat > 0).sum()), int((flat < 0).sum())
    return Difference(
        seeds=tuple(seeds),
        spread=found,
        wins=wins,
        losses=losses,
        p_items=float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0,
        p_seeds=_p_of_mean(found),
    )


def spread_of(one: Outcomes, other: Outcomes, modules: Sequence[str], seed: int = 0) -> Spread:
    """The difference alone, without a test.

    Raises:
        ValueError: as ``difference``.
    """
    return spread(_differences(one, other, modules), modules, seed)


def accuracy(outcomes: Outcomes, modules: Sequence[str], seed: int = 0) -> Spread:
    """A strategy's mean accuracy over modules.

    Of one module, and where every answer is alike, the exact interval of all answers counts, too.

    Raises:
        ValueError: there is no seed.
    """
    values = {s: {m: np.asarray(outcomes[s][m], float) for m in modules} for s in outcomes}
    found = spread(values, modules, seed)
    interval = found.interval
    answers = [right for s in outcomes for m in modules for right in outcomes[s][m]]
    if len(modules) == 1 or len(set(answers)) == 1:  # answers all alike: neither resampling nor seeds show any doubt
        interval = _wider(interval, Rate(sum(answers), len(answers)).interval(CONFIDENCE))
    inside = Interval(max(interval.low, 0.0), min(interval.high, 1.0))
    return Spread(found.value, found.seeds, inside, found.item_error)


def spread(values: Mapping[int, Mapping[str, Floats]], modules: Sequence[str], seed: int) -> Spread:
    """The mean of values in {-1, 0, 1} over seeds and modules, with its interval.

    Raises:
        ValueError: there is no seed, no module, or a module without an item.
    """
    if not values or not modules or any(len(values[s][m]) == 0 for s in values for m in modules):
        raise ValueError("nothing to take a mean of")
    cells = [[values[s][m] for m in modules] for s in sorted(values)]
    means = np.array([[cell.mean() for cell in row] for row in cells])
    by_seed = means.mean(axis=1)
    interval = _bootstrapped(cells, seed)
    if len(by_seed) > 1:
        error = float(by_seed.std(ddof=1)) / len(by_seed) ** 0.5
        interval = _wider(interval, t_interval(float(by_seed.mean()), error, len(by_seed)))
    errors = np.array([[cell.var() / len(cell) for cell in row] for row in cells])
    return Spread(
        value=float(by_seed.mean()),
        seeds=tuple(float(value) for value in by_seed),
        interval=interval,
        item_error=float(np.sqrt(errors.sum()) / errors.size),
    )


def t_interval(mean: float, error: float, count: int) -> Interval:
    """The t interval of a mean of ``count`` values with the standard error ``error``."""
    reach = float(student_t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return Interval(mean - reach, mean + reach)


def t_p_value(mean: float, error: float, count: int) -> float:
    """The t test's against zero, two-sided; without any spread the mean is zero for sure, or not."""
    if error < 1e-12:
        return 1.0 if abs(mean) < 1e-12 else 0.0
    return float(2 * student_t.sf(abs(mean) / error, count - 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """The p-values corrected for their number, stepping down (Holm 1979, Scand. J. Statist. 6, 65-70)."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: (p_values[name], name))):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[name]))
        corrected[name] = largest
    return corrected


def _differences(one: Outcomes, other: Outcomes, modules: Sequence[str]) -> dict[int, dict[str, Floats]]:
    return {s: {m: _minus(one[s][m], other[s][m]) for m in modules} for s in sorted(one.keys() & other.keys())}


def _minus(one: Sequence[bool], other: Sequence[bool]) -> Floats:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} answers cannot be paired with {len(other)}")
    found: Floats = np.asarray(one, float) - np.asarray(other, float)
    return found


def _bootstrapped(cells: Sequence[Sequence[Floats]], seed: int) -> Interval:
    """The percentile interval over resampled seeds, and items resampled within each seed and module."""
    rng = np.random.default_rng(seed)
    count = len(cells)
    shares = np.array([[[(cell == v).mean() for v in (-1, 0, 1)] for cell in row] for row in cells])
    sizes = np.array([[len(cell) for cell in row] for row in cells])
    picks = rng.integers(0, count, (RESAMPLES, count))
    # Resampling n values of which there are three kinds is one multinomial draw.
    drawn = rng.multinomial(sizes[picks], shares[picks])
    means = ((drawn[..., 2] - drawn[..., 0]) / sizes[picks]).mean(axis=(1, 2))
    low, high = np.percentile(means, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return Interval(float(low), float(high))


def shown(interval: Interval, corrected: float) -> Verdict:
    """What an interval and a p-value that was corrected for all comparisons show together."""
    if corrected >= LEVEL:
        return "no difference shown"
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "no difference shown"


def _p_of_mean(found: Spread) -> float | None:
    # Where the seeds agree to the last item McNemar's test alone has doubts.
    return None if found.seed_error is None else t_p_value(found.value, found.seed_error, len(found.seeds))


def _wider(one: Interval, other: Interval) -> Interval:
    return Interval(min(one.low, other.low), max(one.high, other.high))
