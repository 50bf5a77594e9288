"""Replay: rows of mastered modules mixed into every later round, against forgetting. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tutelage.training.contracts import Example


def mix(new: Sequence[Example], mastered: Mapping[str, Sequence[Example]], share: float, seed: int) -> list[Example]:
    """New rows and replayed rows in one shuffled list, so that modules interleave.

    Args:
        new: rows of the modules being taught; all are kept.
        mastered: rows to draw from without replacement, by mastered module.
        share: share of the result that is replay, in [0, 1), as far as there are rows.
        seed: decides the draw and the order.

    Returns:
        The mixed rows; the same for the same arguments, whatever the mapping's order.

    Raises:
        ValueError: ``share`` is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"replay share {share} is not in [0, 1)")
    # Not a secret: the same seed must give the same rows on every machine.
    chance = random.Random(seed)  # noqa: S311
    rows = [*new, *_draw(mastered, round(len(new) * share / (1 - share)), chance)]
    chance.shuffle(rows)
    return rows


def _draw(mastered: Mapping[str, Sequence[Example]], count: int, chance: random.Random) -> list[Example]:
    """``count`` rows, one from each module in turn, so that modules weigh the same until one runs dry."""
    piles = [chance.sample(list(mastered[module]), len(mastered[module])) for module in sorted(mastered)]
    chance.shuffle(piles)  # a count that does not divide must not always favour the same modules
    turns = [pile[turn] for turn in range(max(map(len, piles), default=0)) for pile in piles if turn < len(pile)]
    return turns[:count]
