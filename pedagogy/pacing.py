"""Which lesson next, by what the student already has: a lesson is a probe before it is a lesson. Pure.

Every lesson is read before it is learned from, so whether the student would have given its answer word for word is
known for nothing. That steers what comes next, as progress on what is to come has steered curricula before (Graves et
al. 2017, arXiv 1704.03003).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from pydantic import Field

from tutelage.pedagogy.records import Record


class Pacing(Record):
    """How a round's lessons are dealt out.

    A module's turn comes in proportion to the share of its last ``window`` lessons that the student did *not* foresee,
    and to ``floor`` at least, so that what is in hand stays so and is seen to slip. A student foresees an answer if
    every token of it was the likeliest: asked, it would have given that answer. A lesson that was missed when it came
    last may be known by heart: that it is foreseen now does not count, that it is foreseen again does. What was
    measured before the round counts as ``prior`` lessons: few, since every step makes another student, and a module
    that is known has few turns by which to find out that it slips.
    """

    floor: float = Field(default=0.1, gt=0, le=1)
    window: int = Field(default=8, ge=1)
    prior: int = Field(default=3, ge=1)


class PacerState(Record):
    """Where a pacer stands, by module; ``last`` is by row, whether it was foreseen when it came last."""

    foreseen: dict[str, tuple[bool, ...]]
    credits: dict[str, float]
    places: dict[str, int]
    last: dict[int, bool]


class Pacer:
    """Deals rows out of piles, one a module.

    Args:
        piles: Row numbers by module, in the order in which they are dealt; a pile that ends begins again.
        rule: How.
        known: Of the student's probes before the round the share that was right, by module: as much of ``prior``
            lessons is taken for foreseen.
    """

    def __init__(self, piles: Mapping[str, Sequence[int]], rule: Pacing, known: Mapping[str, float]) -> None:
        self._piles = dict(sorted(piles.items()))
        self._rule = rule
        count = len(self._piles)
        # Begun apart, modules take turns; begun alike, ties would be broken by their names.
        self._credits = {module: place / count for place, module in enumerate(self._piles)}
        self._places = dict.fromkeys(self._piles, 0)
        self._foreseen = {module: deque(self._before(known.get(module, 0.0)), rule.window) for module in self._piles}
        self._last: dict[int, bool] = {}

    def _before(self, share: float) -> list[bool]:
        lessons = min(self._rule.prior, self._rule.window)
        right = round(share * lessons)
        return [True] * right + [False] * (lessons - right)

    def deal(self) -> tuple[str, int]:
        """The module whose turn it is, and its next row."""
        weights = {module: self.weight(module) for module in self._piles}
        whole = sum(weights.values())
        for module, weight in weights.items():
            self._credits[module] += weight / whole
        module = max(self._credits, key=lambda one: self._credits[one])
        self._credits[module] -= 1
        pile, place = self._piles[module], self._places[module]
        self._places[module] = place + 1
        return module, pile[place % len(pile)]

    def weight(self, module: str) -> float:
        """How much of the turns the module has, beside the others' weights."""
        return max(1 - self.share(module), self._rule.floor)

    def share(self, module: str) -> float:
        """Share of the module's last lessons that count which were foreseen."""
        seen = self._foreseen[module]
        return sum(seen) / len(seen)

    def note(self, module: str, row: int, *, foreseen: bool) -> None:
        """Whether the student foresaw the answer of a lesson that it met just now."""
        if self._last.get(row, True) or not foreseen:
            self._foreseen[module].append(foreseen)
        self._last[row] = foreseen

    @property
    def state(self) -> PacerState:
        """Where it stands."""
        return PacerState(
            foreseen={module: tuple(seen) for module, seen in self._foreseen.items()},
            credits=dict(self._credits),
            places=dict(self._places),
            last=dict(self._last),
        )

    def go_on_from(self, state: PacerState) -> None:
        """Stand where another pacer of the same piles stood."""
        self._credits, self._places, self._last = dict(state.credits), dict(state.places), dict(state.last)
        self._foreseen = {module: deque(seen, self._rule.window) for module, seen in state.foreseen.items()}
