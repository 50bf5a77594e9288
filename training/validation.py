"""Which rows of a round are held back to tell when to stop. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence


def held_back(modules: Sequence[str], share: float, seed: int) -> set[int]:
    """Indices of ``share`` of every module's rows, rounded; a module keeps at least one row to learn from.

    Args:
        modules: the module of each row.
        share: in (0, 1).
        seed: decides the draw; the same rows for the same arguments.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, module in enumerate(modules):
        places[module].append(index)
    # Not a secret: the same seed must hold back the same rows on every machine.
    chance = random.Random(seed)  # noqa: S311
    drawn: set[int] = set()
    for _, own in sorted(places.items()):
        drawn.update(chance.sample(own, min(round(share * len(own)), len(own) - 1)))
    return drawn
