"""How often a comparison says that a copy of a strategy is better, and how often it finds a lead that is there.

Simulated students, the real planner and gate, the real statistics: ``python benchmarks/comparison_null.py``. Fails
where two copies of one strategy are told apart more often than one time in twenty.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from statistics import median

from tutelage.pedagogy.cohort import World
from tutelage.pedagogy.cohort_pairs import simulated_difference
from tutelage.pedagogy.cohort_run import OURS
from tutelage.pedagogy.detectable import detectable_difference
from tutelage.pedagogy.paired import LEVEL
from tutelage.pedagogy.rates import Rate

WORLD = World(modules=6)
RULES = replace(OURS, rounds=3)
LEADS = (0.0, 0.05, 0.1, 0.15)


def main() -> int:
    """Print a row for each number of seeds and each lead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 3, 5, 10])
    asked = parser.parse_args()
    print(f"{asked.comparisons} comparisons a row, 6 modules of 50 held-out items; better or worse, as a share")
    print("seeds  true lead  told apart (95 %)      by the interval  by McNemar alone  detectable, median")
    failed = False
    for seeds in asked.seeds:
        for lead in LEADS:
            found = [simulated_difference(WORLD, RULES, seeds, n, lead=lead) for n in range(asked.comparisons)]
            told = Rate(sum(one.verdict(one.p) != "no difference shown" for one in found), len(found))
            inside = sum(one.spread.interval.low <= 0 <= one.spread.interval.high for one in found)
            items = sum(one.p_items < LEVEL for one in found)
            sizes = [size for one in found if (size := detectable_difference(one.spread, 1)) is not None]
            ends = told.interval(0.95)
            print(
                f"{seeds:5}  {lead:9.2f}  {told.value:.3f} ({ends.low:.3f}-{ends.high:.3f})"
                f"    {1 - inside / len(found):15.3f}  {items / len(found):16.3f}  {median(sizes):18.2f}",
                flush=True,
            )
            failed |= lead == 0 and told.value > LEVEL
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
