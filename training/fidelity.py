"""Whether a serving engine really holds the student: its log-probabilities against the trainer's. Pure.

A fixed text is scored by both. An engine that lost the adapter (waking from sleep, a name that was taken, a failed
load that was reported as done) gives the untaught student's log-probabilities, which are known too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from tutelage.errors import AdapterNotServed, ServedOtherwise
from tutelage.pedagogy.records import Record

QUESTION: Final = "What is 37 + 48? Explain each step, then give the answer."
ANSWER: Final = "Step 1: 7 + 8 = 15.\nStep 2: 30 + 40 = 70.\nStep 3: 70 + 15 = 85.\nAnswer: 85"
"""The fixed text, in the student's own chat template."""

TOLERANCE: Final = 0.05
"""Nats a token, on average over the text. float32 engines agree to 0.0001, bfloat16 ones to about 0.02."""
# An adapter is there where its log-probabilities are so many times nearer than the untaught student's.
_NEARER = 4


class Fingerprint(Record):
    """The fixed text's tokens, and the log-probability of each but the first, untaught and taught, by the trainer."""

    tokens: tuple[int, ...]
    untaught: tuple[float, ...]
    taught: tuple[float, ...]


def check_fidelity(served: Sequence[float], known: Fingerprint, where: str) -> float:
    """The mean distance between the engine's log-probabilities and the trainer's, in nats a token.

    Args:
        served: the engine's.
        known: the trainer's; without an adapter the taught student is the untaught one.
        where: names the engine in an error.

    Raises:
        AdapterNotServed: the engine answers as the untaught student, or cannot be told from it.
        ServedOtherwise: it answers as neither.
    """
    off, from_untaught = _distance(served, known.taught), _distance(served, known.untaught)
    has_adapter = known.taught != known.untaught
    if has_adapter and from_untaught < off:
        raise AdapterNotServed(
            f"the server answers as the untaught student (off by {from_untaught:.4f} nats a token) and not as the "
            f"taught one (off by {off:.4f})",
            where=where,
            do="load the adapter anew, or set student.answering.backend to transformers",
        )
    if not off <= TOLERANCE:
        raise ServedOtherwise(
            f"the server's log-probabilities are off by {off:.4f} nats a token (at most {TOLERANCE})",
            where=where,
            do="serve the run's own student, unquantised, in float32 or bfloat16",
        )
    if has_adapter and from_untaught < _NEARER * off:
        raise AdapterNotServed(
            f"the adapter changes so little that it cannot be seen whether it is served (off by {off:.4f} nats a "
            f"token, the untaught student by {from_untaught:.4f})",
            where=where,
            do="serve in float32, or set student.answering.backend to transformers",
        )
    return off


def _distance(some: Sequence[float], others: Sequence[float]) -> float:
    """Mean absolute difference; infinite where something is missing or no number."""
    if len(some) != len(others):
        return math.inf
    distance = sum(abs(a - b) for a, b in zip(some, others, strict=True)) / len(others)
    return distance if math.isfinite(distance) else math.inf
