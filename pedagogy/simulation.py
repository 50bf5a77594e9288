"""How often each gate passes a module that is not ready: the paper's rule and ours on the same simulated students.

A simulated student answers every item right with a fixed probability, its true ratio (the teacher is always right).
No training happens between attempts, so a pass below the threshold is an error of the gate alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tutelage.pedagogy.mastery import Evidence, GatePolicy, look
from tutelage.pedagogy.rates import Rate


@dataclass(frozen=True)
class Simulated:
    """Outcome of one simulation: the share of students ever passed, and the mean number of items asked."""

    passed: Rate
    items: float


def our_gate(true_ratio: float, policy: GatePolicy, students: int, rng: random.Random) -> Simulated:
    """Fresh items at each look, a pass only on the interval, up to ``policy.attempts`` attempts."""
    teacher = Rate(10_000, 10_000)
    passes = asked = 0
    for _ in range(students):
        outcomes = (_our_attempt(true_ratio, policy, teacher, rng) for _ in range(policy.attempts))
        for verdict, items in outcomes:
            asked += items
            if verdict:
                passes += 1
                break
    return Simulated(Rate(passes, students), asked / students)


def _our_attempt(true_ratio: float, policy: GatePolicy, teacher: Rate, rng: random.Random) -> tuple[bool, int]:
    right = asked = 0
    for remaining in reversed(range(policy.looks)):
        right += sum(rng.random() < true_ratio for _ in range(policy.items_per_look))
        asked += policy.items_per_look
        seen = look(Evidence("simulated", Rate(right, asked), teacher), remaining * policy.items_per_look, policy)
        if seen != "undecided":
            return seen == "mastered", asked
    return False, asked


def paper_gate(
    true_ratio: float, threshold: float, items: int, attempts: int, students: int, rng: random.Random
) -> Simulated:
    """The paper's rule: a point estimate on ``items`` probes at each attempt, passed as soon as it reaches tau."""
    passes = asked = 0
    for _ in range(students):
        for _ in range(attempts):
            asked += items
            if sum(rng.random() < true_ratio for _ in range(items)) / items >= threshold:
                passes += 1
                break
    return Simulated(Rate(passes, students), asked / students)
