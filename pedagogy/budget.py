"""What teaching a student costs in its own computation, in one unit: tokens trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass

FORWARD_SHARE = 3
"""A token that is only read or written takes a third of the arithmetic of one that is trained on: about 2 operations a
parameter forward, and 4 more backward (Kaplan et al. 2020, arXiv 2001.08361, section 2.1)."""


@dataclass(frozen=True)
class StudentBudget:
    """Tokens that the student was trained on, and tokens that it read and wrote in probes that steered the run.

    The examination at the end steers nothing and is not counted.
    """

    trained: int
    probed: int

    @property
    def spent(self) -> int:
        """Both in tokens trained on, probes at their share."""
        return self.trained + math.ceil(self.probed / FORWARD_SHARE)

    def left(self, cap: int) -> int:
        """What is left under a cap; 0 where it is passed."""
        return max(0, cap - self.spent)


def round_share(left: int, round_number: int, rounds: int, *, grows: bool) -> int:
    """What one round of many may take of what is left, in tokens.

    Rounds are alike, or grow as their number does: a round that teaches all lessons so far has that many more.
    """
    weights = [n if grows else 1 for n in range(round_number, rounds + 1)]
    return max(1, left * weights[0] // sum(weights))
