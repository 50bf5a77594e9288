"""A cohort of simulated students through the real planner and gate: the paper's rules and ours, at equal probes.

Run: ``python benchmarks/cohort.py [STUDENTS] [--plot FILE.svg]``. Prints Markdown tables; exits 1 if our gate lets more
than half as many unready students pass as the paper's, or if a module mastered costs more lessons: in the first world
with the default gate, in every world with the gate that looks four times, beyond the paper's own interval.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cohort_plot import draw

from tutelage.pedagogy.cohort import World
from tutelage.pedagogy.cohort_run import OURS, Ledger, Rules, paper
from tutelage.pedagogy.cohort_summary import Estimate, Summary, run_cohort, summarise
from tutelage.pedagogy.mastery import GatePolicy

WORLDS = {
    "3 % of what was learned is forgotten a round": World(),
    "nothing is forgotten": World(forgetting=0.0),
    "nothing is forgotten, and the teacher is always right": World(forgetting=0.0, teacher=(1.0, 1.0)),
}
FOUR_LOOKS = replace(
    OURS,
    name="ours, 4 looks of 24 at 0.85",
    gate=GatePolicy(looks=4, items_per_look=24, confidence=0.85),
)
HEAD = (
    "rules", "unready that pass", "passed that were unready", "ready that are held", "lessons a mastered module",
    "rows a mastered module", "mastered at the end", "probes an attempt",
)  # fmt: skip
Row = tuple[Rules, tuple[Ledger, ...], Summary]


def rows_of(world: World, students: int) -> list[Row]:
    """Ours, and the paper's rules with as many probes an attempt as the one of our gates that asks more.

    Our retention checks count as probes of an attempt.
    """
    threshold = OURS.gate.threshold
    ours = [(rules, run_cohort(world, rules, students)) for rules in (OURS, FOUR_LOOKS)]
    found: list[Row] = [(rules, ledgers, summarise(ledgers, threshold)) for rules, ledgers in ours]
    probes = math.ceil(max(summary.probes.value for _, _, summary in found))
    others = [
        replace(paper(probes), name=f"paper, {probes} probes"),
        replace(paper(6), name="paper, 6 probes"),
        replace(OURS, name=f"paper's gate, {probes} probes, in our planner with replay", items=probes),
    ]
    for rules in others:
        ledgers = run_cohort(world, rules, students)
        found.append((rules, ledgers, summarise(ledgers, threshold)))
    return found


def table(rows: Sequence[Row]) -> str:
    """The figures in Markdown."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    for rules, _, s in rows:
        shares = [_said(x, "{:.3f}") for x in (s.false_passes, s.falsely_passed, s.held)]
        counts = [_said(x, "{:.0f}") for x in (s.lessons, s.rows)]
        cells = [rules.name, *shares, *counts, _said(s.mastered, "{:.2f}"), f"{s.probes.value:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _said(found: Estimate, form: str) -> str:
    low, high = form.format(found.interval.low), form.format(found.interval.high)
    return f"{form.format(found.value)} ({low}-{high})"


def main(students: int, plot: Path | None) -> int:
    """Print the tables and draw the plot; return the exit code."""
    started = time.process_time()
    worlds = {name: rows_of(world, students) for name, world in WORLDS.items()}
    seconds = time.process_time() - started
    modules = students * World().modules * sum(map(len, worlds.values()))
    print(
        f"{students} students a row, {modules:,} modules in all, {seconds:.0f} s of one processor; "
        "95 % intervals over students."
    )
    for name, rows in worlds.items():
        print(f"\nA world in which {name}:\n\n{table(rows)}")
    if plot is not None:
        plot.write_text(draw({name: [(r.name, a, s) for r, a, s in rows] for name, rows in worlds.items()}))
    ours, _, theirs = (row[2] for row in next(iter(worlds.values()))[:3])
    reached = _fewer_pass(ours, theirs) and ours.lessons.value <= theirs.lessons.value
    for rows in worlds.values():
        _, ours, theirs = (row[2] for row in rows[:3])
        reached &= _fewer_pass(ours, theirs) and ours.lessons.value <= theirs.lessons.interval.high
    return 0 if reached else 1


def _fewer_pass(ours: Summary, theirs: Summary) -> bool:
    return ours.false_passes.value <= 0.5 * theirs.false_passes.value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("students", nargs="?", type=int, default=250)
    parser.add_argument("--plot", type=Path)
    said = parser.parse_args()
    sys.exit(main(said.students, said.plot))
