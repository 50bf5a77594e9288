"""How often each gate passes a module that is not ready: the paper's rule and ours on the same simulated students.

A simulated student answers every item right with a fixed probability, its true ratio (the teacher is always right).
No training happens between attempts, so a pass below the threshold is an error of the gate alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
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

    def answer(count: int) -> int:
        return sum(rng.random() < true_ratio for _ in range(count))

    passes = asked = 0
    for _ in range(students):
        for _ in range(policy.attempts):
            seen = gate_attempt("simulated", answer, teacher, policy)
            asked += seen.student.n
            if seen.clears(policy):
                passes += 1
                break
    return Simulated(Rate(passes, students), asked / students)


def gate_attempt(module: str, answer: Callable[[int], int], teacher: Rate, policy: GatePolicy) -> Evidence:
    """One attempt at our gate, look by look: ``answer(n)`` says how many of n fresh items are right."""
    right = asked = 0
    while True:
        right += answer(policy.items_per_look)
        asked += policy.items_per_look
        seen = Evidence(module, Rate(right, asked), teacher)
        remaining = policy.items_per_look * policy.looks - asked
        if remaining == 0 or look(seen, remaining, policy) != "undecided":
            return seen


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
