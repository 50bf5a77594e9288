"""How often each gate passes a module of a given true ratio: ours beside the paper's rule, on simulated students.

Run: ``python benchmarks/gate_simulation.py [STUDENTS]``. Prints a Markdown table; exits 1 if our gate passes students
at the threshold more often than it states.
"""

from __future__ import annotations

import random
import sys

from tutelage.pedagogy.mastery import GatePolicy
from tutelage.pedagogy.simulation import our_gate, paper_gate

RATIOS = (0.70, 0.80, 0.85, 0.90, 0.95, 0.97, 0.99)


def main(students: int) -> int:
    """Print the table; return the exit code."""
    policy, rng = GatePolicy(), random.Random(0)
    print(f"{students} simulated students a row, {policy.attempts} attempts each, threshold {policy.threshold}.")
    print(f"Stated bound at the threshold: {policy.false_pass_bound:.2f}.\n")
    print("| true ratio | ours | items | paper, 6 probes | paper, 72 probes |")
    print("|---|---|---|---|---|")
    held = True
    for ratio in RATIOS:
        ours = our_gate(ratio, policy, students, rng)
        few = paper_gate(ratio, policy.threshold, 6, policy.attempts, students, rng)
        many = paper_gate(ratio, policy.threshold, 72, policy.attempts, students, rng)
        row = [f"{ratio:.2f}", f"{ours.passed.value:.3f}", f"{ours.items:.0f}"]
        print("| " + " | ".join([*row, f"{few.passed.value:.3f}", f"{many.passed.value:.3f}"]) + " |")
        if ratio <= policy.threshold:
            held = held and ours.passed.interval(0.99).low <= policy.false_pass_bound
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
